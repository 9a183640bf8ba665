import { Operation, ResourceType } from '@edgecore/api';
import type { Message } from '@edgecore/beehive';

export interface OutboundQueueOptions {
  readonly maxMessages: number;
  readonly maxBytes: number;
  /** Does somebody still wait for the answer to this message? */
  readonly hasWaiter: (message: Message) => boolean;
}

interface Entry {
  readonly message: Message;
  readonly bytes: number;
}

/** What became of a message handed to the queue. */
export type PutResult =
  | { readonly taken: true; readonly dropped: readonly Message[] }
  | { readonly taken: false; readonly dropped: readonly Message[] };

/** Most acknowledgements kept; the cloud asks again where one is missing (wire.md §5.5). */
const MAX_ACKS = 1000;

const STATUS_TYPES: ReadonlySet<string> = new Set([
  ResourceType.podstatus,
  ResourceType.nodestatus,
  ResourceType.podpatch,
  ResourceType.nodepatch,
  ResourceType.lease,
]);

/**
 * What waits to be sent, in order, across reconnects. Acknowledgements have a
 * lane of their own, ahead of everything. A message leaves only when its write
 * was confirmed, so the one in flight when a link breaks goes first on the
 * next (edgehub.md §5.2).
 */
export class OutboundQueue {
  readonly #options: OutboundQueueOptions;
  readonly #acks: Entry[] = [];
  #messages: Entry[] = [];
  #bytes = 0;
  #onPut: () => void = () => {};

  constructor(options: OutboundQueueOptions) {
    this.#options = options;
  }

  get depth(): number {
    return this.#acks.length + this.#messages.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Calls back after each message put in; one listener, the sender. */
  onPut(listener: () => void): void {
    this.#onPut = listener;
  }

  /**
   * Puts a message at the end. When the queue is full, statuses a later one
   * made worthless go first; `taken: false` when that was not enough.
   */
  put(message: Message, bytes: number): PutResult {
    const entry = { message, bytes };
    const dropped: Message[] = [];
    if (isAck(message)) {
      if (this.#acks.length >= MAX_ACKS) dropped.push(this.#remove(this.#acks, 0));
      this.#acks.push(entry);
    } else {
      if (!this.#hasRoom(bytes)) dropped.push(...this.#dropSuperseded(message));
      if (!this.#hasRoom(bytes)) return { taken: false, dropped };
      this.#messages.push(entry);
    }
    this.#bytes += bytes;
    this.#onPut();
    return { taken: true, dropped };
  }

  /** The next acknowledgement to send; stays until {@link confirm}. */
  nextAck(): Message | undefined {
    return this.#acks[0]?.message;
  }

  /** The next other message to send; stays until {@link confirm}. */
  nextMessage(): Message | undefined {
    return this.#messages[0]?.message;
  }

  /** The message was written, or will never be: it leaves the queue. */
  confirm(message: Message): void {
    for (const lane of [this.#acks, this.#messages]) {
      if (lane[0]?.message === message) this.#remove(lane, 0);
    }
  }

  #hasRoom(bytes: number): boolean {
    const { maxMessages, maxBytes } = this.#options;
    return this.#messages.length < maxMessages && this.#bytes + bytes <= maxBytes;
  }

  /** Drops every status a later one (or `incoming`) replaces. The head stays: it may be in flight. */
  #dropSuperseded(incoming: Message): Message[] {
    const later = new Set<string>();
    if (isStatus(incoming)) later.add(statusKey(incoming));
    const kept: Entry[] = [];
    const dropped: Message[] = [];
    for (let index = this.#messages.length - 1; index >= 0; index--) {
      const entry = this.#messages[index]!;
      const { message } = entry;
      const key = isStatus(message) ? statusKey(message) : undefined;
      const worthless = key !== undefined && later.has(key) && !this.#options.hasWaiter(message);
      if (key !== undefined) later.add(key);
      if (worthless && index > 0) {
        this.#bytes -= entry.bytes;
        dropped.push(message);
      } else {
        kept.push(entry);
      }
    }
    this.#messages = kept.reverse();
    return dropped;
  }

  #remove(lane: Entry[], index: number): Message {
    const [entry] = lane.splice(index, 1);
    this.#bytes -= entry!.bytes;
    return entry!.message;
  }
}

/** Acknowledgements and other answers to the cloud; uploads in the 2020 form are `response` too, but answer nothing. */
export function isAck(message: Message): boolean {
  return message.operation === Operation.response && message.parentId !== '';
}

function isStatus({ operation, resource }: Message): boolean {
  if (operation !== Operation.update && operation !== Operation.patch) return false;
  return STATUS_TYPES.has(resource.split('/')[1] ?? '');
}

function statusKey({ operation, resource }: Message): string {
  return `${operation} ${resource}`;
}
