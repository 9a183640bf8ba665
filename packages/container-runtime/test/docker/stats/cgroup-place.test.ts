import { describe, expect, test } from '@jest/globals';
import { cgroupPlaces } from '../../../src/docker/stats/cgroup-place.js';

const id = 'f'.repeat(64);
const podUid = '52c853d4-ae27-441c-9776-a655488cbba1';
const owner = { id, podUid };
const v2 = (path: string) => {
  const directory = `/cg${path}`;
  return { version: 2, path, cpu: directory, memory: directory, pids: directory, io: directory };
};

describe('cgroup v1', () => {
  test('each controller has a hierarchy, some share one', () => {
    const text = [
      `12:pids:/kubepods/burstable/pod${podUid}/${id}`,
      `9:cpu,cpuacct:/kubepods/burstable/pod${podUid}/${id}`,
      `5:memory:/kubepods/burstable/pod${podUid}/${id}`,
      `3:blkio:/kubepods/burstable/pod${podUid}/${id}`,
      `1:name=systemd:/kubepods/burstable/pod${podUid}/${id}`,
      '0::/',
      '',
    ].join('\n');
    const path = `/kubepods/burstable/pod${podUid}`;
    expect(cgroupPlaces(text, owner, '/cg')).toEqual({
      container: {
        version: 1,
        path: `${path}/${id}`,
        cpu: `/cg/cpu,cpuacct${path}/${id}`,
        memory: `/cg/memory${path}/${id}`,
        pids: `/cg/pids${path}/${id}`,
        io: `/cg/blkio${path}/${id}`,
      },
      pod: {
        version: 1,
        path,
        cpu: `/cg/cpu,cpuacct${path}`,
        memory: `/cg/memory${path}`,
        pids: `/cg/pids${path}`,
        io: `/cg/blkio${path}`,
      },
    });
  });

  test('a kernel without one of the controllers cannot be asked', () => {
    expect(cgroupPlaces(`5:memory:/docker/${id}\n2:cpuacct:/docker/${id}`, owner, '/cg')).toBeUndefined();
  });
});

describe('cgroup v2', () => {
  test.each([
    ['cgroupfs', `/docker/${id}`, undefined],
    ['a pod by cgroupfs', `/kubepods/besteffort/pod${podUid}/${id}`, `/kubepods/besteffort/pod${podUid}`],
    [
      'a pod by systemd',
      `/kubepods.slice/kubepods-pod${podUid.replaceAll('-', '_')}.slice/docker-${id}.scope`,
      `/kubepods.slice/kubepods-pod${podUid.replaceAll('-', '_')}.slice`,
    ],
    ['Podman', `/machine.slice/libpod-${id}.scope`, undefined],
  ])('%s', (_name, path, pod) => {
    expect(cgroupPlaces(`0::${path}\n`, owner, '/cg')).toEqual({
      container: v2(path),
      ...(pod !== undefined && { pod: v2(pod) }),
    });
  });

  test('processes in cgroups of their own below belong to the container', () => {
    expect(cgroupPlaces(`0::/system.slice/docker-${id}.scope/init.scope`, owner, '/cg')?.container.cpu).toBe(
      `/cg/system.slice/docker-${id}.scope`,
    );
  });
});

test.each([
  ['the process of somebody else', '0::/user.slice/session-1.scope'],
  ['another container', `0::/docker/${'e'.repeat(64)}`],
  ['out of another cgroup namespace', `0::/../../${id}`],
  ['nothing', ''],
  ['no cgroup file', 'hello\n1:2\n::'],
])('%s is not taken for the container', (_name, text) => {
  expect(cgroupPlaces(text, owner, '/cg')).toBeUndefined();
});
