import { request } from 'node:http';
import { join } from 'node:path';
import type { LogFn, Logger } from '@edgecore/api';
import { createProcessRuntime, type ProcessRuntime } from '@edgecore/container-runtime';
import { type EdgeCoreConfig, parseConfig } from '../src/index.js';

/** A v1alpha2 configuration with everything below `dir`; `more` is YAML at the top level. */
export function configText(dir: string, modules = '', more = ''): string {
  return `apiVersion: edgecore.config.kubeedge.io/v1alpha2
kind: EdgeCore
database: {dataSource: ${dir}/edgecore.db}
modules:
  eventBus: {enable: false}
  deviceTwin: {enable: false}
  edged:
    hostnameOverride: edge-1
    rootDirectory: ${dir}/pods
    tailoredKubeletConfig: {podLogsDir: ${dir}/logs, readOnlyPort: 0}
${modules}
${more}`;
}

export function configOf(text: string, file?: string): EdgeCoreConfig {
  const host = { hostName: 'edge-1', localIp: '127.0.0.1', arch: 'x64' };
  const { config, problems } = parseConfig(text, { host, env: {}, ...(file ? { file } : {}) });
  if (!config) throw new Error(problems.map(({ message }) => message).join('\n'));
  return config;
}

/** A node without a cloud. */
export const OFFLINE = '  edgeHub: {enable: false}';

export function processRuntime(dir: string): ProcessRuntime {
  return createProcessRuntime({ rootDir: join(dir, 'processes') });
}

/** Asks an agent over its socket. */
export function ask(
  socketPath: string,
  path: string,
  method = 'GET',
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, path, method, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode!, text }));
    });
    sent.on('error', reject);
    sent.end();
  });
}

/** A logger that keeps what it is told, as `level text`. */
export function recordingLogger(lines: string[] = []): Logger & { readonly lines: string[] } {
  const level =
    (name: string): LogFn =>
    (first: string | object, second?: string) => {
      lines.push(`${name} ${typeof first === 'string' ? first : second}`);
    };
  return {
    lines,
    trace: level('trace'),
    debug: level('debug'),
    info: level('info'),
    warn: level('warn'),
    error: level('error'),
    child: () => recordingLogger(lines),
  };
}
