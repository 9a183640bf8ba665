/** A kind of field with one value on the wire, besides enumerations and messages. */
export type ScalarKind = 'string' | 'bytes' | 'bool' | 'int32' | 'int64' | 'float';

/** An enumeration; values are numbers, as a peer may know more of them than this side. */
export interface EnumKind<Name extends string = string> {
  /** By number, beginning with that of 0. */
  readonly enumeration: readonly Name[];
}

export type Kind = ScalarKind | EnumKind | AnyMessage;

/** Kinds whose repetitions are written one by one; packed numbers are not supported. */
type RepeatableKind = 'string' | 'bytes' | AnyMessage;

/** The field is in a `oneof` of this name: at most one of its fields is set. */
export interface OneOf {
  readonly oneof: string;
}

/**
 * Number and kind of a field. `repeated`: zero or more, as an array; `map`: texts to values of the kind, as
 * a `Map`; `{ oneof: name }`: one of several, `undefined` when it is not the one that is set.
 */
export type FieldSpec =
  | readonly [number: number, kind: Kind]
  | readonly [number: number, kind: RepeatableKind, many: 'repeated']
  | readonly [number: number, kind: Kind, many: 'map']
  | readonly [number: number, kind: Kind, of: OneOf];

/** Fields by their name in protobuf's JSON: `volume_id` of a `.proto` is `volumeId` here. */
export type Shape = Readonly<Record<string, FieldSpec>>;

/** A field as the codec and others who walk a message see it. */
export interface Field {
  readonly name: string;
  readonly number: number;
  readonly kind: Kind;
  readonly many: 'repeated' | 'map' | undefined;
  readonly oneof: string | undefined;
}

/** A message of proto3 described as data, without its TypeScript types. */
export interface AnyMessage {
  readonly name: string;
  readonly shape: unknown;
  /** In the order of their numbers, in which they are written. */
  readonly fields: readonly Field[];
  readonly byNumber: ReadonlyMap<number, Field>;
}

/** A message of proto3 described as data; see {@link message}. */
export interface MessageType<S extends Shape> extends AnyMessage {
  readonly shape: S;
}

/**
 * Describes a message.
 *
 * ```ts
 * const Volume = message('Volume', {
 *   volumeId: [1, 'string'],
 *   segments: [2, 'string', 'map'],
 *   accessMode: [3, enumeration('UNKNOWN', 'SINGLE_NODE_WRITER')],
 *   mount: [4, Mount, { oneof: 'accessType' }],
 * });
 * ```
 *
 * @param name For texts of errors, and for who looks types up by name.
 * @throws TypeError when two fields have one number.
 */
export function message<const S extends Shape>(name: string, shape: S): MessageType<S> {
  const fields = Object.entries(shape)
    .map(([field, [number, kind, more]]): Field => {
      const many = typeof more === 'string' ? more : undefined;
      const oneof = typeof more === 'object' ? more.oneof : undefined;
      return { name: field, number, kind, many, oneof };
    })
    .sort((a, b) => a.number - b.number);
  const byNumber = new Map(fields.map((field) => [field.number, field]));
  if (byNumber.size < fields.length) throw new TypeError(`${name}: two fields have the same number`);
  return { name, shape, fields, byNumber };
}

/** An enumeration whose values are numbered 0, 1, 2, …. */
export function enumeration<const Names extends readonly string[]>(...names: Names): EnumKind<Names[number]> {
  return { enumeration: names };
}

export function isEnum(kind: Kind): kind is EnumKind {
  return typeof kind === 'object' && 'enumeration' in kind;
}

export function isMessage(kind: Kind): kind is AnyMessage {
  return typeof kind === 'object' && 'fields' in kind;
}
