/** The value below which `share` (0…1) of the values lie; nearest rank. */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * share) - 1))];
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Three significant digits, without an exponent. */
export function show(value) {
  if (!Number.isFinite(value)) return '–';
  if (value >= 1000) return Math.round(value).toLocaleString('en');
  return String(Number(value.toPrecision(3)));
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Milliseconds `body` takes. */
export async function timed(body) {
  const started = performance.now();
  await body();
  return performance.now() - started;
}

/**
 * Runs two ways of the same work in turn, so that a busy moment of the machine
 * hits both, and resolves with the median rate (per second) of each.
 */
export async function compareRates({ rounds, count, subject, baseline }) {
  const rates = { subject: [], baseline: [] };
  for (let round = 0; round < rounds; round += 1) {
    rates.baseline.push((count / (await timed(() => baseline(count)))) * 1000);
    rates.subject.push((count / (await timed(() => subject(count)))) * 1000);
  }
  return { subject: median(rates.subject), baseline: median(rates.baseline) };
}
