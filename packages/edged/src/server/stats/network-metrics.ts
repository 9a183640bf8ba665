import type { NetworkStats } from '@edgecore/container-runtime';
import { type CadvisorTerms, sandboxLabels } from './cadvisor-labels.js';
import type { Family, Figure } from './exposition.js';
import type { PodSample } from './pod-samples.js';

const NETWORK: readonly (readonly [string, string, (counters: NetworkStats) => number | undefined])[] = [
  ['container_network_receive_bytes_total', 'Cumulative count of bytes received', (n) => n.rxBytes],
  ['container_network_receive_packets_total', 'Cumulative count of packets received', (n) => n.rxPackets],
  [
    'container_network_receive_errors_total',
    'Cumulative count of errors encountered while receiving',
    (n) => n.rxErrors,
  ],
  [
    'container_network_receive_packets_dropped_total',
    'Cumulative count of packets dropped while receiving',
    (n) => n.rxDropped,
  ],
  ['container_network_transmit_bytes_total', 'Cumulative count of bytes transmitted', (n) => n.txBytes],
  ['container_network_transmit_packets_total', 'Cumulative count of packets transmitted', (n) => n.txPackets],
  [
    'container_network_transmit_errors_total',
    'Cumulative count of errors encountered while transmitting',
    (n) => n.txErrors,
  ],
  [
    'container_network_transmit_packets_dropped_total',
    'Cumulative count of packets dropped while transmitting',
    (n) => n.txDropped,
  ],
];

/** A pod's interfaces belong to its sandbox. */
export function networkFamilies(pods: readonly PodSample[], terms: CadvisorTerms): Family[] {
  return NETWORK.map(([name, help, value]) => ({
    name,
    help,
    type: 'counter',
    figures: pods.flatMap((pod) =>
      (pod.sandbox?.networks ?? []).flatMap((counters): Figure[] => {
        const found = value(counters);
        const labels = { ...sandboxLabels(pod, terms), interface: counters.name };
        return found === undefined ? [] : [{ labels, value: found, time: pod.sandbox!.time }];
      }),
    ),
  }));
}
