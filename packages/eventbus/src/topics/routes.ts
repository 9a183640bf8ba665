import { FilterTree } from './filter-tree.js';

/** Where a message that arrived over MQTT goes (eventbus.md §4). */
export type Route =
  /** To devicetwin; `resource` is the topic in base64, URL-safe alphabet with padding. */
  | { readonly to: 'twin'; readonly resource: string }
  /** To the cloud; `resource` is the topic as it is. */
  | { readonly to: 'cloud'; readonly resource: string };

/** What every edge takes in: the filters of 2020 and of today together. */
export const FIXED_FILTERS = [
  '$hw/events/upload/#',
  '$hw/events/device/+/state/update',
  '$hw/events/device/+/twin/+',
  '$hw/events/device/+/+/state/update',
  '$hw/events/device/+/+/twin/+',
  '$hw/events/node/+/membership/get',
  'SYS/dis/upload_records',
  '+/user/#',
] as const;

export function isFixed(filter: string): boolean {
  return (FIXED_FILTERS as readonly string[]).includes(filter);
}

const TWIN_TOPIC = /^\$hw\/events\/(?:device|node)(?:\/|$)/;
/** Devices use the same few topics again and again; clients that make them up must not fill the memory. */
const MAX_KNOWN = 4096;

/** Decides by topic, and remembers what it decided: this is asked for each message. */
export class Routes {
  readonly #filters = new FilterTree<string>();
  readonly #known = new Map<string, Route | undefined>();

  constructor() {
    for (const filter of FIXED_FILTERS) this.#filters.add(filter, filter);
  }

  /** A filter the cloud asked for. The fixed ones stay whatever is asked. */
  add(filter: string): void {
    this.#filters.add(filter, filter);
    this.#known.clear();
  }

  remove(filter: string): void {
    if (isFixed(filter)) return;
    this.#filters.remove(filter, filter);
    this.#known.clear();
  }

  /** Decisions remembered. */
  get known(): number {
    return this.#known.size;
  }

  /** `undefined`: nobody but the broker's own clients is interested. */
  of(topic: string): Route | undefined {
    const known = this.#known.get(topic);
    if (known !== undefined || this.#known.has(topic)) return known;
    const route = this.#decide(topic);
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.set(topic, route);
    return route;
  }

  #decide(topic: string): Route | undefined {
    if (this.#filters.match(topic).length === 0) return undefined;
    if (!TWIN_TOPIC.test(topic)) return { to: 'cloud', resource: topic };
    return { to: 'twin', resource: base64Url(topic) };
  }
}

function base64Url(text: string): string {
  return Buffer.from(text).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}
