/** What aedes gives of a client. */
export interface ClientRef {
  readonly id: string;
  readonly clean: boolean;
}

/** What aedes gives of a message. */
export interface Packet {
  readonly cmd?: string;
  readonly brokerId?: string;
  readonly brokerCounter?: number;
  readonly messageId?: number;
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: number;
  readonly retain: boolean;
}

/** A subscription of a lasting session with QoS 1 or 2. */
export interface StoredSubscription {
  readonly clientId: string;
  readonly topic: string;
  readonly qos: number;
}

/** What aedes tells of itself. */
export interface BrokerRef {
  readonly id: string;
  /** Who is connected, by client id. */
  readonly clients: Readonly<Record<string, unknown>>;
}
