import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseKeys } from './jq.ts';
import { JqFailure, type Value } from './jqFunctions.ts';
import { JqSyntax } from './jqTokens.ts';

const keysOf = (query: string, record: Value) =>
  Object.fromEntries([...parseKeys(query)].map(([name, expression]) => [name, expression(record)]));

const RECORD = {
  type: { device: 'mobile', event: 'click' },
  customer_id: '1234567890',
  event_timestamp: 1565382027,
  tags: ['a', 'b'],
  amount: 12.5,
  'odd name': true,
};

const CASES: readonly (readonly [expression: string, value: Value])[] = [
  ['.customer_id', '1234567890'],
  ['.type.device', 'mobile'],
  ['.["odd name"]', true],
  ['."odd name"', true],
  ['.tags[0]', 'a'],
  ['.tags[-1]', 'b'],
  ['.missing.deeper', null],
  ['.customer_id.deeper?', null],
  ['.event_timestamp|strftime("%Y")', '2019'],
  ['.event_timestamp| strftime("%Y-%m-%dT%H:%M:%SZ")', '2019-08-09T20:20:27Z'],
  ['.event_timestamp | todate', '2019-08-09T20:20:27Z'],
  ['"2019-08-09T20:20:27Z"|fromdate', 1565382027],
  ['(.amount * 2 + 1) / 2 - 1', 12],
  ['7 % 4', 3],
  ['-.amount', -12.5],
  ['.missing // "none"', 'none'],
  ['.customer_id.x // "none"', 'none'],
  ['if .amount > 10 then "large" elif .amount > 5 then "middle" else "small" end', 'large'],
  ['if .missing then 1 end', RECORD],
  ['.type.event == "click" and (.amount < 10 | not)', true],
  ['.customer_id | tonumber', 1234567890],
  ['.amount | tostring', '12.5'],
  ['.tags | join("-")', 'a-b'],
  ['.type.device | split("b") | last', 'ile'],
  ['.type | has("device")', true],
  ['.type.device + "/" + .type.event', 'mobile/click'],
  ['.type.device | ascii_upcase | ltrimstr("MO") | rtrimstr("E")', 'BIL'],
  ['.tags | length', 2],
];

test('parseKeys reads what partition keys are written in', () => {
  for (const [expression, value] of CASES) {
    assert.deepEqual(keysOf(`{key:${expression}}`, RECORD), { key: value }, expression);
  }
  assert.deepEqual(keysOf('{customer_id, "b" : .type.device, c: 1,}'.replace(',}', '}'), RECORD), {
    customer_id: '1234567890',
    b: 'mobile',
    c: 1,
  });
});

test('parseKeys says what it does not understand', () => {
  const wrong = [
    ...['', '.', '{', '{a:}', '{a:.b', '{a:.b}}', '{a:.b c:.d}', '{a:[.b]}', '{a:.[]}', '{a:..}', '{a:range(3)}'],
    ...[
      '{a:"\\(.b)"}',
      '{a:$x}',
      '{a:{b:1}}',
      '{a:.b|}',
      '{a:now}',
      '{a:input}',
      '{a:.b,.c}',
      '{a:if .b then 1}',
      '{a:"b}',
    ],
  ];
  for (const query of wrong) assert.throws(() => parseKeys(query), JqSyntax, query);
});

test('A query that could grow without bound ends', () => {
  assert.throws(() => parseKeys(`{a:${'('.repeat(1000)}.b${')'.repeat(1000)}}`), JqSyntax);
  assert.throws(() => parseKeys(`{a:.b${'|.'.repeat(1000)}}`), JqSyntax);
  const doubling = `{a:.b${'|.+.'.repeat(45)}}`;
  assert.throws(() => keysOf(doubling, { b: 'x' }), JqFailure);
  const long = { a: ['x'.repeat(500_000), ...Array.from({ length: 2000 }, () => null)] };
  assert.throws(() => keysOf('{a:.a|join(.[0])}', long), JqFailure);
  assert.equal(keysOf(`{a:1${'+1'.repeat(2000)}}`, {}).a, 2001);
});
