import type { AnyMessage } from './proto/message-type.js';

/** A unary method of a service. */
export interface GrpcMethod<
  Request extends AnyMessage = AnyMessage,
  Response extends AnyMessage = AnyMessage,
> {
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly request: Request;
  readonly response: Response;
}

/**
 * Describes a method: `method('/grpc.health.v1.Health/Check', HealthCheckRequest, HealthCheckResponse)`.
 */
export function method<Request extends AnyMessage, Response extends AnyMessage>(
  path: string,
  request: Request,
  response: Response,
): GrpcMethod<Request, Response> {
  return { path, request, response };
}
