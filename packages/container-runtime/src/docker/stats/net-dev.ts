import type { NetworkStats } from '../../runtime.js';

/** Interfaces of a network namespace, from its `/proc/<pid>/net/dev`; without the loopback. */
export function parseNetDev(text: string): NetworkStats[] {
  return text.split('\n').flatMap((line) => {
    const [, name, rest] = /^\s*([^:\s]+):\s*(\d.*)$/.exec(line) ?? [];
    if (name === undefined || name === 'lo') return [];
    const fields = rest!.trim().split(/\s+/).map(Number);
    const field = (index: number) => fields[index] ?? 0;
    return [
      {
        name,
        rxBytes: field(0),
        rxPackets: field(1),
        rxErrors: field(2),
        rxDropped: field(3),
        txBytes: field(8),
        txPackets: field(9),
        txErrors: field(10),
        txDropped: field(11),
      },
    ];
  });
}
