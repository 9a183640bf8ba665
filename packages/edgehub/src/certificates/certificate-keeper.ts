import { errorText, type Logger, TroubleLog } from '@edgecore/api';
import { Backoff, type BackoffOptions } from '../backoff.js';
import type { Clock } from '../clock.js';
import { CertificateFilesError, isFatalHubError } from '../errors.js';
import type { CertificateClient } from './certificate-client.js';
import type { CertificateFiles, CertificateTexts } from './certificate-files.js';
import {
  type CertificateVerdict,
  checkCertificate,
  parseCertificate,
  validity,
} from './check-certificate.js';
import { parseToken } from './token.js';
import { currentToken, type TokenSource } from './token-source.js';

export interface CertificateKeeperOptions {
  readonly files: CertificateFiles;
  readonly client: CertificateClient;
  readonly nodeName: string;
  /** Accept the certificates of 2020 edges. */
  readonly acceptLegacyName: () => boolean;
  readonly token: TokenSource | undefined;
  readonly onTokenUsed: (() => void | Promise<void>) | undefined;
  readonly retry: BackoffOptions;
  readonly clock: Clock;
  readonly random: () => number;
  /** Told what it is waiting for, for health and status. */
  readonly onTrouble: (reason: string) => void;
}

type Usable = Extract<CertificateVerdict, { kind: 'usable' }>;

/** Sees to it that the node has a certificate it can use (edgehub.md §2, §3). */
export class CertificateKeeper {
  constructor(private readonly options: CertificateKeeperOptions) {}

  /**
   * Resolves once usable files are on disk; asks the cloud for a certificate
   * when they are not, again and again where that can help.
   * @throws a fatal {@link CertificateError}, or the abort reason.
   */
  async ensure(signal: AbortSignal, log: Logger): Promise<Usable> {
    const { clock, onTrouble } = this.options;
    const backoff = new Backoff(this.options.retry, this.options.random);
    const trouble = new TroubleLog(log, () => clock.elapsed());
    let asking: string | undefined;
    for (;;) {
      signal.throwIfAborted();
      try {
        const verdict = await this.check();
        if (verdict.kind === 'usable') return verdict;
        if (verdict.kind === 'notYetValid') throw new CertificateFilesError(verdict.reason, false);
        if (verdict.reason !== asking) {
          log.info({ reason: verdict.reason }, 'asking the cloud for a certificate');
        }
        asking = verdict.reason;
        await this.#enroll(verdict.reason, signal, log);
      } catch (error) {
        signal.throwIfAborted();
        if (isFatalHubError(error)) throw error;
        const retryInMs = Math.round(backoff.next());
        onTrouble(errorText(error));
        trouble.warn({ retryInMs }, `no usable certificate yet: ${errorText(error)}`);
        await clock.sleep(retryInMs, signal);
      }
    }
  }

  async check(): Promise<CertificateVerdict> {
    return this.#judge(await this.options.files.load());
  }

  /**
   * Replaces the certificate, proving with the present one who we are; with a
   * token instead when the present one has expired (edgehub.md §4).
   */
  async renew(signal: AbortSignal, log: Logger): Promise<void> {
    const { files, client, clock } = this.options;
    const { ca, cert, key } = await files.load();
    if (ca === undefined || cert === undefined || key === undefined) {
      throw new CertificateFilesError('the certificate files are gone; restart to get new ones', false);
    }
    const certificate = parseCertificate(cert);
    const expired = certificate && clock.now() >= validity(certificate).notAfter;
    if (expired) {
      const notAfter = new Date(validity(certificate).notAfter).toISOString();
      return this.#enroll(`${files.paths.cert} expired ${notAfter}`, signal, log);
    }
    await files.replacePair(await client.requestCertificate(ca, { pair: { cert, key } }, signal));
  }

  /** Gets CA and certificate with the token; writes only when it has both. */
  async #enroll(reason: string, signal: AbortSignal, log: Logger): Promise<void> {
    const { files, client, token, onTokenUsed } = this.options;
    const text = await currentToken(token);
    if (text === undefined) {
      throw new CertificateFilesError(
        `${reason}, and there is no token to get a certificate with; put one into modules.edgeHub.token ("keadm gettoken" on the cloud side prints it) and start again`,
      );
    }
    const { caHash, bearer } = parseToken(text);
    const ca = await client.fetchCa(caHash, signal);
    const pair = await client.requestCertificate(ca, { bearer }, signal);
    await files.writeCa(ca);
    await files.replacePair(pair);
    log.info({ file: files.paths.cert }, 'the cloud issued a certificate');
    try {
      await onTokenUsed?.();
    } catch (error) {
      log.warn({}, `the used token could not be removed from the configuration: ${errorText(error)}`);
    }
  }

  #judge(texts: CertificateTexts): CertificateVerdict {
    const { files, nodeName, acceptLegacyName, clock } = this.options;
    return checkCertificate(texts, {
      paths: files.paths,
      nodeName,
      acceptLegacyName: acceptLegacyName(),
      now: clock.now(),
    });
  }
}
