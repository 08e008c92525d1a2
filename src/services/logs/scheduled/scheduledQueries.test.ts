import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CreateScheduledQueryRequest, UpdateScheduledQueryRequest } from '@aws-sdk/client-cloudwatch-logs';
import { type Cloud, testCloud } from '../../../testing/cloud.ts';
import { refusal } from '../../../testing/rejected.ts';
import { runs } from './rows.ts';

async function role(cloud: Cloud, RoleName: string, Action: string | string[]) {
  const allow = (statement: object) =>
    JSON.stringify({ Version: '2012-10-17', Statement: { Effect: 'Allow', ...statement } });
  const trust = { Principal: { Service: 'logs.amazonaws.com' }, Action: 'sts:AssumeRole' };
  const { Role } = await cloud.root.iam.createRole({ RoleName, AssumeRolePolicyDocument: allow(trust) });
  await cloud.root.iam.putRolePolicy({ RoleName, PolicyName: 'p', PolicyDocument: allow({ Action, Resource: '*' }) });
  return Role!.Arn!;
}

async function scene() {
  const cloud = await testCloud();
  const { logs } = cloud.root;
  await logs.createLogGroup({ logGroupName: 'app' });
  await logs.createLogStream({ logGroupName: 'app', logStreamName: 's' });
  const put = (message: string) => {
    const logEvents = [{ timestamp: cloud.now().getTime(), message }];
    return logs.putLogEvents({ logGroupName: 'app', logStreamName: 's', logEvents });
  };
  const executionRoleArn = await role(cloud, 'runs', ['logs:StartQuery', 'logs:GetQueryResults']);
  const base: CreateScheduledQueryRequest = {
    name: 'hourly',
    queryLanguage: 'CWLI',
    queryString: 'fields @message | sort @timestamp asc',
    logGroupIdentifiers: ['app'],
    scheduleExpression: 'cron(0 * * * ? *)',
    startTimeOffset: 3600,
    executionRoleArn,
  };
  const pass = async (duration: string) => {
    cloud.advance(duration);
    await cloud.settle();
  };
  const history = async () => {
    const seconds = cloud.now().getTime() / 1000;
    const asked = { identifier: 'hourly', startTime: seconds - 86_400, endTime: seconds };
    return (await logs.getScheduledQueryHistory(asked)).triggerHistory ?? [];
  };
  return { cloud, logs, put, base, pass, history };
}

test('A scheduled query runs in its role, puts what comes out into S3, and tells EventBridge', async () => {
  const { cloud, logs, put, base, pass, history } = await scene();
  const { s3, events, sqs } = cloud.root;
  await s3.createBucket({ Bucket: 'results' });
  const roleArn = await role(cloud, 'delivers', 's3:PutObject');
  const { QueueUrl } = await sqs.createQueue({ QueueName: 'told' });
  const queue = `arn:aws:sqs:us-east-1:${cloud.managementAccount}:told`;
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Principal: { Service: 'events.amazonaws.com' },
      Action: 'sqs:SendMessage',
      Resource: queue,
    },
  });
  await sqs.setQueueAttributes({ QueueUrl, Attributes: { Policy } });
  await events.putRule({
    Name: 'r',
    EventPattern: '{"source": ["aws.logs"], "detail-type": ["Scheduled Query Completed"]}',
  });
  await events.putTargets({ Rule: 'r', Targets: [{ Id: 't', Arn: queue }] });
  const destinationConfiguration = { s3Configuration: { destinationIdentifier: 's3://results/daily', roleArn } };
  const { scheduledQueryArn } = await logs.createScheduledQuery({ ...base, destinationConfiguration });
  await pass('PT30M');
  await put('within the hour');
  assert.deepEqual(await history(), []);
  await pass('PT30M');
  const [run, ...more] = await history();
  const { queryId } = run!;
  assert.deepEqual([more, run?.executionStatus, run?.triggeredTimestamp], [[], 'Complete', cloud.now().getTime()]);
  const key = `daily/${queryId}.json`;
  assert.deepEqual(run?.destinations, [
    {
      destinationType: 'S3',
      destinationIdentifier: 's3://results/daily',
      status: 'COMPLETE',
      processedIdentifier: `s3://results/${key}`,
    },
  ]);
  const object = await s3.getObject({ Bucket: 'results', Key: key });
  const result = JSON.parse(await object.Body!.transformToString());
  assert.deepEqual(result.results[0][0], { field: '@message', value: 'within the hour' });
  const { Messages = [] } = await sqs.receiveMessage({ QueueUrl });
  const event = JSON.parse(Messages[0]!.Body!);
  assert.deepEqual(
    [event.resources, event.detail.queryId, event.detail.status, event.detail.statistics.recordsMatched],
    [[scheduledQueryArn], queryId, 'Complete', 1],
  );
  const started = (await logs.describeQueries({})).queries?.find((query) => query.queryId === queryId);
  assert.match(JSON.stringify(started), /assumed-role\/runs\//);
  await pass('PT1H');
  assert.equal((await history()).length, 2);
});

test('A scheduled query that cannot run, or whose results cannot be put, says why', async () => {
  const { cloud, logs, base, pass, history } = await scene();
  const roleArn = await role(cloud, 'delivers', 's3:GetObject');
  const destinationConfiguration = { s3Configuration: { destinationIdentifier: 's3://nowhere', roleArn } };
  await logs.createScheduledQuery({ ...base, destinationConfiguration });
  await pass('PT1H');
  const [undelivered] = await history();
  assert.equal(undelivered?.executionStatus, 'Complete');
  assert.equal(undelivered?.destinations?.[0]?.status, 'CLIENT_ERROR');
  assert.match(undelivered?.destinations?.[0]?.errorMessage ?? '', /bucket|authorized|Denied/i);
  await cloud.root.iam.deleteRolePolicy({ RoleName: 'runs', PolicyName: 'p' });
  await pass('PT1H');
  const [refused] = await history();
  assert.deepEqual([refused?.executionStatus, refused?.queryId], ['Failed', undefined]);
  assert.match(refused?.errorMessage ?? '', /logs:StartQuery/);
  assert.equal((await logs.getScheduledQuery({ identifier: 'hourly' })).lastExecutionStatus, 'Failed');
  await pass('PT1H');
  assert.equal((await history()).length, 3);
});

test('A scheduled query keeps a lookup table fresh', async () => {
  const { cloud, logs, put, base, pass, history } = await scene();
  const roleArn = await role(cloud, 'fills', [
    'logs:CreateLookupTable',
    'logs:UpdateLookupTable',
    'logs:GetQueryResults',
  ]);
  const destinationConfiguration = { lookupTableConfiguration: { tableName: 'latest', roleArn, tags: { a: 'b' } } };
  await logs.createScheduledQuery({ ...base, destinationConfiguration });
  const arn = `arn:aws:logs:us-east-1:${cloud.managementAccount}:lookup-table:latest`;
  for (const message of ['one', 'two']) {
    await put(message);
    await pass('PT1H');
    assert.equal((await logs.getLookupTable({ lookupTableArn: arn })).tableBody, `@message\n${message}`);
  }
  const [run] = await history();
  assert.deepEqual(run?.destinations, [
    { destinationType: 'LOOKUP_TABLE', destinationIdentifier: 'latest', status: 'COMPLETE', processedIdentifier: arn },
  ]);
});

test('A scheduled query is read back, changed, stopped, tagged and deleted', async () => {
  const { cloud, logs, base, pass, history } = await scene();
  const more = { description: 'd', timezone: 'Europe/Berlin', endTimeOffset: 60, tags: { team: 'a' } };
  const { scheduledQueryArn, state } = await logs.createScheduledQuery({ ...base, ...more });
  assert.equal(state, 'ENABLED');
  const { $metadata: _, ...read } = await logs.getScheduledQuery({ identifier: scheduledQueryArn! });
  const { tags: __, ...given } = { ...base, ...more };
  const created = cloud.now().getTime();
  assert.deepEqual(read, {
    ...given,
    scheduledQueryArn,
    state: 'ENABLED',
    scheduleType: 'CUSTOMER_MANAGED',
    creationTime: created,
    lastUpdatedTime: created,
  });
  assert.deepEqual((await logs.listTagsForResource({ resourceArn: scheduledQueryArn! })).tags, { team: 'a' });
  const { name: ___, tags: ____, ...settings } = { ...base, tags: {} };
  const change: UpdateScheduledQueryRequest = { ...settings, identifier: 'hourly', state: 'DISABLED' };
  assert.equal((await logs.updateScheduledQuery(change)).state, 'DISABLED');
  assert.equal((await logs.getScheduledQuery({ identifier: 'hourly' })).description, undefined);
  await pass('PT3H');
  assert.deepEqual(await history(), []);
  const listed = async (input: object) =>
    (await logs.listScheduledQueries(input)).scheduledQueries?.map(({ name }) => name);
  assert.deepEqual(await listed({ state: 'DISABLED' }), ['hourly']);
  assert.deepEqual(await listed({ state: 'ENABLED' }), []);
  await refusal(logs.createScheduledQuery(base), 'ConflictException');
  const end = { scheduleEndTime: cloud.now().getTime() / 1000 + 3600 };
  await logs.updateScheduledQuery({ ...change, ...end, state: 'ENABLED' });
  await pass('PT4H');
  assert.equal((await history()).length, 1);
  await logs.deleteScheduledQuery({ identifier: 'hourly' });
  await refusal(logs.getScheduledQuery({ identifier: 'hourly' }), 'ResourceNotFoundException');
});

test('Runs of a scheduled query are forgotten with it, however many there were', async () => {
  const { cloud, logs, base, pass } = await scene();
  const { scheduledQueryArn = '' } = await logs.createScheduledQuery(base);
  const [account, region] = [cloud.managementAccount, 'us-east-1'];
  const scheduled = scheduledQueryArn.split(':').at(-1)!;
  await pass('PT1H');
  const begin = cloud.now().getTime();
  await cloud.deps.store.transaction(async (tx) => {
    for (let i = 1; i <= 450; i++) {
      await tx.insert(runs, { account, region, scheduled, triggered: begin - i * 60_000, status: 'Complete' });
    }
  });
  await logs.deleteScheduledQuery({ identifier: scheduledQueryArn });
  await pass('PT1H');
  const left = await cloud.deps.store.transaction((tx) => tx.list(runs, [account, region, scheduled], { limit: 1 }));
  assert.deepEqual(left.rows, []);
});

test('CreateScheduledQuery refuses what could never run, and needs iam:PassRole', async () => {
  const { cloud, logs, base } = await scene();
  const role = base.executionRoleArn;
  const wrong: Partial<CreateScheduledQueryRequest>[] = [
    { queryLanguage: 'SQL' },
    { queryString: 'nonsense' },
    { logGroupIdentifiers: [] },
    { queryString: 'SOURCE logGroups() | fields @message' },
    { scheduleExpression: 'rate(1 hour)' },
    { scheduleExpression: 'cron(61 * * * ? *)' },
    { timezone: 'Mars/Base' },
    { startTimeOffset: 60, endTimeOffset: 60 },
    { executionRoleArn: 'runs' },
    { destinationConfiguration: { s3Configuration: { destinationIdentifier: 'results', roleArn: role } } },
    { destinationConfiguration: { lookupTableConfiguration: { tableName: 't', roleArn: 'role' } } },
    { scheduleStartTime: 2, scheduleEndTime: 1 },
  ];
  for (const input of wrong) await refusal(logs.createScheduledQuery({ ...base, ...input }), 'ValidationException');
  const alice = await cloud.user('alice', {
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Action: 'logs:*', Resource: '*' },
  });
  const refused = await refusal(alice.logs.createScheduledQuery(base), 'AccessDeniedException');
  assert.match(refused.message, /iam:PassRole/);
});

test('A scheduled query may be written in SQL, which names its groups, or in PPL', async () => {
  const { logs, put, base, pass, history } = await scene();
  const queryString = 'SELECT count(*) AS n FROM app';
  const asked = { ...base, queryLanguage: 'SQL', queryString, logGroupIdentifiers: undefined } as const;
  const { scheduledQueryArn: identifier } = await logs.createScheduledQuery(asked);
  assert.equal((await logs.getScheduledQuery({ identifier })).queryLanguage, 'SQL');
  await put('one');
  await pass('PT60M');
  const [run] = await history();
  const { results, queryLanguage } = await logs.getQueryResults({ queryId: run?.queryId });
  assert.deepEqual([queryLanguage, results], ['SQL', [[{ field: 'n', value: '1' }]]]);
  const ppl = { ...base, name: 'ppl', queryLanguage: 'PPL', queryString: 'stats count()' } as const;
  assert.ok((await logs.createScheduledQuery(ppl)).scheduledQueryArn);
  await refusal(logs.createScheduledQuery({ ...asked, name: 'x', queryString: 'SELECT 1' }), 'ValidationException');
  await refusal(
    logs.createScheduledQuery({ ...base, name: 'x', queryLanguage: 'XYZ' as 'SQL' }),
    'ValidationException',
  );
});
