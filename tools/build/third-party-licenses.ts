import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Options } from 'tsup';

type Plugin = NonNullable<Options['esbuildPlugins']>[number];

/** `…/node_modules/<package>/` of a file; the innermost one. */
const PACKAGE = /^.*node_modules\/(?:@[^/]+\/)?[^/]+\//;

/** Writes the licence texts of all packages that went into a bundle: most of them ask for that. */
export function thirdPartyLicenses(toFile: string): Plugin {
  return {
    name: 'third-party-licenses',
    setup(build) {
      build.initialOptions.metafile = true;
      build.onEnd(({ metafile }) => {
        const packages = new Set(
          Object.keys(metafile?.inputs ?? {}).flatMap((file) => PACKAGE.exec(file)?.[0] ?? []),
        );
        const texts = [...packages].map(licenseOf).sort();
        if (texts.length > 0) writeFileSync(toFile, texts.join(`\n${'-'.repeat(80)}\n`));
      });
    },
  };
}

/** @throws {Error} when the package says neither its text nor its kind: it must not be bundled then. */
function licenseOf(directory: string): string {
  const manifest = join(directory, 'package.json');
  const { name, version, license } = JSON.parse(readFileSync(manifest, 'utf8')) as Record<string, unknown>;
  const file = readdirSync(directory).find((entry) => /^licen[cs]e/i.test(entry));
  if (!file && typeof license !== 'string') throw new Error(`${name} does not say its licence`);
  const text = file ? readFileSync(join(directory, file), 'utf8') : '';
  return `${name} ${version} (${license ?? 'see below'})\n\n${text}`;
}
