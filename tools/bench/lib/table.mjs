import { show } from './numbers.mjs';

/**
 * A row of a result: what was measured, in which unit, and the same of the
 * baseline, measured in the same run. Ratio is value / baseline.
 *
 * @typedef {{ what: string, value: number, unit: string, baseline?: number, of?: string }} Row
 */

/** @param {string} title @param {readonly Row[]} rows */
export function formatTable(title, rows) {
  const cells = [['', 'value', 'baseline', 'ratio']];
  for (const { what, value, unit, baseline, of } of rows) {
    const compared = baseline !== undefined && baseline > 0;
    cells.push([
      what,
      `${show(value)} ${unit}`,
      baseline === undefined ? '' : `${show(baseline)} ${unit}${of ? ` (${of})` : ''}`,
      compared ? show(value / baseline) : '',
    ]);
  }
  const widths = cells[0].map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  const lines = cells.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])))
      .join('  '),
  );
  return [`${title}`, ...lines.map((text) => `  ${text}`.trimEnd())].join('\n');
}
