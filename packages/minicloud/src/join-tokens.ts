import { join } from 'node:path';
import { errorText, type Logger } from '@edgecore/api';
import type { CertificateAuthority } from './pki/authority.js';
import { keyDer } from './pki/crypto.js';
import { createJoinToken } from './pki/join-token.js';
import { writeFileSafely } from './pki/key-files.js';

export interface JoinTokensOptions {
  readonly authority: CertificateAuthority;
  readonly dataDir: string;
  readonly lifeMs: number;
  readonly now: () => number;
  readonly logger: Logger;
}

/** The current join token, renewed at half its life and kept in `<dataDir>/token` (mode 0600). */
export class JoinTokens {
  #token = '';
  #timer: NodeJS.Timeout | undefined;

  private constructor(private readonly options: JoinTokensOptions) {}

  static async start(options: JoinTokensOptions): Promise<JoinTokens> {
    const tokens = new JoinTokens(options);
    await tokens.#renew();
    const renew = () =>
      tokens
        .#renew()
        .catch((error: unknown) => options.logger.error({ err: errorText(error) }, 'no new join token'));
    // A timer cannot be longer than 2^31 - 1 ms.
    tokens.#timer = setInterval(renew, Math.min(options.lifeMs / 2, 2 ** 31 - 1));
    return tokens;
  }

  get current(): string {
    return this.#token;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #renew(): Promise<void> {
    const { authority, dataDir, lifeMs, now } = this.options;
    this.#token = createJoinToken({
      caDer: authority.der,
      keyDer: keyDer(authority.key),
      expiresAtMs: now() + lifeMs,
    });
    await writeFileSafely(join(dataDir, 'token'), `${this.#token}\n`, 0o600);
  }
}
