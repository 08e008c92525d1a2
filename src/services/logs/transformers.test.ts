/** Transformers of groups: what sees the events as they came in, and what as they were transformed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Processor } from '@aws-sdk/client-cloudwatch-logs';
import { type Cloud, testCloud } from '../../testing/cloud.ts';
import { refusal } from '../../testing/rejected.ts';

const transformerConfig: Processor[] = [
  { grok: { match: '%{IP:client} %{WORD:method} %{NUMBER:status}' } },
  { typeConverter: { entries: [{ key: 'status', type: 'integer' }] } },
  { copyValue: { entries: [{ source: '@logGroupName', target: 'group', overwriteIfExists: true }] } },
];
const ORIGINAL = '10.0.0.1 GET 500';
const TRANSFORMED = '{"client":"10.0.0.1","method":"GET","status":500,"group":"app"}';

async function withTransformer(cloud: Cloud) {
  const { logs } = cloud.root;
  await logs.createLogGroup({ logGroupName: 'app' });
  await logs.createLogStream({ logGroupName: 'app', logStreamName: 's' });
  await logs.putTransformer({ logGroupIdentifier: 'app', transformerConfig });
  const put = (...messages: string[]) => {
    const timestamp = cloud.now().getTime();
    const logEvents = messages.map((message) => ({ timestamp, message }));
    return logs.putLogEvents({ logGroupName: 'app', logStreamName: 's', logEvents });
  };
  const query = async (queryString: string) => {
    const now = Math.floor(cloud.now().getTime() / 1000);
    const range = { logGroupName: 'app', startTime: now - 3600, endTime: now + 3600 };
    const { queryId } = await logs.startQuery({ ...range, queryString });
    await cloud.settle();
    const { results = [] } = await logs.getQueryResults({ queryId });
    return results.map((row) => row.filter(({ field }) => field !== '@ptr').map(({ value }) => value));
  };
  return { logs, put, query };
}

test('PutTransformer is read back as it was written, and DeleteTransformer ends it', async () => {
  const cloud = await testCloud();
  const { logs, put } = await withTransformer(cloud);
  const created = cloud.now().getTime();
  cloud.advance('PT1H');
  const arn = `arn:aws:logs:us-east-1:${cloud.managementAccount}:log-group:app`;
  await logs.putTransformer({ logGroupIdentifier: arn, transformerConfig });
  const found = await logs.getTransformer({ logGroupIdentifier: 'app' });
  assert.deepEqual(found.transformerConfig, transformerConfig);
  assert.deepEqual([found.creationTime, found.lastModifiedTime], [created, created + 3_600_000]);
  await logs.deleteTransformer({ logGroupIdentifier: 'app' });
  assert.equal((await logs.getTransformer({ logGroupIdentifier: 'app' })).transformerConfig, undefined);
  await refusal(logs.deleteTransformer({ logGroupIdentifier: 'app' }), 'ResourceNotFoundException');
  await put(ORIGINAL);
});

test('GetLogEvents and FilterLogEvents give events as they came in, queries as they were transformed', async () => {
  const { logs, put, query } = await withTransformer(await testCloud());
  await put(ORIGINAL, 'something else');
  const { events } = await logs.getLogEvents({ logGroupName: 'app', logStreamName: 's' });
  assert.deepEqual(
    events?.map(({ message }) => message),
    [ORIGINAL, 'something else'],
  );
  const filtered = await logs.filterLogEvents({ logGroupName: 'app', filterPattern: '{ $.status = 500 }' });
  assert.deepEqual(filtered.events, []);
  assert.deepEqual(await query('fields @message, status + 1, client | filter status = 500'), [
    [TRANSFORMED, '501', '10.0.0.1'],
  ]);
  assert.deepEqual(await query('fields @message | filter ispresent(@transformationError)'), [['something else']]);
  const { logGroupFields } = await logs.getLogGroupFields({ logGroupName: 'app' });
  assert.equal(logGroupFields?.find(({ name }) => name === 'client')?.percent, 50);
  await logs.deleteTransformer({ logGroupIdentifier: 'app' });
  assert.deepEqual(await query('fields client | filter method = "GET"'), [['10.0.0.1']]);
});

test('A metric filter counts what was transformed, if it is told to', async () => {
  const cloud = await testCloud();
  const { logs, put } = await withTransformer(cloud);
  const filter = (filterName: string, applyOnTransformedLogs: boolean) =>
    logs.putMetricFilter({
      logGroupName: 'app',
      filterName,
      filterPattern: '{ $.status = 500 }',
      applyOnTransformedLogs,
      metricTransformations: [{ metricNamespace: 'N', metricName: filterName, metricValue: '$.status' }],
    });
  await filter('transformed', true);
  await filter('original', false);
  const { metricFilters } = await logs.describeMetricFilters({ logGroupName: 'app' });
  assert.deepEqual(
    metricFilters?.map((each) => each.applyOnTransformedLogs),
    [false, true],
  );
  await put(ORIGINAL, '10.0.0.2 GET 200', 'else');
  await cloud.settle();
  const sumOf = async (Namespace: string, MetricName: string, Dimensions: { Name: string; Value: string }[] = []) => {
    const start = cloud.now().getTime();
    const range = { StartTime: new Date(start - 60_000), EndTime: new Date(start + 60_000), Period: 60 };
    const asked = { Namespace, MetricName, Dimensions, ...range, Statistics: ['Sum' as const] };
    const { Datapoints } = await cloud.root.cloudwatch.getMetricStatistics(asked);
    return Datapoints?.[0]?.Sum;
  };
  assert.deepEqual([await sumOf('N', 'transformed'), await sumOf('N', 'original')], [500, undefined]);
  const group = [{ Name: 'LogGroupName', Value: 'app' }];
  assert.equal(await sumOf('AWS/Logs', 'TransformedLogEvents', group), 2);
  assert.equal(await sumOf('AWS/Logs', 'TransformationErrors', group), 1);
  await logs.createLogGroup({ logGroupName: 'plain' });
  const refused = logs.putMetricFilter({
    logGroupName: 'plain',
    filterName: 'f',
    filterPattern: '',
    applyOnTransformedLogs: true,
    metricTransformations: [{ metricNamespace: 'N', metricName: 'm', metricValue: '1' }],
  });
  await refusal(refused, 'InvalidParameterException');
});

test('PutTransformer is for the Standard class', async () => {
  const { logs } = (await testCloud()).root;
  await logs.createLogGroup({ logGroupName: 'rare', logGroupClass: 'INFREQUENT_ACCESS' });
  await refusal(logs.putTransformer({ logGroupIdentifier: 'rare', transformerConfig }), 'InvalidOperationException');
});
