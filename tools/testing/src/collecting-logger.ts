import type { LogFn, Logger } from '@edgecore/api';

/** A line a {@link collectingLogger} kept. */
export interface CollectedLine {
  readonly level: string;
  readonly fields: Record<string, unknown>;
  readonly text: string;
}

const LEVELS = ['trace', 'debug', 'info', 'warn'] as const;

/** A logger that keeps what somebody should read: lines of level `from` (default warn) up to error. */
export function collectingLogger(lines: CollectedLine[], from: (typeof LEVELS)[number] = 'warn'): Logger {
  const take = (level: (typeof LEVELS)[number] | 'error'): LogFn => {
    if (level !== 'error' && LEVELS.indexOf(level) < LEVELS.indexOf(from)) return () => {};
    return (first: object | string, second?: string) => {
      const fields = typeof first === 'string' ? {} : { ...first };
      lines.push({ level, fields, text: typeof first === 'string' ? first : (second ?? '') });
    };
  };
  const logger: Logger = {
    trace: take('trace'),
    debug: take('debug'),
    info: take('info'),
    warn: take('warn'),
    error: take('error'),
    child: () => logger,
  };
  return logger;
}
