/** docs/logging.md: its lines, run by a shell with the AWS CLI, lead where the page says. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { aws, blocksOf, shell } from './pages.ts';
import { folder, startedPlane } from './processes.ts';

test('docs/logging.md leads from a log group to an object of another account', {
  skip: !aws && 'no aws',
}, async (t) => {
  const data = folder(t);
  const into = folder(t);
  await startedPlane(t, data, { flags: ['--ephemeral'] });
  const lines = blocksOf('docs/logging.md', 'sh').join('');
  const { code, out, err } = await shell(`set -e; cd '${into}'\n${lines}`, data);
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
