/** A message that arrived at a broker. */
export interface Arrival {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: 0 | 1 | 2;
  /** The sender is acknowledged only when the arrival is settled: what it sent must be durable by then. */
  readonly held: boolean;
}

/**
 * Told once about each arrival: without an argument when it was taken care of
 * (or concerns nobody), with one when the sender must keep it and try again.
 */
export type Settle = (refusal?: Error) => void;

/** Takes what arrives, in the order it arrives. `settle` may be called at once. */
export type TakeArrival = (arrival: Arrival, settle: Settle) => void;

/**
 * An MQTT broker as the event bus sees it: the one in this process, or one
 * elsewhere. None of its methods blocks on the network or fails: what cannot
 * go out now waits in a bounded queue or is dropped and counted.
 */
export interface Broker {
  readonly name: 'internal' | 'external';
  /** Why it cannot be used at the moment; `undefined` when it can. For the health of the module. */
  readonly problem: string | undefined;
  /** Begins to listen or to connect, and goes on trying until `close`. */
  start(): Promise<void>;
  /**
   * Publishes; messages keep their order. The topic is a valid one.
   * @returns a promise when the caller had better wait before the next one.
   */
  publish(topic: string, payload: Uint8Array | string): Promise<void> | undefined;
  /** Hands arrivals on a filter to the owner, too; repeating is harmless. */
  subscribe(filter: string): void;
  unsubscribe(filter: string): void;
  /** Takes nothing in any more; what is published still goes out. */
  quiesce(): void;
  /** Sends what waits as far as it goes at once, then disconnects. */
  close(): Promise<void>;
}
