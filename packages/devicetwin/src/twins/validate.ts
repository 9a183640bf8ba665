import { TOMBSTONE } from '../model/twin.js';

/** Texts of refusals; today's, in both profiles (devicetwin.md §6). */
export const Reason = {
  malformed: 'Unmarshal update request body failed, please check the request',
  noTwin: 'Update twin error, key:twin does not exist',
  key: 'The key of twin must only include upper or lowercase letters, number, english, and special letter - _ . , : / @ # and the length of key should be less than 128 bytes',
  value:
    'The value of twin must only include upper or lowercase letters, number, english, and special letter - _ . , : / @ # and the length of value should be less than 512 bytes',
  noValue: 'The request body is wrong',
  unknownDevice: 'update rejected due to the device is not existed',
  state: 'Update state error, the state is none of online, offline, unknown, ok, unhealthy, disconnected',
} as const;

const KEY = /^[a-zA-Z0-9\-_.,:/@#]{1,128}$/;
const VALUE = /^[a-zA-Z0-9\-_.,:/@#]{1,512}$/;

/** Most a value of the cloud or of a mapper on DMI may be long, bytes (§6). */
const MAX_TRUSTED_BYTES = 64 * 1024;

/** Which rules a source is held to: an MQTT client to upstream's patterns, the others to a size. */
export type Strictness = 'mqtt' | 'trusted';

export function keyProblem(key: string, strictness: Strictness): string | undefined {
  if (strictness === 'mqtt') return KEY.test(key) ? undefined : Reason.key;
  return key !== '' && Buffer.byteLength(key) <= MAX_TRUSTED_BYTES ? undefined : Reason.key;
}

/** `''` is never held to the pattern: it is how a wish is taken back. */
export function valueProblem(value: string, type: string, strictness: Strictness): string | undefined {
  const fits =
    value === '' ||
    (strictness === 'mqtt' ? VALUE.test(value) : Buffer.byteLength(value) <= MAX_TRUSTED_BYTES);
  return fits ? typeProblem(value, type) : Reason.value;
}

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

/** Does the text have the type? Types are upstream's; another name is refused (§6). */
export function typeProblem(value: string, type: string): string | undefined {
  switch (type) {
    case '':
    case 'string':
    case TOMBSTONE:
      return undefined;
    case 'int':
    case 'integer':
      return isInt64(value) ? undefined : 'the value is not int or integer';
    case 'float':
      return isGoFloat(value) ? undefined : 'the value is not float';
    case 'boolean':
      return value === 'true' || value === 'false' ? undefined : 'the bool value must be true or false';
    default:
      return 'the value type is not allowed';
  }
}

function isInt64(text: string): boolean {
  if (!/^[+-]?\d+$/.test(text)) return false;
  if (text.length < 18) return true;
  const number = BigInt(text.startsWith('+') ? text.slice(1) : text);
  return number >= INT64_MIN && number <= INT64_MAX;
}

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const HEX = /^[+-]?0x([\da-f]+\.?[\da-f]*|\.[\da-f]+)p[+-]?\d+$/i;
const WORDS = /^([+-]?(inf|infinity)|nan)$/i;

/** What Go's ParseFloat takes; a number too large for 64 bits is an error there, too. */
function isGoFloat(text: string): boolean {
  if (WORDS.test(text) || HEX.test(text)) return true;
  return DECIMAL.test(text) && Number.isFinite(Number(text));
}
