import type { WebSocket } from 'ws';

/** How outgoing messages are cut into frames. */
export type Fragmentation =
  /** One frame per message. */
  | 'none'
  /** As the Go server with its 4096-byte buffer does (wire.md §2.2), final newline included. For tests of readers. */
  | 'go';

const GO_BUFFER_BYTES = 4096;

/** Writes one text message; `done` is called once, after the last frame was taken or one failed. */
export function writeText(
  socket: WebSocket,
  text: string,
  fragmentation: Fragmentation,
  done: (error?: Error | null) => void,
): void {
  if (fragmentation === 'none') {
    socket.send(text, done);
    return;
  }
  const frames = goFrames(Buffer.from(`${text}\n`));
  frames.forEach((frame, index) => {
    const fin = index === frames.length - 1;
    socket.send(frame, { binary: false, fin }, fin ? done : undefined);
  });
}

/** Above two buffers Go sends everything in one non-final frame and ends with an empty one. */
function goFrames(data: Buffer): Buffer[] {
  if (data.length > 2 * GO_BUFFER_BYTES) return [data, Buffer.alloc(0)];
  const frames: Buffer[] = [];
  for (let at = 0; at < data.length; at += GO_BUFFER_BYTES) {
    frames.push(data.subarray(at, at + GO_BUFFER_BYTES));
  }
  return frames;
}
