import type { Protocol } from '../model/service.js';

/** One redirection: what goes to a virtual address and port arrives at a listener of ours. */
export interface Redirect {
  readonly vip: string;
  readonly port: number;
  readonly protocol: Protocol;
  readonly toAddress: string;
  readonly toPort: number;
}

/** Upstream's name, so that its leftovers and ours are found the same way. */
export const NAT_CHAIN = 'EDGE-MESH';
export const REJECT_CHAIN = 'EDGE-MESH-REJECT';

/** Chains of the table that send to ours, and the chain of ours. No interface is named: every bridge is covered. */
export const JUMPS = {
  nat: { from: ['PREROUTING', 'OUTPUT'], to: NAT_CHAIN },
  filter: { from: ['INPUT', 'FORWARD', 'OUTPUT'], to: REJECT_CHAIN },
} as const;

/** A rule as `iptables -S` prints it, and as `iptables-restore` takes it. */
export function redirectRule({ vip, port, protocol, toAddress, toPort }: Redirect): string {
  const proto = protocol.toLowerCase();
  return `-A ${NAT_CHAIN} -d ${vip}/32 -p ${proto} -m ${proto} --dport ${port} -j DNAT --to-destination ${toAddress}:${toPort}`;
}

const REJECT_RULES = [
  `-A ${REJECT_CHAIN} -p tcp -j REJECT --reject-with tcp-reset`,
  `-A ${REJECT_CHAIN} -j REJECT --reject-with icmp-port-unreachable`,
];

/** Input for `iptables-restore --noflush`: naming a chain empties it, so both are filled anew in one commit each. */
export function restoreText(redirects: readonly Redirect[]): string {
  return [
    '*nat',
    `:${NAT_CHAIN} - [0:0]`,
    ...redirects.map(redirectRule),
    'COMMIT',
    '*filter',
    `:${REJECT_CHAIN} - [0:0]`,
    ...REJECT_RULES,
    'COMMIT',
    '',
  ].join('\n');
}

/** `iptables -S` of a table, as far as it is about us. */
export interface TableState {
  /** Rules of our chains, sorted. */
  readonly rules: readonly string[];
  /** Rules elsewhere that send to our chains, as printed. */
  readonly jumps: readonly string[];
  /** Our chains that exist. */
  readonly chains: readonly string[];
}

export function readTable(output: string): TableState {
  const lines = output.split('\n').map((line) => line.trim());
  const own = /^-[AN] (EDGE-MESH\S*)/;
  return {
    rules: lines.filter((line) => line.startsWith('-A ') && own.test(line)).sort(),
    jumps: lines.filter(
      (line) => line.startsWith('-A ') && !own.test(line) && / -j EDGE-MESH\S*$/.test(line),
    ),
    chains: lines.flatMap((line) => (line.startsWith('-N ') ? (own.exec(line)?.[1] ?? []) : [])),
  };
}

export function jumpRule(chain: string, subnet: string, target: string): string {
  return `-A ${chain} -d ${subnet} -j ${target}`;
}

/** Is the table as it must be, with each jump exactly once? */
export function isNatRight(
  { rules, jumps }: TableState,
  redirects: readonly Redirect[],
  subnet: string,
): boolean {
  return same(rules, redirects.map(redirectRule)) && hasJumps(jumps, 'nat', subnet);
}

export function isFilterRight({ rules, jumps }: TableState, subnet: string): boolean {
  return same(rules, REJECT_RULES) && hasJumps(jumps, 'filter', subnet);
}

function hasJumps(jumps: readonly string[], table: keyof typeof JUMPS, subnet: string): boolean {
  const { from, to } = JUMPS[table];
  return same(
    jumps,
    from.map((chain) => jumpRule(chain, subnet, to)),
  );
}

function same(found: readonly string[], wanted: readonly string[]): boolean {
  const sorted = [...wanted].sort();
  const present = [...found].sort();
  return present.length === sorted.length && sorted.every((rule, index) => rule === present[index]);
}

/** Arguments that delete a rule printed by `iptables -S`: the words of the rule, quotes taken off. */
export function deletion(rule: string): string[] {
  const words = rule.match(/"(?:[^"\\]|\\.)*"|\S+/g) ?? [];
  const plain = words.map((word) =>
    word.startsWith('"') ? word.slice(1, -1).replace(/\\(.)/g, '$1') : word,
  );
  return ['-D', ...plain.slice(1)];
}
