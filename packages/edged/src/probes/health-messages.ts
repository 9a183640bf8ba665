import { enumeration, message, method } from '@edgecore/grpc';

/** Of `HealthCheckResponse.ServingStatus`, by number. */
export const SERVING_STATUS = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'] as const;

export const HealthCheckRequest = message('HealthCheckRequest', { service: [1, 'string'] });
export const HealthCheckResponse = message('HealthCheckResponse', {
  status: [1, enumeration(...SERVING_STATUS)],
});

export const healthCheck = method('/grpc.health.v1.Health/Check', HealthCheckRequest, HealthCheckResponse);
