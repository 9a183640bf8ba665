import { type Logger, type Metrics, noMetrics, silentLogger } from '@edgecore/api';
import { callUnaryBytes, codeName, GrpcCode, GrpcError, GrpcServer } from '@edgecore/grpc';
import type { SocketFile } from '@edgecore/viaduct';
import { Admission } from './admission.js';
import { DmiClosedError } from './errors.js';
import { loadRows } from './load-rows.js';
import { type ManagerService, managerMethods } from './manager-service.js';
import type { Mapper } from './mappers/mapper-row.js';
import { Mappers } from './mappers/mappers.js';
import { MANAGER_SERVICE } from './messages.js';
import { protocolOf } from './objects/effective-device.js';
import { Inventory } from './objects/inventory.js';
import {
  keyText,
  type ObjectKey,
  objectKey,
  parseContent,
  type StoredObject,
  storedObject,
} from './objects/stored-object.js';
import { DMI_LIMITS, type DmiLimits, type DmiOptions, type ObjectChange } from './options.js';
import { checkedMapper, mapperData, storeMapper } from './registration.js';
import { deviceId, invalid, refusal, reportedTwins } from './report.js';
import { listenOn, socketPath } from './socket-file.js';

/** Operations of messages that carry or remove an object. */
const CHANGES: readonly string[] = ['insert', 'update', 'patch', 'delete'];
const INVALID_STATES = 'ReportDeviceStatesRequest is invalid data';
const MAPPER_SERVICE = '/v1beta1.DeviceMapperService/';

/**
 * DMI, the gRPC between the edge and its device mappers (devicetwin.md §10):
 * takes their reports, and keeps each mapper in step with the devices and
 * models of its protocol.
 */
export class Dmi {
  /** Of the socket mappers call. */
  readonly path: string;
  readonly #options: DmiOptions;
  readonly #limits: DmiLimits;
  readonly #log: Logger;
  readonly #metrics: Metrics;
  readonly #inventory = new Inventory();
  readonly #mappers: Mappers;
  readonly #admission: Admission;
  /** Changes that came before the rows were read, the last of each object. */
  #early: Map<string, { key: ObjectKey; object: StoredObject | undefined }> | undefined = new Map();
  #open: { server: GrpcServer; file: SocketFile } | undefined;
  /** Registrations follow each other: which row a mapper takes the place of depends on the ones before. */
  #registering: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(options: DmiOptions) {
    this.#options = options;
    this.path = socketPath(options.directory);
    this.#limits = { ...DMI_LIMITS, ...options.limits };
    this.#log = options.log ?? silentLogger;
    this.#metrics = options.metrics ?? noMetrics;
    this.#admission = new Admission(this.#limits, options.now ?? (() => performance.now()));
    this.#mappers = new Mappers({
      modelOf: (key) => this.#inventory.modelOf(key),
      wanted: (key, protocol) => this.#inventory.wanted(key, protocol),
      call: (mapper, method, request, signal) => this.#callMapper(mapper, method, request, signal),
      log: this.#log,
    });
  }

  /** Mappers can call. */
  get listening(): boolean {
    return this.#open !== undefined;
  }

  /**
   * Reads the rows and opens the socket. Mappers known from the rows are taken
   * to have what the rows say, and are told the changes from here on.
   *
   * Can be called again after it failed; does nothing when it is open.
   * @throws {DmiSocketError} when the socket cannot be made. Mappers are told changes nevertheless.
   * @throws {StoreError} when the rows cannot be read.
   * @throws {DmiClosedError} after {@link close}.
   */
  async start(): Promise<void> {
    if (this.#closed) throw new DmiClosedError();
    if (this.#open) return;
    await this.#load();
    const server = new GrpcServer({
      methods: managerMethods(this.#service()),
      limits: this.#limits,
      log: this.#log,
      ended: (path, status) => this.#countCall(path, status),
    });
    const file = await listenOn(server.socket, this.path);
    this.#open = { server, file };
    if (this.#closed) await this.#shut();
    else this.#log.info({ path: this.path }, 'mappers can call');
  }

  /** Takes a change of a device or a model, and tells the mapper. Never throws: what cannot be used is logged. */
  apply({ operation, resource, content }: ObjectChange): void {
    const object = parseContent(content);
    const key = objectKey(resource, object);
    if (!key || !CHANGES.includes(operation)) {
      this.#log.debug({ operation, resource }, 'not a change of a device or a model');
    } else if (operation === 'delete') {
      this.#take(key, undefined);
    } else if (object) {
      this.#take(key, storedObject(key, object));
    } else {
      this.#log.warn({ operation, resource }, 'the content of a message is no object; it is left out');
    }
  }

  /** Removes the socket, ends calls under way within two seconds. Calling it again does nothing. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#mappers.close();
    await this.#shut();
  }

  async #shut(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    if (!open) return;
    await open.file.remove();
    await open.server.close();
  }

  async #load(): Promise<void> {
    if (!this.#early) return;
    const { objects, mappers } = await loadRows(this.#options.store, this.#log);
    const early = this.#early;
    if (!early) return;
    for (const object of objects) this.#inventory.put(object);
    for (const mapper of mappers) this.#mappers.put(mapper, this.#inventory.keys(), true);
    this.#early = undefined;
    for (const { key, object } of early.values()) this.#take(key, object);
  }

  /** @param object What it is now; `undefined` when it is gone. */
  #take(key: ObjectKey, object: StoredObject | undefined): void {
    if (this.#early) {
      this.#early.set(keyText(key), { key, object });
      return;
    }
    this.#mappers.changed(object ? this.#inventory.put(object) : this.#inventory.remove(key));
    if (object?.type === 'device') this.#mappers.expect(protocolOf(object));
  }

  #service(): ManagerService {
    return {
      register: (request) =>
        this.#admitted(
          `fail to register mapper because of too many request: ${request.mapper?.name ?? ''}`,
          () => {
            const mapper = checkedMapper(request.mapper);
            const registered = this.#registering.then(() => this.#register(mapper, request.withData));
            this.#registering = registered.catch(() => {});
            return registered;
          },
        ),
      reportStatus: (request) =>
        this.#admitted(
          `fail to report device status because of too many request: ${request.deviceName}`,
          async () => {
            const { deviceNamespace, deviceName, reportedDevice } = request;
            const twins = reportedTwins(reportedDevice?.twins ?? []);
            const id = deviceId(deviceNamespace, deviceName, 'ReportDeviceStatusRequest names no device');
            await this.#report(id, () => this.#options.reporter.reportTwins(id, twins));
            return {};
          },
        ),
      reportStates: (request) =>
        this.#admitted(
          `fail to report device states because of too many request: ${request.deviceName}`,
          async () => {
            const { deviceNamespace, deviceName, state } = request;
            if (state === '') throw invalid(INVALID_STATES);
            const id = deviceId(deviceNamespace, deviceName, INVALID_STATES);
            await this.#report(id, () => this.#options.reporter.reportState(id, state));
            return {};
          },
        ),
    };
  }

  #admitted<T>(refusedText: string, work: () => Promise<T>): Promise<T> {
    return this.#admission.run(work, () => {
      throw new GrpcError(GrpcCode.RESOURCE_EXHAUSTED, refusedText);
    });
  }

  async #register(mapper: Mapper, withData: boolean) {
    await storeMapper(this.#options.store, mapper, this.#mappers.replacedBy(mapper));
    const data = mapperData(this.#inventory, mapper.protocol, this.#log);
    this.#mappers.put(mapper, withData ? data.keys : this.#inventory.keys(), withData);
    const { name, protocol, address } = mapper;
    this.#log.info(
      { mapper: name, protocol, address, devices: data.deviceList.length },
      'a mapper has registered',
    );
    return withData ? data : {};
  }

  async #report(id: string, report: () => Promise<void>): Promise<void> {
    const [namespace, name] = id.split('/') as [string, string];
    const device = this.#inventory.get({ type: 'device', namespace, name });
    if (device) this.#mappers.heard(protocolOf(device));
    try {
      await report();
    } catch (error) {
      throw refusal(error);
    }
  }

  async #callMapper(mapper: Mapper, method: string, request: Buffer, signal: AbortSignal): Promise<void> {
    let status: number = GrpcCode.OK;
    try {
      // Nothing is read from the answers.
      await callUnaryBytes({ socketPath: mapper.address }, MAPPER_SERVICE + method, request, {
        timeoutMs: this.#limits.mapperCallTimeoutMs,
        maxAnswerBytes: this.#limits.maxMessageBytes,
        signal,
      });
    } catch (error) {
      status = (error as GrpcError).status;
      throw error;
    } finally {
      this.#metrics.count('edgecore_dmi_mapper_calls_total', { method, status: codeName(status) });
    }
  }

  #countCall(path: string, status: number): void {
    const known = path.startsWith(MANAGER_SERVICE) && status !== GrpcCode.UNIMPLEMENTED;
    const method = known ? path.slice(MANAGER_SERVICE.length) : 'other';
    this.#metrics.count('edgecore_dmi_calls_total', { method, status: codeName(status) });
  }
}
