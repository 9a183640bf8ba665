import { Group, isRecord, ModuleName, type NodeActionStatus, Operation } from '@edgecore/api';
import { createMessage, type Message } from '@edgecore/beehive';

const REASON = 'this edge node does not carry out node tasks';

/**
 * The refusal of a node task when no task module runs, so that the cloud does
 * not wait for the job to time out (edgehub.md §8): U27, or U28 for the tasks
 * of clouds that have the old task feature on (wire.md §6.2).
 */
export function refuseNodeTask(task: Message, nodeName: string, now: Date): Message {
  const fields = { source: ModuleName.edgehub, group: Group.hub };
  const finishTime = now.toISOString().replace(/\.\d{3}Z$/, 'Z');
  const [operation, taskId] = task.resource.split('/');
  if (operation === task.operation && (operation === 'upgrade' || operation === 'prepull')) {
    return createMessage({
      ...fields,
      operation,
      resource: `task/${taskId}/node/${nodeName}`,
      content: {
        NodeName: nodeName,
        State: '',
        Event: textOf(task.content, 'State'),
        Action: 'Failure',
        Reason: REASON,
        Time: finishTime,
        ExternalMessage: '',
      },
    });
  }
  const status: NodeActionStatus = {
    action: task.operation,
    succ: false,
    finishTime,
    reason: REASON,
    extend: '',
  };
  return createMessage<NodeActionStatus>({
    ...fields,
    operation: Operation.updateNodeActionStatus,
    resource: task.resource,
    content: status,
  });
}

function textOf(content: unknown, key: string): string {
  const value = isRecord(content) ? content[key] : undefined;
  return typeof value === 'string' ? value : '';
}
