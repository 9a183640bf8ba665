const DEVICE = '$hw/events/device/';
const NODE = '$hw/events/node/';

/** What an MQTT client may ask of a device, by the end of its topic (devicetwin.md §3, §4). */
const DEVICE_ASKS = {
  '/twin/update': 'twinUpdate',
  '/twin/get': 'twinGet',
  '/twin/cloud_updated': 'cloudUpdated',
  '/state/update': 'stateUpdate',
} as const;

type DeviceAsk = (typeof DEVICE_ASKS)[keyof typeof DEVICE_ASKS];

export type TopicAsk =
  | { readonly kind: DeviceAsk; readonly id: string }
  /** The node in the topic is not looked at, as upstream. */
  | { readonly kind: 'membershipGet' };

const ENDS = Object.entries(DEVICE_ASKS) as [string, DeviceAsk][];

/**
 * What a topic asks for. The prefix and the ending are cut off, the rest is
 * the id: one word or `<namespace>/<name>`, whatever the words are.
 */
export function parseTopic(topic: string): TopicAsk | undefined {
  if (topic.startsWith(DEVICE)) {
    for (const [end, kind] of ENDS) {
      if (topic.endsWith(end) && topic.length > DEVICE.length + end.length) {
        return { kind, id: topic.slice(DEVICE.length, -end.length) };
      }
    }
    return undefined;
  }
  return topic.startsWith(NODE) && topic.endsWith('/membership/get') ? { kind: 'membershipGet' } : undefined;
}

/** Endings of the topics devices hear. */
export type DeviceAnswer =
  | 'twin/update/result'
  | 'twin/update/document'
  | 'twin/update/delta'
  | 'twin/get/result'
  | 'state/update/result'
  | 'updated';

export function deviceTopic(id: string, answer: DeviceAnswer): string {
  return `${DEVICE}${id}/${answer}`;
}

export function nodeTopic(node: string, answer: 'membership/updated' | 'membership/get/result'): string {
  return `${NODE}${node}/${answer}`;
}
