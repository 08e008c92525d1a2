import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../../testing/cloud.ts';
import { rejected } from '../../../testing/rejected.ts';

async function tagged() {
  const cloud = await testCloud();
  const { logs } = cloud.root;
  const group = (logGroupName: string, name?: string, type?: string) => {
    const tags = { ...(name && { 'cw:datasource:name': name }), ...(type && { 'cw:datasource:type': type }) };
    return logs.createLogGroup({ logGroupName, ...(name && { tags }) });
  };
  await group('shop-1', 'shop', 'orders');
  await group('shop-2', 'shop', 'orders');
  await group('shop-3', 'shop', 'users');
  await group('plain');
  await group('theirs', 'aws_cloudtrail', 'management');
  await group('wrong', 'Shop__1');
  return { cloud, logs };
}

test('Groups are counted by their data source; names of AWS’s own, and what may not be, count as unknown', async () => {
  const { logs } = await tagged();
  const counted = async (input: Partial<Parameters<typeof logs.listAggregateLogGroupSummaries>[0]> = {}) => {
    const groupBy = 'DATA_SOURCE_NAME_AND_TYPE' as const;
    const { aggregateLogGroupSummaries } = await logs.listAggregateLogGroupSummaries({ groupBy, ...input });
    return aggregateLogGroupSummaries!.map(({ logGroupCount, groupingIdentifiers }) => [
      ...groupingIdentifiers!.map(({ value }) => value),
      logGroupCount,
    ]);
  };
  assert.deepEqual(await counted(), [
    ['Unknown', 'Unknown', 2],
    ['Unknown', 'management', 1],
    ['shop', 'orders', 2],
    ['shop', 'users', 1],
  ]);
  assert.deepEqual(await counted({ groupBy: 'DATA_SOURCE_NAME_TYPE_AND_FORMAT', logGroupNamePattern: '^shop' }), [
    ['shop', 'orders', 'Custom', 2],
    ['shop', 'users', 'Custom', 1],
  ]);
  assert.deepEqual(await counted({ dataSources: [{ name: 'shop', type: 'users' }] }), [['shop', 'users', 1]]);
  const first = await logs.listAggregateLogGroupSummaries({ groupBy: 'DATA_SOURCE_NAME_AND_TYPE', limit: 3 });
  assert.equal(first.aggregateLogGroupSummaries!.length, 3);
  assert.deepEqual(await counted({ nextToken: first.nextToken }), [['shop', 'users', 1]]);
  const keys = first.aggregateLogGroupSummaries![0]!.groupingIdentifiers!.map(({ key }) => key);
  assert.deepEqual(keys, ['dataSource.Name', 'dataSource.Type']);
});

test('ListLogGroups finds the groups of a data source', async () => {
  const { logs } = await tagged();
  const { logGroups } = await logs.listLogGroups({ dataSources: [{ name: 'shop', type: 'orders' }] });
  assert.deepEqual(
    logGroups!.map(({ logGroupName }) => logGroupName),
    ['shop-1', 'shop-2'],
  );
});

test('The fields of a data source are those of its events', async () => {
  const { cloud, logs } = await tagged();
  for (const logGroupName of ['shop-1', 'shop-2']) {
    await logs.createLogStream({ logGroupName, logStreamName: 's' });
    const messages = [
      { id: 1, price: 1.5, items: [{ name: 'a' }] },
      { id: 2, price: 2, by: { user: 'x', admin: true } },
      'no JSON',
    ];
    const logEvents = messages.map((message) => ({
      timestamp: cloud.now().getTime(),
      message: typeof message === 'string' ? message : JSON.stringify(message),
    }));
    await logs.putLogEvents({ logGroupName, logStreamName: 's', logEvents });
  }
  const { logFields } = await logs.getLogFields({ dataSourceName: 'shop', dataSourceType: 'orders' });
  assert.deepEqual(logFields, [
    {
      logFieldName: 'by',
      logFieldType: {
        type: 'struct',
        fields: [
          { logFieldName: 'admin', logFieldType: { type: 'boolean' } },
          { logFieldName: 'user', logFieldType: { type: 'string' } },
        ],
      },
    },
    { logFieldName: 'id', logFieldType: { type: 'long' } },
    {
      logFieldName: 'items',
      logFieldType: {
        type: 'array',
        element: { type: 'struct', fields: [{ logFieldName: 'name', logFieldType: { type: 'string' } }] },
      },
    },
    { logFieldName: 'price', logFieldType: { type: 'double' } },
  ]);
  await rejected(
    logs.getLogFields({ dataSourceName: 'shop', dataSourceType: 'nothing' }),
    'ResourceNotFoundException',
    'The specified data source does not exist.',
  );
});
