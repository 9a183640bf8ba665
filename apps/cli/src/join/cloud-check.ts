import { createHash, X509Certificate } from 'node:crypto';
import { type RequestOptions, request } from 'node:https';
import { errorText } from '@edgecore/api';
import { readBody } from '../bounded-body.js';
import { CliError } from '../errors.js';

const TIMEOUT_MS = 15_000;
const BODY_LIMIT_BYTES = 1_048_576;

/**
 * Fetches the cloud's CA and compares it with the token's hash, before
 * anything else is sent (config.md §8).
 * @returns the CA as PEM.
 */
export async function verifyCa(httpServer: string, caHash: string): Promise<string> {
  const url = `${httpServer}/ca.crt`;
  // Nothing is known of the server yet: the hash, not TLS, vouches for the body.
  const { status, body } = await get(url, { rejectUnauthorized: false });
  if (status !== 200) throw new CliError(`${url} answered ${status} instead of the CA certificate`);
  const found = createHash('sha256').update(body).digest('hex');
  if (found !== caHash) {
    throw new CliError(
      `the CA of ${httpServer} is not the one the token was made for (its SHA-256 is ${found}, the token says ${caHash}); check the address, or get a new token`,
    );
  }
  try {
    return new X509Certificate(body).toString();
  } catch (error) {
    throw new CliError(`${url} did not answer with a certificate`, { cause: error });
  }
}

/** Is the node's name still free? The cloud answers 404 for an unknown node (2020: for every path). */
export async function checkNodeName(httpServer: string, nodeName: string, ca: string): Promise<void> {
  const url = `${httpServer}/node/${encodeURIComponent(nodeName)}`;
  const { status } = await get(url, { ca, headers: { NodeName: nodeName } });
  if (status === 404) return;
  throw new CliError(
    `node already exists or internal error occurred, cannot register again: the cloud answered ${status} for "${nodeName}"; choose another name (-i), delete the node in the cloud, or use --skip-node-check`,
  );
}

async function get(url: string, options: RequestOptions): Promise<{ status: number; body: Buffer }> {
  return new Promise<{ status: number; body: Buffer }>((resolve, reject) => {
    const sent = request(url, { ...options, agent: false, timeout: TIMEOUT_MS }, (response) => {
      readBody(response, { limitBytes: BODY_LIMIT_BYTES, whose: "the cloud's" }).then(
        (body) => resolve({ status: response.statusCode ?? 0, body }),
        reject,
      );
    });
    sent.on('timeout', () => sent.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)));
    sent.on('error', reject);
    sent.end();
  }).catch((error: unknown) => {
    throw new CliError(`${url} cannot be reached: ${errorText(error)}`, { cause: error });
  });
}
