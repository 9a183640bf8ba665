/** Labels of one figure. */
export type Labels = Readonly<Record<string, string>>;

export interface Figure {
  readonly labels?: Labels;
  readonly value: number;
  /** Milliseconds since the epoch; absent: the scraper's own time. */
  readonly time?: number;
}

/** Figures of one name. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge';
  readonly figures: readonly Figure[];
}

export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** The text format of Prometheus, 0.0.4. Families without figures are left out. */
export function exposition(families: readonly Family[]): string {
  return families
    .filter(({ figures }) => figures.length > 0)
    .map(({ name, help, type, figures }) =>
      [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...figures.map((one) => line(name, one)), ''].join(
        '\n',
      ),
    )
    .join('');
}

function line(name: string, { labels = {}, value, time }: Figure): string {
  // Sorted, as the libraries of other exporters write them.
  const pairs = Object.keys(labels)
    .sort()
    .map((key) => `${key}="${escaped(labels[key]!)}"`);
  const braces = pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
  return `${name}${braces} ${value}${time === undefined ? '' : ` ${time}`}`;
}

function escaped(text: string): string {
  return text.replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`));
}
