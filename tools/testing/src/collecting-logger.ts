import type { LogFn, Logger } from '@edgecore/api';

/** A line a {@link collectingLogger} kept. */
export interface CollectedLine {
  readonly level: string;
  readonly fields: Record<string, unknown>;
  readonly text: string;
}

/** A logger that keeps what somebody should read: lines of level `from` (default warn) up to error. */
export function collectingLogger(lines: CollectedLine[], from: 'info' | 'warn' = 'warn'): Logger {
  const take =
    (level: string): LogFn =>
    (first: object | string, second?: string) => {
      const fields = typeof first === 'string' ? {} : (first as Record<string, unknown>);
      lines.push({ level, fields, text: typeof first === 'string' ? first : (second ?? '') });
    };
  const ignore: LogFn = () => {};
  const logger: Logger = {
    trace: ignore,
    debug: ignore,
    info: from === 'info' ? take('info') : ignore,
    warn: take('warn'),
    error: take('error'),
    child: () => logger,
  };
  return logger;
}
