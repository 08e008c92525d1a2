import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { pplPlan } from './ppl/plan.ts';
import { sqlPlan } from './sql/plan.ts';

const CLOCK = { started: 0, from: 0, to: 1000 };
const COMMON = [
  ...[
    'a',
    '`b.c`',
    't.x',
    '@message',
    "'text'",
    '"it"',
    '12',
    '-',
    '+',
    '*',
    '/',
    '=',
    '!=',
    '<=>',
    '(',
    ')',
    ',',
    '[',
  ],
  ...[']', '.', 'and', 'or', 'not', 'in', 'like', 'between', 'is null', 'case', 'when', 'then', 'else', 'end', 'cast('],
  ...[
    'as int)',
    'interval 1 day',
    "date '2030-01-01'",
    'count(*)',
    'sum(a)',
    'lower(',
    'trim(',
    'substring(',
    'position(',
  ],
  ...[
    'if(',
    'coalesce(',
    'json_array(',
    "regexp_extract(a, '(x)')",
    'now()',
    'as',
    'by',
    ';',
    '`',
    "'",
    '/*',
    '--',
    '//',
  ],
];
const PPL = [
  ...[
    '|',
    'source =',
    'search',
    'fields',
    'where',
    'eval x =',
    'stats',
    'eventstats',
    'sort',
    'head',
    'dedup',
    'rename',
  ],
  ...["parse a '(?<x>.)'", "grok a '%{WORD:w}'", 'top', 'rare', 'fillnull with 1 in', 'trendline sma(2, a)', 'expand'],
  ...[
    'flatten',
    'fieldsummary includefields =',
    'inner join left=l right=r on l.a = r.b',
    'span(a, 1)',
    'exists',
    'lg:',
  ],
];
const SQL = [
  ...['select', 'distinct', 'from', '`lg`', 'where', 'group by', 'having', 'order by', 'desc', 'limit 1', 'offset 1'],
  ...['inner join', 'left outer join', 'on t.a = u.b', 'union all', 'intersect', 'over (', 'partition by', 'rank()'],
  ...['rows between 1 preceding and current row', 'lag(a)', "`logGroups(logGroupIdentifier: ['x'])`", 'filterIndex('],
];

for (const [language, plan, words, begin] of [
  ['PPL', pplPlan, PPL, ''],
  ['SQL', sqlPlan, SQL, 'select a from t '],
] as const) {
  test(`${language}: any text is a query or malformed`, () => {
    const word = fc.constantFrom(...COMMON, ...words, ...words);
    const text = fc.oneof(fc.array(word, { maxLength: 25 }), fc.array(fc.oneof(word, fc.string()), { maxLength: 10 }));
    fc.assert(
      fc.property(text, fc.boolean(), (parts, begun) => {
        try {
          plan((begun ? begin : '') + parts.join(' '), CLOCK);
        } catch (error) {
          assert.equal(
            (error as Error).name,
            'MalformedQueryException',
            `${parts.join(' ')}: ${(error as Error).stack}`,
          );
        }
      }),
      { numRuns: 3_000 },
    );
  });
}
