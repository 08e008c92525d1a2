import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DashboardInvalidInputError } from '@aws-sdk/client-cloudwatch';
import { testCloud } from '../../testing/cloud.ts';
import { errorOf } from './fixtures.ts';

const BODY = `{
  "widgets": [
    { "type": "text", "x": 0, "y": 0, "width": 3, "height": 3, "properties": { "markdown": "Grüße & <b>" } },
    { "type": "metric", "properties": { "region": "us-east-1", "metrics": [
      ["AWS/EC2", "CPUUtilization", "InstanceId", "i-1", { "id": "m1" }], [".", ".", ".", "i-2"],
      [{ "expression": "SUM(METRICS())" }]] } }
  ]
}`;

test('a dashboard is read back byte for byte, in every Region', async () => {
  const cloud = await testCloud();
  const { cloudwatch } = cloud.root;
  const Tags = [{ Key: 'k', Value: 'v' }];
  const put = await cloudwatch.putDashboard({ DashboardName: 'Main_1', DashboardBody: BODY, Tags });
  assert.deepEqual(put.DashboardValidationMessages, []);
  const got = await cloudwatch.getDashboard({ DashboardName: 'Main_1' });
  assert.equal(got.DashboardBody, BODY);
  assert.equal(got.DashboardArn, 'arn:aws:cloudwatch::111122223333:dashboard/Main_1');
  const elsewhere = cloud.as(await cloud.keyFor(cloud.managementAccount), 'eu-west-1');
  const { DashboardEntries } = await elsewhere.cloudwatch.listDashboards({ DashboardNamePrefix: 'Main' });
  assert.deepEqual(DashboardEntries, [
    {
      DashboardName: 'Main_1',
      DashboardArn: got.DashboardArn,
      LastModified: cloud.now(),
      Size: Buffer.byteLength(BODY),
    },
  ]);
  assert.deepEqual((await cloudwatch.listTagsForResource({ ResourceARN: got.DashboardArn })).Tags, Tags);
  await cloudwatch.untagResource({ ResourceARN: got.DashboardArn, TagKeys: ['k'] });
  await cloudwatch.tagResource({ ResourceARN: got.DashboardArn, Tags: [{ Key: 'a', Value: 'b' }] });
  assert.deepEqual((await cloudwatch.listTagsForResource({ ResourceARN: got.DashboardArn })).Tags, [
    { Key: 'a', Value: 'b' },
  ]);
  await cloudwatch.deleteDashboards({ DashboardNames: ['Main_1'] });
  assert.equal((await errorOf(cloudwatch.getDashboard({ DashboardName: 'Main_1' }))).name, 'ResourceNotFound');
  assert.equal((await errorOf(cloudwatch.deleteDashboards({ DashboardNames: ['Main_1'] }))).name, 'ResourceNotFound');
});

test('PutDashboard says what is wrong, and where', async () => {
  const cloud = await testCloud();
  const { cloudwatch } = cloud.root;
  const widget = (more: object) =>
    JSON.stringify({ widgets: [{ type: 'text', properties: { markdown: 'x' }, ...more }] });
  const cases: [string, string][] = [
    ['{', ''],
    ['[]', ''],
    ['{}', '/widgets'],
    [JSON.stringify({ widgets: Array(501).fill({}) }), '/widgets'],
    [widget({ type: 'pie' }), '/widgets/0/type'],
    [widget({ x: 24, y: 0 }), '/widgets/0/x'],
    [widget({ x: 1 }), '/widgets/0/y'],
    [widget({ properties: {} }), '/widgets/0/properties/markdown'],
    [widget({ type: 'metric', properties: { metrics: [['only']] } }), '/widgets/0/properties/metrics/0'],
    [JSON.stringify({ widgets: [], periodOverride: 'never' }), '/periodOverride'],
    [JSON.stringify({ widgets: [], end: '2030-01-01T00:00:00Z' }), '/start'],
  ];
  for (const [DashboardBody, path] of cases) {
    const error = (await errorOf(
      cloudwatch.putDashboard({ DashboardName: 'd', DashboardBody }),
    )) as DashboardInvalidInputError;
    assert.equal(error.name, 'DashboardInvalidInputError', DashboardBody);
    assert.ok(
      error.dashboardValidationMessages?.some(({ DataPath }) => DataPath === path),
      JSON.stringify(error.dashboardValidationMessages),
    );
  }
  const name = await errorOf(cloudwatch.putDashboard({ DashboardName: 'a b', DashboardBody: BODY }));
  assert.equal(
    name.message,
    'The value for field DashboardName contains invalid characters. It can only contain alphanumerics, dash (-) and underscore (_).\n',
  );
  const warned = await cloudwatch.putDashboard({
    DashboardName: 'd',
    DashboardBody: JSON.stringify({ widgets: [{ type: 'metric', properties: { metrics: [['n', 'm']] } }] }),
  });
  assert.equal(warned.DashboardValidationMessages?.[0]?.DataPath, '/widgets/0/properties/region');
});
