/** Every command of `gatehouse --help`: its help, what it says of what it does not know, and its line in the README. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { folder, gatehouse } from './processes.ts';

const page = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8');
const { out } = await gatehouse(['--help']).ended;
const names = [...out.matchAll(/^ {2}gatehouse ([a-z-]+)/gm)].map(([, name]) => name!);

test('gatehouse --help lists commands, of which README.md tells', () => {
  assert.ok(names.length > 15, out);
  const told = new Set(
    [...page.matchAll(/npx gatehouse ([a-z-]+)|`(can|escalations|unused)`/g)].map((m) => m[1] ?? m[2]),
  );
  // It is `npm start` there.
  assert.deepEqual(
    names.filter((name) => !told.has(name)),
    ['up'],
  );
});

for (const name of names) {
  test(`gatehouse ${name} --help is help, and what is unknown ends with 2 and a sentence`, async (t) => {
    const data = folder(t);
    const help = await gatehouse([name, '--help']).ended;
    assert.deepEqual([help.code, help.err], [0, '']);
    assert.match(help.out, new RegExp(`^Usage: .*(npm start|npx gatehouse ${name})`));
    const unknown = await gatehouse([name, '--nonsense'], { GATEHOUSE_DATA: data }).ended;
    assert.deepEqual([unknown.code, unknown.out], [2, '']);
    assert.match(unknown.err, /^gatehouse: .*(--nonsense|see --help).*\n$/);
  });
}
