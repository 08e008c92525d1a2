import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Expression, GetCostAndUsageRequest } from '@aws-sdk/client-cost-explorer';
import { type Clients, type Cloud, testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';
import { dailyUsage } from './meter.ts';

const SERVICES = {
  'AWS Identity and Access Management': { 'USE1-APIRequest': 0.5 },
  'AWS Security Token Service': { 'EUC1-APIRequest': 0.25 },
};
/** Up to yesterday: the questions themselves are metered too. */
const MARCH = { Start: '2030-03-01', End: '2030-03-15' };

/** Two days of calls: 3 to IAM and 2 to STS in Frankfurt on the 10th, 1 to IAM on the 12th. Today is the 15th. */
async function metered(): Promise<Cloud> {
  const cloud = await testCloud({ now: new Date('2030-03-10T09:30:00Z'), prices: SERVICES });
  const frankfurt = cloud.as(await cloud.keyFor(cloud.managementAccount), 'eu-central-1');
  await cloud.root.iam.createGroup({ GroupName: 'a' });
  await cloud.root.iam.createGroup({ GroupName: 'b' });
  await cloud.root.iam.listGroups({});
  await frankfurt.sts.getCallerIdentity({});
  cloud.advance('PT2H');
  await frankfurt.sts.getCallerIdentity({});
  cloud.advance('P2D');
  await cloud.root.iam.createGroup({ GroupName: 'c' });
  await rejected(cloud.root.iam.createGroup({ GroupName: 'c' }), 'EntityAlreadyExists', /already exists/);
  cloud.advance('P3D');
  return cloud;
}

const ask = (clients: Clients, more: Partial<GetCostAndUsageRequest> = {}) =>
  clients.costExplorer.getCostAndUsage({
    TimePeriod: MARCH,
    Granularity: 'MONTHLY',
    Metrics: ['UnblendedCost', 'UsageQuantity'],
    ...more,
  });

test('GetCostAndUsage sums what the plane answered, at the operator’s prices', async () => {
  const { root } = await metered();
  const { ResultsByTime, GroupDefinitions, DimensionValueAttributes } = await ask(root);
  assert.deepEqual(ResultsByTime, [
    {
      TimePeriod: MARCH,
      Total: { UnblendedCost: { Amount: '2.5', Unit: 'USD' }, UsageQuantity: { Amount: '6', Unit: 'N/A' } },
      Groups: [],
      Estimated: true,
    },
  ]);
  assert.equal(GroupDefinitions, undefined);
  assert.deepEqual(DimensionValueAttributes, []);
});

test('GetCostAndUsage costs nothing where the operator set no price', async () => {
  const { root } = await testCloud({ now: new Date('2030-03-10T09:30:00Z') });
  await root.iam.listUsers({});
  const Metrics = ['BLENDED_COST', 'AmortizedCost', 'NetUnblendedCost', 'NetAmortizedCost', 'NormalizedUsageAmount'];
  const { ResultsByTime } = await ask(root, { Metrics });
  assert.deepEqual(ResultsByTime?.[0]?.Total, {
    BlendedCost: { Amount: '0', Unit: 'USD' },
    AmortizedCost: { Amount: '0', Unit: 'USD' },
    NetUnblendedCost: { Amount: '0', Unit: 'USD' },
    NetAmortizedCost: { Amount: '0', Unit: 'USD' },
    NormalizedUsageAmount: { Amount: '0', Unit: 'N/A' },
  });
});

test('GetCostAndUsage cuts by month, day and hour', async () => {
  const { root } = await metered();
  const usage = async (more: Partial<GetCostAndUsageRequest>) =>
    ((await ask(root, { Metrics: ['UsageQuantity'], ...more })).ResultsByTime ?? []).map(
      ({ TimePeriod, Total, Estimated }) =>
        `${TimePeriod?.Start} ${TimePeriod?.End} ${Total?.UsageQuantity?.Amount}${Estimated ? ' estimated' : ''}`,
    );
  assert.deepEqual(await usage({ TimePeriod: { Start: '2030-02-20', End: '2030-03-12' } }), [
    '2030-02-20 2030-03-01 0',
    '2030-03-01 2030-03-12 5 estimated',
  ]);
  assert.deepEqual(await usage({ TimePeriod: { Start: '2030-03-10', End: '2030-03-13' }, Granularity: 'DAILY' }), [
    '2030-03-10 2030-03-11 5 estimated',
    '2030-03-11 2030-03-12 0 estimated',
    '2030-03-12 2030-03-13 1 estimated',
  ]);
  const hours = { Start: '2030-03-10T09:00:00Z', End: '2030-03-10T12:00:00Z' };
  assert.deepEqual(await usage({ TimePeriod: hours, Granularity: 'HOURLY' }), [
    '2030-03-10T09:00:00Z 2030-03-10T10:00:00Z 4 estimated',
    '2030-03-10T10:00:00Z 2030-03-10T11:00:00Z 0 estimated',
    '2030-03-10T11:00:00Z 2030-03-10T12:00:00Z 1 estimated',
  ]);
});

test('GetCostAndUsage groups by dimensions, tags and cost categories', async () => {
  const { root, managementAccount } = await metered();
  const groups = async (GroupBy: GetCostAndUsageRequest['GroupBy']) => {
    const answer = await ask(root, { GroupBy, Metrics: ['UsageQuantity'] });
    assert.deepEqual(answer.GroupDefinitions, GroupBy);
    assert.deepEqual(answer.ResultsByTime?.[0]?.Total, {});
    return answer.ResultsByTime?.[0]?.Groups?.map(
      ({ Keys, Metrics }) => `${Keys?.join(' | ')}: ${Metrics?.UsageQuantity?.Amount} ${Metrics?.UsageQuantity?.Unit}`,
    );
  };
  const by = (Key: string, Type = 'DIMENSION' as 'DIMENSION' | 'TAG' | 'COST_CATEGORY') => ({ Type, Key });
  assert.deepEqual(await groups([by('SERVICE'), by('REGION')]), [
    'AWS Identity and Access Management | us-east-1: 4 N/A',
    'AWS Security Token Service | eu-central-1: 2 N/A',
  ]);
  assert.deepEqual(await groups([by('USAGE_TYPE'), by('OPERATION')]), [
    'EUC1-APIRequest | GetCallerIdentity: 2 Requests',
    'USE1-APIRequest | CreateGroup: 3 Requests',
    'USE1-APIRequest | ListGroups: 1 Requests',
  ]);
  assert.deepEqual(await groups([by('INSTANCE_TYPE'), by('RECORD_TYPE')]), ['NoInstanceType | Usage: 6 N/A']);
  assert.deepEqual(await groups([by('Team', 'TAG'), by('Unit', 'COST_CATEGORY')]), ['Team$ | Unit$: 6 N/A']);
  assert.deepEqual(await groups([by('LINKED_ACCOUNT')]), [`${managementAccount}: 6 N/A`]);
});

const dimension = (Key: string, ...Values: string[]) => ({ Dimensions: { Key, Values } }) as Expression;

const FILTERS: readonly (readonly [name: string, filter: Expression, quantity: string])[] = [
  ['a dimension', dimension('SERVICE', 'AWS Security Token Service'), '2'],
  ['several values', dimension('OPERATION', 'ListGroups', 'CreateGroup'), '4'],
  ['a dimension that calls do not have', dimension('AZ', 'us-east-1a'), '0'],
  ['And', { And: [dimension('REGION', 'us-east-1'), dimension('OPERATION', 'ListGroups')] }, '1'],
  ['Or', { Or: [dimension('REGION', 'eu-central-1'), dimension('OPERATION', 'ListGroups')] }, '3'],
  ['Not', { Not: dimension('REGION', 'eu-central-1') }, '4'],
  ['a tag', { Tags: { Key: 'Team', Values: ['blue'] } }, '0'],
  ['the absence of a tag', { Tags: { Key: 'Team', MatchOptions: ['ABSENT'] } }, '6'],
  ['the empty tag value', { Tags: { Key: 'Team', Values: [''] } }, '6'],
  ['a cost category', { CostCategories: { Key: 'Unit', Values: ['x'], MatchOptions: ['EQUALS'] } }, '0'],
];

test('GetCostAndUsage filters', async () => {
  const { root } = await metered();
  for (const [name, Filter, quantity] of FILTERS) {
    const { ResultsByTime } = await ask(root, { Filter });
    assert.equal(ResultsByTime?.[0]?.Total?.UsageQuantity?.Amount, quantity, name);
  }
});

const period = (Start: string, End: string) => ({ TimePeriod: { Start, End } });

const REFUSED: readonly (readonly [more: Partial<GetCostAndUsageRequest>, code: string, message: string | RegExp])[] = [
  [
    period('2030-03-02', '2030-03-02'),
    'ValidationException',
    'Start date (and hour) should be before end date (and hour)',
  ],
  [period('2030-03-01', '2030-04-02'), 'ValidationException', 'end date past the beginning of next month'],
  [
    period('2030-02-30', '2030-03-02'),
    'ValidationException',
    'Start time 2030-02-30 is invalid. Valid format is: yyyy-MM-dd.',
  ],
  [period('2028-03-01', '2030-03-02'), 'ValidationException', "You haven't enabled historical data beyond 14 months"],
  [
    period('2020-03-01', '2030-03-02'),
    'BillExpirationException',
    'The requested report expired. Update the date interval and try again.',
  ],
  [
    { ...period('2030-02-20T00:00:00Z', '2030-03-02T00:00:00Z'), Granularity: 'HOURLY' },
    'ValidationException',
    'Start date is more than 14 days ago for hourly granularity. Please adjust start date as we support only 14 days ' +
      'of data at hourly granularity.',
  ],
  [{ Filter: { And: [dimension('AZ', 'x')] } }, 'ValidationException', 'And expression must have at least 2 operands'],
  [
    { Filter: { ...dimension('AZ', 'x'), Tags: { Key: 'a' } } },
    'ValidationException',
    'Expression has zero or more than one roots. Only one root operator is allowed for each expression: "and", "or", ' +
      '"not", "tag" or "dimensionValue"',
  ],
  [{ Filter: {} }, 'ValidationException', /^Expression has zero or more than one roots/],
  [{ Filter: dimension('RESOURCE_ID', 'x') }, 'ValidationException', 'Dimension RESOURCE_ID is not allowed.'],
  [{ Filter: { Not: dimension('COLOUR', 'x') } }, 'ValidationException', /^Dimension not valid. Valid values are AZ, /],
  [{ Metrics: ['Guesses'] }, 'ValidationException', /^Metric Guesses not valid/],
  [{ GroupBy: [{ Type: 'DIMENSION', Key: 'COLOUR' }] }, 'ValidationException', /^Dimension not valid/],
  [
    { GroupBy: ['AZ', 'SERVICE', 'REGION'].map((Key) => ({ Type: 'DIMENSION', Key })) },
    'ValidationException',
    /GroupBy/,
  ],
  [{ NextPageToken: 'nonsense' }, 'InvalidNextTokenException', /^The pagination token is invalid/],
];

test('GetCostAndUsage refuses what AWS refuses', async () => {
  const { root } = await metered();
  for (const [more, code, message] of REFUSED) await rejected(ask(root, more), code, message);
});

test('GetCostAndUsage pages, with tokens for their own question only', async () => {
  const { root, deps, managementAccount: account } = await testCloud({ now: new Date('2030-03-10T00:00:00Z') });
  const common = { account, time: '2030-03-09', service: 's', region: 'us-east-1', usageType: 't', quantity: 1 };
  await deps.store.transaction(async (tx) => {
    for (let i = 1; i <= 1500; i++) await tx.insert(dailyUsage, { ...common, operation: `Operation${i}` });
  });
  const question = {
    TimePeriod: { Start: '2030-03-08', End: '2030-03-10' },
    Granularity: 'DAILY' as const,
    GroupBy: [{ Type: 'DIMENSION' as const, Key: 'OPERATION' }],
  };
  const groupsOf = ({ ResultsByTime = [] }: Awaited<ReturnType<typeof ask>>) =>
    ResultsByTime.map(({ TimePeriod, Groups }) => [TimePeriod?.Start, Groups?.length]);
  const first = await ask(root, question);
  assert.deepEqual(groupsOf(first), [
    ['2030-03-08', 0],
    ['2030-03-09', 999],
  ]);
  const NextPageToken = first.NextPageToken as string;
  const second = await ask(root, { ...question, NextPageToken });
  assert.deepEqual(groupsOf(second), [['2030-03-09', 501]]);
  assert.equal(second.NextPageToken, undefined);
  await rejected(ask(root, { ...question, GroupBy: [], NextPageToken }), 'RequestChangedException', /changed/);
});

test('The management account sees its members from the day they joined; a member sees itself', async () => {
  const cloud = await testCloud({ now: new Date('2030-03-10T09:30:00Z'), prices: SERVICES });
  const { root } = cloud;
  await root.organizations.createOrganization({ FeatureSet: 'ALL' });
  const { CreateAccountStatus } = await root.organizations.createAccount({
    AccountName: 'dev',
    Email: 'dev@example.com',
  });
  cloud.advance('PT1H');
  const status = await root.organizations.describeCreateAccountStatus({
    CreateAccountRequestId: CreateAccountStatus?.Id,
  });
  const id = status.CreateAccountStatus?.AccountId as string;
  const member = cloud.as(await cloud.keyFor(id));
  await member.iam.listUsers({});
  const stranger = await cloud.memberAccount('stranger');
  await stranger.root.iam.listUsers({});
  const GroupBy = [{ Type: 'DIMENSION' as const, Key: 'LINKED_ACCOUNT' }];
  const Filter = dimension('OPERATION', 'ListUsers');
  const seen = async (clients: Clients) => {
    const answer = await ask(clients, { GroupBy, Filter });
    return [answer.ResultsByTime?.[0]?.Groups?.map((group) => group.Keys?.[0]), answer.DimensionValueAttributes];
  };
  assert.deepEqual(await seen(root), [[id], [{ Value: id, Attributes: { description: 'dev' } }]]);
  assert.deepEqual(await seen(member), [[id], [{ Value: id, Attributes: { description: 'dev' } }]]);
  assert.deepEqual((await seen(stranger.root))[0], [stranger.id]);
});

test('GetDimensionValues lists, searches, sorts and pages', async () => {
  const { root, managementAccount } = await metered();
  const values = async (more: object) => {
    const answer = await root.costExplorer.getDimensionValues({ TimePeriod: MARCH, Dimension: 'SERVICE', ...more });
    assert.equal(answer.ReturnSize, answer.DimensionValues?.length);
    return answer.DimensionValues?.map(({ Value }) => Value);
  };
  const [iam, sts] = ['AWS Identity and Access Management', 'AWS Security Token Service'];
  assert.deepEqual(await values({}), [iam, sts]);
  assert.deepEqual(await values({ SearchString: 'token' }), [sts]);
  assert.deepEqual(await values({ SortBy: [{ Key: 'UsageQuantity', SortOrder: 'ASCENDING' }] }), [sts, iam]);
  assert.deepEqual(await values({ SortBy: [{ Key: 'UnblendedCost', SortOrder: 'DESCENDING' }] }), [iam, sts]);
  assert.deepEqual(await values({ Context: 'RESERVATIONS' }), []);
  assert.deepEqual(await values({ Dimension: 'OPERATION', Filter: dimension('REGION', 'eu-central-1') }), [
    'GetCallerIdentity',
  ]);
  await rejected(
    values({ Dimension: 'SERVICE_CODE' }),
    'ValidationException',
    'Dimension SERVICE_CODE is not allowed.',
  );
  await rejected(values({ SortBy: [{ Key: 'UsageQuantity' }], SearchString: 'a' }), 'ValidationException', /SortBy/);

  const ask = { TimePeriod: MARCH, Dimension: 'OPERATION', MaxResults: 2 } as const;
  const first = await root.costExplorer.getDimensionValues(ask);
  assert.deepEqual([first.ReturnSize, first.TotalSize], [2, 3]);
  const NextPageToken = first.NextPageToken as string;
  const second = await root.costExplorer.getDimensionValues({ ...ask, NextPageToken });
  assert.deepEqual([second.ReturnSize, second.TotalSize, second.NextPageToken], [1, 3, undefined]);
  await rejected(
    root.costExplorer.getDimensionValues({ ...ask, Dimension: 'REGION', NextPageToken }),
    'RequestChangedException',
    /^Your request parameters changed between pages/,
  );
  const linked = await root.costExplorer.getDimensionValues({ TimePeriod: MARCH, Dimension: 'LINKED_ACCOUNT' });
  assert.equal(linked.DimensionValues?.[0]?.Value, managementAccount);
  assert.ok(linked.DimensionValues?.[0]?.Attributes?.description);
});

test('GetTags tells that calls carry no cost allocation tags', async () => {
  const { root } = await metered();
  const { Tags, ReturnSize, TotalSize } = await root.costExplorer.getTags({ TimePeriod: MARCH });
  assert.deepEqual([Tags, ReturnSize, TotalSize], [[], 0, 0]);
});

const forecast = (clients: Clients, more: object = {}) =>
  clients.costExplorer.getCostForecast({
    TimePeriod: { Start: '2030-03-18', End: '2030-03-20' },
    Metric: 'UNBLENDED_COST',
    Granularity: 'DAILY',
    ...more,
  });

test('GetCostForecast needs history, then tells mean and interval', async () => {
  const cloud = await testCloud({ now: new Date('2030-03-10T09:30:00Z'), prices: SERVICES });
  const { root } = cloud;
  await root.iam.listUsers({});
  await rejected(forecast(root), 'DataUnavailableException', 'Insufficient amount of historical data.');
  // Calls a day: 1 (above), then 1, 2, 3, 1, 2, 3, 1; at half a dollar each.
  for (const calls of [1, 2, 3, 1, 2, 3, 1]) {
    cloud.advance('P1D');
    for (let i = 0; i < calls; i++) await root.iam.listUsers({});
  }
  cloud.advance('P1D');
  const { Total, ForecastResultsByTime } = await forecast(root);
  // History: 0.5 0.5 1 1.5 0.5 1 1.5 0.5: mean 0.875, standard deviation 0.4432026, t(0.9; 7) 1.4149239.
  assert.deepEqual(Total, { Amount: '1.75', Unit: 'USD' });
  const [first, second] = ForecastResultsByTime ?? [];
  assert.equal(first?.MeanValue, '0.875');
  assert.deepEqual(first?.TimePeriod, { Start: '2030-03-18', End: '2030-03-19' });
  const reach = 1.4149239 * 0.4432026 * Math.sqrt(1 + 1 / 8);
  assert.ok(Math.abs(Number(first?.PredictionIntervalLowerBound) - (0.875 - reach)) < 1e-6);
  assert.ok(Math.abs(Number(first?.PredictionIntervalUpperBound) - (0.875 + reach)) < 1e-6);
  assert.deepEqual({ ...second, TimePeriod: undefined }, { ...first, TimePeriod: undefined });

  const wider = await forecast(root, { PredictionIntervalLevel: 99 });
  assert.ok(Number(wider.ForecastResultsByTime?.[0]?.PredictionIntervalUpperBound) > 0.875 + reach);
  const months = await forecast(root, {
    Granularity: 'MONTHLY',
    TimePeriod: { Start: '2030-03-18', End: '2030-05-01' },
  });
  assert.deepEqual(
    months.ForecastResultsByTime?.map((month) => month.MeanValue),
    [String(14 * 0.875), String(30 * 0.875)],
  );
});

test('GetCostForecast refuses what AWS refuses', async () => {
  const { root } = await metered();
  const between = (Start: string, End: string) => ({ TimePeriod: { Start, End } });
  const sentence = 'Requested Start: 2030-03-20 must be before requested End: 2030-03-19';
  await rejected(forecast(root, between('2030-03-20', '2030-03-19')), 'ValidationException', sentence);
  await rejected(forecast(root, between('2030-03-14', '2030-03-19')), 'ValidationException', /before today/);
  await rejected(forecast(root, between('2030-03-20', '2031-03-19')), 'ValidationException', /DAILY forecasts/);
  await rejected(forecast(root, { Granularity: 'HOURLY' }), 'ValidationException', /HOURLY/);
  await rejected(forecast(root, { Metric: 'USAGE_QUANTITY' }), 'ValidationException', /^Metric USAGE_QUANTITY/);
});

test('Cost Explorer answers what it does not do by name', async () => {
  const { root } = await testCloud();
  const call = root.costExplorer.getAnomalyMonitors({});
  await rejected(call, 'NotImplemented', 'ce:GetAnomalyMonitors is not implemented.');
});
