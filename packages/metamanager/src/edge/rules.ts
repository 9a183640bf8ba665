import { Operation, ResourceType } from '@edgecore/api';

/** What becomes of a request of a module on the edge. */
export interface EdgeRule {
  readonly action: /** From the database or, by profile, from the cloud. */
    | 'query'
    /** The cloud decides and answers; nothing is stored. */
    | 'ask'
    /** As `ask`; the object of a good answer is stored, under the given type. */
    | 'askAndStore'
    /** Sent, never answered, lost when offline. */
    | 'tell'
    /** Stored or removed here and confirmed. */
    | 'local'
    /** Confirmed and handed to the twin module. */
    | 'twin'
    /** No cloud can do this: said at once, where upstream lets the caller wait. */
    | 'refuse';
  /** Only today's cloud knows it; nothing is sent to a 2020 one (metamanager.md §10). */
  readonly modern?: boolean;
  /** Sent every few seconds: give up when the next one is due. */
  readonly periodic?: boolean;
  /** Type under which the answer's object is stored, when not the request's own. */
  readonly storeAs?: string;
}

type Rules = Readonly<Record<string, EdgeRule>>;

const ANY = '*';

/** metamanager.md §3, §4 and §8 for messages of edged, edgemesh and MetaServer. Pod reports are apart (§7). */
const RULES: Readonly<Record<string, Rules>> = {
  [Operation.query]: {
    [ResourceType.lease]: { action: 'ask', modern: true, periodic: true },
    [ResourceType.certificatesigningrequest]: { action: 'ask', modern: true },
    'ca.crt': { action: 'ask', modern: true },
    [ANY]: { action: 'query' },
  },
  [Operation.insert]: {
    [ResourceType.event]: { action: 'tell', modern: true },
    [ResourceType.nodestatus]: { action: 'ask', periodic: true },
    [ResourceType.node]: { action: 'askAndStore', modern: true },
    [ResourceType.pod]: { action: 'askAndStore', modern: true },
    [ResourceType.lease]: { action: 'ask', modern: true, periodic: true },
    [ResourceType.certificatesigningrequest]: { action: 'ask', modern: true },
    [ResourceType.listener]: { action: 'local' },
    [ResourceType.volumeattachment]: { action: 'refuse' },
    [ANY]: { action: 'ask', modern: true },
  },
  [Operation.update]: {
    [ResourceType.event]: { action: 'tell', modern: true },
    [ResourceType.nodestatus]: { action: 'ask', periodic: true },
    [ResourceType.node]: { action: 'ask' },
    [ResourceType.lease]: { action: 'ask', modern: true, periodic: true },
    [ResourceType.listener]: { action: 'local' },
    // Of today's cloud: asked for by the mesh itself, kept for when there is no cloud.
    [ResourceType.podlist]: { action: 'local' },
    [ResourceType.device]: { action: 'twin' },
    [ANY]: { action: 'ask', modern: true },
  },
  [Operation.patch]: {
    [ResourceType.event]: { action: 'tell', modern: true },
    [ResourceType.nodepatch]: { action: 'askAndStore', modern: true, storeAs: ResourceType.node },
    [ANY]: { action: 'ask', modern: true },
  },
  [Operation.delete]: {
    [ResourceType.volumeattachment]: { action: 'refuse' },
    [ANY]: { action: 'local' },
  },
};

/** The rule for a request; `undefined` for operations no module of the edge sends. */
export function ruleFor(operation: string, type: string): EdgeRule | undefined {
  const rules = RULES[operation];
  return rules?.[type] ?? rules?.[ANY];
}
