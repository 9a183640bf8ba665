import { type CloudLink, errorText, type Logger } from '@edgecore/api';
import { type Clock, sleepUntil } from '../clock.js';
import type { CertificateVerdict } from './check-certificate.js';

export interface RotationOptions {
  /** Validity of the certificate on disk. */
  readonly check: () => Promise<CertificateVerdict>;
  /** Puts a new certificate in its place; throws when it cannot be had now. */
  readonly renew: (signal: AbortSignal) => Promise<void>;
  /** Called after each replacement. */
  readonly onRotated: (notAfter: number) => void;
  readonly link: CloudLink;
  readonly clock: Clock;
  readonly random: () => number;
}

const FIRST_PAUSE_MS = 2000;
const LONGEST_PAUSE_MS = 32_000;
const PAUSE_SPREAD = 0.1;
/** Least time between two renewals, and before files that cannot be used yet are looked at again. */
const RECHECK_MS = 60_000;

/** The moment to renew: 70 to 90 % through the validity, so that a fleet does not come all at once (edgehub.md §4). */
export function rotationDeadline(
  { notBefore, notAfter }: { notBefore: number; notAfter: number },
  random: number,
): number {
  return notBefore + (notAfter - notBefore) * (0.7 + 0.2 * random);
}

/** Pause after failed attempt number `attempt` (from 0): 2, 4, 8, 16, then 32 s, each up to 10 % longer. */
export function rotationPauseMs(attempt: number, random: number): number {
  return (
    Math.min(FIRST_PAUSE_MS * 2 ** Math.min(attempt, 10), LONGEST_PAUSE_MS) * (1 + PAUSE_SPREAD * random)
  );
}

/** Renews the certificate before it expires, for as long as the node runs. Ends by the signal only. */
export async function rotateForEver(
  options: RotationOptions,
  signal: AbortSignal,
  log: Logger,
): Promise<never> {
  const { clock, link, random } = options;
  let share = random();
  let earliest = 0;
  for (;;) {
    const verdict = await checked(options, log);
    if (verdict.kind === 'notYetValid') {
      await clock.sleep(RECHECK_MS, signal);
      continue;
    }
    if (verdict.kind === 'usable') {
      const deadline = Math.max(rotationDeadline(verdict, share), earliest);
      if (deadline > clock.now()) {
        log.debug({ at: new Date(deadline).toISOString() }, 'the certificate will be renewed');
        await sleepUntil(clock, deadline, signal);
        // Someone may have replaced the files meanwhile.
        continue;
      }
    }
    await sleepUntil(clock, earliest, signal);
    await cloudThatRotates(link, signal);
    await renewUntilDone(options, signal, log);
    const renewed = await checked(options, log);
    share = random();
    earliest = clock.now() + RECHECK_MS;
    if (renewed.kind !== 'usable') continue;
    log.info({ notAfter: new Date(renewed.notAfter).toISOString() }, 'the certificate was renewed');
    options.onRotated(renewed.notAfter);
  }
}

/** Files that cannot be read now may be readable later: no reason to stop watching them. */
async function checked(options: RotationOptions, log: Logger): Promise<CertificateVerdict> {
  try {
    return await options.check();
  } catch (error) {
    const reason = errorText(error);
    log.error({}, `the certificate cannot be checked: ${reason}`);
    return { kind: 'notYetValid', reason };
  }
}

async function renewUntilDone(options: RotationOptions, signal: AbortSignal, log: Logger): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await options.renew(signal);
      return;
    } catch (error) {
      signal.throwIfAborted();
      const retryInMs = Math.round(rotationPauseMs(attempt, options.random()));
      log.error({ retryInMs }, `the certificate could not be renewed: ${errorText(error)}`);
      await options.clock.sleep(retryInMs, signal);
    }
  }
}

/** A 2020 cloud refuses to renew and issues for 100 years: nothing to do there. */
async function cloudThatRotates(link: CloudLink, signal: AbortSignal): Promise<void> {
  if (link.profile?.rotatesCertificates) return;
  await new Promise<void>((resolve, reject) => {
    const end = () => {
      unsubscribe();
      signal.removeEventListener('abort', onAbort);
    };
    const onAbort = () => {
      end();
      reject(signal.reason);
    };
    const unsubscribe = link.onChange(({ profile }) => {
      if (!profile?.rotatesCertificates) return;
      end();
      resolve();
    });
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
}
