import { createHash, timingSafeEqual } from 'node:crypto';

/** The one user the embedded broker lets in; nobody is asked when there is none. */
export class Credentials {
  readonly #username: Buffer | undefined;
  readonly #password: Buffer;

  constructor(username: string, password: string) {
    this.#username = username === '' ? undefined : digest(username);
    this.#password = digest(password);
  }

  admits(username: string | undefined, password: Buffer | undefined): boolean {
    if (!this.#username) return true;
    const rightUser = timingSafeEqual(this.#username, digest(username ?? ''));
    const rightPassword = timingSafeEqual(this.#password, digest(password ?? ''));
    return rightUser && rightPassword;
  }
}

/** Of one length, whatever is compared. */
function digest(text: string | Buffer): Buffer {
  return createHash('sha256').update(text).digest();
}
