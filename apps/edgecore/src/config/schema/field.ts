import type { HostFacts } from '../host-facts.js';

/** A value as a configuration file can hold it. `null` is printed, `undefined` means unset. */
export type ConfigValue =
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly ConfigValue[]
  | { readonly [key: string]: ConfigValue };

/** `duration`: Go duration string. `nanoseconds`: 2020's integer. `free`: any mapping, merged into the default. */
export type FieldType =
  | 'string'
  | 'bool'
  | 'uint8'
  | 'int32'
  | 'int64'
  | 'float'
  | 'duration'
  | 'nanoseconds'
  | 'strings'
  | 'objects'
  | 'stringMap'
  | 'boolMap'
  | 'free';

/** What a key does here (config.md L4). */
export type Effect =
  | { readonly kind: 'used' }
  /** Accepted and ignored; said once when the value is not the default. */
  | { readonly kind: 'withoutEffect'; readonly reason: string }
  /** Ignoring it would weaken isolation or security; `when` tells which values do. */
  | {
      readonly kind: 'refused';
      readonly reason: string;
      readonly when: (value: ConfigValue) => boolean;
    };

export interface Field {
  readonly kind: 'field';
  readonly type: FieldType;
  readonly default: ConfigValue | ((host: HostFacts) => ConfigValue);
  readonly effect: Effect;
  /** Which printed files show it: `min` (and full), `full`, or none. */
  readonly printed: 'min' | 'full' | 'never';
  readonly secret: boolean;
}

export interface Section {
  readonly kind: 'section';
  readonly fields: Readonly<Record<string, Field | Section>>;
  /** `null` here made upstream crash: an error. Elsewhere `null` keeps the defaults. */
  readonly required: boolean;
  /** Only there when the file has it (today's `edgeMesh`). */
  readonly optIn: boolean;
  /** `--minconfig` shows all of it, not just the fields marked for it. */
  readonly wholeInMin: boolean;
}

export interface FieldOptions {
  /** Part of `--minconfig`. */
  readonly min?: boolean;
  /** Not part of any printed file. */
  readonly hidden?: boolean;
  readonly secret?: boolean;
  readonly unused?: string;
  readonly refused?: { readonly when: (value: ConfigValue) => boolean; readonly reason: string };
}

function effectOf({ unused, refused }: FieldOptions): Effect {
  if (refused) return { kind: 'refused', ...refused };
  return unused === undefined ? { kind: 'used' } : { kind: 'withoutEffect', reason: unused };
}

export function field(type: FieldType, value: Field['default'], options: FieldOptions = {}): Field {
  const printed = options.hidden ? 'never' : options.min ? 'min' : 'full';
  return {
    kind: 'field',
    type,
    default: value,
    effect: effectOf(options),
    printed,
    secret: options.secret ?? false,
  };
}

type Maker = (value: Field['default'], options?: FieldOptions) => Field;
const maker =
  (type: FieldType): Maker =>
  (value, options) =>
    field(type, value, options);

export const text = maker('string');
export const bool = maker('bool');
export const uint8 = maker('uint8');
export const int32 = maker('int32');
export const int64 = maker('int64');
export const float = maker('float');
export const duration = maker('duration');
export const nanoseconds = maker('nanoseconds');
export const strings = maker('strings');
export const objects = maker('objects');
export const stringMap = maker('stringMap');
export const boolMap = maker('boolMap');
export const free = maker('free');

export function section(
  fields: Section['fields'],
  { required = false, optIn = false, wholeInMin = false }: Partial<Omit<Section, 'kind' | 'fields'>> = {},
): Section {
  return { kind: 'section', fields, required, optIn, wholeInMin };
}

/** A section whose `null` stops the start. */
export function requiredSection(fields: Section['fields']): Section {
  return section(fields, { required: true });
}
