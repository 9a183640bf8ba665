import { EdgeCoreError } from '@edgecore/api';

/** What an operator can do about an SQLite or system error, by the start of its code. */
const ADVICE: readonly (readonly [prefix: string, advice: string])[] = [
  ['SQLITE_FULL', 'the disk (or the configured size limit) is full: free some space'],
  ['ENOSPC', 'the disk is full: free some space'],
  [
    'SQLITE_READONLY',
    'the database cannot be written: check the owner and mode of the file and its directory',
  ],
  ['EROFS', 'the file system is mounted read-only: remount it or choose another path'],
  ['EACCES', 'permission denied: check the owner and mode of the file and its directory'],
  ['EPERM', 'not permitted: check the owner and mode of the file and its directory'],
  ['ENOTDIR', 'a part of the path is not a directory: choose another path'],
  ['EISDIR', 'the path is a directory: name a file'],
  ['SQLITE_CANTOPEN', 'the file cannot be opened: check that the path names a file in a writable directory'],
  ['SQLITE_IOERR', 'the disk reported an error: check it (dmesg) and the file system'],
  ['SQLITE_BUSY', 'another program holds the database: end it'],
  ['SQLITE_LOCKED', 'another program holds the database: end it'],
  ['SQLITE_CORRUPT', 'the database is damaged: restart the agent, which sets it aside and begins a new one'],
  [
    'SQLITE_NOTADB',
    'the file is not a database: restart the agent, which sets it aside and begins a new one',
  ],
  ['SQLITE_CONSTRAINT', 'the row breaks a rule of its table'],
];

const RETRYABLE = [
  'SQLITE_FULL',
  'SQLITE_BUSY',
  'SQLITE_LOCKED',
  'SQLITE_IOERR',
  'SQLITE_NOMEM',
  'SQLITE_READONLY',
];

/** The file could not be opened, created or brought to today's form. The text says what to do. */
export class StoreOpenError extends EdgeCoreError {
  /** `SQLITE_…`, `E…` or `''` when neither SQLite nor the system gave one. */
  readonly systemCode: string;

  constructor(
    readonly path: string,
    options: ErrorOptions,
  ) {
    const systemCode = codeOf(options.cause);
    super('ERR_STORE_OPEN', withAdvice(`database ${path} cannot be opened`, systemCode), options);
    this.systemCode = systemCode;
  }
}

/** Another process uses the database. */
export class StoreLockedError extends EdgeCoreError {
  constructor(
    readonly path: string,
    /** The process that holds the lock. */
    readonly pid: number,
    lockPath: string,
  ) {
    super(
      'ERR_STORE_LOCKED',
      pid === process.pid
        ? `database ${path} is already open in this process (${pid}): close it first`
        : `database ${path} is in use by process ${pid} (lock file ${lockPath}): end that process, or give this agent a data directory of its own`,
    );
  }
}

/** A unit of writes was not stored. Nothing of it is in the file. */
export class StoreWriteError extends EdgeCoreError {
  /** SQLite's extended code, such as `SQLITE_FULL`; `''` when the statement never reached SQLite. */
  readonly sqliteCode: string;
  /** True when the same write may succeed later: disk full, file locked, disk error. */
  readonly retryable: boolean;

  constructor(path: string, cause: unknown) {
    const sqliteCode = codeOf(cause);
    super('ERR_STORE_WRITE', withAdvice(`database ${path}: write failed`, sqliteCode), { cause });
    this.sqliteCode = sqliteCode;
    this.retryable = RETRYABLE.some((prefix) => sqliteCode.startsWith(prefix));
  }
}

/** A select failed: wrong SQL, or the file became unreadable. */
export class StoreReadError extends EdgeCoreError {
  readonly sqliteCode: string;

  constructor(path: string, cause: unknown) {
    const sqliteCode = codeOf(cause);
    super('ERR_STORE_READ', withAdvice(`database ${path}: read failed`, sqliteCode), { cause });
    this.sqliteCode = sqliteCode;
  }
}

/** The store was closed. */
export class StoreClosedError extends EdgeCoreError {
  constructor(path: string) {
    super('ERR_STORE_CLOSED', `database ${path} is closed`);
  }
}

/** The `code` of a thrown system or SQLite error, `''` when it has none. */
export function codeOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null ? (error as { code?: unknown }).code : undefined;
  return typeof code === 'string' ? code : '';
}

/** True for codes that mean: the file's content is not a sound database. */
export function isDamage(code: string): boolean {
  return code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT');
}

function withAdvice(text: string, code: string): string {
  const advice = ADVICE.find(([prefix]) => code.startsWith(prefix))?.[1];
  return advice === undefined ? text : `${text}: ${advice}`;
}
