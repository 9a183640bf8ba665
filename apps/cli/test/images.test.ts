import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { tempDir } from '@edgecore/testing';
import { describe, expect, test } from '@jest/globals';
import { tarOf } from '../src/docker/tar.js';
import { EXAMPLE_IMAGE, ensureImages, PAUSE_IMAGE, rootFileSystem } from '../src/embedded/images.js';

describe('archives', () => {
  test('what the tar command unpacks', async () => {
    const dir = await tempDir();
    const data = Buffer.alloc(1000, 'x');
    const archive = tarOf([
      { kind: 'directory', path: 'bin', mode: 0o755 },
      { kind: 'file', path: 'bin/tool', mode: 0o755, data },
      { kind: 'link', path: 'bin/sh', target: 'tool' },
      { kind: 'file', path: 'empty', mode: 0o644, data: Buffer.alloc(0) },
    ]);
    writeFileSync(join(dir, 'a.tar'), archive);
    mkdirSync(join(dir, 'out'));
    execFileSync('tar', ['-xf', 'a.tar', '-C', 'out'], { cwd: dir });
    const shown = execFileSync('ls', ['-l', 'bin', 'empty'], { cwd: join(dir, 'out'), encoding: 'utf8' });
    expect(shown).toMatch(/-rwxr-xr-x .* 1000 .* tool/);
    expect(shown).toMatch(/sh -> tool/);
    expect(shown).toMatch(/-rw-r--r-- .* 0 .* empty/);
  });

  test('a path an archive cannot hold is refused', () => {
    expect(() => tarOf([{ kind: 'directory', path: 'a'.repeat(101), mode: 0o755 }])).toThrow(RangeError);
  });
});

test('the images hold a shell that runs on its own', async () => {
  const dir = await tempDir();
  writeFileSync(join(dir, 'root.tar'), tarOf(await rootFileSystem()));
  mkdirSync(join(dir, 'root'));
  execFileSync('tar', ['-xf', 'root.tar', '-C', 'root'], { cwd: dir });
  if (process.getuid?.() !== 0) return;
  const said = execFileSync('chroot', [join(dir, 'root'), '/bin/sh', '-c', 'sleep 0; echo $0'], {
    encoding: 'utf8',
    env: { PATH: `${process.env['PATH']}:/usr/sbin:/bin` },
  });
  expect(said).toBe('/bin/sh\n');
});

describe('images given to the engine', () => {
  const engine = async (present: readonly string[], answer = '{"status":"sha256:1"}') => {
    const imported: { repo: string | null; changes: string[]; bytes: number }[] = [];
    const path = join(await tempDir(), 'docker.sock');
    const server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url!, 'http://engine');
      let bytes = 0;
      request.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      request.on('end', () => {
        if (pathname === '/images/json') {
          const [wanted] = JSON.parse(searchParams.get('filters')!).reference as string[];
          response.end(JSON.stringify(present.includes(wanted!) ? [{ Id: 'x' }] : []));
          return;
        }
        imported.push({ repo: searchParams.get('repo'), changes: searchParams.getAll('changes'), bytes });
        response.end(answer);
      });
    });
    await new Promise<void>((resolve) => server.listen(path, resolve));
    return { path, imported, close: () => new Promise((resolve) => server.close(resolve)) };
  };

  test('only what is missing, labelled as ours', async () => {
    const { path, imported, close } = await engine([EXAMPLE_IMAGE]);
    try {
      await ensureImages(path);
      expect(imported).toEqual([
        {
          repo: PAUSE_IMAGE,
          changes: expect.arrayContaining([
            'LABEL io.edgecore.embedded=true',
            expect.stringMatching(/^ENTRYPOINT/),
          ]),
          bytes: expect.any(Number),
        },
      ]);
      expect(imported[0]!.bytes % 512).toBe(0);
    } finally {
      await close();
    }
  });

  test('nothing when both are there; a refused import says why', async () => {
    const both = await engine([EXAMPLE_IMAGE, PAUSE_IMAGE]);
    await ensureImages(both.path);
    expect(both.imported).toEqual([]);
    await both.close();
    const full = await engine([], '{"error":"no space left on device"}');
    await expect(ensureImages(full.path)).rejects.toThrow('no space left on device');
    await full.close();
  });
});
