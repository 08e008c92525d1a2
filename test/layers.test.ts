/** Who may import whom. A folder not listed on the right may not be imported; any file that does is named. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { test } from 'node:test';
import { importsOf, isTest, sources } from './sources.ts';

const SERVICE_LAYERS = ['core', 'store', 'policy', 'patterns', 'identity', 'federation', 'protocols', 'posture'];

const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  policy: [],
  patterns: [],
  store: [],
  core: ['store'],
  identity: ['core', 'store', 'policy'],
  protocols: ['core'],
  posture: ['core', 'store'],
  services: SERVICE_LAYERS,
  federation: [],
  gateway: ['core', 'store', 'policy', 'identity', 'federation', 'protocols'],
  signin: ['core', 'store', 'policy', 'identity', 'federation'],
  workers: ['core', 'store'],
  shadow: ['core', 'store', 'policy', 'identity'],
  impact: ['core', 'store', 'policy', 'identity', 'shadow'],
  cli: ['core', 'policy', 'shadow', 'impact', 'main.ts'],
  testing: ['core', 'store', 'policy', 'identity', 'protocols', 'gateway', 'services', 'signin', 'workers'],
};
/** Files that wire the rest, and the settings they read. */
const FREE = new Set(['main.ts', 'plane.ts', 'config.ts']);
/** These import nothing at all, not even of Node. */
const ALONE = new Set(['policy', 'patterns']);

const src = resolve(import.meta.dirname, '../src');

test('ARCHITECTURE.md tells what each room may import', () => {
  const page = readFileSync(resolve(src, '../ARCHITECTURE.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `(\w+)\/(?:x\/)?` \| .* \| ([^|]+) \|$/gm)];
  const told = rows.map(([, room = '', imports = '']) => [room, imports.split(';')[0]]);
  const held = Object.entries(MAY_IMPORT).map(([room, targets]) => {
    if (room === 'testing') return [room, 'everything'];
    const nothing = ALONE.has(room) ? 'nothing at all' : 'nothing of ours';
    return [room, targets.length === 0 ? nothing : targets.join(', ')];
  });
  assert.deepEqual(Object.fromEntries(told), Object.fromEntries(held));
  assert.deepEqual(
    sources('src').flatMap((file) => {
      const [room = '', ...inside] = relative(src, file).split('/');
      return inside.length === 0 || room in MAY_IMPORT ? [] : [room];
    }),
    [],
  );
});

for (const file of sources('src').filter((path) => !isTest(path))) {
  const path = relative(src, file);
  const [room = ''] = path.split('/');
  if (FREE.has(path)) continue;
  test(`${path} imports only what its room may`, () => {
    for (const target of importsOf(file)) assertAllowed(path, room, target, file);
  });
}

function assertAllowed(path: string, room: string, target: string, file: string): void {
  if (!target.startsWith('.')) {
    assert.ok(!ALONE.has(room), `${path} imports ${target}: ${room} imports nothing`);
    return;
  }
  const to = relative(src, resolve(dirname(file), target)).split('/');
  if (to[0] !== room) {
    assert.ok(MAY_IMPORT[room]?.includes(to[0]!), `${path} imports ${to.join('/')}: ${room} may not import ${to[0]}`);
  } else if (room === 'services' && path.split('/').length > 2) {
    assert.equal(to[1], path.split('/')[1], `${path} imports ${to.join('/')}: a service may not import another`);
  }
}
