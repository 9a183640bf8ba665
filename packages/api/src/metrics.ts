export type MetricLabels = Readonly<Record<string, string>>;

/** Sink for figures. Names follow Prometheus conventions (`edgecore_messages_sent_total`). */
export interface Metrics {
  /** Adds to a counter (default 1). */
  count(name: string, labels?: MetricLabels, value?: number): void;
  /** Sets a gauge. */
  gauge(name: string, value: number, labels?: MetricLabels): void;
  /** Records one observation of a duration, in seconds. */
  observe(name: string, seconds: number, labels?: MetricLabels): void;
}

/** Records nothing: the default of every package. */
export const noMetrics: Metrics = { count() {}, gauge() {}, observe() {} };
