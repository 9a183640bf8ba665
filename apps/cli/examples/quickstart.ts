import { Readable } from 'node:stream';
import { run } from '@edgecore/cli';

// The command as a function: what a shell would do with
//   echo '…' | edgecore config check --config -
const config = `apiVersion: edgecore.config.kubeedge.io/v1alpha2
kind: EdgeCore
database: {dataSource: /tmp/edgecore.db}
modules:
  edgeHub:
    heartbeet: 10
  edged:
    hostnameOverride: shed
`;
let output = '';
const code = await run(['config', 'check', '--config', '-'], {
  stdin: Readable.from([config]),
  stdout: { write: (text) => (output += text) },
  stderr: process.stderr,
  env: {},
});
for (const line of output.trimEnd().split('\n')) console.log(line);
console.log(`exit code ${code}`);
