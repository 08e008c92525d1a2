import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { promptly } from '../testing/promptly.ts';
import { compilePattern, InvalidPattern, isDeep, ruleSetOf } from './index.ts';

const matches = (pattern: unknown, event: unknown) =>
  compilePattern(typeof pattern === 'string' ? pattern : JSON.stringify(pattern)).matches(event);

/** A test of the field `a`: what passes, and what does not. */
const operators: readonly [title: string, tests: unknown[], passing: unknown[], failing: unknown[]][] = [
  ['a string', ['x'], ['x', ['y', 'x'], [['x']]], ['X', 'xx', null, ['y'], [], { b: 'x' }, undefined]],
  ['several', ['x', 1, true, null], ['x', 1, true, null], ['1', false, 'null', 0]],
  ['the empty string', [''], [''], [null, ' ']],
  ['null', [null], [null, [1, null]], ['', undefined, 0, 'null']],
  ['a number, however it is written', [300], [300, 300.0, 3.0e2], ['300', 301]],
  ['prefix', [{ prefix: 'us-' }], ['us-', 'us-east-1'], ['eu-us-', 5, null, 'US-']],
  ['prefix, ignoring case', [{ prefix: { 'equals-ignore-case': 'EventB' } }], ['EVENTBridge'], ['event', 1]],
  ['suffix', [{ suffix: '.png' }], ['a.png', '.png'], ['.pngx', 'png']],
  ['suffix, ignoring case', [{ suffix: { 'equals-ignore-case': '.png' } }], ['a.PNG'], ['a.pn']],
  ['equals-ignore-case', [{ 'equals-ignore-case': 'aLiCe' }], ['ALICE', 'alice'], ['alic', 1]],
  ['anything-but a string', [{ 'anything-but': 'x' }], ['y', '', 1, null, ['x', 'y']], ['x', ['x'], undefined, []]],
  ['anything-but a number', [{ 'anything-but': 123 }], [124, '123'], [123]],
  ['anything-but several', [{ 'anything-but': [100, 200] }], [300], [100, 200]],
  ['anything-but prefix', [{ 'anything-but': { prefix: ['init', 'stop'] } }], ['run', 7], ['initial', 'stopped']],
  ['anything-but suffix', [{ 'anything-but': { suffix: '.txt' } }], ['a.rtf'], ['a.txt']],
  ['anything-but wildcard', [{ 'anything-but': { wildcard: ['*/lib/*', '*/bin/*'] } }], ['/usr/'], ['/a/bin/c']],
  [
    'anything-but, ignoring case',
    [{ 'anything-but': { 'equals-ignore-case': ['initializing', 'stopped'] } }],
    ['running'],
    ['INITIALIZING', 'Stopped'],
  ],
  ['numeric =', [{ numeric: ['=', 3.018e2] }], [301.8], [301.7, '301.8']],
  ['numeric range', [{ numeric: ['>', 0, '<=', 5] }], [1e-9, 5], [0, 5.1, '3', null]],
  ['numeric <', [{ numeric: ['<', 10] }], [-5, 9.99], [10]],
  ['numeric >=', [{ numeric: ['>=', 10] }], [10, 11], [9]],
  ['cidr', [{ cidr: '10.0.0.0/24' }], ['10.0.0.0', '10.0.0.255'], ['10.0.1.0', '10.0.0', '::a00:1', 'x', 10]],
  [
    'cidr of six',
    [{ cidr: '2001:db8::/32' }],
    ['2001:db8::1', '2001:0DB8:1:2:3:4:5:6'],
    ['2001:db9::', '::1::', '1::2::3'],
  ],
  ['exists', [{ exists: true }], ['', null, 0, ['x']], [undefined, [], {}, { b: 1 }]],
  ['does not exist', [{ exists: false }], [undefined, {}, [], { b: 1 }], [null, '', ['x']]],
  ['does not exist, or is', [{ exists: false }, 'x'], [undefined, 'x'], ['y']],
  ['wildcard', [{ wildcard: 'dir/*.png' }], ['dir/a.png', 'dir/.png', 'dir/a/b.png'], ['dir.png', 'dir/a.pn', 1]],
  ['wildcard that overlaps', [{ wildcard: 'ab*ba' }], ['abba', 'abxba'], ['aba']],
  ['wildcard alone', [{ wildcard: '*' }], ['', 'x'], [1]],
  ['wildcard with stars of its own', [{ wildcard: 'a\\*\\\\*' }], ['a*\\', 'a*\\x'], ['ax\\']],
  ['wildcard in the middle', [{ wildcard: '*b*c*' }], ['abxc', 'bc'], ['cb']],
];

for (const [title, tests, passing, failing] of operators) {
  test(`A pattern matches ${title}`, () => {
    const pattern = compilePattern(JSON.stringify({ a: tests }));
    for (const value of passing) assert.equal(pattern.matches({ a: value }), true, JSON.stringify(value));
    for (const value of failing) assert.equal(pattern.matches({ a: value }), false, JSON.stringify(value));
  });
}

test('A pattern is about fields at their places, in one object of a list', () => {
  const event = {
    source: 's',
    detail: {
      list: [
        { a: 1, b: 2 },
        { a: 3, b: 4 },
      ],
      'state.status': 'running',
    },
  };
  assert.equal(matches({ source: ['s'], detail: { list: { a: [1], b: [2] } } }, event), true);
  assert.equal(matches({ detail: { list: { a: [1], b: [4] } } }, event), false);
  assert.equal(matches({ detail: { state: { status: ['running'] } } }, event), true);
  assert.equal(matches({ detail: { 'state.status': ['running'] } }, event), true);
  assert.equal(
    matches({ detail: { 'state.status': ['running'] } }, { detail: { state: { status: 'running' } } }),
    true,
  );
  assert.equal(matches({ detail: { list: { c: [{ exists: false }] } } }, event), true);
  assert.equal(matches({ detail: { list: { a: [{ exists: false }] } } }, event), false);
  assert.equal(matches({ detail: { toString: [{ exists: true }] } }, event), false);
  assert.equal(matches('{"a":["x"],"a":["y"]}', { a: 'y' }), true);
});

test('A pattern with $or matches any of its alternatives', () => {
  const pattern = {
    source: ['aws.cloudwatch'],
    $or: [
      { metricName: ['CPU'] },
      { metricType: ['T'], namespace: ['EC2'], $or: [{ id: [1] }, { space: [2] }] },
      { scope: ['Service'] },
    ],
  };
  const source = 'aws.cloudwatch';
  assert.equal(matches(pattern, { source, metricName: 'CPU' }), true);
  assert.equal(matches(pattern, { source, metricType: 'T', namespace: 'EC2', space: 2 }), true);
  assert.equal(matches(pattern, { source, metricType: 'T', namespace: 'EC2' }), false);
  assert.equal(matches(pattern, { source: 'x', scope: 'Service' }), false);
  assert.equal(matches({ $or: { a: [1] } }, { $or: { a: 1 } }), true);
});

const SYNTAX = ' at [Source: (String)"';
const refused: readonly [pattern: string | object, reason: string][] = [
  [{ a: 'string' }, '"a" must be an object or an array'],
  [{ a: [] }, 'Empty arrays are not allowed'],
  [{}, 'Empty objects are not allowed'],
  [{ a: {} }, 'Empty objects are not allowed'],
  [[], 'Filter is not an object'],
  [{ a: [['x']] }, 'Match value must be String, number, true, false, or null'],
  [{ a: [{ NUMERIC: ['=', 1] }] }, 'Unrecognized match type NUMERIC'],
  [{ a: [{ constructor: 1 }] }, 'Unrecognized match type constructor'],
  [{ a: [{}] }, 'Match expression name not found'],
  [{ a: [{ prefix: 'a', suffix: 'b' }] }, 'Only one key allowed in match expression'],
  [{ a: [{ prefix: 123 }] }, 'prefix match pattern must be a string'],
  [{ a: [{ suffix: [] }] }, 'suffix match pattern must be a string'],
  [{ a: [{ 'equals-ignore-case': ['a'] }] }, 'equals-ignore-case match pattern must be a string'],
  [{ a: [{ exists: 'yes' }] }, 'exists match pattern must be either true or false.'],
  [{ a: [{ wildcard: 'a**b' }] }, 'Consecutive wildcard characters at pos 2'],
  [{ a: [{ wildcard: 'a\\b' }] }, 'Invalid escape character at pos 2'],
  [{ a: [{ 'anything-but': [null] }] }, 'Inside anything but list, start|null|boolean is not supported.'],
  [
    { a: [{ 'anything-but': ['a', 1] }] },
    'Inside anything but list, either all values are number or string, mixed type is not supported',
  ],
  [
    { a: [{ 'anything-but': { 'equals-ignore-case': [1] } }] },
    'Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.',
  ],
  [{ a: [{ 'anything-but': { numeric: ['=', 1] } }] }, 'Unsupported anything-but pattern: numeric'],
  [{ a: [{ cidr: 'xx.11.xx/8' }] }, 'Nonstandard IP address: xx.11.xx'],
  [{ a: [{ cidr: '10.0.0.0' }] }, "Malformed CIDR, one '/' required"],
  [{ a: [{ cidr: '10.0.0.0/xx' }] }, 'Malformed CIDR, mask bits must be an integer'],
  [{ a: [{ numeric: ['!', 1] }] }, 'Unrecognized numeric range operator: !'],
  [{ a: [{ numeric: [] }] }, 'Invalid member in numeric match: ]'],
  [{ a: [{ numeric: ['>', 'x'] }] }, 'Value of > must be numeric'],
  [{ a: [{ numeric: ['>', 1, '<', 2, '<', 3] }] }, 'Too many terms in numeric range expression'],
  [{ a: [{ numeric: ['>', 5, '<', 2] }] }, 'Bottom must be less than top'],
  [{ a: [{ numeric: ['=', 6e9] }] }, 'Value must be between -5.0E9 and 5.0E9, inclusive'],
  [{ $or: [{ a: [1] }] }, 'There must have at least 2 Objects in $or relationship.'],
  [{ $or: [1, 2] }, 'Only JSON object is allowed in array of $or relationship.'],
  [{ $or: [{ prefix: ['x'] }, { a: [1] }] }, 'prefix is Ruler reserved fieldName which cannot be used inside $or.'],
  [
    "{'bad': 'quotation'}",
    `Unexpected character (''' (code 39)): was expecting double-quote to start field name\n${SYNTAX}{'bad': 'quotation'}"; line: 1, column: 2]`,
  ],
  [
    '{"not": closed mark"',
    `Unrecognized token 'closed': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')\n${SYNTAX}{"not": closed mark""; line: 1, column: 15]`,
  ],
];

for (const [pattern, reason] of refused) {
  const text = typeof pattern === 'string' ? pattern : JSON.stringify(pattern);
  test(`A pattern is refused in AWS's words: ${text}`, () => {
    assert.throws(() => compilePattern(text), { name: 'InvalidPattern', message: reason });
  });
}

test('A pattern that is no JSON is always told why', () => {
  for (const text of [
    '',
    '{',
    '{"a"',
    '{"a":',
    '{"a":[',
    '{"a":["',
    '{"a":[1,]}',
    '{"a":[1 2]}',
    '{"a" 1}',
    '[]]',
    '{"a":01}',
  ]) {
    assert.throws(() => compilePattern(text), InvalidPattern, text);
  }
});

test('A pattern stands for at most 1,000 combinations', () => {
  const group = (size: number, name: string) => Array.from({ length: size }, (_, n) => ({ [`${name}${n}`]: [1] }));
  const of = (a: number, b: number) => ({ x: { $or: group(a, 'a') }, y: { $or: group(b, 'b') } });
  assert.ok(compilePattern(JSON.stringify(of(50, 20))));
  assert.throws(() => compilePattern(JSON.stringify(of(50, 21))), /too complex/);
});

test('Wildcards that repeat themselves are refused', () => {
  for (const wildcard of ['*:*:*:*:*:event-bus/*', '/Users/*/dir/dir/dir/dir/dir/doc.txt']) {
    assert.ok(compilePattern(JSON.stringify({ a: [{ wildcard }] })));
  }
  const wildcard = Array(13).fill('xxxx').join('*');
  assert.throws(() => compilePattern(JSON.stringify({ a: [{ wildcard }] })), /Rule is too complex/);
});

test('Hostile patterns and events cost little', () => promptly(hostile));

function hostile(): void {
  const long = 'a'.repeat(1_000_000);
  const wildcard = `*b${Array(24).fill('a').join('')}*c${'ba'.repeat(800)}*`;
  try {
    assert.equal(matches({ a: [{ wildcard }] }, { a: long }), false);
  } catch (error) {
    assert.ok(error instanceof InvalidPattern);
  }
  assert.equal(matches({ a: [{ wildcard: `*b${'c'.repeat(20)}d*` }] }, { a: 'bc'.repeat(500_000) }), false);
  assert.throws(() => compilePattern('['.repeat(1_000_000)), InvalidPattern);
  assert.throws(() => compilePattern('{"a":'.repeat(200_000)), InvalidPattern);
  assert.equal(isDeep('[[]]'.repeat(9)), false);
  const alternatives = Array.from({ length: 150 }, (_, n) => ({ a: { b: [n] } }));
  const event = { a: Array.from({ length: 10_000 }, () => ({ b: [-1, -2] })) };
  assert.equal(matches({ $or: alternatives }, event), false);
}

// What a pattern means, said as plainly as possible: a field's values, and any test of any of them.
type Tests = readonly unknown[];
const names = fc.constantFrom('a', 'b', 'c');
const scalars = fc.constantFrom<unknown>('x', 'xy', 'yx', 'X', '', 1, 2, true, null);
const testsOf: fc.Arbitrary<Tests> = fc.array(
  fc.oneof(
    scalars,
    fc.constantFrom<unknown>(
      { prefix: 'x' },
      { suffix: 'x' },
      { 'equals-ignore-case': 'x' },
      { 'anything-but': ['x', 'xy'] },
      { 'anything-but': { prefix: 'x' } },
      { numeric: ['>', 1] },
      { exists: true },
      { exists: false },
      { wildcard: 'x*' },
      { wildcard: '*y*' },
    ),
  ),
  { minLength: 1, maxLength: 3 },
);
const levels = fc.dictionary(names, testsOf, { minKeys: 1, maxKeys: 2 });
const patterns = fc.record(
  { source: testsOf, detail: levels, $or: fc.array(levels, { minLength: 2, maxLength: 3 }) },
  { requiredKeys: ['detail'] },
);
const fields = fc.dictionary(names, fc.oneof(scalars, fc.array(scalars, { maxLength: 3 })), { maxKeys: 3 });
const events = fc.tuple(fields, fields, scalars).map(([top, detail, source]) => ({ ...top, source, detail }));

function naive(pattern: Record<string, unknown>, event: Record<string, unknown>): boolean {
  return Object.entries(pattern).every(([name, part]) => {
    if (name === '$or') return (part as Record<string, unknown>[]).some((each) => naive(each, event));
    const value = event[name];
    if (Array.isArray(part)) return part.some((each) => holds(each, value));
    return naive(part as Record<string, unknown>, (value ?? {}) as Record<string, unknown>);
  });
}

function holds(item: unknown, value: unknown): boolean {
  const values = value === undefined ? [] : Array.isArray(value) ? value : [value];
  if (typeof item !== 'object' || item === null) return values.includes(item);
  const [[operator, operand] = ['', undefined]] = Object.entries(item) as [string, unknown][];
  if (operator === 'exists') return values.length > 0 === operand;
  return values.some((each) => PLAIN[operator]!(each, operand));
}

// biome-ignore lint/suspicious/noExplicitAny: operands of all kinds
const PLAIN: Record<string, (value: unknown, operand: any) => boolean> = {
  prefix: (value, operand) => typeof value === 'string' && value.startsWith(operand),
  suffix: (value, operand) => typeof value === 'string' && value.endsWith(operand),
  'equals-ignore-case': (value) => value === 'x' || value === 'X',
  'anything-but': (value, operand) =>
    Array.isArray(operand) ? !operand.includes(value) : !(typeof value === 'string' && value.startsWith('x')),
  numeric: (value) => typeof value === 'number' && value > 1,
  wildcard: (value, operand) =>
    typeof value === 'string' && (operand === 'x*' ? value.startsWith('x') : value.includes('y')),
};

test('Patterns agree with their plain meaning', () => {
  fc.assert(
    fc.property(patterns, events, (pattern, event) => {
      assert.equal(matches(pattern, event), naive(pattern, event));
    }),
    { numRuns: 3000 },
  );
});

test('A set of rules finds what each of its patterns matches', () => {
  fc.assert(
    fc.property(fc.array(patterns, { maxLength: 12 }), fc.array(events, { maxLength: 4 }), (many, happened) => {
      const rules = many.map((pattern, rule) => ({ pattern: compilePattern(JSON.stringify(pattern)), rule }));
      const set = ruleSetOf(rules);
      for (const event of happened) {
        const expected = rules.filter(({ pattern }) => pattern.matches(event)).map(({ rule }) => rule);
        assert.deepEqual(set.matching(event), expected);
      }
    }),
    { numRuns: 600 },
  );
});

test('Wildcards agree with regular expressions', () => {
  const parts = fc
    .array(fc.constantFrom('a', 'b', 'ab', '*'), { maxLength: 6 })
    .map((all) => all.join('').replace(/\*+/g, '*'));
  const values = fc.array(fc.constantFrom('a', 'b'), { maxLength: 10 }).map((all) => all.join(''));
  fc.assert(
    fc.property(parts, values, (wildcard, value) => {
      const expected = new RegExp(`^${wildcard.replaceAll('*', '.*')}$`).test(value);
      assert.equal(matches({ v: [{ wildcard }] }, { v: value }), expected);
    }),
    { numRuns: 3000 },
  );
});
