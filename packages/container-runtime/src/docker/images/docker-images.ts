import { statfs } from 'node:fs/promises';
import { InvalidImageNameError, RuntimeNotFoundError, UnsupportedByRuntimeError } from '../../errors.js';
import { parseImageReference } from '../../image-reference.js';
import type { Image, PullOptions } from '../../runtime.js';
import type { EngineClient } from '../client/engine-client.js';
import { EngineError } from '../client/engine-error.js';
import type { EngineFacts } from '../client/engine-facts.js';
import type { EngineContainerListing, EngineImage, EngineImageListing } from '../client/engine-types.js';
import { unlessGone } from '../inspect.js';
import { familiarName } from './familiar-name.js';
import { ImagePuller } from './image-puller.js';

const NO_NAME = '<none>';
const IMAGE_ID = /^(?:sha256:)?[0-9a-f]{64}$/;

/** The engine's images (edged.md §8). */
export class DockerImages {
  readonly #client: EngineClient;
  readonly #facts: EngineFacts;
  readonly #puller: ImagePuller;
  /** An image's user never changes; listings do not tell it. */
  readonly #users = new Map<string, string>();

  constructor(client: EngineClient, facts: EngineFacts) {
    this.#client = client;
    this.#facts = facts;
    this.#puller = new ImagePuller(client);
  }

  async list(): Promise<Image[]> {
    const listings = await this.#client.json<EngineImageListing[]>({ path: '/images/json' });
    const present = new Set(listings.map(({ Id }) => Id));
    for (const id of this.#users.keys()) if (!present.has(id)) this.#users.delete(id);
    const images: Image[] = [];
    for (const listing of listings) images.push(imageOf(listing, await this.#userOf(listing.Id)));
    return images;
  }

  async status(reference: string): Promise<Image | undefined> {
    try {
      const image = await this.inspect(reference);
      return image && imageOf(image, image.Config?.User ?? '');
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      if (error.status === 400) throw new InvalidImageNameError(error.message);
      // Podman answers 500 to a name that is none.
      if (!IMAGE_ID.test(reference)) parseImageReference(reference);
      throw error;
    }
  }

  async inspect(reference: string): Promise<EngineImage | undefined> {
    return unlessGone(
      this.#client.json<EngineImage>({ path: `/images/${encodeURIComponent(reference)}/json` }),
    );
  }

  async pull(reference: string, options: PullOptions = {}): Promise<Image> {
    const parsed = parseImageReference(reference);
    await this.#puller.pull(parsed, options);
    const image = await this.status(parsed.full);
    if (!image) throw new RuntimeNotFoundError('image', parsed.full);
    return image;
  }

  /** Pulls what is not there. */
  async ensure(reference: string, options: PullOptions): Promise<void> {
    if (!(await this.status(reference))) await this.pull(reference, options);
  }

  /** Removes the image with all its names; gone already is fine. @throws {EngineError} 409 when a container uses it. */
  async remove(id: string): Promise<void> {
    const image = await this.inspect(id);
    if (!image) return;
    // By id the engine refuses an image with several names; the last one takes the image along.
    for (const tag of image.RepoTags ?? []) await this.#delete(tag);
    await this.#delete(image.Id);
  }

  /** Ids of the images of all containers, those of other users of the engine included. */
  async used(): Promise<ReadonlySet<string>> {
    const query = { all: true };
    const all = await this.#client.json<EngineContainerListing[]>({ path: '/containers/json', query });
    // Podman leaves out the algorithm here.
    return new Set(all.map(({ ImageID }) => (ImageID.includes(':') ? ImageID : `sha256:${ImageID}`)));
  }

  async filesystem(): Promise<{ path: string; capacityBytes: number; availableBytes: number }> {
    const path = await this.#facts.rootDirectory();
    try {
      const { bsize, blocks, bavail } = await statfs(path);
      return { path, capacityBytes: bsize * blocks, availableBytes: bsize * bavail };
    } catch (error) {
      const reason = (error as NodeJS.ErrnoException).code ?? 'error';
      throw new UnsupportedByRuntimeError(
        'docker',
        `the size of its image file system: ${path} is not visible to this process (${reason})`,
      );
    }
  }

  async #delete(name: string): Promise<void> {
    await unlessGone(this.#client.text({ method: 'DELETE', path: `/images/${encodeURIComponent(name)}` }));
  }

  async #userOf(id: string): Promise<string> {
    const known = this.#users.get(id);
    if (known !== undefined) return known;
    const user = (await this.inspect(id))?.Config?.User ?? '';
    this.#users.set(id, user);
    return user;
  }
}

function imageOf({ Id, RepoTags, RepoDigests, Size }: EngineImageListing, user: string): Image {
  return { id: Id, tags: named(RepoTags), digests: named(RepoDigests), sizeBytes: Size, user };
}

function named(names: readonly string[] | null | undefined): string[] {
  return (names ?? [])
    .filter((name) => !name.startsWith(NO_NAME) && !name.endsWith(NO_NAME))
    .map(familiarName);
}
