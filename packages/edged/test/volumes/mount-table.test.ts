import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '@edgecore/testing';
import { expect, test } from '@jest/globals';
import { mountPoints, mountsBelow } from '../../src/volumes/mount-table.js';

test('reads mount points, innermost first below a directory', async () => {
  const file = join(await tempDir(), 'mountinfo');
  writeFileSync(
    file,
    [
      '22 1 254:0 / / rw,relatime - ext4 /dev/vda rw',
      '30 22 0:30 / /pods/u/volumes/a rw - tmpfs tmpfs rw',
      '31 30 0:31 / /pods/u/volumes/a/in\\040side rw - tmpfs tmpfs rw',
      '32 22 0:32 / /pods/ux rw - tmpfs tmpfs rw',
      '',
    ].join('\n'),
  );
  expect(await mountPoints(file)).toHaveLength(4);
  expect(await mountsBelow('/pods/u', file)).toEqual(['/pods/u/volumes/a/in side', '/pods/u/volumes/a']);
});
