import { errorText } from '@edgecore/api';
import type { Message, ModuleContext } from '@edgecore/beehive';
import { createMessage, errorTo, responseTo } from '@edgecore/beehive';
import type { Post } from '../post.js';

/** CSI controller calls of the cloud, carried out by edged (wire.md §6.1 D23, §6.2 U23). */
export class VolumeCalls {
  constructor(
    private readonly ctx: ModuleContext,
    private readonly post: Post,
    private readonly edged: string,
    private readonly timeoutMs: number,
  ) {}

  async handle(call: Message): Promise<void> {
    const { source, group, operation, resource, content } = call;
    try {
      const request = createMessage<unknown>({ source, group, operation, resource, content });
      const { timeoutMs } = this;
      const answer = await this.ctx.request(this.edged, request, { timeoutMs, signal: this.ctx.signal });
      await this.post.tellCloud(responseTo(call, answer.content));
    } catch (error) {
      this.post.log.warn({ id: call.id, operation, resource, error: errorText(error) }, 'volume call failed');
      // The driver must learn of it; upstream answers `null` here.
      await this.post.tellCloud(errorTo(call, errorText(error), { source, group }));
    }
  }
}
