/**
 * The public API of `@edgecore/devicetwin`.
 *
 * @packageDocumentation
 */
export {};
