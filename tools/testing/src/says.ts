import { eventually } from './temp.js';

/** What runs and prints. */
export interface Printing {
  /** Everything so far. */
  readonly output: string;
  readonly running: boolean;
}

/** Waits until it has printed the text. @throws with what it printed instead, at once when it ends without. */
export async function says(program: Printing, text: string, timeoutMs: number): Promise<void> {
  const said = () => program.output.includes(text);
  await eventually(() => said() || !program.running, { timeoutMs, what: `"${text}" in the output` }).catch(
    (error: unknown) => {
      throw new Error(`${String(error)}; it said:\n${program.output}`);
    },
  );
  if (!said()) throw new Error(`it ended without "${text}":\n${program.output}`);
}
