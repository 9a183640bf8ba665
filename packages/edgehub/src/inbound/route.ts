import { CloudSource, Group, ModuleName } from '@edgecore/api';
import type { Message } from '@edgecore/beehive';

/** Where a message from the cloud goes. */
export type Destination =
  | { readonly kind: 'group'; readonly group: string }
  | { readonly kind: 'module'; readonly module: string }
  | { readonly kind: 'drop'; readonly level: 'debug' | 'warn'; readonly reason: string };

const ROUTER_MODULES: ReadonlyMap<string, string> = new Map([
  [CloudSource.routerEventbus, ModuleName.eventbus],
  [CloudSource.routerServicebus, ModuleName.servicebus],
  [CloudSource.routerRest, ModuleName.servicebus],
]);

/**
 * The dispatch table, the same for both clouds (edgehub.md §6), for a message
 * no request waits for.
 */
export function route(message: Message): Destination {
  const { group, operation, parentId, source } = message;
  if (operation === '') return warn('it has no operation');
  switch (group) {
    case Group.resource:
      // A late answer is stored and acknowledged like any other object, or it would block the cloud's queue (wire.md §5.5).
      return toGroup(Group.meta);
    case Group.func:
      return parentId === '' ? toGroup(Group.meta) : late();
    case Group.twin:
      return toGroup(Group.twin);
    case Group.user: {
      if (parentId !== '') return late();
      const module = ROUTER_MODULES.get(source);
      return module === undefined ? warn(`source "${source}" is no router`) : { kind: 'module', module };
    }
    case Group.taskmanager:
      return { kind: 'module', module: ModuleName.taskmanager };
    default:
      return warn(`group "${group}" is unknown`);
  }
}

function toGroup(group: string): Destination {
  return { kind: 'group', group };
}

function late(): Destination {
  return { kind: 'drop', level: 'debug', reason: 'nobody waits for this answer any more' };
}

function warn(reason: string): Destination {
  return { kind: 'drop', level: 'warn', reason };
}
