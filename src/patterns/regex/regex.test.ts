import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { promptly } from '../../testing/promptly.ts';
import { compileRegex, type Regex, TooCostly } from './index.ts';

const regex = (text: string, dialect: 'filter' | 'query' = 'query'): Regex => {
  const compiled = compileRegex(text, dialect);
  if ('problem' in compiled) throw new Error(`${text}: ${compiled.problem}`);
  return compiled;
};

/** Texts of the grammar that mean the same to JavaScript. */
const atom = fc.constantFrom('a', 'b', 'c', '.', '[ab]', '[^a]', '\\d', '\\w', '\\W', '\\s', '\\x61', '-', '0');
const quantified = fc.tuple(
  atom,
  fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{1,3}', '{0,2}', '*?', '+?', '??'),
);
const simple = fc
  .array(
    quantified.map((parts) => parts.join('')),
    { maxLength: 5 },
  )
  .map((parts) => parts.join(''));
const nested = fc
  .tuple(simple, simple, simple, fc.constantFrom('', '*', '+', '?', '{2}'), fc.constantFrom('(', '(?:'))
  .map(([a, b, c, q, open]) => `${a}${open}${b}|${c})${q}`);
const edged = fc
  .tuple(fc.constantFrom('', '^', '\\b'), fc.oneof(simple, nested), fc.constantFrom('', '$', '\\b', '\\B'))
  .map((parts) => parts.join(''));
const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '0', '-', ' ', '\n', 'é'), maxLength: 14 });

test('A regular expression matches where JavaScript’s does', () => {
  fc.assert(
    fc.property(edged, text, (pattern, value) => {
      const native = new RegExp(pattern, 'd').exec(value);
      const ours = regex(pattern);
      assert.equal(ours.test(value), native !== null, `/${pattern}/ on ${JSON.stringify(value)}`);
      const places = ours.exec(value);
      assert.equal(places?.[0], native?.indices?.[0]?.[0], `/${pattern}/ on ${JSON.stringify(value)}`);
      // JavaScript forgets groups of earlier rounds, and stops a loop that consumes nothing: only the whole is compared.
      if (!/\)[*+{?]/.test(pattern)) assert.equal(places?.[1], native?.indices?.[0]?.[1]);
    }),
    { numRuns: 5000 },
  );
});

test('A match is looked for from a place on as JavaScript does', () => {
  fc.assert(
    fc.property(edged, text, fc.nat(14), (pattern, value, place) => {
      const from = Math.min(place, value.length);
      const sought = new RegExp(pattern, 'dg');
      sought.lastIndex = from;
      const about = `/${pattern}/ from ${from} in ${JSON.stringify(value)}`;
      assert.equal(regex(pattern).exec(value, from)?.[0], sought.exec(value)?.indices?.[0]?.[0], about);
    }),
    { numRuns: 5000 },
  );
});

test('Groups hold what they matched, by name', () => {
  const found = regex('user=(?<user>.*?), method:(?<method>\\w+)(, x)?').exec('a user=ann, method:GET;');
  assert.deepEqual(found, [2, 22, 7, 10, 19, 22, -1, -1]);
  assert.deepEqual(regex('(?<a>x)(y)(?P<b>z)').names, ['a', '', 'b']);
});

test('Flags set case, lines and the dot', () => {
  assert.ok(regex('(?i)exCEPtion').test('an Exception'));
  assert.ok(!regex('exception').test('an Exception'));
  assert.ok(regex('a(?i:b)c').test('aBc') && !regex('a(?i:b)c').test('aBC'));
  assert.ok(regex('(?m)^b$').test('a\nb\nc') && !regex('^b$').test('a\nb\nc'));
  assert.ok(regex('(?s)a.b').test('a\nb') && !regex('a.b').test('a\nb'));
});

test('What cannot be matched in linear time is refused', () => {
  const problems = [
    '(?=a)',
    '(?!a)',
    '(?<=a)',
    '(a)\\1',
    'a**',
    '*a',
    '(a',
    'a)',
    '[a',
    'a{3,2}',
    'a{1001}',
    '\\',
    '[',
  ];
  for (const pattern of problems) assert.ok('problem' in compileRegex(pattern, 'query'), pattern);
  assert.ok('problem' in compileRegex('((a{100}){100}){100}', 'query'), 'too large');
  for (const pattern of ['(a)', 'a!', 'é', 'a"b', '[]'])
    assert.ok('problem' in compileRegex(pattern, 'filter'), pattern);
});

test('No expression takes long on any text', () => {
  const hostile = [
    ['(a*)*b', 'a'.repeat(50_000)],
    ['(a|a)*b', 'a'.repeat(50_000)],
    ['(.*)(.*)(.*)(.*)x', 'a'.repeat(20_000)],
    ['(a|b)*a(a|b){12}c', 'ab'.repeat(20_000)],
    ['(\\w+\\s?)*$!', 'word '.repeat(10_000)],
    ['([ab]*a[ab]{200})', 'abbab'.repeat(200_000)],
  ] as const;
  for (const [pattern, value] of hostile) {
    const compiled = regex(pattern);
    try {
      promptly(() => compiled.exec(value));
    } catch (error) {
      assert.ok(error instanceof TooCostly, pattern);
    }
  }
});

test('Any text is an expression or refused', () => {
  const piece = fc.constantFrom(
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    '\\',
    '|',
    '*',
    '?',
    '+',
    '^',
    '$',
    '-',
    'a',
    '1',
    ',',
    '<',
    ':',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 25 }), fc.constantFrom('query', 'filter'), (pieces, dialect) => {
      const compiled = compileRegex(pieces.join(''), dialect as 'query');
      if (!('problem' in compiled)) compiled.exec('a1a,-<:b');
    }),
    { numRuns: 5000 },
  );
});
