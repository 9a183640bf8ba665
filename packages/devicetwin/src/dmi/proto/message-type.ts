/** A kind that has one value on the wire. */
export type ScalarKind = 'string' | 'bytes' | 'bool' | 'int32' | 'int64' | 'float';

/** Kinds whose repetitions are written one by one; packed numbers are not needed here. */
type RepeatableKind = 'string' | 'bytes' | AnyMessage;

/** Number and kind of a field; `map` has string keys and values of that kind. */
export type FieldSpec =
  | readonly [number: number, kind: ScalarKind | AnyMessage]
  | readonly [number: number, kind: RepeatableKind, many: 'repeated']
  | readonly [number: number, kind: ScalarKind | AnyMessage, many: 'map'];

export type Shape = Readonly<Record<string, FieldSpec>>;

export interface Field {
  readonly name: string;
  readonly number: number;
  readonly kind: ScalarKind | AnyMessage;
  readonly many: 'repeated' | 'map' | undefined;
}

/** A message of proto3, described as data. */
export interface MessageType<S extends Shape> {
  readonly name: string;
  readonly shape: S;
  /** In the order of their numbers, in which they are written. */
  readonly fields: readonly Field[];
  readonly byNumber: ReadonlyMap<number, Field>;
}

export interface AnyMessage {
  readonly name: string;
  readonly shape: unknown;
  readonly fields: readonly Field[];
  readonly byNumber: ReadonlyMap<number, Field>;
}

type ScalarOf<K> = K extends 'string'
  ? string
  : K extends 'bytes'
    ? Uint8Array
    : K extends 'bool'
      ? boolean
      : K extends 'int32' | 'float'
        ? number
        : K extends 'int64'
          ? bigint
          : never;

type DecodedKind<K> = K extends MessageType<infer S> ? DecodedShape<S> : ScalarOf<K>;

type DecodedField<F> = F extends readonly [number, infer K, 'repeated']
  ? DecodedKind<K>[]
  : F extends readonly [number, infer K, 'map']
    ? Record<string, DecodedKind<K>>
    : F extends readonly [number, infer K]
      ? K extends AnyMessage
        ? DecodedKind<K> | undefined
        : DecodedKind<K>
      : never;

type DecodedShape<S> = { [F in keyof S]: DecodedField<S[F]> };

type InitKind<K> = K extends MessageType<infer S> ? InitShape<S> : ScalarOf<K>;

type InitField<F> = F extends readonly [number, infer K, 'repeated']
  ? readonly InitKind<K>[]
  : F extends readonly [number, infer K, 'map']
    ? Readonly<Record<string, InitKind<K>>>
    : F extends readonly [number, infer K]
      ? InitKind<K>
      : never;

type InitShape<S> = { readonly [F in keyof S]?: InitField<S[F]> | undefined };

/** A message as it was read: scalars have their zero value when absent, lists and maps are empty, messages `undefined`. */
export type Decoded<M> = M extends MessageType<infer S> ? DecodedShape<S> : never;

/** What to write: everything may be left out. */
export type Init<M> = M extends MessageType<infer S> ? InitShape<S> : never;

/** Describes a message: `message('Twin', { propertyName: [1, 'string'], reported: [3, TwinProperty] })`. */
export function message<const S extends Shape>(name: string, shape: S): MessageType<S> {
  const fields = Object.entries(shape)
    .map(([field, [number, kind, many]]): Field => ({ name: field, number, kind, many }))
    .sort((a, b) => a.number - b.number);
  return { name, shape, fields, byNumber: new Map(fields.map((field) => [field.number, field])) };
}
