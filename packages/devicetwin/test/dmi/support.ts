import { join } from 'node:path';
import type { Metrics } from '@edgecore/api';
import { openStore, type Store } from '@edgecore/store';
import { type CollectedLine, collectingLogger, tempDir } from '@edgecore/testing';
import {
  type Client,
  credentials,
  Metadata,
  Server,
  ServerCredentials,
  type ServiceError,
} from '@grpc/grpc-js';
import { afterEach } from '@jest/globals';
import { Dmi, type DmiOptions } from '../../src/dmi/index.js';
import type { DeviceReporter, ReportedTwin } from '../../src/reporter.js';
import { referenceService } from './proto-text.js';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Undone after the test, the last first. */
export function atEnd(cleanup: () => unknown): void {
  cleanups.push(cleanup);
}

export interface Report {
  readonly id: string;
  readonly twins?: Readonly<Record<string, ReportedTwin>>;
  readonly state?: string;
}

/** Takes every report; `before` may refuse one or keep it waiting. */
export class RecordingReporter implements DeviceReporter {
  readonly reports: Report[] = [];
  before: (report: Report) => Promise<void> = async () => {};

  async reportTwins(id: string, twins: Readonly<Record<string, ReportedTwin>>): Promise<void> {
    await this.#take({ id, twins: { ...twins } });
  }

  async reportState(id: string, state: string): Promise<void> {
    await this.#take({ id, state });
  }

  async #take(report: Report): Promise<void> {
    await this.before(report);
    this.reports.push(report);
  }
}

export interface DmiRig {
  readonly dmi: Dmi;
  readonly store: Store;
  readonly reporter: RecordingReporter;
  readonly directory: string;
  readonly log: CollectedLine[];
  /** `name{labels}` → sum. */
  readonly counts: Map<string, number>;
  seed(key: string, type: string, value: unknown): Promise<void>;
  row(key: string): Promise<Record<string, unknown> | undefined>;
}

/** A Dmi on a real database and a real socket; started unless told otherwise. */
export async function dmiRig(
  options: Partial<DmiOptions> & { rows?: readonly object[]; start?: boolean } = {},
): Promise<DmiRig> {
  const { rows = [], start = true, ...own } = options;
  const directory = own.directory ?? (await tempDir('dmi-'));
  const store = own.store ?? (await openStore({ path: join(await tempDir(), 'edgecore.db') }));
  if (!own.store) atEnd(() => store.close());
  const reporter = new RecordingReporter();
  const log: CollectedLine[] = [];
  const counts = new Map<string, number>();
  const metrics: Metrics = {
    count: (name, labels = {}, value = 1) => {
      const key = `${name}{${Object.values(labels).join(',')}}`;
      counts.set(key, (counts.get(key) ?? 0) + value);
    },
    gauge: () => {},
    observe: () => {},
  };
  const dmi = new Dmi({ reporter, log: collectingLogger(log, 'trace'), metrics, ...own, directory, store });
  atEnd(() => dmi.close());
  const seed = async (key: string, type: string, value: unknown) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    await store.write(store.db.insertInto('meta').values({ key, type, value: text }));
  };
  const row = async (key: string) => {
    const found = await store.first(store.db.selectFrom('meta').selectAll().where('key', '=', key));
    return found && { type: found.type, value: JSON.parse(found.value ?? 'null') };
  };
  for (const object of rows) {
    const { resource, content } = changeOf(object);
    await seed(resource, resource.split('/')[1]!, content);
  }
  if (start) await dmi.start();
  return { dmi, store, reporter, directory, log, counts, seed, row };
}

/** The message MetaManager passes on for an object. */
export function changeOf(object: object, operation = 'insert') {
  const { kind, metadata } = object as { kind: string; metadata: { namespace: string; name: string } };
  return {
    operation,
    resource: `${metadata.namespace}/${kind.toLowerCase()}/${metadata.name}`,
    content: object as unknown,
  };
}

export function deviceObject(name: string, spec: object = {}, more: object = {}) {
  return {
    kind: 'Device',
    metadata: { namespace: 'default', name, managedFields: [] },
    spec: {
      deviceModelRef: { name: 'thermo' },
      protocol: { protocolName: 'modbus', configData: { slaveID: 1 } },
      properties: [{ name: 'temperature', desired: { value: '25' }, visitors: { protocolName: 'modbus' } }],
      ...spec,
    },
    ...more,
  };
}

export function modelObject(name = 'thermo', spec: object = {}) {
  return {
    kind: 'DeviceModel',
    metadata: { namespace: 'default', name },
    spec: {
      protocol: 'modbus',
      properties: [{ name: 'temperature', type: 'FLOAT', accessMode: 'ReadOnly' }],
      ...spec,
    },
  };
}

type Answer = Record<string, unknown>;

/** A mapper's calls to the edge with the real gRPC client. */
export function mapperClient(path: string) {
  const Client = referenceService('DeviceManagerService');
  const client = new Client(`unix:${path}`, credentials.createInsecure()) as Client &
    Record<
      string,
      (
        request: object,
        metadata: Metadata,
        options: object,
        done: (error: ServiceError | null, answer: Answer) => void,
      ) => void
    >;
  atEnd(() => client.close());
  /** Resolves with the answer, or with the code and text of the error. */
  return (
    method: string,
    request: object,
    deadlineMs = 5000,
  ): Promise<Answer & { code?: number; details?: string }> =>
    new Promise((resolve) =>
      client[method]!(request, new Metadata(), { deadline: Date.now() + deadlineMs }, (error, answer) =>
        resolve(error ? { code: error.code, details: error.details } : answer),
      ),
    );
}

export interface MapperCall {
  readonly method: string;
  readonly request: Record<string, unknown>;
  /** As it was on the wire. */
  readonly raw: Buffer;
}

/** A mapper with the real gRPC server; `answer` decides what it does with a call. */
export async function mapperServer(
  path: string,
  answer: (call: MapperCall) => Promise<object> | object = () => ({}),
) {
  const calls: MapperCall[] = [];
  const server = new Server();
  const service = referenceService('DeviceMapperService').service;
  const definition = Object.fromEntries(
    Object.entries(service).map(([name, method]) => [
      name,
      {
        ...method,
        requestDeserialize: (bytes: Buffer) => ({ raw: bytes, request: method.requestDeserialize(bytes) }),
      },
    ]),
  );
  const handlers = Object.fromEntries(
    Object.keys(service).map((method) => [
      method,
      async (
        { request: { raw, request } }: { request: { raw: Buffer; request: Record<string, unknown> } },
        done: (error: Partial<ServiceError> | null, answer?: object) => void,
      ) => {
        const call = { method, request, raw };
        calls.push(call);
        try {
          done(null, await answer(call));
        } catch (error) {
          done({ code: 2, details: (error as Error).message });
        }
      },
    ]),
  );
  server.addService(definition as never, handlers as never);
  await new Promise<void>((resolve, reject) =>
    server.bindAsync(`unix:${path}`, ServerCredentials.createInsecure(), (error) =>
      error ? reject(error) : resolve(),
    ),
  );
  const stop = () => server.forceShutdown();
  atEnd(stop);
  return { calls, stop, methods: () => calls.map(({ method }) => method) };
}

/** A MapperRegisterRequest. */
export function registration(address: string, fields: object = {}, withData = true) {
  return {
    withData,
    mapper: {
      name: 'modbus-mapper',
      version: 'v1',
      apiVersion: 'v1.0.0',
      protocol: 'modbus',
      address: Buffer.from(address),
      state: 'ok',
      ...fields,
    },
  };
}
