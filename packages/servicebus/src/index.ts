/**
 * HTTP between the cloud and an edge node of KubeEdge: cloud applications call
 * services on the node, applications on the node call the cloud, without an
 * open port. {@link ServiceBus} is the module; {@link exposeServices} and
 * {@link ServiceGateway} do the first half over any message link.
 *
 * @packageDocumentation
 */
export type { Resolver } from './calls/address.js';
export type { ServiceAnswer } from './calls/answer-message.js';
export type { ServiceOptions } from './calls/call-options.js';
export type { ResponseHeader } from './calls/response-headers.js';
export type { ServiceTarget } from './calls/target.js';
export type { PolicyOptions } from './calls/target-policy.js';
export * from './errors.js';
export { exposeServices, type MessageLink } from './expose-services.js';
export { ServiceBus, type ServiceBusOptions } from './service-bus.js';
export { type GatewayOptions, ServiceGateway } from './service-gateway.js';
export type { UploadOptions } from './uploads/upload-options.js';
