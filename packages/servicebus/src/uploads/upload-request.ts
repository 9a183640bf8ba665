import { isRecord } from '@edgecore/api';

/** What is read of an application's request; all of it goes to the cloud as it is. */
export interface UploadRequest {
  /** `''` when there is none. */
  readonly targetUrl: string;
}

/** `undefined` unless it is a JSON object with strings (or nothing) as `method` and `targetURL`; keys as Go reads them, in any case. */
export function readUploadRequest(body: Buffer): UploadRequest | undefined {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
  if (!isRecord(value)) return undefined;
  const fields = { method: '', targeturl: '' };
  for (const [key, given] of Object.entries(value)) {
    const name = key.toLowerCase();
    if (!(name === 'method' || name === 'targeturl') || given === null) continue;
    if (typeof given !== 'string') return undefined;
    fields[name] = given;
  }
  return { targetUrl: fields.targeturl };
}
