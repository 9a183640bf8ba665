import { readFileSync } from 'node:fs';
import { decodeMessage } from '@edgecore/beehive';
import { goldenPath } from '@edgecore/testing';
import { type Recording, type Route, routeText } from './recording.js';

export interface Probes {
  /** The node that asked. */
  readonly nodeName: string;
  /** Nothing but answers. */
  readonly recording: Recording;
}

/** The cloud of single messages and their answers (`hub-probe*.jsonl`): the first answer to a question counts. */
export function readProbes(file: 'hub-probe.jsonl' | 'hub-probe-cloud2020.jsonl'): Probes {
  const lines = readFileSync(goldenPath('v1.23', file), 'utf8').trimEnd().split('\n');
  const probes = lines
    .map((line) => JSON.parse(line) as { up: unknown; reply: unknown })
    .map(({ up, reply }) => ({
      up: decodeMessage(JSON.stringify(up)),
      reply: reply ? decodeMessage(JSON.stringify(reply)) : undefined,
    }));
  const answerTo = (asked: Route) =>
    probes.find(({ up, reply }) => reply && routeText(up) === routeText(asked))?.reply;
  return {
    nodeName: probes[0]!.up.resource.split('/')[2]!,
    recording: { phases: [], sent: probes.map(({ up }) => up), dials: [], answerTo },
  };
}
