import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** One line of a recording; see the README beside the files. */
export interface GoldenLine {
  ts: string;
  ch: string;
  dir: 'up' | 'down';
  kind: string;
  raw?: string;
  message?: {
    header: {
      msg_id: string;
      parent_msg_id?: string;
      timestamp: number;
      resourceversion?: string;
      sync?: boolean;
    };
    route: { source?: string; group?: string; operation?: string; resource?: string };
    content: unknown;
  };
  [key: string]: unknown;
}

export function goldenPath(cloud: '2020' | 'v1.23', file: string): string {
  return fileURLToPath(new URL(`../../golden/${cloud}/${file}`, import.meta.url));
}

/** The lines of `tools/golden/<cloud>/<file>`, in the order the edge saw them. */
export function golden(cloud: '2020' | 'v1.23', file: string): GoldenLine[] {
  return readFileSync(goldenPath(cloud, file), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as GoldenLine);
}

/** Only the hub messages of a recording. */
export function goldenHub(cloud: '2020' | 'v1.23', file: string) {
  return golden(cloud, file).filter(
    (line): line is GoldenLine & { raw: string; message: NonNullable<GoldenLine['message']> } =>
      line.ch === 'cloudhub-ws' &&
      line.kind === 'text' &&
      line.message !== undefined &&
      line.raw !== undefined,
  );
}
