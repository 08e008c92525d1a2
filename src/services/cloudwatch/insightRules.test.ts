import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Cloud, testCloud } from '../../testing/cloud.ts';
import { refusal } from '../../testing/rejected.ts';

const Schema = { Name: 'CloudWatchLogRule', Version: 1 };

const byAddress = {
  Schema,
  LogGroupNames: ['api/*'],
  LogFormat: 'JSON',
  Contribution: { Keys: ['$.ip'], Filters: [{ Match: '$.status', GreaterThan: 399 }] },
  AggregateOn: 'Count',
};

async function groupIn({ root: { logs } }: Cloud, logGroupName: string) {
  await logs.createLogGroup({ logGroupName });
  await logs.createLogStream({ logGroupName, logStreamName: 's' });
}

async function write(cloud: Cloud, logGroupName: string, ...messages: (object | string)[]) {
  const timestamp = cloud.now().getTime();
  const logEvents = messages.map((message) => ({
    timestamp,
    message: typeof message === 'string' ? message : JSON.stringify(message),
  }));
  await cloud.root.logs.putLogEvents({ logGroupName, logStreamName: 's', logEvents });
}

const put = ({ root: { cloudwatch } }: Cloud, definition: object, RuleName = 'rule', RuleState = 'ENABLED') =>
  cloudwatch.putInsightRule({ RuleName, RuleDefinition: JSON.stringify(definition), RuleState });

function report(cloud: Cloud, more: object = {}) {
  const EndTime = new Date(cloud.now().getTime() + 60_000);
  const StartTime = new Date(EndTime.getTime() - 3_600_000);
  return cloud.root.cloudwatch.getInsightRuleReport({ RuleName: 'rule', StartTime, EndTime, Period: 60, ...more });
}

const shown = ({ Contributors = [] }: Awaited<ReturnType<typeof report>>) =>
  Contributors.map(({ Keys, ApproximateAggregateValue }) => [...Keys!, ApproximateAggregateValue]);

test('a rule counts who contributes to the groups that it names, from then on', async () => {
  const cloud = await testCloud({ now: new Date('2026-03-01T12:00:00Z') });
  await groupIn(cloud, 'api/a');
  await groupIn(cloud, 'other');
  await write(cloud, 'api/a', { ip: '9.9.9.9', status: 500 });
  await put(cloud, byAddress);
  const bad = (ip: string) => ({ ip, status: 500 });
  await write(
    cloud,
    'api/a',
    bad('1.1.1.1'),
    bad('2.2.2.2'),
    bad('1.1.1.1'),
    { ip: '3.3.3.3', status: 200 },
    'no JSON',
  );
  await write(cloud, 'other', bad('4.4.4.4'));
  cloud.advance('PT2M');
  await write(cloud, 'api/a', bad('2.2.2.2'), bad('2.2.2.2'), { status: 500 });
  const Metrics = ['UniqueContributors', 'MaxContributorValue', 'SampleCount', 'Sum', 'Average'];
  const found = await report(cloud, { Metrics });
  assert.deepEqual(found.KeyLabels, ['$.ip']);
  assert.deepEqual(shown(found), [
    ['2.2.2.2', 3],
    ['1.1.1.1', 2],
  ]);
  assert.deepEqual([found.AggregateValue, found.ApproximateUniqueCount], [5, 2]);
  assert.deepEqual(found.MetricDatapoints, [
    {
      Timestamp: new Date('2026-03-01T12:00:00Z'),
      UniqueContributors: 2,
      MaxContributorValue: 2,
      SampleCount: 3,
      Sum: 3,
      Average: 1,
    },
    {
      Timestamp: new Date('2026-03-01T12:02:00Z'),
      UniqueContributors: 1,
      MaxContributorValue: 2,
      SampleCount: 2,
      Sum: 2,
      Average: 1,
    },
  ]);
  const first = await report(cloud, { OrderBy: 'Maximum', MaxContributorCount: 1 });
  assert.deepEqual(shown(first), [['1.1.1.1', 2]]);
  const hour = await report(cloud, { Period: 3600, Metrics: ['Sum'] });
  assert.deepEqual(
    hour.MetricDatapoints?.map(({ Sum }) => Sum),
    [5],
  );
});

test('a rule over the common log format adds up a field, by several keys', async () => {
  const cloud = await testCloud();
  await groupIn(cloud, 'web');
  await put(cloud, {
    Schema,
    LogGroupNames: ['web'],
    LogFormat: 'CLF',
    Fields: { '1': 'ip', '6': 'status', '7': 'bytes' },
    Contribution: { Keys: ['ip', 'status'], ValueOf: 'bytes', Filters: [{ Match: 'status', NotEqualTo: 304 }] },
    AggregateOn: 'Sum',
  });
  const line = (ip: string, status: number, bytes: number | string) =>
    `${ip} - frank [10/Oct/2000:13:55:36 -0700] "GET /a b.gif HTTP/1.0" ${status} ${bytes}`;
  await write(cloud, 'web', line('1.1.1.1', 200, 10), line('1.1.1.1', 200, 15), line('1.1.1.1', 404, 3));
  await write(cloud, 'web', line('2.2.2.2', 304, 99), line('2.2.2.2', 200, '-'));
  const Metrics = ['Minimum', 'Maximum', 'Average', 'SampleCount'];
  const found = await report(cloud, { Metrics });
  assert.equal(found.AggregationStatistic, 'Sum');
  assert.deepEqual(shown(found), [
    ['1.1.1.1', '200', 25],
    ['1.1.1.1', '404', 3],
  ]);
  const [{ Timestamp: _, ...figures } = {} as never] = found.MetricDatapoints ?? [];
  assert.deepEqual({ ...figures }, { Minimum: 3, Maximum: 15, Average: 28 / 3, SampleCount: 3 });
});

test('filters: among values, beginnings, presence, paths into arrays', async () => {
  const cloud = await testCloud();
  await groupIn(cloud, 'g');
  const event = { who: 'a', list: [{ n: 'x1' }], deep: { name: 'q' }, flag: true };
  const cases: [object, boolean][] = [
    [{ Match: '$.who', In: ['a', 'b'] }, true],
    [{ Match: '$.who', NotIn: ['a'] }, false],
    [{ Match: '$.list[0].n', StartsWith: ['y', 'x'] }, true],
    [{ Match: '$.deep', IsPresent: true }, false],
    [{ Match: '$.deep.name', IsPresent: true }, true],
    [{ Match: '$.none', IsPresent: false }, true],
    [{ Match: '$.who', LessThan: 3 }, false],
    [{ Match: '$.flag', In: ['true'] }, true],
  ];
  for (const [at, [filter]] of cases.entries()) {
    const Contribution = { Keys: ['$.who'], Filters: [filter] };
    await put(cloud, { Schema, LogGroupNames: ['g'], LogFormat: 'JSON', Contribution, AggregateOn: 'Count' }, `r${at}`);
  }
  await write(cloud, 'g', event);
  for (const [at, [filter, wanted]] of cases.entries()) {
    const { Contributors } = await report(cloud, { RuleName: `r${at}` });
    assert.equal(Contributors?.length, wanted ? 1 : 0, JSON.stringify(filter));
  }
});

test('rules are read back, disabled, enabled, tagged, deleted; what is not there is told', async () => {
  const cloud = await testCloud();
  const { cloudwatch } = cloud.root;
  await groupIn(cloud, 'api/a');
  const RuleDefinition = JSON.stringify(byAddress);
  await cloudwatch.putInsightRule({ RuleName: 'rule', RuleDefinition, Tags: [{ Key: 'k', Value: 'v' }] });
  const states = async () => (await cloudwatch.describeInsightRules({})).InsightRules?.map(({ State }) => State);
  const { InsightRules } = await cloudwatch.describeInsightRules({});
  assert.equal(InsightRules?.[0]?.Definition, RuleDefinition);
  assert.equal(InsightRules?.[0]?.ManagedRule, false);
  const { Failures } = await cloudwatch.disableInsightRules({ RuleNames: ['rule', 'none'] });
  assert.deepEqual(
    Failures?.map(({ FailureResource, ExceptionType }) => [FailureResource, ExceptionType]),
    [['none', 'ResourceNotFoundException']],
  );
  assert.deepEqual(await states(), ['DISABLED']);
  await write(cloud, 'api/a', { ip: '1.1.1.1', status: 500 });
  assert.deepEqual(shown(await report(cloud)), []);
  await cloudwatch.enableInsightRules({ RuleNames: ['rule'] });
  await write(cloud, 'api/a', { ip: '1.1.1.1', status: 500 });
  assert.equal((await report(cloud)).AggregateValue, 1);
  const ResourceARN = `arn:aws:cloudwatch:us-east-1:${cloud.managementAccount}:insight-rule/rule`;
  assert.deepEqual((await cloudwatch.listTagsForResource({ ResourceARN })).Tags, [{ Key: 'k', Value: 'v' }]);
  await cloudwatch.deleteInsightRules({ RuleNames: ['rule'] });
  assert.deepEqual(await states(), []);
  await refusal(report(cloud), 'ResourceNotFoundException');
  for (let i = 0; i < 3; i++) await put(cloud, byAddress, `r${i}`);
  const page = await cloudwatch.describeInsightRules({ MaxResults: 2 });
  const rest = await cloudwatch.describeInsightRules({ NextToken: page.NextToken });
  assert.deepEqual([page.InsightRules?.length, rest.InsightRules?.length], [2, 1]);
});

test('definitions that AWS would refuse are refused; no resource here has managed rules', async () => {
  const cloud = await testCloud({ quotas: { ContributorInsightsRules: 1 } });
  const { cloudwatch } = cloud.root;
  const wrong: object[] = [
    { ...byAddress, Schema: { Name: 'X', Version: 1 } },
    { ...byAddress, LogFormat: 'XML' },
    { ...byAddress, LogGroupNames: [] },
    { ...byAddress, LogGroupNames: undefined },
    { ...byAddress, AggregateOn: 'Max' },
    { ...byAddress, Contribution: { Keys: [] } },
    { ...byAddress, Contribution: { Keys: ['ip'] } },
    { ...byAddress, Contribution: { Keys: ['$.a', '$.b', '$.c', '$.d', '$.e'] } },
    { ...byAddress, Contribution: { Keys: ['$.ip'], ValueOf: '$.n' } },
    { ...byAddress, Contribution: { Keys: ['$.ip'], Filters: [{ Match: '$.a', Like: 'x' }] } },
    { ...byAddress, Contribution: { Keys: ['$.ip'], Filters: [{ Match: '$.a', EqualTo: '1' }] } },
    [],
  ];
  for (const definition of wrong) await refusal(put(cloud, definition), 'InvalidParameterValue');
  await refusal(put(cloud, byAddress, 'rule', 'ON'), 'InvalidParameterValue');
  await put(cloud, byAddress);
  await refusal(put(cloud, byAddress, 'more'), 'LimitExceededException');
  await refusal(report(cloud, { Period: 90 }), 'InvalidParameterValue');
  await refusal(report(cloud, { Metrics: ['Median'] }), 'InvalidParameterValue');
  const ResourceARN = 'arn:aws:ec2:us-east-1:111122223333:vpc-endpoint-service/vpce-svc-1';
  assert.deepEqual((await cloudwatch.listManagedInsightRules({ ResourceARN })).ManagedRules, []);
  const ManagedRules = [{ TemplateName: 'VpcEndpointService-BytesByEndpointId-v1', ResourceARN }];
  assert.equal((await cloudwatch.putManagedInsightRules({ ManagedRules })).Failures?.length, 1);
});

test('INSIGHT_RULE_METRIC: in metric math, for whoever may read the rule, and in alarms', async () => {
  const cloud = await testCloud({ now: new Date('2026-03-01T12:00:00Z') });
  const { cloudwatch } = cloud.root;
  await groupIn(cloud, 'api/a');
  await put(cloud, byAddress);
  const MetricDataQueries = [
    { Id: 'e', Expression: 'INSIGHT_RULE_METRIC("rule", "UniqueContributors") * 10', Period: 60 },
  ];
  await cloudwatch.putMetricAlarm({
    AlarmName: 'many',
    Metrics: [{ ...MetricDataQueries[0]!, ReturnData: true }],
    EvaluationPeriods: 1,
    Threshold: 15,
    ComparisonOperator: 'GreaterThanThreshold',
  });
  await cloud.settle();
  const bad = (ip: string) => ({ ip, status: 500 });
  await write(cloud, 'api/a', bad('1.1.1.1'), bad('2.2.2.2'), bad('2.2.2.2'));
  cloud.advance('PT1M');
  const asked = { MetricDataQueries, StartTime: new Date('2026-03-01T11:00:00Z'), EndTime: cloud.now() };
  const { MetricDataResults } = await cloudwatch.getMetricData(asked);
  assert.deepEqual(MetricDataResults?.[0]?.Values, [20]);
  await cloud.settle();
  const { MetricAlarms } = await cloudwatch.describeAlarms({ AlarmNames: ['many'] });
  assert.equal(MetricAlarms?.[0]?.StateValue, 'ALARM');
  const reader = await cloud.user('reader', {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'cloudwatch:GetMetricData', Resource: '*' }],
  });
  await refusal(reader.cloudwatch.getMetricData(asked), 'AccessDenied');
  const none = { ...asked, MetricDataQueries: [{ Id: 'e', Expression: 'INSIGHT_RULE_METRIC("none", "Sum")' }] };
  await refusal(cloudwatch.getMetricData(none), 'Validation');
});

test('of very many contributors the greatest are kept by name; minutes go after 15 days', async () => {
  const cloud = await testCloud();
  await groupIn(cloud, 'api/a');
  await put(cloud, byAddress);
  const events = Array.from({ length: 1200 }, (_, at) => ({ ip: `10.0.${at >> 8}.${at & 255}`, status: 500 }));
  await write(cloud, 'api/a', ...events, { ip: '10.0.0.7', status: 500 });
  const found = await report(cloud, { Metrics: ['UniqueContributors', 'Sum'], MaxContributorCount: 100 });
  assert.deepEqual([found.ApproximateUniqueCount, found.AggregateValue], [1200, 1201]);
  assert.deepEqual([found.Contributors?.length, shown(found)[0]], [100, ['10.0.0.7', 2]]);
  const StartTime = new Date(cloud.now().getTime() - 60_000);
  cloud.advance('P16D');
  await cloud.settle();
  const old = await report(cloud, { StartTime, EndTime: new Date(StartTime.getTime() + 3_600_000) });
  assert.equal(old.AggregateValue, 0);
});

test('a rule may look at events as the group transforms them', async () => {
  const cloud = await testCloud();
  const { cloudwatch, logs } = cloud.root;
  await groupIn(cloud, 'g');
  const logGroupIdentifier = 'g';
  const transformerConfig = [{ parseKeyValue: { fieldDelimiter: ' ', keyValueDelimiter: '=' } }];
  await logs.putTransformer({ logGroupIdentifier, transformerConfig });
  const Contribution = { Keys: ['$.ip'] };
  const definition = { Schema, LogGroupNames: ['g'], LogFormat: 'JSON', Contribution, AggregateOn: 'Count' };
  await put(cloud, definition, 'plain');
  const RuleDefinition = JSON.stringify(definition);
  await cloudwatch.putInsightRule({ RuleName: 'rule', RuleDefinition, ApplyOnTransformedLogs: true });
  await write(cloud, 'g', 'ip=1.1.1.1 n=1', 'ip=1.1.1.1 n=2');
  assert.deepEqual(shown(await report(cloud)), [['1.1.1.1', 2]]);
  assert.deepEqual(shown(await report(cloud, { RuleName: 'plain' })), []);
  const { InsightRules } = await cloudwatch.describeInsightRules({});
  assert.deepEqual(
    InsightRules?.map(({ ApplyOnTransformedLogs }) => ApplyOnTransformedLogs),
    [false, true],
  );
});
