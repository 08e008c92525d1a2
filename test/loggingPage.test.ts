/** docs/logging.md: its lines, run by a shell with the AWS CLI, lead where the page says. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { awsSince } from './awsClients.ts';
import { folder, run, startedPlane } from './processes.ts';

const root = join(import.meta.dirname, '..');
const page = readFileSync(join(root, 'docs/logging.md'), 'utf8');
const lines = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block]) => block).join('');

/** The first that heeds AWS_ENDPOINT_URL. */
const aws = awsSince({ 1: 29, 2: 13 });

test('docs/logging.md leads from a log group to an object of another account', {
  skip: !aws && 'no aws',
}, async (t) => {
  const data = folder(t);
  const into = folder(t);
  await startedPlane(t, data, { flags: ['--ephemeral'] });
  const script = `set -euo pipefail; cd '${into}'
    aws() { command '${aws}' "$@"; }
    npx() { shift; '${process.execPath}' '${root}/bin/gatehouse.js' "$@"; }
    ${lines}`;
  const none = { AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null', AWS_PAGER: '' };
  // Which might be kept in the folder where the objects go.
  const uncached = { NODE_DISABLE_COMPILE_CACHE: '1' };
  const { code, out, err } = await run('bash', ['-c', script], { GATEHOUSE_DATA: data, ...none, ...uncached });
  assert.equal(code, 0, out + err);
  const objects = readdirSync(into, { recursive: true, encoding: 'utf8' })
    .map((name) => join(into, name))
    .filter((file) => statSync(file).isFile());
  assert.deepEqual(
    objects.map((file) => readFileSync(file, 'utf8').trim()),
    ['{"level":"error","path":"/pay"}'],
  );
  assert.match(out, /\nerror\t1\tinfo\t1\n$/);
});
