import type { EdgeCoreError } from '@edgecore/api';
import type { IClientOptions } from 'mqtt';

export type PropertyType = 'int' | 'float' | 'string' | 'boolean';

/** The properties of a device by name, as in its model. */
export type Properties = Readonly<Record<string, { readonly type: PropertyType }>>;

type ValueOf<T extends PropertyType> = T extends 'boolean' ? boolean : T extends 'string' ? string : number;

/** Some of the properties with their values: numbers for `int` and `float`. */
export type Values<P extends Properties> = { readonly [K in keyof P]?: ValueOf<P[K]['type']> };

/** A property map in which every type is known to the compiler is kept as written. */
export interface MapperOptions<P extends Properties> {
  /** `mqtt://127.0.0.1:1883` */
  readonly broker: string;
  /** `<namespace>/<name>`; with the clouds of 2020 the name alone. */
  readonly deviceId: string;
  readonly properties: P;
  /** Measures; properties left out are not reported. Called every `intervalMs`, one call at a time. */
  readonly read?: () => Values<P> | Promise<Values<P>>;
  /**
   * Sets what the cloud wants. Called again with the same value as long as the
   * reported one differs, so it must be repeatable; one call at a time.
   */
  readonly write?: (changes: Values<P>) => void | Promise<void>;
  /** From one `read` to the next. Default 10 000. */
  readonly intervalMs?: number;
  /** States to report at the start, and at the end or when the connection is lost; `false` reports none. Default online and offline. */
  readonly state?: false | { readonly online: string; readonly offline: string };
  /** Ends the mapper as {@link Mapper.stop} does. */
  readonly signal?: AbortSignal;
  /** What goes wrong meanwhile; the mapper goes on. Default: a warning of the process. */
  readonly onError?: (error: EdgeCoreError) => void;
  /** Between attempts to connect, and to report what the agent could not take. Default 5000. */
  readonly retryMs?: number;
  /** How long an answer of the agent is waited for before the report is sent again; doubles up to a minute. Default 10 000. */
  readonly answerTimeoutMs?: number;
  /** Credentials and certificates for the broker. */
  readonly connection?: Pick<
    IClientOptions,
    'username' | 'password' | 'clientId' | 'ca' | 'cert' | 'key' | 'rejectUnauthorized'
  >;
}

export interface Mapper<P extends Properties> {
  /** Resolves once the broker is connected, however long that takes, or the mapper was stopped. */
  start(): Promise<void>;
  /**
   * Reports values besides those of `read`. They are sent until the agent has
   * stored them; of each property only the last value is kept.
   * @throws {MapperValueError} when one does not fit; nothing is reported then.
   */
  report(values: Values<P>): void;
  /** Reports what is left and the state offline, within two seconds, and disconnects. */
  stop(): Promise<void>;
}
