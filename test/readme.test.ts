/** README.md: its lines, run by a shell with the AWS CLI, print what stands below them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aws, blocksOf, shell } from './pages.ts';
import { folder, startedPlane } from './processes.ts';

interface Step {
  readonly command: string;
  readonly shown: string;
}

/** A command goes on while its line ends with a backslash or within quotes. */
function stepsIn(block: string): Step[] {
  return block.split(/^\$ /m).flatMap((text) => {
    const lines = text.split('\n');
    let end = 1;
    const isOpen = (part: string) => part.endsWith('\\') || part.split("'").length % 2 === 0;
    while (end < lines.length && isOpen(lines.slice(0, end).join('\n'))) end++;
    const [command, shown] = [lines.slice(0, end).join('\n'), lines.slice(end).join('\n')];
    return command === '' ? [] : [{ command, shown }];
  });
}

const words = (text: string) => text.replace(/\s+/g, ' ').trim();
const MARK = '--- step ---';
const UUID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** What is shown, however its lines are broken; `…` is anything, and each request has its own id. */
const matching = (shown: string) =>
  new RegExp(`^${words(shown.replace(UUID, 'an id')).split('…').map(literally).join('.*')}$`);

const literally = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

async function walked(block: string, data: string): Promise<void> {
  const steps = stepsIn(block);
  const script = steps.map(({ command }) => `echo '${MARK}'\n${command}`).join('\n');
  const { out } = await shell(`exec 2>&1\n${script}`, data);
  const printed = out.split(`${MARK}\n`).slice(1);
  assert.equal(printed.length, steps.length, out);
  for (const [i, { command, shown }] of steps.entries()) {
    // The first word is of later clients alone.
    const told = words(printed[i]!.replace(UUID, 'an id')).replace(/^aws: \[ERROR\]: /, '');
    assert.match(told, matching(shown), command);
  }
}

const blocks = blocksOf('README.md', 'console');
const found = (word: string) => {
  const block = blocks.find((each) => each.includes(word));
  assert.ok(block, word);
  return block;
};

test('the first walk leads where README.md says', { skip: !aws && 'no aws' }, async (t) => {
  const data = folder(t);
  await startedPlane(t, data);
  const [year, month] = [new Date().getUTCFullYear(), new Date().getUTCMonth()];
  const day = (n: number) => new Date(Date.UTC(year, n, 1)).toISOString().slice(0, 10);
  const walk = found('get-caller-identity');
  const now = walk.replace(/^\$ month=\S+/m, `$ month=Start=${day(month)},End=${day(month + 1)}`);
  assert.notEqual(now.indexOf(`Start=${day(month)}`), -1);
  await walked(now, data);
});

test('policy cases and imported accounts answer what README.md says', async (t) => {
  await walked(found('policy test'), folder(t));
  await walked(found('import account'), folder(t));
});
