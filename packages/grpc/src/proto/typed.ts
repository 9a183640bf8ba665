import type { AnyMessage, EnumKind, MessageType, OneOf } from './message-type.js';

type ScalarOf<K> = K extends 'string'
  ? string
  : K extends 'bytes'
    ? Uint8Array
    : K extends 'bool'
      ? boolean
      : K extends 'int32' | 'float' | EnumKind
        ? number
        : K extends 'int64'
          ? bigint
          : never;

type DecodedKind<K> = K extends MessageType<infer S> ? DecodedShape<S> : ScalarOf<K>;

type DecodedField<F> = F extends readonly [number, infer K, 'repeated']
  ? DecodedKind<K>[]
  : F extends readonly [number, infer K, 'map']
    ? Map<string, DecodedKind<K>>
    : F extends readonly [number, infer K, OneOf]
      ? DecodedKind<K> | undefined
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
    ? ReadonlyMap<string, InitKind<K>>
    : F extends readonly [number, infer K, ...unknown[]]
      ? InitKind<K>
      : never;

type InitShape<S> = { readonly [F in keyof S]?: InitField<S[F]> | undefined };

/**
 * A message as it was read. Scalars and enumerations have their zero value when absent, lists and maps are
 * empty; messages and members of a `oneof` are `undefined`. `int64` is a `bigint`, `bytes` a `Uint8Array`.
 */
export type Decoded<M> = M extends MessageType<infer S> ? DecodedShape<S> : Record<string, unknown>;

/** What to write: everything may be left out. */
export type Init<M> = M extends MessageType<infer S> ? InitShape<S> : Readonly<Record<string, unknown>>;
