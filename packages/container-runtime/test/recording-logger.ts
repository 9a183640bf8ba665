import type { LogFn, Logger } from '@edgecore/api';

export interface LogRecordedLine {
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error';
  readonly text: string;
}

/** A logger that keeps what it is told. */
export function recordingLogger(): { log: Logger; records: LogRecordedLine[] } {
  const records: LogRecordedLine[] = [];
  const at =
    (level: LogRecordedLine['level']): LogFn =>
    (fields: object | string, message?: string) => {
      records.push({ level, text: typeof fields === 'string' ? fields : (message ?? '') });
    };
  const log: Logger = {
    trace: at('trace'),
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: () => log,
  };
  return { log, records };
}
