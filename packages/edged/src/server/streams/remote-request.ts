import { HttpProblem } from '../http-answer.js';
import type { WantedStreams } from './remote-session.js';

/**
 * The streams a query asks for; `true` only for the exact text `1`. With a
 * terminal stderr is part of stdout.
 *
 * @throws {HttpProblem} 400 when it asks for none.
 */
export function wantedStreams(query: URLSearchParams): WantedStreams {
  const has = (name: string) => query.get(name) === '1';
  const tty = has('tty');
  const stdin = has('input');
  const stdout = has('output');
  const stderr = has('error');
  if (!stdin && !stdout && !stderr) {
    throw new HttpProblem(400, 'you must specify at least 1 of stdin, stdout, stderr');
  }
  return { stdin, stdout, stderr: stderr && !tty, tty };
}
