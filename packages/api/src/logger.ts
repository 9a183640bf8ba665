/** One log call: a text, or fields and a text. */
export interface LogFn {
  (message: string): void;
  (fields: object, message?: string): void;
}

/** The logger modules are handed. Pino's loggers fit as they are. */
export interface Logger {
  readonly trace: LogFn;
  readonly debug: LogFn;
  readonly info: LogFn;
  readonly warn: LogFn;
  readonly error: LogFn;
  child(bindings: Record<string, unknown>): Logger;
}

const ignore: LogFn = () => {};

/** Logs nothing: the default of every package. */
export const silentLogger: Logger = {
  trace: ignore,
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
  child: () => silentLogger,
};
