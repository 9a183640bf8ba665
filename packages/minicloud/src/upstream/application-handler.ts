import type { UpstreamHandler } from './upstream-call.js';

/** U20, U21: a node's metaserver, or its mesh, asks the dynamic controller. */
export const askDynamicController: UpstreamHandler = async (call, { dynamic }) => {
  await dynamic?.handle(call.session, call.message);
};
