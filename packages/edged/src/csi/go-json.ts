import { htmlSafeJson } from '@edgecore/api';
import { type AnyMessage, isMessage, type Kind } from '@edgecore/grpc';
import { protoName } from './proto-name.js';

type Message = Readonly<Record<string, unknown>>;

/**
 * A message as Go's `encoding/json` writes the struct protoc-gen-go makes of it: names of the `.proto`,
 * in its order, zero values left out; 64-bit numbers as numbers, enums by number, map keys sorted. A
 * `oneof` is an interface without a tag: `"Type":{"Snapshot":{…}}`, or `"Type":null`.
 */
export function goJson(type: AnyMessage, message: Message): string {
  const parts: string[] = [];
  const told = new Set<string>();
  for (const field of type.fields) {
    const value = message[field.name];
    if (field.oneof !== undefined) {
      if (told.has(field.oneof)) continue;
      told.add(field.oneof);
      parts.push(`${goString(goName(field.oneof))}:${goOneof(type, field.oneof, message)}`);
      continue;
    }
    if (field.many === 'repeated') {
      const items = ((value ?? []) as readonly unknown[]).map((one) => goValue(field.kind, one) ?? '""');
      if (items.length > 0) parts.push(`${goString(protoName(field.name))}:[${items.join(',')}]`);
      continue;
    }
    const text = field.many === 'map' ? goMap(value) : goValue(field.kind, value);
    if (text !== undefined) parts.push(`${goString(protoName(field.name))}:${text}`);
  }
  return `{${parts.join(',')}}`;
}

function goOneof(type: AnyMessage, name: string, message: Message): string {
  const member = type.fields.find((one) => one.oneof === name && message[one.name] !== undefined);
  if (!member) return 'null';
  const value = goValue(member.kind, message[member.name]);
  // The wrapper struct has no tags either.
  return `{${goString(goName(member.name))}:${value ?? ZERO[String(member.kind)] ?? '0'}}`;
}

const ZERO: Readonly<Record<string, string>> = { string: '""', bool: 'false' };

/** `undefined` for what `omitempty` leaves out. */
function goValue(kind: Kind, value: unknown): string | undefined {
  if (isMessage(kind)) return value === undefined ? undefined : goJson(kind, value as Message);
  if (kind === 'string') return value ? goString(value as string) : undefined;
  return value ? String(value) : undefined;
}

/** Of texts: CSI has no other maps. */
function goMap(value: unknown): string | undefined {
  const entries = [...((value ?? []) as ReadonlyMap<string, string>)];
  if (entries.length === 0) return undefined;
  entries.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return `{${entries.map(([key, text]) => `${goString(key)}:${goString(text)}`).join(',')}}`;
}

/** A text as Go writes it; control characters but \n, \r and \t in hexadecimal. */
function goString(text: string): string {
  return htmlSafeJson(text).replace(/\\\\|\\[bf]/g, (seen) =>
    seen === '\\b' ? '\\u0008' : seen === '\\f' ? '\\u000c' : seen,
  );
}

/** `accessType` → `AccessType`. */
function goName(name: string): string {
  return name.replace(/^[a-z]/, (letter) => letter.toUpperCase());
}
