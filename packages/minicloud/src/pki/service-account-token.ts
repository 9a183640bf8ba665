import { createHash, randomUUID, sign } from 'node:crypto';
import { isRecord, type TokenRequest } from '@edgecore/api';
import type { SigningKey } from './crypto.js';

const DEFAULT_AUDIENCE = 'https://kubernetes.default.svc.cluster.local';
const DEFAULT_SECONDS = 3600;
const SHORTEST_SECONDS = 600;

export interface AccountTokenOptions {
  readonly key: SigningKey;
  readonly namespace: string;
  readonly account: string;
  /** `spec` of the request; anything unusable falls back to the API server's defaults. */
  readonly spec: unknown;
  readonly nowMs: number;
}

export type TokenAnswer = TokenRequest & { readonly kind: string; readonly apiVersion: string };

/** Answers a TokenRequest as the API server does (edged.md §11.4): an ES256 token bound to audience and time. */
export function issueAccountToken(options: AccountTokenOptions): TokenAnswer {
  const { key, namespace, account, nowMs } = options;
  const spec = isRecord(options.spec) ? options.spec : {};
  const audiences = stringList(spec['audiences']) ?? [DEFAULT_AUDIENCE];
  const asked = typeof spec['expirationSeconds'] === 'number' ? spec['expirationSeconds'] : DEFAULT_SECONDS;
  const seconds = Math.max(SHORTEST_SECONDS, Math.floor(asked));
  const issuedAt = Math.floor(nowMs / 1000);
  const bound = isRecord(spec['boundObjectRef']) ? spec['boundObjectRef'] : null;
  const claims = {
    aud: audiences,
    exp: issuedAt + seconds,
    iat: issuedAt,
    iss: DEFAULT_AUDIENCE,
    jti: randomUUID(),
    'kubernetes.io': {
      namespace,
      serviceaccount: { name: account },
      ...(bound?.['kind'] === 'Pod' ? { pod: { name: bound['name'], uid: bound['uid'] } } : {}),
    },
    nbf: issuedAt,
    sub: `system:serviceaccount:${namespace}:${account}`,
  };
  return {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name: account, namespace, creationTimestamp: isoSecond(nowMs) } as never,
    spec: { audiences, expirationSeconds: seconds, boundObjectRef: bound as never },
    status: {
      token: signEs256(claims, key),
      expirationTimestamp: isoSecond((issuedAt + seconds) * 1000),
    },
  };
}

function signEs256(claims: object, key: SigningKey): string {
  const kid = createHash('sha256')
    .update(key.private.export({ format: 'der', type: 'pkcs8' }))
    .digest('base64url');
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const body = `${encode({ alg: 'ES256', kid })}.${encode(claims)}`;
  const signature = sign('sha256', Buffer.from(body), { key: key.private, dsaEncoding: 'ieee-p1363' });
  return `${body}.${signature.toString('base64url')}`;
}

function stringList(value: unknown): string[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  return value.every((item): item is string => typeof item === 'string') ? value : undefined;
}

function isoSecond(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
