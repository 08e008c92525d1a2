import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Cloud, testCloud } from '../../../testing/cloud.ts';
import { promptly } from '../../../testing/promptly.ts';
import { rejected } from '../../../testing/rejected.ts';
import { delivered, deliveryStream, groupFor, own, ready, roleFor, texts } from './fixtures.ts';

const FILTER = { logGroupName: 'app', filterName: 'errors', filterPattern: 'ERROR' };

async function subscribed() {
  const cloud = await testCloud();
  const side = own(cloud);
  const destinationArn = await deliveryStream(cloud, side, 'archive');
  const condition = { StringLike: { 'aws:SourceArn': `arn:aws:logs:us-east-1:${side.account}:*` } };
  const roleArn = await roleFor(side, 'CWLtoFirehose', 'firehose:PutRecord', { condition });
  const put = await groupFor(cloud, side);
  const filter = { ...FILTER, destinationArn, roleArn };
  await cloud.root.logs.putSubscriptionFilter(filter);
  return { cloud, side, logs: cloud.root.logs, put, filter };
}

test('Events that match go through Firehose into a bucket, after a control message', async () => {
  const { cloud, side, put } = await subscribed();
  await put('ERROR one', 'fine');
  cloud.advance('PT1S');
  await put('ERROR two');
  const [control, ...data] = await delivered(cloud, side, 'archive');
  assert.equal(control!.messageType, 'CONTROL_MESSAGE');
  assert.equal(control!.owner, 'CloudwatchLogs');
  const message = 'CWL CONTROL MESSAGE: Checking health of destination Firehose.';
  assert.deepEqual(
    control!.logEvents.map((event) => event.message),
    [message],
  );
  const { logEvents, ...envelope } = data[0]!;
  assert.deepEqual(envelope, {
    messageType: 'DATA_MESSAGE',
    owner: side.account,
    logGroup: 'app',
    logStream: 's',
    subscriptionFilters: ['errors'],
  });
  assert.deepEqual(texts(data), ['ERROR one', 'ERROR two']);
  assert.match(logEvents[0]!.id, /^\d{56}$/);
  const { events } = await cloud.root.logs.filterLogEvents({ logGroupName: 'app', filterPattern: 'ERROR' });
  assert.deepEqual(
    data.flatMap((one) => one.logEvents.map(({ id }) => id)),
    events!.map(({ eventId }) => eventId),
  );
});

test('A filter is read back as it was put, changes, and ends', async () => {
  const { cloud, side, logs, put, filter } = await subscribed();
  const read = async () => (await logs.describeSubscriptionFilters({ logGroupName: 'app' })).subscriptionFilters!;
  const [first] = await read();
  const { creationTime, ...rest } = first!;
  assert.ok(creationTime! <= cloud.now().getTime());
  assert.deepEqual(rest, { ...filter, distribution: 'ByLogStream', applyOnTransformedLogs: false });
  await logs.putSubscriptionFilter({ ...filter, filterPattern: 'WARN', distribution: 'Random' });
  assert.deepEqual(
    (await read()).map(({ filterPattern, distribution, creationTime: at }) => [filterPattern, distribution, at]),
    [['WARN', 'Random', creationTime]],
  );
  await put('ERROR', 'WARN');
  await logs.putSubscriptionFilter({ ...filter, filterName: 'second' });
  await rejected(
    logs.putSubscriptionFilter({ ...filter, filterName: 'third' }),
    'LimitExceededException',
    'Resource limit exceeded.',
  );
  assert.deepEqual(texts(await delivered(cloud, side, 'archive')), ['WARN']);
  await logs.deleteSubscriptionFilter({ logGroupName: 'app', filterName: 'errors' });
  await put('WARN again');
  assert.deepEqual(texts(await delivered(cloud, side, 'archive')), ['WARN']);
  assert.deepEqual(
    (await read()).map(({ filterName }) => filterName),
    ['second'],
  );
});

/** What the filter counted of late. */
const sumsIn = (cloud: Cloud) => async (MetricName: string) => {
  await cloud.settle();
  const { Datapoints } = await cloud.root.cloudwatch.getMetricStatistics({
    ...{ Namespace: 'AWS/Logs', MetricName, Period: 3_600, Statistics: ['Sum'] },
    Dimensions: [
      { Name: 'LogGroupName', Value: 'app' },
      { Name: 'DestinationType', Value: 'Firehose' },
      { Name: 'FilterName', Value: 'errors' },
    ],
    StartTime: new Date(cloud.now().getTime() - 3_600_000),
    EndTime: new Date(cloud.now().getTime() + 3_600_000),
  });
  return Datapoints!.reduce((sum, { Sum = 0 }) => sum + Sum, 0);
};

/** Each place of such a text is another state of an automaton that looks for `a[ab]{200}c`. */
function costly(n: number): string {
  let seed = n + 1;
  return Array.from({ length: 20_000 }, () => 'ab'[(seed = (seed * 48_271) % 2_147_483_647) & 1]).join('');
}

test('Events that take too long to look at are counted, and keep none of the others back', async () => {
  const { cloud, side, logs, put, filter } = await subscribed();
  await logs.putSubscriptionFilter({ ...filter, filterPattern: '?ERROR ?%a[ab]{200}c%' });
  const hostile = Array.from({ length: 12 }, (_, n) => costly(n));
  await promptly(() => put(...hostile, 'fine', 'ERROR behind them'));
  assert.deepEqual(texts(await promptly(() => delivered(cloud, side, 'archive'))), ['ERROR behind them']);
  const sumOf = sumsIn(cloud);
  assert.deepEqual([await sumOf('ForwardedLogEvents'), await sumOf('DeliveryErrors')], [1, hostile.length]);
});

test('What was forwarded and what could not be is measured', async () => {
  const { cloud, side, put, filter } = await subscribed();
  await put('ERROR one', 'ERROR two');
  await cloud.settle();
  const sumOf = sumsIn(cloud);
  assert.equal(await sumOf('ForwardedLogEvents'), 2);
  assert.ok((await sumOf('ForwardedBytes')) > 0);
  await cloud.root.firehose.deleteDeliveryStream({ DeliveryStreamName: 'archive' });
  await ready(cloud);
  await put('ERROR three');
  assert.equal(await sumOf('DeliveryErrors'), 1);
  cloud.advance('PT1H');
  assert.equal(await sumOf('ForwardedLogEvents'), 0, 'a stream that is gone is not tried again');
  assert.equal(filter.destinationArn.split(':')[4], side.account);
});

test('A role that may not, or does not trust the service, is found out before the filter is kept', async () => {
  const { cloud, side, logs, filter } = await subscribed();
  const refusal =
    'Could not deliver test message to specified Firehose stream. Check if the given Firehose stream is in ACTIVE state.';
  const refused = (roleArn: string) =>
    rejected(logs.putSubscriptionFilter({ ...filter, roleArn }), 'InvalidParameterException', refusal);
  await refused(await roleFor(side, 'powerless', 'sqs:*'));
  await refused(await roleFor(side, 'untrusting', 'firehose:*', { service: 'events.amazonaws.com' }));
  const elsewhere = { StringLike: { 'aws:SourceArn': 'arn:aws:logs:us-east-1:999999999999:*' } };
  await refused(await roleFor(side, 'elsewhere', 'firehose:*', { condition: elsewhere }));
  const regional = await roleFor(side, 'regional', 'firehose:*', { service: 'logs.us-east-1.amazonaws.com' });
  await logs.putSubscriptionFilter({ ...filter, roleArn: regional });
  const missing = { ...filter, destinationArn: filter.destinationArn.replace('archive', 'nowhere') };
  await rejected(logs.putSubscriptionFilter(missing), 'InvalidParameterException', refusal);
  await rejected(
    logs.putSubscriptionFilter({ ...filter, roleArn: 'arn:aws:iam::999999999999:role/other' }),
    'AccessDeniedException',
    'Cross-account pass role is not allowed.',
  );
  const statement = { Effect: 'Allow', Action: 'logs:*', Resource: '*' };
  const writer = await cloud.user('writer', { Version: '2012-10-17', Statement: statement });
  await rejected(writer.logs.putSubscriptionFilter(filter), 'AccessDeniedException', /iam:PassRole/);
});

test('Fields of a space-delimited pattern, and system fields, come with the event', async () => {
  const { cloud, side, logs, put, filter } = await subscribed();
  await logs.putSubscriptionFilter({
    ...filter,
    filterPattern: '[method, code=5*]',
    emitSystemFields: ['@aws.account', '@aws.region'],
    fieldSelectionCriteria: `@aws.account = "${side.account}"`,
  });
  await put('GET 500', 'GET 200');
  const messages = await delivered(cloud, side, 'archive');
  assert.deepEqual(
    messages.at(-1)!.logEvents.map(({ extractedFields }) => extractedFields),
    [{ method: 'GET', code: '500', '@aws.account': side.account, '@aws.region': 'us-east-1' }],
  );
  await logs.putSubscriptionFilter({ ...filter, fieldSelectionCriteria: '@aws.region != "us-east-1"' });
  await put('ERROR not from here');
  assert.deepEqual(texts(await delivered(cloud, side, 'archive')), ['GET 500']);
});

test('All accounts of an organization send to the bucket of its log archive, and nobody else', async () => {
  const cloud = await testCloud();
  const central = own(cloud);
  const { organizations, logs } = cloud.root;
  const { Organization } = await organizations.createOrganization({ FeatureSet: 'ALL' });
  await organizations.createAccount({ AccountName: 'workload', Email: 'workload@example.com' });
  cloud.advance('PT1H');
  const { Accounts } = await organizations.listAccounts({});
  const account = Accounts!.find(({ Id }) => Id !== central.account)!.Id!;
  const workload = { clients: cloud.as(await cloud.keyFor(account)), account };
  const targetArn = await deliveryStream(cloud, central, 'archive');
  const roleArn = await roleFor(central, 'CWLtoFirehose', 'firehose:*');
  const wanted = { destinationName: 'archive', targetArn, roleArn, tags: { team: 'security' } };
  const { destination } = await logs.putDestination(wanted);
  const { tags } = await logs.listTagsForResource({ resourceArn: destination!.arn! });
  assert.deepEqual(tags, { team: 'security' });
  const accessPolicy = JSON.stringify({
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Principal: '*',
      Action: 'logs:PutSubscriptionFilter',
      Resource: destination!.arn,
      Condition: { StringEquals: { 'aws:PrincipalOrgID': Organization!.Id } },
    },
  });
  await logs.putDestinationPolicy({ destinationName: 'archive', accessPolicy });
  const [read] = (await logs.describeDestinations({ DestinationNamePrefix: 'arch' })).destinations!;
  assert.deepEqual([read!.accessPolicy, read!.targetArn, read!.roleArn], [accessPolicy, targetArn, roleArn]);
  const put = await groupFor(cloud, workload);
  const filter = { ...FILTER, destinationArn: destination!.arn! };
  await workload.clients.logs.putSubscriptionFilter(filter);
  await put('ERROR at work');
  const messages = await delivered(cloud, central, 'archive');
  assert.deepEqual(texts(messages), ['ERROR at work']);
  assert.equal(messages.at(-1)!.owner, account);
  const stranger = await cloud.memberAccount('stranger');
  await stranger.root.logs.createLogGroup({ logGroupName: 'app' });
  await rejected(stranger.root.logs.putSubscriptionFilter(filter), 'AccessDeniedException', /PutSubscriptionFilter/);
  const missing = { ...filter, destinationArn: filter.destinationArn.replace('archive', 'none') };
  await rejected(workload.clients.logs.putSubscriptionFilter(missing), 'AccessDeniedException', /none/);
  await logs.deleteDestination({ destinationName: 'archive' });
  await put('ERROR too late');
  assert.deepEqual(texts(await delivered(cloud, central, 'archive')), ['ERROR at work']);
  await rejected(
    logs.deleteDestination({ destinationName: 'archive' }),
    'ResourceNotFoundException',
    'The specified destination does not exist.',
  );
});

/** The group has a key from now on: the key's id. */
async function sealed(cloud: Cloud, { account }: { account: string }): Promise<string> {
  const Statement = [
    { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: 'kms:*', Resource: '*' },
    { Effect: 'Allow', Principal: { Service: 'logs.us-east-1.amazonaws.com' }, Action: 'kms:*', Resource: '*' },
  ];
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement });
  const { KeyMetadata } = await cloud.root.kms.createKey({ Policy });
  await cloud.root.logs.associateKmsKey({ logGroupName: 'app', kmsKeyId: KeyMetadata!.Arn! });
  return KeyMetadata!.KeyId!;
}

test('What a key that is disabled keeps closed is sent once it is enabled, and given up and counted after a day', async () => {
  const { cloud, side, put } = await subscribed();
  const KeyId = await sealed(cloud, side);
  const putAndDisable = async (message: string) => {
    await put(message);
    await cloud.root.kms.disableKey({ KeyId });
    cloud.advance('PT6M'); // Data keys are kept for five minutes.
    await cloud.settle();
  };
  await putAndDisable('ERROR one');
  assert.deepEqual(texts(await delivered(cloud, side, 'archive')), []);
  await cloud.root.kms.enableKey({ KeyId });
  cloud.advance('PT1H');
  assert.deepEqual(texts(await delivered(cloud, side, 'archive')), ['ERROR one']);
  await putAndDisable('ERROR two');
  cloud.advance('P1DT1H');
  const sumOf = sumsIn(cloud);
  assert.equal(await sumOf('DeliveryErrors'), 1);
  await cloud.root.kms.enableKey({ KeyId });
  cloud.advance('PT1H');
  assert.deepEqual(texts(await delivered(cloud, side, 'archive')), ['ERROR one']);
});

test('What is sent is masked, and transformed where the filter says so; the group may have a key', async () => {
  const { cloud, side, logs, put, filter } = await subscribed();
  await sealed(cloud, side);
  await rejected(
    logs.putSubscriptionFilter({ ...filter, applyOnTransformedLogs: true }),
    'InvalidParameterException',
    'The log group has no transformer.',
  );
  const transformerConfig = [{ parseJSON: {} }, { addKeys: { entries: [{ key: 'made', value: 'ERROR' }] } }];
  await logs.putTransformer({ logGroupIdentifier: 'app', transformerConfig });
  const DataIdentifier = ['arn:aws:dataprotection::aws:data-identifier/EmailAddress'];
  const policyDocument = JSON.stringify({
    Name: 'mask',
    Version: '2021-06-01',
    Statement: [
      { Sid: 'audit', DataIdentifier, Operation: { Audit: { FindingsDestination: {} } } },
      { Sid: 'mask', DataIdentifier, Operation: { Deidentify: { MaskConfig: {} } } },
    ],
  });
  await logs.putDataProtectionPolicy({ logGroupIdentifier: 'app', policyDocument });
  await logs.putSubscriptionFilter({ ...filter, applyOnTransformedLogs: true });
  await put('{"by":"jane@example.com"}');
  assert.deepEqual(texts(await delivered(cloud, side, 'archive')), ['{"by":"****************","made":"ERROR"}']);
});
