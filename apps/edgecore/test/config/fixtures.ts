import { readFileSync } from 'node:fs';
import { type HostFacts, type ParseOptions, parseConfig } from '../../src/config/index.js';

/** The machine of the documented files (config.md §10). */
export const host: HostFacts = { hostName: 'edge-1', localIp: '192.0.2.10', arch: 'x64' };

/** A file of the specification, as its program prints it (without the comment lines). */
export function fixture(name: string): string {
  return readFileSync(new URL(`../fixtures/${name}.yaml`, import.meta.url), 'utf8');
}

export function parse(text: string, options: Partial<ParseOptions> = {}) {
  return parseConfig(text, { host, env: {}, ...options });
}

/** `error modules.edgeHub.heartbeat:7 …` for each problem that is not just a note. */
export function said(text: string, options: Partial<ParseOptions> = {}): string[] {
  return parse(text, options)
    .problems.filter(({ severity }) => severity !== 'info')
    .map(({ severity, path, line, message }) => `${severity} ${path}:${line ?? '-'} ${message}`);
}

export const V1 = 'apiVersion: edgecore.config.kubeedge.io/v1alpha1\nkind: EdgeCore\n';
export const V2 = 'apiVersion: edgecore.config.kubeedge.io/v1alpha2\nkind: EdgeCore\n';
