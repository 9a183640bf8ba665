import type { ServerResponse } from 'node:http';
import { errorText, hasCode } from '@edgecore/api';
import { HttpProblem } from '../http-answer.js';
import { findPod, type PodPath } from '../pod-lookup.js';
import type { ServerSource } from '../server-options.js';
import { chooseContainer } from './choose-container.js';
import { parseLogQuery } from './log-query.js';
import { sendLogs } from './send-logs.js';

/** Serves `/containerLogs/{namespace}/{pod}/{container}`. @throws {HttpProblem} before anything was sent. */
export async function serveLogs(
  path: PodPath & { readonly container: string },
  query: URLSearchParams,
  response: ServerResponse,
  { source, stop }: { readonly source: ServerSource; readonly stop: AbortSignal },
): Promise<void> {
  const wanted = parseLogQuery(query, source.clock.now());
  const snapshot = findPod(source.pods(), path);
  if (!snapshot) throw new HttpProblem(404, `pod "${path.pod}" does not exist`);
  const id = chooseContainer(snapshot, path.container, wanted.previous);
  const end = new AbortController();
  response.once('close', () => end.abort());
  const { follow, tailLines, sinceMs } = wanted;
  const records = source.runtime.logs(id, {
    follow,
    signal: AbortSignal.any([end.signal, stop]),
    ...(tailLines !== undefined && { tailLines }),
    ...(sinceMs !== undefined && { sinceMs }),
  });
  try {
    // A follower learns at once that it is listening.
    if (follow) response.flushHeaders();
    await sendLogs(records, wanted, response);
    response.end();
  } catch (error) {
    if (end.signal.aborted) return;
    if (!response.headersSent) {
      const gone = hasCode(error, 'ERR_RUNTIME_NOT_FOUND');
      throw new HttpProblem(
        gone ? 400 : 500,
        gone
          ? `the log of container "${path.container}" in pod "${path.pod}" is not there any more`
          : `the log cannot be read: ${errorText(error)}`,
      );
    }
    source.log.warn({ pod: path.pod, error: errorText(error) }, 'a log broke off while it was being sent');
    response.destroy();
  } finally {
    end.abort();
  }
}
