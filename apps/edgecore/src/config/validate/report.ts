import type { ProblemKind, ProblemList } from '../problems.js';
import type { ConfigReader } from '../reader.js';
import { isPort, parseHostPort, parseUrl } from './address.js';

/** The checks of one configuration: what to read and where to say what is wrong. */
export class Checker {
  constructor(
    readonly reader: ConfigReader,
    readonly problems: ProblemList,
  ) {}

  /** Upstream's form where it has one: `<field>: Invalid value: <v>: <text>` (config.md §4). */
  invalid(path: string, upstreamName: string, value: string | number | boolean, text: string): void {
    const shown = typeof value === 'string' ? JSON.stringify(value) : String(value);
    this.error(path, `${upstreamName}: Invalid value: ${shown}: ${text}`, 'value', String(value));
  }

  error(path: string, message: string, kind: ProblemKind = 'value', value?: string): void {
    this.#add('error', kind, path, message, value);
  }

  warning(path: string, message: string): void {
    this.#add('warning', 'value', path, message);
  }

  note(path: string, message: string): void {
    this.#add('info', 'note', path, message);
  }

  hostPort(path: string): void {
    const value = this.reader.text(path);
    if (parseHostPort(value)) return;
    this.error(path, `"${value}" is not host:port with a port from 1 to 65535 (IPv6: [address]:port)`);
  }

  url(path: string, schemes: readonly string[]): void {
    const value = this.reader.text(path);
    if (parseUrl(value, schemes)) return;
    this.error(path, `"${value}" is not a URL of the form ${schemes.map((s) => `${s}//host`).join(' or ')}`);
  }

  port(path: string): void {
    const value = this.reader.number(path);
    if (!isPort(value)) this.error(path, `${value} is not a port from 1 to 65535`);
  }

  positive(...paths: string[]): void {
    for (const path of paths) {
      const value = this.reader.number(path);
      if (value <= 0) this.error(path, `${value} must be greater than 0`);
    }
  }

  atLeast(path: string, least: number): void {
    const value = this.reader.number(path);
    if (value < least) this.error(path, `${value} must be ${least} or more`);
  }

  positiveDuration(...paths: string[]): void {
    for (const path of paths) {
      if (this.reader.durationMs(path) <= 0) {
        this.error(path, `"${this.reader.text(path)}" must be longer than 0s`);
      }
    }
  }

  oneOf(path: string, allowed: readonly string[]): void {
    const value = this.reader.text(path);
    if (!allowed.includes(value)) this.error(path, `"${value}" must be one of ${allowed.join(', ')}`);
  }

  #add(
    severity: 'error' | 'warning' | 'info',
    kind: ProblemKind,
    path: string,
    message: string,
    value?: string,
  ): void {
    const line = this.reader.line(path);
    this.problems.add({
      severity,
      kind,
      path,
      message,
      ...(line === undefined ? {} : { line }),
      ...(value === undefined ? {} : { value }),
    });
  }
}
