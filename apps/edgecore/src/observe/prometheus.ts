import type { MetricLabels, Metrics } from '@edgecore/api';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { addProcessMetrics } from './process-metrics.js';

/** Seconds: from a message handled at once to a cloud that takes its time. */
const BUCKETS = [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60];

/** Figures for Prometheus. A metric exists from its first use; its labels are those of that use. */
export class PrometheusMetrics implements Metrics {
  readonly #registry = new Registry();
  readonly #counters = new Map<string, Counter>();
  readonly #gauges = new Map<string, Gauge>();
  readonly #histograms = new Map<string, Histogram>();

  constructor() {
    addProcessMetrics(this.#registry);
  }

  count(name: string, labels: MetricLabels = {}, value = 1): void {
    let counter = this.#counters.get(name);
    if (!counter) {
      counter = new Counter({
        name,
        help: helpOf(name),
        labelNames: Object.keys(labels),
        registers: [this.#registry],
      });
      this.#counters.set(name, counter);
    }
    counter.inc(labels, value);
  }

  gauge(name: string, value: number, labels: MetricLabels = {}): void {
    let gauge = this.#gauges.get(name);
    if (!gauge) {
      gauge = new Gauge({
        name,
        help: helpOf(name),
        labelNames: Object.keys(labels),
        registers: [this.#registry],
      });
      this.#gauges.set(name, gauge);
    }
    gauge.set(labels, value);
  }

  observe(name: string, seconds: number, labels: MetricLabels = {}): void {
    let histogram = this.#histograms.get(name);
    if (!histogram) {
      const labelNames = Object.keys(labels);
      histogram = new Histogram({
        name,
        help: helpOf(name),
        labelNames,
        buckets: BUCKETS,
        registers: [this.#registry],
      });
      this.#histograms.set(name, histogram);
    }
    histogram.observe(labels, seconds);
  }

  /** The text exposition format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }
}

function helpOf(name: string): string {
  return name.replace(/^edgecore_/, '').replaceAll('_', ' ');
}
