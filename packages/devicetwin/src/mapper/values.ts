import { MapperOptionsError, MapperValueError } from './errors.js';
import type { Properties, PropertyType } from './types.js';

/** What the agent takes over MQTT as name and as value of a property (devicetwin.md §6). */
const NAME = /^[a-zA-Z0-9\-_.,:/@#]{1,128}$/;
const VALUE = /^[a-zA-Z0-9\-_.,:/@#]{0,512}$/;

/** @throws {MapperOptionsError} */
export function checkProperties(properties: Properties): void {
  for (const [name, { type }] of Object.entries(properties)) {
    if (!NAME.test(name)) {
      throw new MapperOptionsError(
        `the property ${JSON.stringify(name)} cannot be reported: a name has at most 128 letters, digits and - _ . , : / @ #`,
      );
    }
    if (!['int', 'float', 'string', 'boolean'].includes(type)) {
      throw new MapperOptionsError(
        `the property ${name} has the type "${type}", not int, float, string or boolean`,
      );
    }
  }
}

/** A value as text for the agent. @throws {MapperValueError} */
export function formatValue(property: string, type: PropertyType, value: unknown): string {
  if (!fits(type, value)) throw new MapperValueError(property, value, `${String(value)} is no ${type}`);
  // An exponent has a plus sign in JavaScript, which the agent does not take.
  const text = typeof value === 'number' ? String(value).replace('e+', 'e') : String(value);
  if (VALUE.test(text)) return text;
  throw new MapperValueError(
    property,
    value,
    'the agent takes at most 512 letters, digits and - _ . , : / @ # as a value',
  );
}

/** A text of the cloud as a value. @throws {MapperValueError} */
export function parseValue(property: string, type: PropertyType, text: string): string | number | boolean {
  const value = parsed(type, text);
  if (value !== undefined && fits(type, value)) return value;
  throw new MapperValueError(property, text, `the wanted value ${JSON.stringify(text)} is no ${type}`);
}

function parsed(type: PropertyType, text: string): string | number | boolean | undefined {
  switch (type) {
    case 'string':
      return text;
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : undefined;
    case 'int':
      return /^[+-]?\d+$/.test(text) ? Number(text) : undefined;
    case 'float':
      return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text) ? Number(text) : undefined;
  }
}

function fits(type: PropertyType, value: unknown): boolean {
  switch (type) {
    case 'int':
      return Number.isSafeInteger(value);
    case 'float':
      return Number.isFinite(value);
    default:
      return typeof value === type;
  }
}
