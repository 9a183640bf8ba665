import { Group, ModuleName, ResourceType } from '@edgecore/api';
import type { Message } from '@edgecore/beehive';
import { withFields } from '@edgecore/beehive';

/** Where an object of the cloud goes once it is stored. Types not named are only stored. */
const TARGETS: Readonly<Record<string, 'edged' | 'edgemesh' | 'twin'>> = {
  [ResourceType.pod]: 'edged',
  [ResourceType.configmap]: 'edged',
  [ResourceType.secret]: 'edged',
  [ResourceType.service]: 'edgemesh',
  [ResourceType.servicelist]: 'edgemesh',
  [ResourceType.endpoints]: 'edgemesh',
  [ResourceType.endpointslist]: 'edgemesh',
  [ResourceType.podlist]: 'edgemesh',
  [ResourceType.device]: 'twin',
  [ResourceType.devicemodel]: 'twin',
};

export interface Destination {
  readonly module: string;
  readonly message: Message;
}

/**
 * By type, not by source: after a resync today's cloud names `edgecontroller`
 * as the source of everything (wire.md §5.6).
 */
export function destinationOf(type: string, message: Message, edged: string): Destination | undefined {
  switch (TARGETS[type]) {
    case 'edged':
      return { module: edged, message };
    case 'edgemesh':
      return { module: ModuleName.edgemesh, message };
    case 'twin':
      return { module: ModuleName.twin, message: withFields(message, { source: 'meta', group: Group.twin }) };
    default:
      return undefined;
  }
}
