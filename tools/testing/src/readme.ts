import { readFileSync } from 'node:fs';
import { expect, jest, test } from '@jest/globals';

/**
 * Defines a test that runs the package's `examples/quickstart.ts`, checks that
 * the README's first `ts` block is that file to the letter, and that each line
 * of the README's first `text` block is printed.
 *
 * @param testUrl `import.meta.url` of `<package>/test/readme.test.ts`.
 */
export function checkReadmeExample(testUrl: string, { timeoutMs = 30_000 } = {}): void {
  const file = new URL('../examples/quickstart.ts', testUrl);
  test(
    'the README example runs as printed',
    async () => {
      const readme = readFileSync(new URL('../README.md', testUrl), 'utf8');
      const code = /```ts\n([\s\S]*?)```/.exec(readme)?.[1];
      const output = /```text\n([\s\S]*?)```/.exec(readme)?.[1];
      expect(code).toBe(readFileSync(file, 'utf8'));
      const printed: string[] = [];
      const log = jest.spyOn(console, 'log').mockImplementation((...args: unknown[]) => {
        printed.push(args.map((arg) => (typeof arg === 'string' ? arg : JSON.stringify(arg))).join(' '));
      });
      try {
        await import(file.pathname);
      } finally {
        log.mockRestore();
      }
      expect(printed).toEqual((output ?? '').trimEnd().split('\n'));
    },
    timeoutMs,
  );
}
