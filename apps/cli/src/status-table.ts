import type { AgentStatus } from '@edgecore/edgecore';
import { table } from './table.js';

/** What `edgecore status` prints for people. `now` in milliseconds since the epoch. */
export function formatStatus(status: AgentStatus, now: number): string {
  const { node, link, store } = status;
  const facts = [
    ['Node', `${node.name} (${node.addresses.join(', ') || 'no address'})`],
    ['Cloud', link ? linkText(link, now) : 'off'],
    ...(link ? [['Queue', `${link.queueMessages} messages, ${store.outbox} reports kept on disk`]] : []),
    ['Pods on', node.runtime],
    ...(status.devices ? [['Devices', devicesText(status.devices)]] : []),
    ...(status.mqtt === undefined ? [] : [['MQTT', status.mqtt]]),
    ['Database', store.path],
    [
      'Agent',
      `${status.version}, process ${status.pid}, up ${age(now - status.startedAt)}, ${Math.round(status.memoryBytes / 1_048_576)} MiB`,
    ],
  ];
  const modules = status.modules.map(({ name, state, queued, restarts, reason }) => [
    name,
    state,
    String(queued),
    String(restarts),
    reason ?? '',
  ]);
  const pods = status.pods.map((pod) => [
    pod.namespace,
    pod.name,
    `${pod.ready}/${pod.containers}`,
    pod.reason === '' ? pod.phase : `${pod.phase} (${pod.reason})`,
    String(pod.restarts),
    pod.startedAt === '' ? '' : age(now - Date.parse(pod.startedAt)),
    pod.ip,
  ]);
  return [
    table(facts),
    table([['MODULE', 'STATE', 'QUEUED', 'RESTARTS', ''], ...modules]),
    pods.length === 0
      ? 'No pods.'
      : table([['NAMESPACE', 'POD', 'READY', 'STATUS', 'RESTARTS', 'AGE', 'IP'], ...pods]),
  ].join('\n\n');
}

function linkText(link: NonNullable<AgentStatus['link']>, now: number): string {
  const profile = link.profile === undefined ? '' : `, cloud ${link.profile}`;
  if (link.connected) {
    const since = link.connectedSince === undefined ? '' : ` for ${age(now - link.connectedSince)}`;
    return `connected to ${link.server}${since}${profile}`;
  }
  const why = link.lastError === undefined ? '' : `: ${link.lastError}`;
  return `not connected to ${link.server} (${link.state}${why})${profile}`;
}

function devicesText({ total, pending }: NonNullable<AgentStatus['devices']>): string {
  return pending === 0 ? String(total) : `${total}, ${pending} waiting to reach the cloud`;
}

/** `12s`, `5m`, `3h`, `2d`. */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}
