import { isRecord, type KubeObject, recordsOf } from '@edgecore/api';
import { table } from './table.js';

/** How `cloud get` shows objects, by the plural of their kind. */
export const OBJECT_TABLES: Readonly<Record<string, (objects: readonly KubeObject[]) => string>> = {
  nodes: nodeTable,
  pods: podTable,
  services: serviceTable,
  endpoints: endpointTable,
};

interface Status {
  readonly phase?: string;
  readonly conditions?: readonly { type: string; status: string }[];
}

function nodeTable(nodes: readonly KubeObject[]): string {
  const rows = nodes.map(({ metadata, status }) => {
    const ready = (status as Status | undefined)?.conditions?.find(({ type }) => type === 'Ready')?.status;
    return [metadata?.name ?? '', ready === 'True' ? 'Ready' : 'NotReady'];
  });
  return rows.length === 0 ? 'No nodes.' : table([['NODE', 'STATUS'], ...rows]);
}

function podTable(pods: readonly KubeObject[]): string {
  const rows = pods.map(({ metadata, spec, status }) => [
    metadata?.namespace ?? '',
    metadata?.name ?? '',
    metadata?.deletionTimestamp ? 'Terminating' : ((status as Status | undefined)?.phase ?? 'Pending'),
    (spec as { nodeName?: string } | undefined)?.nodeName ?? '(no node yet)',
  ]);
  return rows.length === 0 ? 'No pods.' : table([['NAMESPACE', 'POD', 'STATUS', 'NODE'], ...rows]);
}

function serviceTable(services: readonly KubeObject[]): string {
  const rows = services.map(({ metadata, spec }) => {
    const { ports, selector } = isRecord(spec) ? spec : {};
    return [
      metadata?.namespace ?? '',
      metadata?.name ?? '',
      recordsOf(ports)
        .map(({ port, protocol = 'TCP' }) => `${port}/${protocol}`)
        .join(','),
      isRecord(selector)
        ? Object.entries(selector)
            .map(([key, value]) => `${key}=${value}`)
            .join(',')
        : '',
    ];
  });
  return rows.length === 0 ? 'No services.' : table([['NAMESPACE', 'SERVICE', 'PORTS', 'SELECTOR'], ...rows]);
}

function endpointTable(endpoints: readonly KubeObject[]): string {
  const rows = endpoints.map(({ metadata, subsets }) => [
    metadata?.namespace ?? '',
    metadata?.name ?? '',
    recordsOf(subsets)
      .flatMap(({ addresses, ports }) =>
        recordsOf(addresses).flatMap(({ ip }) => recordsOf(ports).map(({ port }) => `${ip}:${port}`)),
      )
      .join(',') || '(none)',
  ]);
  return rows.length === 0 ? 'No endpoints.' : table([['NAMESPACE', 'SERVICE', 'ADDRESSES'], ...rows]);
}
