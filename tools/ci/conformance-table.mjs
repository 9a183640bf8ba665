// The table of packages/edged/docs/CONFORMANCE.md: which tests prove which row of the checklist. No I/O here.

/**
 * Rows a test proves: the numbers its title begins with, as in `'#25 #27 configMap items …'`.
 * A test proves a row only when it checks all the row expects.
 */
export function rowsOf(title) {
  const marker = /^(?:#\d+ )+/.exec(title)?.[0] ?? '';
  return [...marker.matchAll(/#(\d+)/g)].map(([, row]) => Number(row));
}

/** Titles with rows in the text of a test file; none is run. */
export function markedTitles(source) {
  return [...source.matchAll(/\(\s*(['"`])((?:#\d+ ).*?)\1/g)].map(([, , title]) => title);
}

/**
 * @param checklist `[{ row, feature, given?, expected, why? }]`; `why`: the row does not pass, for this reason
 * @param tests `[{ file, title, status }]`, status `passed` or another word of jest
 * @returns the checklist with `files` (tests of the row) and `result`: `passed`, `failed` or `missing`
 */
export function join(checklist, tests) {
  return checklist.map((entry) => {
    const own = tests.filter(({ title }) => rowsOf(title).includes(entry.row));
    const passed = own.length > 0 && own.every(({ status }) => status === 'passed');
    const result = own.length === 0 ? 'missing' : passed ? 'passed' : 'failed';
    return { ...entry, files: [...new Set(own.map(({ file }) => file))].sort(), result };
  });
}

/** What keeps checklist and tests from being one table, a line each. */
export function problems(checklist, tests) {
  const rows = new Set(checklist.map(({ row }) => row));
  const lines = checklist
    .filter((entry, index) => entry.row !== index + 1)
    .map(({ row }) => `row ${row} of the checklist is out of order`);
  for (const { file, title } of tests) {
    const unknown = rowsOf(title).filter((row) => !rows.has(row));
    if (unknown.length > 0)
      lines.push(`${file}: the checklist has no row ${unknown.join(', ')} ("${title}")`);
  }
  for (const { row, feature, why, result } of join(checklist, tests)) {
    if (result === 'missing' && why === undefined) {
      lines.push(`row ${row} (${feature}) has no test and no "why": begin a test's title with "#${row} "`);
    }
  }
  return lines;
}

/**
 * The page. A row with a `why` does not pass, whatever its tests say.
 *
 * @param rows from {@link join}
 * @param engine what the tests ran on
 */
export function page(rows, engine) {
  const passed = rows.filter(({ result, why }) => result === 'passed' && why === undefined).length;
  const percent = ((100 * passed) / rows.length).toFixed(1);
  return `# Kubelet conformance

<!-- Made by \`npm run conformance\` from a run of the tests. Rows: test/conformance/checklist.json. -->

What a kubelet with dockershim does with a pod, row by row, each proved on a real Docker engine by what its \`inspect\` shows
and by the status the cloud receives. \`C:\` stands for the container \`c\`, the only one unless others are named; seconds
are fewer in the tests.
**${passed} of ${rows.length} rows pass (${percent} %).**

Run on ${engine}.

| # | feature | given | expected | result | tests |
|---|---|---|---|---|---|
${rows.map(line).join('\n')}
`;
}

/** The engine a page was made with, \`undefined\` when it does not say. */
export function engineOf(text) {
  return /^Run on (.+)\.$/m.exec(text)?.[1];
}

function line({ row, feature, given = '', expected, why, result, files }) {
  const links = files.map((file) => `[${nameOf(file)}](../${file})`).join(', ');
  const verdict = why !== undefined ? `**no**: ${why}` : result === 'passed' ? 'pass' : `**${result}**`;
  return `| ${row} | ${cell(feature)} | ${cell(given)} | ${cell(expected)} | ${cell(verdict)} | ${links} |`;
}

function nameOf(file) {
  return /([^/]+)\.test\.ts$/.exec(file)?.[1] ?? file;
}

function cell(text) {
  return text.replaceAll('|', '\\|');
}
