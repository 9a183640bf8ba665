export { Dmi } from './dmi.js';
export { DmiClosedError, DmiSocketError } from './errors.js';
export { DMI_LIMITS, type DmiLimits, type DmiOptions, type ObjectChange } from './options.js';
