import { errorText } from '@edgecore/api';
import type { Pod } from '../kube-types.js';
import { canonical } from '../report/canonical.js';
import type { ManifestFile } from './manifest-files.js';
import { readManifest } from './read-manifest.js';
import { staticPod } from './static-pod.js';

interface Entry {
  /** Text or error that was looked at last. */
  readonly seen: string;
  /** The last good one; `undefined`: there has been none since the start. */
  readonly pod: Pod | undefined;
  /** Canonical text of its manifest. */
  readonly content: string;
}

export interface ManifestsOptions {
  readonly nodeName: string;
  now(): number;
  /** A file that cannot be used, told once per content. */
  onProblem(path: string, error: string): void;
}

/** What the manifest files say: a file that became bad keeps its last good pod (edged.md §3.4). */
export class Manifests {
  #entries = new Map<string, Entry>();
  /** Files whose pod another file has already, so that this is told once. */
  #doubles = new Set<string>();

  constructor(private readonly options: ManifestsOptions) {}

  /** A file is there whose pod was never readable: which containers are its own nobody knows. */
  get hasUnknown(): boolean {
    return [...this.#entries.values()].some(({ pod }) => pod === undefined);
  }

  /** Takes all files there are now. @returns the pods to run, one per name and uid. */
  update(files: readonly ManifestFile[]): readonly Pod[] {
    this.#entries = new Map(files.map((file) => [file.path, this.#entry(file)]));
    return this.#distinct();
  }

  #entry(file: ManifestFile): Entry {
    const { nodeName, now, onProblem } = this.options;
    const { path } = file;
    const before = this.#entries.get(path);
    const seen = 'text' in file ? file.text : `error: ${file.error}`;
    if (before?.seen === seen) return before;
    try {
      if ('error' in file) throw new Error(file.error);
      const manifest = readManifest(file.text);
      const content = canonical(manifest);
      // Only a comment or the layout was edited.
      if (before?.pod && before.content === content) return { ...before, seen };
      return { seen, content, pod: staticPod(manifest, { nodeName, path, seenAt: now() }) };
    } catch (error) {
      onProblem(path, errorText(error));
      return { seen, pod: before?.pod, content: before?.content ?? '' };
    }
  }

  #distinct(): Pod[] {
    const pods: Pod[] = [];
    const taken = new Map<string, string>();
    const doubles = new Set<string>();
    for (const [path, { pod }] of this.#entries) {
      if (!pod) continue;
      const { namespace, name, uid } = pod.metadata;
      const keys = [`${namespace}/${name}`, uid];
      const owner = keys.map((key) => taken.get(key)).find((one) => one !== undefined);
      if (owner === undefined) {
        for (const key of keys) taken.set(key, path);
        pods.push(pod);
        continue;
      }
      doubles.add(path);
      if (!this.#doubles.has(path)) {
        this.options.onProblem(path, `its pod ${namespace}/${name} is already run from ${owner}`);
      }
    }
    this.#doubles = doubles;
    return pods;
  }
}
