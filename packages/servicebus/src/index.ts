/**
 * The public API of `@edgecore/servicebus`.
 *
 * @packageDocumentation
 */
export {};
