/**
 * The public API of `@edgecore/edgestream`.
 *
 * @packageDocumentation
 */
export {};
