/** One line of figures. */
export interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** Milliseconds since the epoch. */
  readonly time: number | undefined;
}

export interface ParsedFamily {
  readonly help: string;
  readonly type: string;
  readonly series: readonly Series[];
}

const LINE =
  /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\"n])*"(?:,(?!\})|(?=\})))*)\})? ([^ ]+)(?: (-?\d+))?$/;

/**
 * Prometheus text 0.0.4, taken as strictly as its specification and the lint of
 * its client libraries have it: every family once, with help and type before
 * its lines, no series twice, counters that end in `_total` and are not negative.
 *
 * @throws what is wrong, with the line.
 */
export function parseExposition(text: string): Map<string, ParsedFamily> {
  const families = new Map<string, { help: string; type: string; series: Series[] }>();
  const seen = new Set<string>();
  let help: readonly [string, string] | undefined;
  let current: string | undefined;
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  for (const line of text.slice(0, -1).split('\n')) {
    const fail = (why: string) => new Error(`${why}: ${line}`);
    const [, helped, words] = /^# HELP (\S+) (.*)$/.exec(line) ?? [];
    const [, typed, type] = /^# TYPE (\S+) (counter|gauge|histogram|summary|untyped)$/.exec(line) ?? [];
    if (helped !== undefined) {
      if (help) throw fail('help without a type');
      help = [helped, words!];
    } else if (typed !== undefined) {
      if (help?.[0] !== typed) throw fail('a type without its help');
      if (families.has(typed)) throw fail('a family in two pieces');
      if (type === 'counter' && !typed.endsWith('_total')) throw fail('a counter whose name does not say so');
      families.set(typed, { help: help[1], type: type!, series: [] });
      current = typed;
      help = undefined;
    } else {
      const one = seriesOf(line);
      if (!one || help) throw fail('no line of figures');
      const family = families.get(current ?? '');
      if (!family || !isOf(one.name, current!, family.type)) throw fail('a figure outside of its family');
      if (family.type === 'counter' && !(one.value >= 0)) throw fail('a counter below zero');
      const key = `${one.name}${JSON.stringify(Object.entries(one.labels).sort())}`;
      if (seen.has(key)) throw fail('a series twice');
      seen.add(key);
      family.series.push(one);
    }
  }
  return families;
}

function isOf(name: string, family: string, type: string): boolean {
  if (type !== 'histogram') return name === family;
  return ['_bucket', '_sum', '_count'].some((end) => name === `${family}${end}`);
}

function seriesOf(line: string): Series | undefined {
  const [, name, text = '', value, time] = LINE.exec(line) ?? [];
  if (name === undefined) return undefined;
  const pairs = [...text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(
    ([, key, raw]) => [key!, raw!.replace(/\\(.)/g, (_all, c: string) => (c === 'n' ? '\n' : c))] as const,
  );
  const labels = Object.fromEntries(pairs);
  if (Object.keys(labels).length !== pairs.length) return undefined;
  const number = numberOf(value!);
  return number === undefined
    ? undefined
    : { name, labels, value: number, time: time === undefined ? undefined : Number(time) };
}

/** As Go reads it. */
function numberOf(text: string): number | undefined {
  if (/^[+-]?Inf$/.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  if (text === 'NaN') return Number.NaN;
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;
}
