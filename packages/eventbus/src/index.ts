/**
 * The public API of `@edgecore/eventbus`.
 *
 * @packageDocumentation
 */
export {};
