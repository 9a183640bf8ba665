import { defineConfig } from 'tsup';

const common = { target: 'node20', platform: 'node', sourcemap: true } as const;

export default defineConfig([
  // The command. Split, so that each sub-command loads only what it needs.
  {
    ...common,
    entry: ['src/main.ts', 'src/cloud-server.ts'],
    format: ['esm'],
    splitting: true,
    dts: false,
    clean: false,
  },
  {
    ...common,
    entry: ['src/index.ts'],
    format: ['esm', 'cjs'],
    splitting: false,
    shims: true,
    dts: true,
    clean: false,
  },
]);
