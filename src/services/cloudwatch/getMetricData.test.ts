import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import { type Cloud, testCloud } from '../../testing/cloud.ts';
import { promptly } from '../../testing/promptly.ts';
import { errorOf } from './fixtures.ts';

const at = (cloud: Cloud, minutes: number) => new Date(cloud.now().getTime() - minutes * 60_000);

/** Two hosts with a value a minute: 1…10 and 10, 20…100, the last ten minutes. */
async function hosts(): Promise<Cloud> {
  const cloud = await testCloud();
  for (const [host, factor] of [
    ['a', 1],
    ['b', 10],
  ] as const) {
    await cloud.root.cloudwatch.putMetricData({
      Namespace: 'Shop',
      MetricData: Array.from({ length: 10 }, (_, minute) => ({
        MetricName: 'Orders',
        Dimensions: [{ Name: 'Host', Value: host }],
        Timestamp: at(cloud, 10 - minute),
        Value: (minute + 1) * factor,
        Unit: 'Count' as const,
      })),
    });
  }
  return cloud;
}

const metric = (Id: string, host: string, more: object = {}): MetricDataQuery => ({
  Id,
  MetricStat: {
    Metric: { Namespace: 'Shop', MetricName: 'Orders', Dimensions: [{ Name: 'Host', Value: host }] },
    Period: 300,
    Stat: 'Sum',
  },
  ...more,
});

const ask = (cloud: Cloud, MetricDataQueries: MetricDataQuery[], options: object = {}) =>
  cloud.root.cloudwatch.getMetricData({
    MetricDataQueries,
    StartTime: at(cloud, 10),
    EndTime: cloud.now(),
    ...options,
  });

test('GetMetricData computes with metrics and expressions, newest first unless asked', async () => {
  const cloud = await hosts();
  const queries = [
    metric('m1', 'a'),
    metric('m2', 'b', { ReturnData: false }),
    // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudWatch's own dynamic labels
    { Id: 'e1', Expression: 'e2 / 11', Label: "Mean of ${PROP('Region')}: ${AVG}, last ${LAST} at ${LAST_TIME}" },
    { Id: 'e2', Expression: 'm1 + m2', ReturnData: false },
  ];
  const { MetricDataResults: results, Messages } = await ask(cloud, queries, { LabelOptions: { Timezone: '+0130' } });
  assert.deepEqual(Messages, []);
  assert.deepEqual(results, [
    { Id: 'm1', Label: 'Orders', Timestamps: [at(cloud, 5), at(cloud, 10)], Values: [40, 15], StatusCode: 'Complete' },
    {
      Id: 'e1',
      Label: 'Mean of us-east-1: 27.5, last 40 at 2030-01-01 01:25',
      Timestamps: [at(cloud, 5), at(cloud, 10)],
      Values: [40, 15],
      StatusCode: 'Complete',
    },
  ]);
  const ascending = await ask(cloud, queries, { ScanBy: 'TimestampAscending' });
  assert.deepEqual(ascending.MetricDataResults?.[0]?.Values, [15, 40]);
});

test('GetMetricData searches, and labels what it found by what differs', async () => {
  const cloud = await hosts();
  const queries = [
    {
      Id: 's1',
      Expression: `SEARCH('{Shop,Host} MetricName="Orders"', 'Sum', 300)`,
      // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudWatch's own dynamic labels
      Label: 'Host ${LABEL} max ${MAX}',
    },
    { Id: 's2', Expression: `SUM(SEARCH('{Shop,Host} Orders', 'Sum', 300))` },
    { Id: 's3', Expression: `SORT(s1, MAX, DESC)`, Label: 'sorted' },
  ];
  const { MetricDataResults: results } = await ask(cloud, queries);
  assert.deepEqual(
    results?.map(({ Id, Label, Values }) => [Id, Label, Values]),
    [
      ['s1', 'Host a max 40', [40, 15]],
      ['s1', 'Host b max 400', [400, 150]],
      ['s2', 's2', [440, 165]],
      ['s3', 'sorted b', [400, 150]],
      ['s3', 'sorted a', [40, 15]],
    ],
  );
});

test('GetMetricData answers Metrics Insights queries', async () => {
  const cloud = await hosts();
  const of = async (Expression: string) => {
    const { MetricDataResults } = await ask(cloud, [{ Id: 'q1', Expression, Period: 300 }]);
    return MetricDataResults?.map(({ Label, Values }) => [Label, Values]);
  };
  assert.deepEqual(await of('SELECT SUM(Orders) FROM Shop'), [['Orders', [440, 165]]]);
  assert.deepEqual(await of('select avg(Orders) from SCHEMA("Shop", Host) group by Host order by MAX() desc limit 1'), [
    ['b', [80, 30]],
  ]);
  assert.deepEqual(await of(`SELECT COUNT(Orders) FROM "Shop" WHERE Host != 'a'`), [['Orders', [5, 5]]]);
  assert.deepEqual(await of('SELECT MAX(Orders) FROM SCHEMA("Shop")'), []);
  for (const wrong of [
    'SELECT MEDIAN(Orders) FROM Shop',
    'SELECT SUM(Orders)',
    'SELECT SUM(Orders) FROM Shop LIMIT 501',
  ]) {
    assert.match((await errorOf(of(wrong))).message, /^Error in expression 'q1' \[/);
  }
});

test('GetMetricData pages by data points', async () => {
  const cloud = await hosts();
  const queries = ['a', 'b'].map((host, n) => {
    const query = metric(`m${n}`, host);
    return { ...query, MetricStat: { ...query.MetricStat!, Period: 60 } };
  });
  const seen: Record<string, number[]> = { m0: [], m1: [] };
  const codes: (string | undefined)[] = [];
  let NextToken: string | undefined;
  do {
    const page = await ask(cloud, queries, { MaxDatapoints: 6, NextToken, ScanBy: 'TimestampAscending' });
    for (const { Id, Values, StatusCode } of page.MetricDataResults!) {
      seen[Id!]!.push(...Values!);
      codes.push(StatusCode);
    }
    NextToken = page.NextToken;
  } while (NextToken);
  const ten = Array.from({ length: 10 }, (_, n) => n + 1);
  assert.deepEqual(seen, { m0: ten, m1: ten.map((value) => value * 10) });
  assert.deepEqual(codes, ['PartialData', 'Complete', 'PartialData', 'PartialData', 'Complete']);
  assert.equal((await errorOf(ask(cloud, queries, { NextToken: 'nonsense' }))).name, 'InvalidNextToken');
});

test('GetMetricData refuses what is wrong with a query', async () => {
  const cloud = await hosts();
  const cases: [MetricDataQuery[], RegExp][] = [
    [[{ Id: 'M1', Expression: '1' }], /Id is not matching the expected pattern/],
    [[{ Id: 'e1', Expression: 'm1' }], /Error in expression 'e1' \[Undefined id m1\]/],
    [[{ Id: 'e1', Expression: 'SUM(' }], /Error in expression 'e1' \[/],
    [[{ Id: 'e1', Expression: 'e1 + 1' }], /Error in expression 'e1' \[Circular reference\]/],
    [[metric('m1', 'a'), { Id: 'e1', Expression: 'AVG(m1)' }], /Error in expression 'e1' \[The final result must be/],
    [[metric('m1', 'a'), metric('m1', 'b')], /are not unique/],
    [[{ Id: 'e1' }], /must be specified/],
    [[metric('m1', 'a', { Expression: '1' })], /mutually exclusive/],
    [[metric('m1', 'a', { AccountId: '999999999999' })], /not linked/],
  ];
  for (const [queries, message] of cases) {
    const error = await errorOf(ask(cloud, queries));
    assert.match(error.name, /^Validation/);
    assert.match(error.message, message);
  }
  const many = Array.from({ length: 501 }, (_, n) => ({ Id: `e${n}`, Expression: 'TIME_SERIES(1)' }));
  assert.match((await errorOf(ask(cloud, many))).message, /must not have a size greater than 500/);
  const lambda = await errorOf(ask(cloud, [{ Id: 'e1', Expression: "LAMBDA('f')" }]));
  assert.equal(lambda.name, 'NotImplemented');
});

test('GetMetricData holds costly requests to a bound', async () => {
  const cloud = await hosts();
  const early = { StartTime: at(cloud, 100_000) };
  const late = { EndTime: new Date('9999-01-01T00:00:00Z') };
  const each = (Expression: string) => [metric('m1', 'a'), { Id: 'e1', Expression }];
  const second = metric('s1', 'a');
  const seconds = { ...second, MetricStat: { ...second.MetricStat!, Period: 1 } };
  // Each an array twice as long as the one before.
  const doubling = Array.from({ length: 100 }, (_, n) => {
    return { Id: `e${n + 1}`, Expression: `[e${n}, e${n}]`, ReturnData: n === 99 };
  });
  const detector = { Namespace: 'Shop', MetricName: 'Orders', Dimensions: [{ Name: 'Host', Value: 'a' }] };
  await cloud.root.cloudwatch.putAnomalyDetector({ SingleMetricAnomalyDetector: { ...detector, Stat: 'Sum' } });
  const tooMany = /computes too many data points/;
  const cases: [MetricDataQuery[], object, RegExp][] = [
    [Array.from({ length: 500 }, (_, n) => ({ Id: `e${n}`, Expression: 'TIME_SERIES(1)', Period: 1 })), early, tooMany],
    [[{ Id: 'e1', Expression: 'TIME_SERIES(1)', Period: 1 }], { StartTime: at(cloud, 10_000) }, tooMany],
    [[seconds, { Id: 'e1', Expression: 'FILL(s1, REPEAT)' }], late, tooMany],
    [[seconds, { Id: 'e1', Expression: 'FILL(s1, LINEAR)' }], late, tooMany],
    [each('ANOMALY_DETECTION_BAND(m1)'), late, tooMany],
    [[metric('e0', 'a', { ReturnData: false }), ...doubling], {}, tooMany],
    [each(`SUM([${Array.from({ length: 500 }, () => 'm1')}])`), {}, /^$/],
    ...['0', '0.5', '61', '1e-9'].map((period): [MetricDataQuery[], object, RegExp] => [
      each(`FILL(SEARCH('{Shop,Host} Orders', 'Sum', ${period}), REPEAT)`),
      {},
      /The period of SEARCH is 1, 5, 10, 20, 30 or a multiple of 60/,
    ]),
  ];
  for (const [queries, range, message] of cases) {
    const answer = promptly(() => ask(cloud, queries, range));
    assert.match(
      (
        await answer.then(
          () => undefined,
          (error: Error) => error,
        )
      )?.message ?? '',
      message,
    );
  }
});

test('what is computed of a search that finds nothing is filled like any series', async () => {
  const cloud = await hosts();
  const nothing = "SUM(SEARCH('{Shop,Host} Returns', 'Sum', 300))";
  const answered = async (Expression: string) => {
    const { MetricDataResults } = await promptly(() => ask(cloud, [{ Id: 'e1', Expression }]));
    return MetricDataResults!.map(({ Values }) => Values);
  };
  assert.deepEqual(await answered(`FILL(${nothing}, 0)`), [[0, 0]]);
  assert.deepEqual(await answered(`FILL(${nothing}, REPEAT)`), [[]]);
  assert.deepEqual(await answered(`FILL(${nothing}, LINEAR)`), [[]]);
});
