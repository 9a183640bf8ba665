import { isRecord, type KubeObject } from '@edgecore/api';
import { ApiError } from '../errors.js';
import { specOf } from '../objects/stored-object.js';

export type EndpointType = 'rest' | 'eventbus' | 'servicebus';

/** Spec of a `RuleEndpoint`: a place rules lead from or to. */
export interface EndpointSpec {
  readonly type: EndpointType;
  /** `service_port` of a servicebus target. */
  readonly properties: Readonly<Record<string, string>>;
}

/** Spec of a `Rule`: names of endpoints in its namespace, and what is meant at each. */
export interface RuleSpec {
  readonly source: string;
  readonly sourceResource: Readonly<Record<string, string>>;
  readonly target: string;
  readonly targetResource: Readonly<Record<string, string>>;
}

const TYPES: readonly string[] = ['rest', 'eventbus', 'servicebus'];

export function readEndpoint(object: KubeObject): EndpointSpec {
  const { ruleEndpointType, properties } = specOf(object);
  if (!TYPES.includes(String(ruleEndpointType))) {
    throw invalid(object, `spec.ruleEndpointType must be one of ${TYPES.join(', ')}`);
  }
  return {
    type: ruleEndpointType as EndpointType,
    properties: texts(object, 'properties', properties),
  };
}

export function readRule(object: KubeObject): RuleSpec {
  const { source, sourceResource, target, targetResource } = specOf(object);
  if (typeof source !== 'string' || source === '') throw invalid(object, 'spec.source names no RuleEndpoint');
  if (typeof target !== 'string' || target === '') throw invalid(object, 'spec.target names no RuleEndpoint');
  return {
    source,
    sourceResource: texts(object, 'sourceResource', sourceResource),
    target,
    targetResource: texts(object, 'targetResource', targetResource),
  };
}

/** Checks what can be checked before the other objects are there. @throws {ApiError} Invalid. */
export function validateRouting(object: KubeObject): void {
  if (object.kind === 'RuleEndpoint') readEndpoint(object);
  else readRule(object);
}

function texts(object: KubeObject, field: string, value: unknown): Readonly<Record<string, string>> {
  if (value === undefined || value === null) return {};
  if (isRecord(value) && Object.values(value).every((text) => typeof text === 'string')) {
    return value as Record<string, string>;
  }
  throw invalid(object, `spec.${field} must be a mapping of texts (put numbers in quotes)`);
}

function invalid({ kind, metadata }: KubeObject, problem: string): ApiError {
  return new ApiError('Invalid', 422, `${kind} "${metadata?.name}": ${problem}`);
}
