/** docs/offline.md shows what its commands really print. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { escalations } from './escalations.ts';
import { importAccount } from './import.ts';
import { unused } from './unused.ts';
import { can, whoCan } from './whoCan.ts';

const docs = resolve(import.meta.dirname, '../../docs');
const folder = mkdtempSync(join(tmpdir(), 'offline-test-'));
const home = process.cwd();
before(() => process.chdir(join(docs, 'examples/offline')));
after(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true });
});

const commands = { import: importAccount, 'who-can': whoCan, can, escalations, unused };
const page = readFileSync(join(docs, 'offline.md'), 'utf8');
const shown = [...page.matchAll(/```console\n\$ npx gatehouse ([^\n]*)\n([\s\S]*?)```/g)];

describe('docs/offline.md', () => {
  it('shows every command', () => {
    const names = new Set(shown.map(([, line]) => line?.split(' ')[0]));
    assert.deepEqual([...names], Object.keys(commands));
  });

  for (const [, line = '', output] of shown) {
    it(`shows what gatehouse ${line} prints`, async () => {
      const [name = '', ...args] = line.split(' ');
      const lines: string[] = [];
      await commands[name as keyof typeof commands]([...args, '--data', folder], (text) => lines.push(text));
      assert.equal(`${lines.join('\n')}\n`, output);
    });
  }
});
