/** CloudWatch as AWS's own command line (the query protocol) and boto3 speak to it. What is not here is skipped. */
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { environment } from './awsClients.ts';
import { planeOnSocket } from './socket.ts';

const run = promisify(execFile);
const REGION = 'eu-central-1';

function works(file: string, ...args: string[]): boolean {
  try {
    execFileSync(file, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const DATA = JSON.stringify([
  { MetricName: 'Orders', Values: [1, 2, 3], Counts: [1, 2, 1], Unit: 'Count', StorageResolution: 1 },
  { MetricName: 'Orders', Value: 5, Dimensions: [{ Name: 'Host', Value: 'a' }] },
]);
const QUERIES = JSON.stringify([
  { Id: 'm1', MetricStat: { Metric: { Namespace: 'Shop', MetricName: 'Orders' }, Period: 60, Stat: 'Sum' } },
  { Id: 'e1', Expression: 'm1 * 2', Label: 'twice' },
]);
const DAY = ['--start-time', '2029-12-31T23:00:00Z', '--end-time', '2030-01-01T01:00:00Z'];
const ALARM = '--namespace Shop --metric-name Orders --statistic Sum --evaluation-periods 1 --threshold 1.5';
const NAMED = `--alarm-name a/b ${ALARM} --comparison-operator GreaterThanThreshold`;

for (const aws of ['aws', '/usr/bin/aws']) {
  test(`CloudWatch for ${aws}`, { skip: !works(aws, '--version') && `no ${aws} here` }, async (t) => {
    const plane = await planeOnSocket(t);
    const env = environment(plane, { AWS_DEFAULT_REGION: REGION });
    const call = async (line: string, ...more: string[]) => {
      const args = ['--endpoint-url', plane.endpoint, '--output', 'json', 'cloudwatch', ...line.split(' '), ...more];
      return JSON.parse((await run(aws, args, { env })).stdout || '{}');
    };
    await call('put-metric-data --namespace Shop --metric-data', DATA);
    const { Metrics } = await call('list-metrics --namespace Shop --dimensions Name=Host,Value=a');
    assert.deepEqual(Metrics, [
      { Namespace: 'Shop', MetricName: 'Orders', Dimensions: [{ Name: 'Host', Value: 'a' }] },
    ]);
    const statistics =
      'get-metric-statistics --namespace Shop --metric-name Orders --period 60 --statistics Sum Average';
    const { Datapoints } = await call(statistics, ...DAY);
    assert.deepEqual([Datapoints[0].Sum, Datapoints[0].Average, Datapoints[0].Unit], [8, 2, 'Count']);
    // As it came over the wire: version 1 is answered in CBOR.
    const { Timestamp } = Datapoints[0];
    const seconds = typeof Timestamp === 'number' ? Timestamp : Date.parse(Timestamp) / 1000;
    assert.equal(seconds, Date.parse('2030-01-01T00:00:00Z') / 1000);
    const percentile =
      'get-metric-statistics --namespace Shop --metric-name Orders --period 60 --extended-statistics p75';
    assert.deepEqual((await call(percentile, ...DAY)).Datapoints[0].ExtendedStatistics, { p75: 2 });
    const { MetricDataResults } = await call('get-metric-data', '--metric-data-queries', QUERIES, ...DAY);
    assert.deepEqual(
      MetricDataResults.map(({ Label, Values }: { Label: string; Values: number[] }) => [Label, Values]),
      [
        ['Orders', [8]],
        ['twice', [16]],
      ],
    );
    await call(`put-metric-alarm ${NAMED} --period 60 --tags Key=a,Value=b`);
    const { MetricAlarms } = await call('describe-alarms --alarm-name-prefix a/');
    assert.deepEqual([MetricAlarms[0].AlarmName, MetricAlarms[0].Threshold], ['a/b', 1.5]);
    await call('set-alarm-state --alarm-name a/b --state-value ALARM --state-reason drill');
    const { AlarmHistoryItems } = await call('describe-alarm-history --alarm-name a/b');
    assert.equal(AlarmHistoryItems.length, 2);
    const body = '{"widgets":[]}';
    assert.deepEqual(await call('put-dashboard --dashboard-name d --dashboard-body', body), {
      DashboardValidationMessages: [],
    });
    assert.equal((await call('get-dashboard --dashboard-name d')).DashboardBody, body);
    for (const [line, message] of REFUSED) await assert.rejects(call(line), message, line);
  });
}

const REFUSED: readonly [string, RegExp][] = [
  [`put-metric-alarm ${NAMED} --period 61`, /\(ValidationError\).*Period must be 10, 20, 30 or a multiple of 60/],
  ['set-alarm-state --alarm-name nope --state-value OK --state-reason x', /\(ResourceNotFound\)/],
  ['get-dashboard --dashboard-name nope', /\(ResourceNotFound\).*Dashboard nope does not exist/],
  ['put-dashboard --dashboard-name d --dashboard-body {}', /\(InvalidParameterInput\)/],
  ['list-metrics --next-token x', /\(InvalidParameterValue\)/],
  ['delete-alarms --alarm-names nope', /\(ResourceNotFound\)/],
  ['get-metric-widget-image --output-format image/png --metric-widget {}', /\(NotImplemented\)/],
];

const SCRIPT = `
import boto3, datetime, json, sys
c = boto3.client('cloudwatch', endpoint_url=sys.argv[1])
boto3.client('kms', endpoint_url=sys.argv[1]).list_keys()
found = c.get_paginator('list_metrics').paginate(Namespace='AWS/Usage').build_full_result()['Metrics']
day = datetime.datetime(2030, 1, 1)
search = "SUM(SEARCH('{AWS/Usage,Class,Resource,Service,Type} ListKeys', 'Sum', 60))"
data = c.get_metric_data(MetricDataQueries=[{'Id': 's1', 'Expression': search}], StartTime=day, EndTime=day + datetime.timedelta(hours=1))
try:
    c.put_dashboard(DashboardName='d', DashboardBody='{"widgets": 1}')
except c.exceptions.DashboardInvalidInputError as error:
    wrong = error.response['dashboardValidationMessages']
print(json.dumps({
    'metrics': [{d['Name']: d['Value'] for d in m['Dimensions']} for m in found],
    'values': data['MetricDataResults'][0]['Values'],
    'wrong': wrong,
}))
`;

const boto = works('python3', '-c', 'import boto3');
test('CloudWatch for boto3', { skip: !boto && 'no Python with boto3 here' }, async (t) => {
  const plane = await planeOnSocket(t);
  const { stdout } = await run('python3', ['-c', SCRIPT, plane.endpoint], {
    env: environment(plane, { AWS_DEFAULT_REGION: REGION }),
  });
  assert.deepEqual(JSON.parse(stdout), {
    metrics: [{ Class: 'None', Resource: 'ListKeys', Service: 'KMS', Type: 'API' }],
    values: [1],
    wrong: [{ DataPath: '/widgets', Message: 'Should be array' }],
  });
});
