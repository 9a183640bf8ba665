import { fileURLToPath } from 'node:url';
import { defineConfig } from 'tsup';
import { thirdPartyLicenses } from '../../tools/build/third-party-licenses';

const common = { target: 'node20', platform: 'node', sourcemap: true, clean: false } as const;

export default defineConfig([
  // The command, with everything it needs but the native addon: loading hundreds of small files leaves
  // the agent with 20 MB more for the rest of its life (tools/bench). Split, so that each sub-command
  // loads only what it needs; ASCII, because one other character doubles a script's size in memory.
  {
    ...common,
    entry: ['src/main.ts'],
    format: ['esm'],
    splitting: true,
    dts: false,
    noExternal: [/^(?!better-sqlite3$)/],
    minifyWhitespace: true,
    esbuildOptions(options) {
      options.charset = 'ascii';
    },
    esbuildPlugins: [
      thirdPartyLicenses(fileURLToPath(new URL('./dist/THIRD-PARTY-LICENSES.txt', import.meta.url))),
    ],
    banner: {
      // For CommonJS packages inside.
      js: "import { createRequire as createBundleRequire } from 'node:module'; const require = createBundleRequire(import.meta.url);",
    },
  },
  // The embedded cloud's own process.
  { ...common, entry: ['src/cloud-server.ts'], format: ['esm'], splitting: false, dts: false },
  {
    ...common,
    entry: ['src/index.ts'],
    format: ['esm', 'cjs'],
    splitting: false,
    shims: true,
    dts: true,
  },
]);
