/**
 * Protocol Buffers (proto3) messages as tables: what the agent speaks over gRPC is small, and a table
 * per message needs no library at run time. Values are plain objects keyed by the JSON name of the field
 * (`volumeId`); unset fields are absent.
 */
export interface Field {
  readonly number: number;
  /** As in the `.proto`: `volume_id`. */
  readonly name: string;
  readonly kind: FieldKind;
  /** Zero or more, as an array; of strings and messages only. */
  readonly repeated?: true;
  /** Name of the `oneof` the field is in. */
  readonly oneof?: string;
}

export type FieldKind =
  | 'string'
  | 'bool'
  /** As `bigint`; numbers and decimal texts are taken, too. */
  | 'int64'
  /** `map<string, string>`, as a `Map`. */
  | 'map'
  | { readonly enumeration: readonly string[] }
  | { readonly message: MessageType };

/** Fields in the order of the `.proto`. */
export type MessageType = readonly Field[];

/** A decoded message, or one to be encoded. */
export type Message = Readonly<Record<string, unknown>>;

/** `volume_id` → `volumeId`: the key of a field in a {@link Message} and in protobuf-JSON. */
export function jsonName({ name }: Field): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
