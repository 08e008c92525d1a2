/**
 * Style as a test, and a ratchet: what has outgrown a rule is listed by name with its size, and may only shrink.
 */
import assert from 'node:assert/strict';
import { relative, resolve } from 'node:path';
import { test } from 'node:test';
import { isTest, sources, textOf } from './sources.ts';

const FILE_LINES_MAX = 400;
const FUNCTION_LINES_MAX = 60;
const COLUMNS_MAX = 120;

/** Files over the rule, with the lines they may have. Only ever shorter. */
const LONG_FILES: Readonly<Record<string, number>> = {};
/** Functions over the rule: `file:name`, with the lines they may have. Only ever shorter. */
const LONG_FUNCTIONS: Readonly<Record<string, number>> = {};

/** Time, dice and the environment come through the context; only these may touch them. */
const DETERMINED = /\b(Date\.now\(|Math\.random\(|randomUUID\(|process\.env\b|setTimeout\(|new Date\(\))/;
const FREE = new RegExp(
  [
    /^src\/(plane\.ts|config\.ts|gateway\/(waiting|http2)\.ts|workers\/worker\.ts|cli\/|testing\/)/.source,
    /^src\/store\/(?!store\.ts)/.source,
  ].join('|'),
);

const root = resolve(import.meta.dirname, '..');
const named = (file: string) => relative(root, file);
const all = ['src', 'test', 'bench', 'scripts'].flatMap((folder) => sources(folder));
const ours = sources('src').filter((file) => !isTest(file));

test('files are short enough to read', () => {
  const long = ours.flatMap((file) => {
    const lines = textOf(file).split('\n').length - 1;
    return lines > (LONG_FILES[named(file)] ?? FILE_LINES_MAX) ? [`${named(file)}: ${lines} lines`] : [];
  });
  assert.deepEqual(long, []);
});

test('functions are short enough to read', () => {
  const long = ours.flatMap((file) =>
    functionsOf(textOf(file)).flatMap(({ name, lines }) => {
      const id = `${named(file)}:${name}`;
      return lines > (LONG_FUNCTIONS[id] ?? FUNCTION_LINES_MAX) ? [`${id}: ${lines} lines`] : [];
    }),
  );
  assert.deepEqual(long, []);
});

test('lines fit the page', () => {
  const wide = all.flatMap((file) =>
    textOf(file)
      .split('\n')
      .flatMap((line, i) => (line.length > COLUMNS_MAX && !isUnbreakable(line) ? [`${named(file)}:${i + 1}`] : [])),
  );
  assert.deepEqual(wide, []);
});

test('nothing reads the clock, the dice or the environment behind the context', () => {
  const found = ours
    .filter((file) => !FREE.test(named(file)))
    .flatMap((file) => {
      const [match] = DETERMINED.exec(withoutComments(textOf(file))) ?? [];
      return match ? [`${named(file)}: ${match}`] : [];
    });
  assert.deepEqual(found, []);
});

test('nothing is left to be done in a comment', () => {
  const marks = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X'].join('|')})\\b`);
  assert.deepEqual(all.filter((file) => marks.test(textOf(file))).map(named), []);
});

/** A sentence of AWS's, an address, a template: breaking it would make it harder to find. */
const isUnbreakable = (line: string) => /['`"]|https?:|^ *\/\//.test(line);

const withoutComments = (text: string) => text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');

/** Top-level functions, by the indentation that the formatter gives them. */
function functionsOf(text: string): { name: string; lines: number }[] {
  const lines = text.split('\n');
  return lines.flatMap((line, start) => {
    const name = /^(?:export )?(?:async )?function\*? (\w+)/.exec(line)?.[1];
    if (name === undefined) return [];
    const length = lines.slice(start).indexOf('}');
    return [{ name, lines: length + 1 }];
  });
}
