import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { transform } from '@swc/core';

const PACKAGES = new URL('../../../packages/', import.meta.url);
const APPS = new URL('../../../apps/', import.meta.url);

export async function resolve(specifier, context, next) {
  const workspace = /^@edgecore\/([^/]+)$/.exec(specifier)?.[1];
  if (workspace) {
    const base = ['edgecore', 'cli'].includes(workspace) ? APPS : PACKAGES;
    return { url: new URL(`${workspace}/src/index.ts`, base).href, shortCircuit: true };
  }
  if (specifier.startsWith('.') && specifier.endsWith('.js') && context.parentURL?.endsWith('.ts')) {
    const source = new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL);
    if (existsSync(source)) return { url: source.href, shortCircuit: true };
  }
  return next(specifier, context);
}

export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const filename = fileURLToPath(url);
  const { code } = await transform(await readFile(filename, 'utf8'), {
    filename,
    sourceMaps: 'inline',
    jsc: { target: 'es2022', parser: { syntax: 'typescript', decorators: true } },
    module: { type: 'es6' },
  });
  return { format: 'module', source: code, shortCircuit: true };
}
