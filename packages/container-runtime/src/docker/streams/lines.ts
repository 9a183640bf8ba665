const MAX_LINE_LENGTH = 1024 * 1024;

/** The lines of a stream of JSON texts, empty ones left out. */
export async function* lines(body: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let buffered = '';
  const decoder = new TextDecoder();
  for await (const chunk of body) {
    buffered += decoder.decode(chunk, { stream: true });
    if (buffered.length > MAX_LINE_LENGTH) throw new Error('the engine sent a line of more than 1 MiB');
    const parts = buffered.split('\n');
    buffered = parts.pop() ?? '';
    for (const part of parts) if (part.trim() !== '') yield part;
  }
  if (buffered.trim() !== '') yield buffered;
}
