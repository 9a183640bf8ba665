import type { DnsConfig } from '@edgecore/container-runtime';

/** Reads a resolv.conf: the last `search` line wins, trailing dots of domains go (edged.md §5.3). */
export function parseResolvConf(text: string): DnsConfig {
  const servers: string[] = [];
  let searches: string[] = [];
  let options: string[] = [];
  for (const line of text.split('\n')) {
    const fields = line.trim().split(/\s+/);
    if (line.startsWith('#') || line.startsWith(';')) continue;
    if (fields[0] === 'nameserver' && fields[1]) servers.push(fields[1]);
    if (fields[0] === 'search') {
      searches = fields.slice(1).map((domain) => (domain === '.' ? domain : domain.replace(/\.$/, '')));
    }
    if (fields[0] === 'options') options = fields.slice(1);
  }
  return { servers, searches, options };
}

/** The file, as the engine writes it: only groups that are not empty, in this order. */
export function formatResolvConf({ servers, searches, options }: DnsConfig): string {
  return [
    ...servers.map((server) => `nameserver ${server}`),
    ...(searches.length > 0 ? [`search ${searches.join(' ')}`] : []),
    ...(options.length > 0 ? [`options ${options.join(' ')}`] : []),
  ]
    .map((line) => `${line}\n`)
    .join('');
}
