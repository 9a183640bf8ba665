import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Logger, noMetrics } from '@edgecore/api';
import { type Bus, createBus, type Message, type Participant } from '@edgecore/beehive';
import { tempDir } from '@edgecore/testing';
import { EdgeHub, type EdgeHubOptions, isFatalHubError } from '../../src/index.js';
import type { IssuedPair } from './pki.js';

export interface Files {
  readonly tlsCaFile: string;
  readonly tlsCertFile: string;
  readonly tlsPrivateKeyFile: string;
}

/** Paths in a directory of their own; nothing is written yet. */
export async function certificatePaths(): Promise<Files> {
  const dir = await tempDir();
  return {
    tlsCaFile: join(dir, 'ca', 'rootCA.crt'),
    tlsCertFile: join(dir, 'certs', 'server.crt'),
    tlsPrivateKeyFile: join(dir, 'certs', 'server.key'),
  };
}

export async function writePair(files: Files, ca: string, { cert, key }: IssuedPair): Promise<void> {
  const texts = [
    [files.tlsCaFile, ca],
    [files.tlsCertFile, cert],
    [files.tlsPrivateKeyFile, key],
  ] as const;
  for (const [file, text] of texts) {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}

export interface LogLine {
  readonly level: string;
  readonly text: string;
}

/** Keeps every line, fields included, down to debug. */
export function recordingLog(lines: LogLine[]): Logger {
  const at =
    (level: string) =>
    (fields: object | string, message = ''): void => {
      const text = typeof fields === 'string' ? fields : `${message} ${printable(fields)}`;
      lines.push({ level, text });
    };
  const log: Logger = {
    trace: at('trace'),
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: () => log,
  };
  return log;
}

function printable(fields: object): string {
  return JSON.stringify(fields, (_, value) => (value instanceof Error ? String(value.stack) : value));
}

/** A group with one member that keeps what it gets. */
export class Recorder {
  readonly received: Message[] = [];
  readonly participant: Participant;

  constructor(bus: Bus, name: string, group: string, onMessage: (message: Message) => void = () => {}) {
    this.participant = bus.join(name, group);
    void this.#run(onMessage);
  }

  async #run(onMessage: (message: Message) => void): Promise<void> {
    for await (const message of this.participant.receive()) {
      this.received.push(message);
      onMessage(message);
    }
  }
}

export interface TestNode {
  readonly hub: EdgeHub;
  readonly bus: Bus;
  /** A place on the bus to send from. */
  readonly me: Participant;
  readonly log: LogLine[];
  /** Messages put into the inbox of each module so far, or waiting for room there. */
  readonly sent: ReadonlyMap<string, number>;
  /** Counters that were raised, as `name {"label":"value"}`. */
  readonly counts: ReadonlyMap<string, number>;
  stop(): Promise<void>;
}

/** A bus with the hub on it. `before` joins others ahead of the start. */
export function startNode(options: EdgeHubOptions, before: (bus: Bus) => void = () => {}): TestNode {
  const log: LogLine[] = [];
  const sent = new Map<string, number>();
  const counts = new Map<string, number>();
  const bus = createBus({
    log: recordingLog(log),
    metrics: {
      ...noMetrics,
      count(name, labels = {}) {
        const key = `${name} ${JSON.stringify(labels)}`;
        counts.set(key, (counts.get(key) ?? 0) + 1);
      },
    },
    trace: ({ step, module }) => {
      if (step === 'sent') sent.set(module, (sent.get(module) ?? 0) + 1);
    },
  });
  const hub = new EdgeHub(options);
  bus.add(hub, { when: 'onFailure', isFatal: isFatalHubError });
  before(bus);
  const me = bus.join('me');
  bus.start();
  return {
    hub,
    bus,
    me,
    log,
    sent,
    counts,
    async stop() {
      me.close();
      await bus.stop({ graceMs: 5000 });
    },
  };
}

/** Everything tests over sockets need to be quick. */
export const QUICK = {
  nodeName: 'edge-01',
  cloudProfile: 'current',
  backoff: { initialMs: 20, maxMs: 50 },
  certificateBackoff: { initialMs: 10, maxMs: 20 },
} as const;
