import { errorText, hasCode, ModuleName } from '@edgecore/api';
import type { Message, ModuleContext } from '@edgecore/beehive';
import { type Destination, route } from './route.js';

export interface DispatcherOptions {
  readonly ctx: ModuleContext;
  /** A task came and no module takes tasks. */
  readonly onUnhandledTask: (task: Message) => void;
  /** Messages modules have no room for yet, before the socket is left unread. */
  readonly maxWaiting: number;
  /** The node stops: answers are still handed out, nothing else. */
  readonly stopping: () => boolean;
}

/**
 * Hands messages from the cloud to waiters, groups and modules, in the order
 * they came for each of them. A module without room holds up only itself until
 * `maxWaiting` messages wait; then {@link dispatch} does, and with it the
 * socket (edgehub.md §6).
 */
export class Dispatcher {
  #waiting = 0;
  #roomMade: (() => void) | undefined;

  constructor(private readonly options: DispatcherOptions) {}

  /** Resolves when the next message may be read; never rejects. */
  async dispatch(message: Message): Promise<void> {
    const { ctx, maxWaiting, stopping } = this.options;
    if (message.parentId !== '' && ctx.deliver(message)) return;
    if (stopping()) {
      this.#drop(message, 'debug', 'the node is stopping; unconfirmed, it comes again');
      return;
    }
    const destination = route(message);
    if (destination.kind === 'drop') {
      this.#drop(message, destination.level, destination.reason);
      return;
    }
    this.#waiting += 1;
    void this.#hand(message, destination).then(() => {
      this.#waiting -= 1;
      this.#roomMade?.();
    });
    while (this.#waiting >= maxWaiting) {
      await new Promise<void>((resolve) => {
        this.#roomMade = resolve;
      });
      this.#roomMade = undefined;
    }
  }

  async #hand(message: Message, destination: Exclude<Destination, { kind: 'drop' }>): Promise<void> {
    const { ctx, onUnhandledTask, stopping } = this.options;
    const options = { signal: ctx.signal };
    try {
      if (destination.kind === 'group') await ctx.sendToGroup(destination.group, message, options);
      else await ctx.send(destination.module, message, options);
    } catch (error) {
      // Unconfirmed, it comes again.
      if (ctx.signal.aborted || stopping()) return;
      const absent = hasCode(error, 'ERR_NO_SUCH_MODULE');
      if (absent && destination.kind === 'module' && destination.module === ModuleName.taskmanager) {
        onUnhandledTask(message);
      } else {
        this.#drop(message, 'warn', errorText(error));
      }
    }
  }

  #drop(message: Message, level: 'debug' | 'warn', reason: string): void {
    const { ctx } = this.options;
    const { id, group, source, operation, resource } = message;
    ctx.metrics.count('edgecore_hub_messages_dropped_total', { group });
    ctx.log[level]({ id, group, source, operation, resource }, `message from the cloud dropped: ${reason}`);
  }
}
