import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PutMetricStreamInput } from '@aws-sdk/client-cloudwatch';
import { testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';

const STREAMER = 'streams.metrics.cloudwatch.amazonaws.com';

/** A delivery stream into a bucket, and metric streams into it. */
async function streaming(principal = STREAMER) {
  const cloud = await testCloud();
  const { cloudwatch, firehose, iam, s3 } = cloud.root;
  const role = async (RoleName: string, service: string, action: string) => {
    const trust = { Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' };
    const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [trust] });
    const { Role } = await iam.createRole({ RoleName, AssumeRolePolicyDocument });
    const allowed = { Effect: 'Allow', Action: action, Resource: '*' };
    const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [allowed] });
    await iam.putRolePolicy({ RoleName, PolicyName: 'p', PolicyDocument });
    return Role!.Arn!;
  };
  await s3.createBucket({ Bucket: 'metrics' });
  const { DeliveryStreamARN: FirehoseArn } = await firehose.createDeliveryStream({
    DeliveryStreamName: 'metrics',
    S3DestinationConfiguration: {
      RoleARN: await role('deliverer', 'firehose.amazonaws.com', 's3:PutObject'),
      BucketARN: 'arn:aws:s3:::metrics',
      BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 0 },
    },
  });
  cloud.advance('PT1M');
  const RoleArn = await role('streamer', principal, 'firehose:PutRecordBatch');
  const asked = { Name: 'all', FirehoseArn, RoleArn, OutputFormat: 'json' as const };
  return {
    cloud,
    cloudwatch,
    asked,
    put: (more: Partial<PutMetricStreamInput> = {}) => cloudwatch.putMetricStream({ ...asked, ...more }),
    async measure(Namespace: string, MetricName: string, ...Values: number[]) {
      const Dimensions = [{ Name: 'Host', Value: 'a' }];
      const datum = { MetricName, Dimensions, Values, Unit: 'Milliseconds' as const, Timestamp: cloud.now() };
      await cloudwatch.putMetricData({ Namespace, MetricData: [datum] });
      await cloud.settle();
    },
    /** What was delivered since the beginning. */
    async delivered(): Promise<Buffer[]> {
      const { Contents = [] } = await s3.listObjectsV2({ Bucket: 'metrics' });
      const found = Contents.toSorted((a, b) => a.LastModified!.getTime() - b.LastModified!.getTime());
      return Promise.all(
        found.map(async ({ Key }) => {
          const { Body } = await s3.getObject({ Bucket: 'metrics', Key });
          return Buffer.from(await Body!.transformToByteArray());
        }),
      );
    },
    async after(duration: string) {
      cloud.advance(duration);
      await cloud.settle();
    },
  };
}

const linesIn = (objects: readonly Buffer[]) =>
  objects.flatMap((bytes) => bytes.toString().trimEnd().split('\n')).map((line) => JSON.parse(line));

test('A metric stream tells each minute of the metrics it includes, as lines of JSON', async () => {
  const { put, measure, after, delivered, cloud } = await streaming();
  await put({
    IncludeFilters: [{ Namespace: 'Shop', MetricNames: ['Latency'] }, { Namespace: 'Other' }],
    StatisticsConfigurations: [
      { IncludeMetrics: [{ Namespace: 'Shop', MetricName: 'Latency' }], AdditionalStatistics: ['p50', 'TM(0%:50%)'] },
    ],
  });
  await measure('Shop', 'Latency', 3, 5);
  await measure('Shop', 'Latency', 4);
  await measure('Shop', 'Sales', 1);
  await measure('Other', 'Any', 2);
  await after('PT1M');
  assert.deepEqual(await delivered(), []);
  await after('PT1M');
  const lines = linesIn(await delivered());
  const common = { metric_stream_name: 'all', account_id: cloud.managementAccount, region: 'us-east-1' };
  const point = { dimensions: { Host: 'a' }, timestamp: Date.parse('2030-01-01T00:01:00Z'), unit: 'Milliseconds' };
  assert.deepEqual(
    lines.toSorted((a, b) => (a.namespace < b.namespace ? -1 : 1)),
    [
      { ...common, namespace: 'Other', metric_name: 'Any', ...point, value: { max: 2, min: 2, sum: 2, count: 1 } },
      {
        ...{ ...common, namespace: 'Shop', metric_name: 'Latency', ...point },
        value: { max: 5, min: 3, sum: 12, count: 3, p50: 4, 'TM(0%:50%)': 10 / 3 },
      },
    ],
  );
});

test('Filters exclude; a stopped stream tells nothing of what came meanwhile', async () => {
  const { cloudwatch, put, measure, after, delivered } = await streaming();
  await put({
    ExcludeFilters: ['AWS/Firehose', 'AWS/Usage', 'AWS/CloudWatch/MetricStreams', 'AWS/S3', 'AWS/KMS', 'Shop'].map(
      (Namespace) => ({ Namespace }),
    ),
  });
  await measure('Shop', 'Sales', 1);
  await measure('Mine', 'One', 1);
  await after('PT2M');
  const names = async () => linesIn(await delivered()).map(({ metric_name }) => metric_name);
  assert.deepEqual(await names(), ['One']);
  await cloudwatch.stopMetricStreams({ Names: ['all'] });
  await measure('Mine', 'Two', 1);
  await after('PT2M');
  await cloudwatch.startMetricStreams({ Names: ['all'] });
  await measure('Mine', 'Three', 1);
  await after('PT2M');
  assert.deepEqual(await names(), ['One', 'Three']);
});

test('Data that come late have their minute told once more', async () => {
  const { cloud, cloudwatch, put, measure, after, delivered } = await streaming();
  await put({ IncludeFilters: [{ Namespace: 'Shop' }] });
  await measure('Shop', 'Sales', 1);
  const Timestamp = cloud.now();
  await after('PT2M');
  const datum = { MetricName: 'Sales', Dimensions: [{ Name: 'Host', Value: 'a' }], Value: 2, Timestamp };
  await cloudwatch.putMetricData({ Namespace: 'Shop', MetricData: [{ ...datum, Unit: 'Milliseconds' }] });
  await cloud.settle();
  await after('PT2M');
  assert.deepEqual(
    linesIn(await delivered()).map(({ timestamp, value }) => [timestamp, value.sum, value.count]),
    [
      [Timestamp.getTime(), 1, 1],
      [Timestamp.getTime(), 3, 2],
    ],
  );
});

/** A message's fields, as bytes or numbers: enough of Protocol Buffers to read back what was written. */
function fieldsIn(bytes: Buffer): { readonly field: number; readonly value: Buffer }[] {
  const fields: { field: number; value: Buffer }[] = [];
  let at = 0;
  const varint = () => {
    let [value, factor] = [0, 1];
    for (; bytes[at]! > 127; factor *= 128) value += (bytes[at++]! - 128) * factor;
    return value + bytes[at++]! * factor;
  };
  while (at < bytes.length) {
    const tag = varint();
    const length = tag % 8 === 1 ? 8 : varint();
    fields.push({ field: Math.floor(tag / 8), value: bytes.subarray(at, at + length) });
    at += length;
  }
  return fields;
}

const inside = (bytes: Buffer, ...path: readonly number[]): Buffer[] =>
  path.reduce(
    (found, field) =>
      found.flatMap((each) =>
        fieldsIn(each)
          .filter((f) => f.field === field)
          .map((f) => f.value),
      ),
    [bytes],
  );

const pairsIn = (bytes: Buffer, field: number, ...value: readonly number[]) =>
  inside(bytes, field).map((pair) => [String(inside(pair, 1)[0]), String(inside(pair, ...value)[0])]);

for (const [OutputFormat, version] of [
  ['opentelemetry0.7', 7],
  ['opentelemetry1.0', 10],
] as const) {
  test(`A metric stream tells in the format ${OutputFormat}`, async () => {
    const { cloud, put, measure, after, delivered } = await streaming();
    await put({
      ...{ OutputFormat, IncludeFilters: [{ Namespace: 'Shop' }] },
      StatisticsConfigurations: [
        { IncludeMetrics: [{ Namespace: 'Shop', MetricName: 'Latency' }], AdditionalStatistics: ['p50'] },
      ],
    });
    await measure('Shop', 'Latency', 0, 4, 5);
    await after('PT2M');
    const bytes = Buffer.concat(await delivered());
    const length = (bytes[0]! % 128) + bytes[1]! * 128;
    const request = bytes.subarray(2);
    assert.equal(request.length, length);
    const arn = `arn:aws:cloudwatch:us-east-1:${cloud.managementAccount}:metric-stream/all`;
    assert.deepEqual(pairsIn(inside(request, 1, 1)[0]!, 1, 2, 1), [
      ['cloud.provider', 'aws'],
      ['cloud.account.id', cloud.managementAccount],
      ['cloud.region', 'us-east-1'],
      ['aws.exporter.arn', arn],
    ]);
    const [metric] = inside(request, 1, 2, 2);
    assert.equal(String(inside(metric!, 1)[0]), 'amazonaws.com/Shop/Latency');
    assert.equal(String(inside(metric!, 3)[0]), 'ms');
    const [point] = inside(metric!, 11, 1);
    const start = BigInt(Date.parse('2030-01-01T00:01:00Z')) * 1_000_000n;
    assert.equal(inside(point!, 2)[0]!.readBigUInt64LE(), start);
    assert.equal(inside(point!, 3)[0]!.readBigUInt64LE(), start + 60_000_000_000n);
    assert.equal(inside(point!, 4)[0]!.readBigUInt64LE(), 3n);
    assert.equal(inside(point!, 5)[0]!.readDoubleLE(), 9);
    const quantiles = inside(point!, 6).map((each) => [1, 2].map((f) => inside(each, f)[0]?.readDoubleLE() ?? 0));
    assert.deepEqual(quantiles, [
      [0, 0],
      [0.5, 4],
      [1, 5],
    ]);
    if (version === 7) {
      assert.deepEqual(pairsIn(point!, 1, 2), [
        ['Namespace', 'Shop'],
        ['MetricName', 'Latency'],
        ['Host', 'a'],
      ]);
      return;
    }
    assert.deepEqual(pairsIn(point!, 7, 2, 1).slice(0, 2), [
      ['Namespace', 'Shop'],
      ['MetricName', 'Latency'],
    ]);
    const [, , dimensions] = inside(point!, 7);
    assert.deepEqual(pairsIn(inside(dimensions!, 2, 6)[0]!, 1, 2, 1), [['Host', 'a']]);
  });
}

test('The role of a metric stream must trust CloudWatch', async () => {
  const { put, measure, after, delivered, cloudwatch, cloud } = await streaming('ec2.amazonaws.com');
  await put({ IncludeFilters: [{ Namespace: 'Shop' }] });
  await measure('Shop', 'Sales', 1);
  await after('PT3M');
  assert.deepEqual(await delivered(), []);
  const { Datapoints = [] } = await cloudwatch.getMetricStatistics({
    ...{ Namespace: 'AWS/CloudWatch/MetricStreams', MetricName: 'PublishErrorRate', Period: 3600 },
    ...{ Dimensions: [{ Name: 'MetricStreamName', Value: 'all' }], Statistics: ['Maximum'] },
    ...{ StartTime: new Date('2030-01-01T00:00:00Z'), EndTime: new Date('2030-01-01T01:00:00Z') },
  });
  assert.equal(Datapoints[0]?.Maximum, 1);
  await after('PT3H');
  const left = await cloud.deps.store.transaction(async (tx) =>
    tx.list((await import('./metricStreamRows.ts')).streamedMinutes, [], { limit: 1 }),
  );
  assert.deepEqual(left.rows, []);
});

test('PutMetricStream reads back as put, changes what is there, and is listed, tagged and deleted', async () => {
  const { cloud, cloudwatch, put, asked } = await streaming();
  const IncludeFilters = [{ Namespace: 'Shop', MetricNames: ['A', 'B'] }];
  const StatisticsConfigurations = [
    { IncludeMetrics: [{ Namespace: 'Shop', MetricName: 'A' }], AdditionalStatistics: ['p99', 'PR(:300)'] },
  ];
  const { Arn } = await put({ IncludeFilters, StatisticsConfigurations, Tags: [{ Key: 'team', Value: 'a' }] });
  assert.equal(Arn, `arn:aws:cloudwatch:us-east-1:${cloud.managementAccount}:metric-stream/all`);
  const created = cloud.now();
  const shown = async () => {
    const { $metadata: _, ...rest } = await cloudwatch.getMetricStream({ Name: 'all' });
    return rest;
  };
  const { Name, FirehoseArn, RoleArn, OutputFormat } = asked;
  const common = { Arn, Name, FirehoseArn, RoleArn, IncludeLinkedAccountsMetrics: false, CreationDate: created };
  const first = { ...common, State: 'running', LastUpdateDate: created, OutputFormat };
  assert.deepEqual(await shown(), { ...first, IncludeFilters, StatisticsConfigurations });
  await cloudwatch.stopMetricStreams({ Names: ['all'] });
  cloud.advance('PT1H');
  const ExcludeFilters = [{ Namespace: 'AWS/S3' }];
  await put({ OutputFormat: 'opentelemetry1.0', ExcludeFilters });
  const changed = { State: 'stopped', LastUpdateDate: cloud.now(), OutputFormat: 'opentelemetry1.0', ExcludeFilters };
  assert.deepEqual(await shown(), { ...common, ...changed });
  const { Tags } = await cloudwatch.listTagsForResource({ ResourceARN: Arn });
  assert.deepEqual(Tags, [{ Key: 'team', Value: 'a' }]);
  await put({ Name: 'b' });
  const page = await cloudwatch.listMetricStreams({ MaxResults: 1 });
  assert.deepEqual(
    page.Entries?.map((entry) => entry.Name),
    ['all'],
  );
  const rest = await cloudwatch.listMetricStreams({ NextToken: page.NextToken });
  assert.deepEqual(
    rest.Entries?.map((entry) => entry.Name),
    ['b'],
  );
  await cloudwatch.deleteMetricStream({ Name: 'all' });
  await cloudwatch.deleteMetricStream({ Name: 'all' });
  await rejected(cloudwatch.getMetricStream({ Name: 'all' }), 'ResourceNotFound', /all does not exist/);
});

test('PutMetricStream refuses what cannot be streamed', async () => {
  const { cloud, put, asked } = await streaming();
  const filters = [{ Namespace: 'Shop' }];
  const statistics = (...AdditionalStatistics: string[]) => ({
    StatisticsConfigurations: [{ IncludeMetrics: [], AdditionalStatistics }],
  });
  const refused: readonly (readonly [input: Partial<PutMetricStreamInput>, code: string, message: RegExp])[] = [
    [{ IncludeFilters: filters, ExcludeFilters: filters }, 'InvalidParameterCombination', /together/],
    [{ FirehoseArn: 'arn:aws:s3:::b' }, 'InvalidParameterValue', /FirehoseArn/],
    [{ FirehoseArn: asked.FirehoseArn!.replace(/\d{12}/, '999999999999') }, 'InvalidParameterValue', /FirehoseArn/],
    [{ IncludeFilters: [{ MetricNames: ['a'] }] }, 'InvalidParameterValue', /Namespace/],
    [statistics('p101'), 'InvalidParameterValue', /p101/],
    [statistics('Sum'), 'InvalidParameterValue', /Sum/],
    [{ OutputFormat: 'opentelemetry1.0', ...statistics('tm90') }, 'InvalidParameterValue', /tm90/],
    [{ IncludeLinkedAccountsMetrics: true }, 'NotImplemented', /linked accounts/],
  ];
  for (const [input, code, message] of refused) await rejected(put(input), code, message);
  const alice = await cloud.user('alice', {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'cloudwatch:*', Resource: '*' }],
  });
  await rejected(alice.cloudwatch.putMetricStream(asked), 'AccessDenied', /iam:PassRole/);
});
