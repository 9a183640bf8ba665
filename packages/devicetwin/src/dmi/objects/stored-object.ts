import { isRecord } from '@edgecore/api';

export type ObjectType = 'device' | 'devicemodel';

export interface ObjectKey {
  readonly type: ObjectType;
  readonly namespace: string;
  readonly name: string;
}

/** What of a Device or DeviceModel the edge needs; the rest of the object is let go. */
export interface StoredObject extends ObjectKey {
  readonly spec: Readonly<Record<string, unknown>>;
  readonly status: Readonly<Record<string, unknown>>;
}

/** `device/default/temp1`: one text per object. */
export function keyText({ type, namespace, name }: ObjectKey): string {
  return `${type}/${namespace}/${name}`;
}

/** From `<namespace>/device/<name>` or `<namespace>/devicemodel/<name>`; `undefined` for anything else. */
export function parseKey(resource: string): ObjectKey | undefined {
  const [namespace, type, name, ...more] = resource.split('/');
  if (!namespace || !name || more.length > 0 || (type !== 'device' && type !== 'devicemodel'))
    return undefined;
  return { type, namespace, name };
}

/** Content as every transport carries it: an object, its JSON, or that as bytes. `undefined` when it is no object. */
export function parseContent(content: unknown): Record<string, unknown> | undefined {
  if (isRecord(content)) return content;
  const text = content instanceof Uint8Array ? Buffer.from(content).toString('utf8') : content;
  if (typeof text !== 'string') return undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    return isRecord(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The key of the object in a message. `<namespace>/device/updated`, which the
 * edge's own API sends, names no device: there the object says who it is.
 */
export function objectKey(
  resource: string,
  object: Record<string, unknown> | undefined,
): ObjectKey | undefined {
  const key = parseKey(resource);
  if (key?.type !== 'device' || key.name !== 'updated') return key;
  const { name, namespace } = record(object?.['metadata']);
  return {
    ...key,
    ...(typeof name === 'string' && name !== '' ? { name } : {}),
    ...(typeof namespace === 'string' && namespace !== '' ? { namespace } : {}),
  };
}

export function storedObject(key: ObjectKey, object: Record<string, unknown>): StoredObject {
  return { ...key, spec: record(object['spec']), status: record(object['status']) };
}

/** An object, or an empty one for anything else. */
export function record(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}

export function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
