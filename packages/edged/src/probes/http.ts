import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { errorText } from '@edgecore/api';

export interface HttpProbe {
  readonly host: string;
  readonly port: number;
  readonly path?: string;
  /** `HTTP` or `HTTPS`; certificates are not verified. */
  readonly scheme?: string;
  readonly httpHeaders?: readonly { readonly name: string; readonly value: string }[];
}

export interface HttpAnswer {
  /** 0 when there was no answer. */
  readonly status: number;
  /** Body (at most 10 KiB) or the error. */
  readonly text: string;
}

const MAX_BODY_BYTES = 10 * 1024;
const MAX_REDIRECTS = 10;

/** One GET, as kubelet's probes make it: redirects only to the same host (edged.md §9.5). */
export async function httpProbe(probe: HttpProbe, signal: AbortSignal): Promise<HttpAnswer> {
  const scheme = probe.scheme?.toLowerCase() === 'https' ? 'https' : 'http';
  const host = probe.host.includes(':') ? `[${probe.host}]` : probe.host;
  let url: URL;
  try {
    url = new URL(probe.path || '/', `${scheme}://${host}:${probe.port}`);
  } catch (error) {
    return { status: 0, text: errorText(error) };
  }
  for (let hop = 0; ; hop++) {
    const { answer, location } = await get(url, probe, signal);
    if (location === undefined || hop === MAX_REDIRECTS) return answer;
    const next = new URL(location, url);
    // A redirect elsewhere is an answer of the container, too.
    if (next.hostname !== url.hostname || !/^https?:$/.test(next.protocol)) return answer;
    url = next;
  }
}

function get(url: URL, { httpHeaders = [] }: HttpProbe, signal: AbortSignal) {
  return new Promise<{ answer: HttpAnswer; location?: string | undefined }>((resolve) => {
    const headers: Record<string, string> = {
      'User-Agent': 'kube-probe/1.32',
      Accept: '*/*',
      Connection: 'close',
    };
    for (const { name, value } of httpHeaders) headers[name] = value;
    const fail = (error: unknown) => resolve({ answer: { status: 0, text: errorText(error) } });
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const call = send(url, { headers, signal, agent: false, rejectUnauthorized: false }, (response) => {
      const parts: Buffer[] = [];
      let size = 0;
      const finish = () => {
        const status = response.statusCode ?? 0;
        const text = Buffer.concat(parts).subarray(0, MAX_BODY_BYTES).toString('utf8');
        const redirect = status >= 300 && status < 400;
        resolve({ answer: { status, text }, location: redirect ? response.headers.location : undefined });
      };
      response.on('data', (chunk: Buffer) => {
        parts.push(chunk);
        size += chunk.length;
        if (size < MAX_BODY_BYTES) return;
        finish();
        response.destroy();
      });
      response.on('end', finish);
      response.on('error', fail);
    });
    call.on('error', fail);
    call.end();
  });
}
