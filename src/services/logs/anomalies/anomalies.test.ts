import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Cloud, testCloud } from '../../../testing/cloud.ts';
import { refusal } from '../../../testing/rejected.ts';
import { foundAnomalies } from './detectorRows.ts';

const arnOf = (cloud: Cloud, name: string) => `arn:aws:logs:us-east-1:${cloud.managementAccount}:log-group:${name}`;

async function watched(input: object = {}) {
  const cloud = await testCloud();
  const { logs } = cloud.root;
  await logs.createLogGroup({ logGroupName: 'app' });
  await logs.createLogStream({ logGroupName: 'app', logStreamName: 's' });
  const put = (...messages: string[]) => {
    const timestamp = cloud.now().getTime();
    const logEvents = messages.map((message) => ({ timestamp, message }));
    return logs.putLogEvents({ logGroupName: 'app', logStreamName: 's', logEvents });
  };
  /** Two hours of work as usual. */
  const past = async () => {
    for (let i = 0; i < 24; i++) {
      await put(...Array.from({ length: 10 }, (_, j) => `[INFO] GET /item/${i * 10 + j} status=${j < 9 ? 200 : 404}`));
      cloud.advance('PT5M');
    }
  };
  await past();
  const create = async () => {
    const { anomalyDetectorArn } = await logs.createLogAnomalyDetector({
      logGroupArnList: [arnOf(cloud, 'app')],
      detectorName: 'watch',
      evaluationFrequency: 'FIVE_MIN',
      ...input,
    });
    await cloud.settle();
    return anomalyDetectorArn!;
  };
  const step = async (...messages: string[]) => {
    if (messages.length > 0) await put(...messages);
    cloud.advance('PT5M');
    await cloud.settle();
  };
  return { cloud, logs, put, create, step };
}

const usual = Array.from({ length: 10 }, (_, j) => `[INFO] GET /item/${j + 7000} status=${j < 9 ? 200 : 404}`);

test('A log anomaly detector learns from the past and is told apart what is usual from what is not', async () => {
  const { cloud, logs, create, step } = await watched();
  const anomalyDetectorArn = await create();
  const statusOf = async () => (await logs.getLogAnomalyDetector({ anomalyDetectorArn })).anomalyDetectorStatus;
  assert.equal(await statusOf(), 'TRAINING');
  await step(...usual);
  assert.equal(await statusOf(), 'ANALYZING');
  assert.deepEqual((await logs.listAnomalies({ anomalyDetectorArn })).anomalies, []);
  await step(...usual, 'FATAL: disk sda is broken');
  const { anomalies = [] } = await logs.listAnomalies({ anomalyDetectorArn });
  assert.equal(anomalies.length, 1);
  const [found] = anomalies;
  assert.deepEqual(
    [found?.patternString, found?.priority, found?.state, found?.active, found?.suppressed],
    ['FATAL: disk sda is broken', 'HIGH', 'Active', true, false],
  );
  assert.deepEqual(
    found?.logSamples?.map(({ message }) => message),
    ['FATAL: disk sda is broken'],
  );
  assert.deepEqual(found?.logGroupArnList, [arnOf(cloud, 'app')]);
  assert.deepEqual(Object.values(found?.histogram ?? {}), [1]);
  assert.match(`${found?.anomalyId} ${found?.patternId}`, /^[0-9a-f-]{36} [0-9a-f]{32}$/);
  const { Datapoints } = await cloud.root.cloudwatch.getMetricStatistics({
    Namespace: 'AWS/Logs',
    MetricName: 'AnomalyCount',
    Dimensions: [
      { Name: 'LogAnomalyDetector', Value: 'watch' },
      { Name: 'LogAnomalyPriority', Value: 'HIGH' },
    ],
    StartTime: new Date(cloud.now().getTime() - 600_000),
    EndTime: new Date(cloud.now().getTime() + 60_000),
    Period: 60,
    Statistics: ['Sum'],
  });
  assert.equal(Datapoints?.[0]?.Sum, 1);
});

test('A log anomaly detector notices bursts, silences and new values', async () => {
  const { logs, create, step } = await watched();
  const anomalyDetectorArn = await create();
  await step(...usual);
  await step(...Array.from({ length: 200 }, (_, i) => `[INFO] GET /item/${i} status=200`));
  await step(...usual, '[INFO] GET /item/1 status=500');
  const { anomalies = [] } = await logs.listAnomalies({ anomalyDetectorArn });
  const told = anomalies.map(({ description = '' }) => description).sort();
  assert.equal(told.length, 2);
  assert.match(told[0]!, /^\d+\.\d% increase in the count of this pattern/);
  assert.equal(told[1], "The token value '500' was not seen before.");
  const [, , ...tokens] = anomalies[0]!.patternTokens!;
  assert.deepEqual(tokens.find(({ inferredTokenName }) => inferredTokenName === 'Status')?.isDynamic, true);
});

test('A pattern that is suppressed is so with anomalies that are yet to come, too', async () => {
  const { cloud, logs, create, step } = await watched();
  const anomalyDetectorArn = await create();
  await step(...usual);
  await step(...Array.from({ length: 200 }, (_, i) => `[INFO] GET /item/${i} status=200`));
  const list = async () => (await logs.listAnomalies({ anomalyDetectorArn })).anomalies ?? [];
  const [{ patternId } = {}] = await list();
  const limited = {
    suppressionType: 'LIMITED' as const,
    suppressionPeriod: { value: 2, suppressionUnit: 'HOURS' as const },
  };
  await logs.updateAnomaly({ anomalyDetectorArn, patternId, ...limited });
  await step(...usual, '[INFO] GET /item/1 status=500');
  assert.deepEqual(
    (await list()).map((each) => [each.patternId, each.state, each.isPatternLevelSuppression]),
    Array.from({ length: 2 }, () => [patternId, 'Suppressed', true]),
  );
  cloud.advance('PT3H');
  assert.deepEqual(
    (await list()).map(({ state }) => state),
    ['Active', 'Active'],
  );
});

test('Anomalies are forgotten with their detector, however many there were', async () => {
  const { cloud, logs, create, step } = await watched();
  const anomalyDetectorArn = await create();
  await step(...usual);
  await step('FATAL: disk sda is broken');
  const id = anomalyDetectorArn.split(':').at(-1)!;
  const all = (limit: number) =>
    cloud.deps.store.transaction(async (tx) => (await tx.list(foundAnomalies, [id], { limit })).rows);
  const [found] = await all(1);
  await cloud.deps.store.transaction(async (tx) => {
    for (let i = 0; i < 450; i++) await tx.insert(foundAnomalies, { ...found!, about: `x ${i}`, id: `x${i}` });
  });
  await logs.deleteLogAnomalyDetector({ anomalyDetectorArn });
  await cloud.settle();
  assert.deepEqual(await all(1), []);
});

test('UpdateAnomaly suppresses an anomaly for a while, a pattern for ever, or takes it as usual', async () => {
  const { cloud, logs, create, step } = await watched();
  const anomalyDetectorArn = await create();
  await step(...usual);
  await step('FATAL: disk sda is broken');
  const list = async (suppressionState?: 'SUPPRESSED' | 'UNSUPPRESSED') =>
    (await logs.listAnomalies({ anomalyDetectorArn, suppressionState })).anomalies ?? [];
  const [{ anomalyId, patternId } = {}] = await list();
  const period = {
    suppressionType: 'LIMITED' as const,
    suppressionPeriod: { value: 2, suppressionUnit: 'HOURS' as const },
  };
  await logs.updateAnomaly({ anomalyDetectorArn, anomalyId, ...period });
  const [limited] = await list('SUPPRESSED');
  assert.deepEqual(
    [limited?.state, limited?.suppressedUntil, limited?.isPatternLevelSuppression],
    ['Suppressed', cloud.now().getTime() + 7_200_000, false],
  );
  assert.deepEqual(await list('UNSUPPRESSED'), []);
  cloud.advance('PT3H');
  assert.equal((await list('UNSUPPRESSED')).length, 1);
  await logs.updateAnomaly({ anomalyDetectorArn, patternId, suppressionType: 'INFINITE' });
  assert.deepEqual(
    (await list('SUPPRESSED')).map((a) => [a.suppressedUntil, a.isPatternLevelSuppression]),
    [[0, true]],
  );
  await logs.updateAnomaly({ anomalyDetectorArn, patternId, baseline: true });
  assert.equal((await list())[0]?.state, 'Baseline');
  const wrong = { anomalyDetectorArn, anomalyId, suppressionType: 'LIMITED' as const };
  await refusal(logs.updateAnomaly(wrong), 'InvalidParameterException');
  await refusal(logs.updateAnomaly({ anomalyDetectorArn }), 'InvalidParameterException');
  const nobody = { anomalyDetectorArn, anomalyId: '0'.repeat(36) };
  await refusal(logs.updateAnomaly(nobody), 'ResourceNotFoundException');
});

test('A log anomaly detector is read back, paused, filtered, tagged and deleted', async () => {
  const { cloud, logs, create, step } = await watched({
    filterPattern: 'FATAL',
    anomalyVisibilityTime: 7,
    tags: { a: 'b' },
  });
  const anomalyDetectorArn = await create();
  const { anomalyDetectors = [] } = await logs.listLogAnomalyDetectors({ filterLogGroupArn: arnOf(cloud, 'app') });
  assert.deepEqual(
    anomalyDetectors.map((d) => [d.anomalyDetectorArn, d.detectorName, d.filterPattern, d.anomalyVisibilityTime]),
    [[anomalyDetectorArn, 'watch', 'FATAL', 7]],
  );
  assert.deepEqual((await logs.listLogAnomalyDetectors({ filterLogGroupArn: arnOf(cloud, 'x') })).anomalyDetectors, []);
  assert.deepEqual((await logs.listTagsForResource({ resourceArn: anomalyDetectorArn })).tags, { a: 'b' });
  for (let i = 0; i < 4; i++) await step(...usual);
  await step('unknown text', 'FATAL: unknown fault');
  const { anomalies } = await logs.listAnomalies({});
  assert.deepEqual(
    anomalies?.map(({ patternString }) => patternString),
    ['FATAL: unknown fault'],
  );
  await logs.updateLogAnomalyDetector({ anomalyDetectorArn, enabled: false, evaluationFrequency: 'ONE_HOUR' });
  await step('FATAL: another one of these');
  const paused = await logs.getLogAnomalyDetector({ anomalyDetectorArn });
  assert.deepEqual([paused.anomalyDetectorStatus, paused.evaluationFrequency], ['PAUSED', 'ONE_HOUR']);
  assert.equal((await logs.listAnomalies({})).anomalies?.length, 1);
  await logs.updateLogAnomalyDetector({ anomalyDetectorArn, enabled: true });
  await step();
  assert.equal((await logs.listAnomalies({})).anomalies?.length, 2);
  cloud.advance('P8D');
  assert.deepEqual((await logs.listAnomalies({})).anomalies, []);
  await logs.deleteLogAnomalyDetector({ anomalyDetectorArn });
  await refusal(logs.getLogAnomalyDetector({ anomalyDetectorArn }), 'ResourceNotFoundException');
  await cloud.settle();
});

test('CreateLogAnomalyDetector refuses what it cannot watch', async () => {
  const { cloud, logs } = await watched();
  const arn = arnOf(cloud, 'app');
  const create = (input: object) => logs.createLogAnomalyDetector({ logGroupArnList: [arn], ...input });
  await refusal(create({ logGroupArnList: ['app'] }), 'InvalidParameterException');
  await refusal(create({ logGroupArnList: [arn, arn] }), 'InvalidParameterException');
  await refusal(create({ logGroupArnList: [arnOf(cloud, 'x')] }), 'ResourceNotFoundException');
  await refusal(create({ filterPattern: '{ $.a = ' }), 'InvalidParameterException');
  const key = 'arn:aws:kms:us-east-1:111122223333:key/a';
  await refusal(create({ kmsKeyId: key }), 'AccessDeniedException');
});
