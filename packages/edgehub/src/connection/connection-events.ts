import { CloudConnection, errorText, Group, hasCode, Operation, Resource } from '@edgecore/api';
import { createMessage, type ModuleContext } from '@edgecore/beehive';

/** Who is told that the link came or went (edgehub.md §5.3). */
const GROUPS = [Group.twin, Group.meta, Group.bus, Group.taskmanager] as const;

/**
 * Tells every group once. All messages are in the inboxes (or ahead of any
 * later one) when this returns; nobody waits for a module without room.
 */
export function broadcastConnection(ctx: ModuleContext, connected: boolean): void {
  for (const group of GROUPS) {
    const event = createMessage<string>({
      source: 'edgehub',
      group,
      operation: Operation.publish,
      resource: Resource.nodeConnection,
      content: connected ? CloudConnection.connected : CloudConnection.disconnected,
    });
    ctx.sendToGroup(group, event, { signal: ctx.signal }).catch((error: unknown) => {
      // Not every node runs every module.
      if (ctx.signal.aborted || hasCode(error, 'ERR_NO_SUCH_MODULE')) return;
      ctx.log.warn({ group }, `the connection event could not be delivered: ${errorText(error)}`);
    });
  }
}
