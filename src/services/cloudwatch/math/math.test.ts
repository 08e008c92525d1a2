import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { promptly } from '../../../testing/promptly.ts';
import { evaluate, type World } from './evaluate.ts';
import { MathError, type Node, parse } from './parser.ts';
import { parseSearch } from './search.ts';
import { many, one, type TimeSeries, type Value } from './values.ts';

type Sparse = readonly (number | undefined)[];
const _ = undefined;

const series = (values: Sparse, label = ''): TimeSeries => ({
  points: new Map(values.flatMap((value, at) => (value === undefined ? [] : [[at * 60, value] as const]))),
  period: 60,
  label,
});

const shown = ({ points }: TimeSeries, length: number): Sparse =>
  Array.from({ length }, (_unused, at) => points.get(at * 60));

function worldOf(metrics: Record<string, Sparse>, length: number): World {
  const all = Object.entries(metrics).map(([id, values]) => [id, series(values, id)] as const);
  return {
    grid: { from: 0, to: length * 60, period: 60 },
    budget: { left: 100_000 },
    query: async (id) => {
      const found = all.find(([name]) => name === id);
      if (!found) throw new MathError(`Undefined id ${id}`);
      return one(found[1]);
    },
    periodOf: (id) => (all.some(([name]) => name === id) ? 60 : undefined),
    metrics: async (part) => all.filter(([id]) => id.includes(part)).map(([, found]) => found),
    search: async () => [],
    insight: async () => Promise.reject(new Error('no rules')),
    band: async (_id, of) => [of, of],
  };
}

const compute = (text: string, metrics: Record<string, Sparse> = {}): Promise<Value> => {
  const length = Math.max(5, ...Object.values(metrics).map((values) => values.length));
  return evaluate(parse(text), worldOf(metrics, length));
};

async function result(text: string, metrics: Record<string, Sparse>) {
  const length = Math.max(...Object.values(metrics).map((values) => values.length));
  const value = await evaluate(parse(text), worldOf(metrics, length));
  if (value.kind === 'scalar') return value.value;
  if (value.kind === 'series') return shown(value.series, length);
  return value.kind === 'array' ? value.all.map((each) => shown(each, length)) : value.text;
}

const M = { m1: [30, 20, 0, 0], m2: [20, _, 20, _] };
const IFS = { m1: [1, 1, 0, 0, _], m2: [30, _, 0, 0, 30], m3: [0, 0, 20, _, 20] };
const A = { a1: [1, 5, _, 4], a2: [3, 1, _, _], b1: [10, 20, 30, 40] };

/** The first ones are the tables of the user guide. */
const CASES: readonly [string, Record<string, Sparse>, unknown][] = [
  ['(m1 < m2)', M, [0, 0, 1, 0]],
  ['m1 >= 30', M, [1, 0, 0, 0]],
  ['(m1 > 15 AND m2 > 15)', M, [1, 0, 0, 0]],
  ['IF(m1, m2, m3)', IFS, [30, 0, 20, 0, _]],
  ['IF(m1, 5, m3)', IFS, [5, 5, 20, _, _]],
  ['IF(m1, m2, 5)', IFS, [30, 0, 5, 5, _]],
  ['IF(m1, m2)', IFS, [30, 0, _, _, _]],
  ['IF(1, m2, m3)', IFS, [30, _, 0, 0, 30]],
  ['IF(0, m2)', IFS, [_, _, _, _, _]],
  ['IF(b1 < 25, 10, 2)', A, [10, 10, 2, 2]],
  ['a1 + a2', A, [4, 6, _, 4]],
  ['a1 / a2', A, [1 / 3, 5, _, _]],
  ['-a1 ^ 2', A, [-1, -25, _, -16]],
  ['2 ^ 3 ^ 2', A, 512],
  ['2 + 3 * 4 - 6 / 2', A, 11],
  ['1 < 2 || 0 && 0', A, 1],
  ['1 AND 0 OR 1', A, 1],
  [
    'METRICS("a") * 2',
    A,
    [
      [2, 10, _, 8],
      [6, 2, _, _],
    ],
  ],
  ['SUM(METRICS())', A, [14, 26, 30, 44]],
  ['SUM([METRICS("a"), b1])', A, [14, 26, 30, 44]],
  ['AVG([a1, a2])', A, [2, 3, _, 2]],
  ['MAX(METRICS())', A, [10, 20, 30, 40]],
  ['MIN([a1, a2])', A, [1, 1, _, 4]],
  ['SUM(a1)', A, 10],
  ['AVG(a1)', A, 10 / 3],
  ['STDDEV(b1)', A, Math.sqrt(125)],
  ['DATAPOINT_COUNT(a1)', A, 3],
  ['DATAPOINT_COUNT(METRICS())', A, [3, 3, 1, 2]],
  ['METRIC_COUNT(METRICS())', A, 3],
  ['b1 - AVG(b1)', A, [-15, -5, 5, 15]],
  ['ABS(a2 - a1)', A, [2, 4, _, 4]],
  ['CEIL(a1 / 2)', A, [1, 3, _, 2]],
  ['FLOOR(a1 / 2)', A, [0, 2, _, 2]],
  ['LOG10(b1 * 10)', A, [2, Math.log10(200), Math.log10(300), Math.log10(400)]],
  ['LOG(a1 - 1)', A, [_, Math.log(4), _, Math.log(3)]],
  ['DIFF(a1)', A, [_, 4, _, -1]],
  ['DIFF_TIME(a1)', A, [_, 60, _, 120]],
  ['RATE(a1)', A, [_, 4 / 60, _, -1 / 120]],
  [
    'RUNNING_SUM([a1, b1])',
    A,
    [
      [1, 6, _, 10],
      [10, 30, 60, 100],
    ],
  ],
  ['FILL(a1, 7)', A, [1, 5, 7, 4]],
  ['FILL(a2, REPEAT)', A, [3, 1, 1, 1]],
  [
    'FILL([a1, a2], LINEAR)',
    A,
    [
      [1, 5, 4.5, 4],
      [3, 1, _, _],
    ],
  ],
  ['FILL(a2, b1)', A, [3, 1, 30, 40]],
  ['FILL(a1, MIN(a1))', A, [1, 5, 1, 4]],
  ['FIRST(SORT(METRICS(), AVG, DESC))', A, [10, 20, 30, 40]],
  ['LAST(SORT(METRICS(), MAX, DESC))', A, [3, 1, _, _]],
  ['SORT(METRICS(), SUM, ASC, 1)', A, [[3, 1, _, _]]],
  ['SLICE(SORT(METRICS(), SUM, DESC), 1, 2)', A, [[1, 5, _, 4]]],
  ['SLICE(METRICS(), 2)', A, [[10, 20, 30, 40]]],
  ['REMOVE_EMPTY([a1, IF(0, a2)])', A, [[1, 5, _, 4]]],
  ['TIME_SERIES(MAX(b1))', A, [40, 40, 40, 40]],
  ['b1 / PERIOD(b1)', A, [10 / 60, 20 / 60, 0.5, 40 / 60]],
  ['MINUTE(a1)', A, [0, 1, 2, 3]],
  ['EPOCH(a1)', A, [0, 60, 120, 180]],
  ['DAY(a1) * 10000 + YEAR(a1) + MONTH(a1) + DATE(a1) + HOUR(a1)', A, [41972, 41972, 41972, 41972]],
  ['FIRST(ANOMALY_DETECTION_BAND(a1, 3))', A, [1, 5, _, 4]],
];

for (const [text, metrics, expected] of CASES) {
  test(`${text} of ${JSON.stringify(metrics).slice(0, 30)}`, async () => {
    assert.deepEqual(await result(text, metrics), expected);
  });
}

for (const text of [
  '',
  'm1 +',
  'm1 m2',
  '(m1',
  'm1)',
  'SUM(m1',
  '1 ** 2',
  'sum(m1)',
  'm1 == == 2',
  '[m1, 5]',
  'METRICS() + METRICS()',
  "m1 + 'x'",
  'NOPE(m1)',
  'SUM()',
  'SORT(METRICS(), MEDIAN, ASC)',
  'IF(m1)',
  'FILL(m1)',
  'PERIOD(5)',
  'AND',
  'm9',
  '[',
  ',',
  'constructor(m1)',
  'SLICE(m1, 2)',
  'SEARCH(5)',
  'FIRST(m1)',
  'ANOMALY_DETECTION_BAND(m1 + 1)',
]) {
  test(`refuses ${text}`, async () => {
    await assert.rejects(async () => compute(text, { m1: [1] }), MathError);
  });
}

test('hostile expressions end soon', async () => {
  const wide = { m1: Array(1000).fill(1) };
  for (const text of [
    '('.repeat(2000),
    `${'('.repeat(1000)}1${')'.repeat(1000)}`,
    '-'.repeat(2000),
    `${'[['.repeat(900)}`,
    `${'1^'.repeat(1000)}1`,
    `${'SUM('.repeat(500)}m1`,
    `"${'\\'.repeat(2000)}`,
    `SUM([${'METRICS(),'.repeat(190)}METRICS()])`,
    `SUM([${'TIME_SERIES(1),'.repeat(130)}m1])`,
  ]) {
    await promptly(() => evaluate_(text, wide));
  }
});

const evaluate_ = (text: string, metrics: Record<string, Sparse>) =>
  Promise.resolve()
    .then(() => compute(text, metrics))
    .catch((error) => assert.ok(error instanceof MathError, String(error)));

/** Any expression of scalars, as a tree. */
const { tree } = fc.letrec<{ tree: Node }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.nat(1000).map((value): Node => ({ kind: 'number', value })),
    fc
      .tuple(fc.constantFrom('+', '-', '*', '/', '^', '<', '>', '==', '&&', '||'), tie('tree'), tie('tree'))
      .map(([operator, left, right]): Node => ({ kind: 'operation', operator, left, right })),
    tie('tree').map((of): Node => ({ kind: 'negative', of })),
  ),
}));

function text(node: Node): string {
  if (node.kind === 'number') return String(node.value);
  if (node.kind === 'negative') return `(-${text(node.of)})`;
  return node.kind === 'operation' ? `(${text(node.left)} ${node.operator} ${text(node.right)})` : '';
}

test('what is written with parentheses is read as it was meant', () => {
  fc.assert(fc.property(tree, (node) => assert.deepEqual(parse(text(node)), node)));
});

test('arithmetic is that of JavaScript', async () => {
  const chain = fc.array(fc.tuple(fc.constantFrom('+', '-', '*'), fc.nat(99)), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(fc.nat(99), chain, async (first, rest) => {
      const expression = `${first}${rest.map(([operator, value]) => ` ${operator} ${value}`).join('')}`;
      const value = await compute(expression);
      // biome-ignore lint/security/noGlobalEval: digits and operators made here
      assert.deepEqual(value, { kind: 'scalar', value: globalThis.eval(expression) });
    }),
  );
});

test('any text is computed or refused, never anything else', async () => {
  const piece = fc.constantFrom(
    'm1',
    'SUM(',
    'IF(',
    '(',
    ')',
    '[',
    ']',
    ',',
    '+',
    '-',
    '*',
    '/',
    '<',
    '1',
    "'a'",
    'FILL(',
    'REPEAT',
    'METRICS()',
    'AND',
    ' ',
    'AVG',
    'SORT(',
    'DESC',
    '^',
    '"',
    '\\',
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 25 }), async (pieces) => {
      await evaluate_(pieces.join(''), { m1: [1, _, 3] });
    }),
    { numRuns: 500 },
  );
});

test('the sum of a split is the sum of the whole', async () => {
  const sparse = fc.array(fc.option(fc.integer({ min: -1000, max: 1000 }), { nil: undefined }), {
    minLength: 4,
    maxLength: 4,
  });
  await fc.assert(
    fc.asyncProperty(sparse, sparse, sparse, async (m1, m2, m3) => {
      const metrics = { m1, m2, m3 };
      assert.deepEqual(await result('SUM([m1, m2, m3])', metrics), await result('m1 + m2 + m3', metrics));
      assert.deepEqual(await result('SUM(METRICS())', metrics), await result('SUM([m3, SUM([m2, m1])])', metrics));
    }),
  );
});

const ns = 'AWS/EC2';
const cpu = { namespace: ns, name: 'CPUUtilization', dimensions: [['InstanceId', 'i-1234']] } as const;
const custom = { namespace: 'Custom', name: 'CustomCount1', dimensions: [['Stage', 'Network-Errors-2']] } as const;
const plain = { namespace: 'Custom', name: 'SDBFailure', dimensions: [] } as const;

const SEARCHES: readonly [string, string][] = [
  ['{AWS/EC2,InstanceId} MetricName="CPUUtilization"', 'cpu'],
  ['{AWS/EC2,InstanceId}', 'cpu'],
  ['{AWS/EC2,InstanceId,Zone}', ''],
  ['{Custom}', 'custom plain'],
  ['count', 'custom'],
  ['COUNT', 'custom'],
  ['couNT', ''],
  ['CustomCount', 'custom'],
  ['Count1', 'custom'],
  ['count1', ''],
  ['"CustomCount1"', 'custom'],
  ['"customcount1"', ''],
  ['"Custom"', 'custom plain'],
  ['network/errors', 'custom'],
  ['Network_Errors', 'custom'],
  ['Stage=errors', 'custom'],
  ['Zone=errors', ''],
  ['NOT Namespace=AWS', 'custom plain'],
  ['{Custom} NOT failure', 'custom'],
  ['(sdb OR cpu) MetricName=Utilization', 'cpu'],
  ['sdb OR cpu AND utilization', 'cpu plain'],
  [':aws.AccountId=LOCAL count', 'custom'],
  [':aws.AccountId="999999999999" count', ''],
];

test('searches find what the user guide says', () => {
  const all = { cpu, custom, plain };
  for (const [expression, expected] of SEARCHES) {
    const search = parseSearch(expression, '111122223333');
    const found = Object.entries(all).filter(([, metric]) => search.matches(metric));
    assert.equal(found.map(([name]) => name).join(' '), expected, expression);
  }
  for (const wrong of ['', '(', 'a AND', 'OR b', '{}', ')', 'NOT', '"a', `${'('.repeat(500)}a`, 'x'.repeat(1025)]) {
    assert.throws(() => parseSearch(wrong, '111122223333'), MathError, wrong);
  }
});

test('an array is an array', async () => {
  assert.deepEqual(await compute('[m1]', { m1: [1] }), many([series([1], 'm1')]));
});
