import { expect, test } from '@jest/globals';
import { codeOf, type Fixture } from './fixture.js';

export function imageTests(fixture: Fixture): void {
  const { capabilities, image, differences = {} } = fixture.setup;
  const gated = (has: boolean) => (has ? test : test.skip);

  gated(capabilities.images)('are found by name and by id, and listed', async () => {
    const { runtime } = fixture;
    const found = await runtime.imageStatus(image);
    expect(found?.tags).toContain(image);
    expect(found?.sizeBytes).toBeGreaterThan(0);
    expect(await runtime.imageStatus(found!.id)).toEqual(found);
    expect(await runtime.listImages()).toContainEqual(found);
  });

  gated(capabilities.images)('that are not there are not an error', async () => {
    expect(await fixture.runtime.imageStatus('edgecore-test/none:9')).toBeUndefined();
    await fixture.runtime.removeImage('edgecore-test/none:9');
  });

  gated(capabilities.images)('with names that are none are refused', async () => {
    expect(await codeOf(fixture.runtime.pullImage('A B'))).toBe('ERR_INVALID_IMAGE_NAME');
    expect(await codeOf(fixture.runtime.imageStatus('A B'))).toBe('ERR_INVALID_IMAGE_NAME');
  });

  gated(capabilities.images)('name the image of a container', async () => {
    const { runtime } = fixture;
    const { id } = await fixture.runShared('true');
    const status = await runtime.containerStatus(id);
    const found = await runtime.imageStatus(image);
    expect(status).toMatchObject({ imageName: image, imageId: found!.id });
    expect(status.imageRef).toBe(
      differences.localDigests ? `docker-pullable://${found!.digests[0]}` : `docker://${found!.id}`,
    );
  });

  gated(capabilities.images)('are in use while a container of them is there, an ended one too', async () => {
    const { runtime } = fixture;
    const { id } = await fixture.runShared('true');
    await fixture.exited(id);
    const { imageId } = await runtime.containerStatus(id);
    expect(await runtime.usedImages()).toContain(imageId);
  });

  gated(!capabilities.images)('do not matter to containers', async () => {
    const { id } = await fixture.runShared('exit 2', { image: 'nobody/has-this:1' });
    expect((await fixture.exited(id)).exitCode).toBe(2);
  });

  test('live on a file system with a size', async () => {
    const { path, capacityBytes, availableBytes } = await fixture.runtime.imageFilesystem();
    expect(path).toMatch(/^\//);
    expect(capacityBytes).toBeGreaterThan(0);
    expect(availableBytes).toBeGreaterThan(0);
    expect(availableBytes).toBeLessThanOrEqual(capacityBytes);
  });
}
