// Who may import whom: packages of one floor import lower floors only, modules never each other.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root } from './lib.mjs';

const MODULES = [
  'edgehub',
  'metamanager',
  'edged',
  'devicetwin',
  'eventbus',
  'servicebus',
  'edgestream',
  'edgemesh',
];
const CARRIERS = ['beehive', 'viaduct', 'store', 'metaclient', 'grpc', 'container-runtime'];
const ALLOWED = {
  api: [],
  beehive: ['api'],
  viaduct: ['api', 'beehive'],
  store: ['api'],
  metaclient: ['api', 'beehive'],
  grpc: ['api'],
  'container-runtime': ['api'],
  ...Object.fromEntries(MODULES.map((name) => [name, ['api', ...CARRIERS]])),
  minicloud: ['api', 'beehive', 'viaduct', 'store'],
  edgecore: ['api', ...CARRIERS, ...MODULES],
  cli: ['api', ...CARRIERS, ...MODULES, 'edgecore', 'minicloud'],
};
const TEST_ONLY = ['testing'];

const problems = [];
for (const group of ['packages', 'apps']) {
  for (const name of readdirSync(join(root, group))) {
    const allowed = ALLOWED[name];
    if (!allowed) {
      problems.push(`${group}/${name} has no floor: add it to tools/ci/floors.mjs`);
      continue;
    }
    checkManifest(group, name, allowed);
    for (const file of sources(join(root, group, name, 'src'))) checkFile(file, name, allowed);
  }
}
if (problems.length > 0) {
  console.error(problems.join('\n'));
  process.exit(1);
}
console.log('every import stays on its floor');

function checkManifest(group, name, allowed) {
  const manifest = JSON.parse(readFileSync(join(root, group, name, 'package.json'), 'utf8'));
  for (const dependency of Object.keys(manifest.dependencies ?? {})) {
    const target = /^@edgecore\/(.+)$/.exec(dependency)?.[1];
    if (target && !allowed.includes(target))
      problems.push(`${group}/${name}/package.json depends on ${dependency}`);
  }
}

function checkFile(file, name, allowed) {
  const text = readFileSync(file, 'utf8');
  for (const [, specifier] of text.matchAll(/(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)) {
    const target = /^@edgecore\/([^/]+)(\/.*)?$/.exec(specifier);
    if (target) {
      const [, imported, inside] = target;
      if (TEST_ONLY.includes(imported) || (imported !== name && !allowed.includes(imported))) {
        problems.push(`${relative(root, file)} imports ${specifier}`);
      }
      if (inside)
        problems.push(`${relative(root, file)} reaches into ${specifier}: import the package itself`);
    } else if (/(\.\.\/)+(packages|apps|tools)\//.test(specifier)) {
      problems.push(`${relative(root, file)} imports ${specifier} by path`);
    }
  }
}

function sources(dir) {
  return readdirSync(dir).flatMap((entry) => {
    const path = join(dir, entry);
    if (statSync(path).isDirectory()) return sources(path);
    return /\.ts$/.test(entry) ? [path] : [];
  });
}
