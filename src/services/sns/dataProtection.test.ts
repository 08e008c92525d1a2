import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Cloud, testCloud } from '../../testing/cloud.ts';
import { receiveAll, subscribedQueue } from '../../testing/queues.ts';
import { refusal } from '../../testing/rejected.ts';

const ARN = 'arn:aws:dataprotection::aws:data-identifier/';
const CARD = '4111 1111 1111 1111';

const policy = (...Statement: object[]) => JSON.stringify({ Name: 'guard', Version: '2021-06-01', Statement });

const statement = (DataDirection: string, Operation: object, more: object = {}) => ({
  DataDirection,
  Principal: ['*'],
  DataIdentifier: [`${ARN}CreditCardNumber`, `${ARN}EmailAddress`],
  Operation,
  ...more,
});

const MASK = { Deidentify: { MaskConfig: { MaskWithCharacter: '#' } } };

async function guarded(cloud: Cloud, DataProtectionPolicy: string, Name = 'guarded') {
  const { TopicArn } = await cloud.root.sns.createTopic({ Name, DataProtectionPolicy });
  return TopicArn!;
}

async function seen(cloud: Cloud, queue: string): Promise<string[]> {
  await cloud.settle();
  return (await receiveAll(cloud, queue)).map(({ Body }) => JSON.parse(Body!).Message);
}

test('a policy is read back byte for byte, replaced and taken away', async () => {
  const cloud = await testCloud();
  const { sns } = cloud.root;
  const text = `  ${policy(statement('Inbound', { Deny: {} }))}`;
  const ResourceArn = await guarded(cloud, text);
  const shown = async () => (await sns.getDataProtectionPolicy({ ResourceArn })).DataProtectionPolicy;
  assert.equal(await shown(), text);
  await sns.putDataProtectionPolicy({ ResourceArn, DataProtectionPolicy: policy(statement('Outbound', MASK)) });
  assert.equal(await shown(), policy(statement('Outbound', MASK)));
  await sns.putDataProtectionPolicy({ ResourceArn, DataProtectionPolicy: '' });
  assert.equal((await shown()) ?? '', '');
});

test('inbound: sensitive messages are denied, masked or redacted for whom the statement names', async () => {
  const cloud = await testCloud();
  const { sns } = cloud.root;
  const ann = await cloud.user('ann', {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'sns:*', Resource: '*' }],
  });
  const Principal = [`arn:aws:iam::${cloud.managementAccount}:user/ann`];
  const TopicArn = await guarded(cloud, policy(statement('Inbound', { Deny: {} }, { Principal })));
  const { QueueUrl } = await subscribedQueue(cloud, TopicArn, 'inbox');
  const error = await refusal(ann.sns.publish({ TopicArn, Message: `card ${CARD}` }), 'AuthorizationError');
  assert.match(error.message, /data protection policy prohibits this message from being published/);
  await ann.sns.publish({ TopicArn, Message: 'card 4111 1111 1111 1112' });
  await sns.publish({ TopicArn, Message: `root ${CARD}` });
  assert.deepEqual((await seen(cloud, QueueUrl)).toSorted(), ['card 4111 1111 1111 1112', `root ${CARD}`]);
  const PublishBatchRequestEntries = [
    { Id: 'a', Message: 'plain' },
    { Id: 'b', Message: CARD },
  ];
  const batch = await ann.sns.publishBatch({ TopicArn, PublishBatchRequestEntries });
  assert.deepEqual([batch.Successful?.length, batch.Failed?.[0]?.Code], [1, 'AuthorizationError']);
  const put = (DataProtectionPolicy: string) =>
    sns.putDataProtectionPolicy({ ResourceArn: TopicArn, DataProtectionPolicy });
  await put(policy(statement('Inbound', MASK)));
  await sns.publish({ TopicArn, Message: `${CARD} of a@example.com` });
  const structured = (Message: string) => sns.publish({ TopicArn, Message, MessageStructure: 'json' });
  await structured(JSON.stringify({ default: 'x', sqs: `for queues ${CARD}` }));
  // Of a number that is masked no JSON is left.
  await refusal(structured(`{"default":"x","sqs":${CARD.replaceAll(' ', '')}}`), 'InvalidParameter');
  await put(policy(statement('Inbound', { Deidentify: { RedactConfig: {} } })));
  await sns.publish({ TopicArn, Message: `${CARD} of a@example.com` });
  await refusal(sns.publish({ TopicArn, Message: CARD }), 'InvalidParameter');
  const masked = `${'#'.repeat(CARD.length)} of ${'#'.repeat(13)}`;
  const forQueues = `for queues ${'#'.repeat(CARD.length)}`;
  assert.deepEqual((await seen(cloud, QueueUrl)).toSorted(), [' of ', masked, forQueues, 'plain']);
});

test('outbound: each subscriber gets what the policy lets it see', async () => {
  const cloud = await testCloud();
  const { sns } = cloud.root;
  const root = `arn:aws:iam::${cloud.managementAccount}:root`;
  const custom = {
    Name: 'guard',
    Version: '2021-06-01',
    Configuration: { CustomDataIdentifier: [{ Name: 'EmployeeId', Regex: 'EID-\\d{9}-US' }] },
    Statement: [statement('Outbound', MASK, { DataIdentifier: ['EmployeeId'], Principal: [root] })],
  };
  const TopicArn = await guarded(cloud, JSON.stringify(custom));
  const { QueueUrl } = await subscribedQueue(cloud, TopicArn, 'inbox');
  await sns.publish({ TopicArn, Message: 'EID-123456789-US and EID-1' });
  assert.deepEqual(await seen(cloud, QueueUrl), [`${'#'.repeat(16)} and EID-1`]);
  const DataProtectionPolicy = policy(statement('Outbound', { Deny: {} }));
  await sns.putDataProtectionPolicy({ ResourceArn: TopicArn, DataProtectionPolicy });
  await sns.publish({ TopicArn, Message: CARD });
  await sns.publish({ TopicArn, Message: 'harmless' });
  assert.deepEqual(await seen(cloud, QueueUrl), ['harmless']);
});

test('an audit tells a log group what was found where, and CloudWatch how often', async () => {
  const cloud = await testCloud({ now: new Date('2026-03-01T12:00:00Z') });
  const { sns, logs, cloudwatch } = cloud.root;
  const found = '/aws/vendedlogs/found';
  const quiet = '/aws/vendedlogs/quiet';
  const destination = (LogGroup: string) => ({ CloudWatchLogs: { LogGroup } });
  const Audit = {
    SampleRate: '99',
    FindingsDestination: destination(found),
    NoFindingsDestination: destination(quiet),
  };
  const text = policy(statement('Inbound', { Audit }));
  await refusal(sns.createTopic({ Name: 'guarded', DataProtectionPolicy: text }), 'InvalidParameter');
  for (const logGroupName of [found, quiet]) await logs.createLogGroup({ logGroupName });
  const TopicArn = await guarded(cloud, text);
  const { MessageId } = await sns.publish({ TopicArn, Message: `pay ${CARD} and ${CARD}` });
  await sns.publish({ TopicArn, Message: 'nothing' });
  await cloud.settle();
  const events = async (logGroupName: string) =>
    ((await logs.filterLogEvents({ logGroupName })).events ?? []).map(({ message }) => JSON.parse(message!));
  const [event] = await events(found);
  assert.equal(event.messageId, MessageId);
  assert.deepEqual(event.dataIdentifiers, [
    {
      name: 'CreditCardNumber',
      count: 2,
      detections: [
        { start: 5, end: 23 },
        { start: 29, end: 47 },
      ],
    },
  ]);
  assert.deepEqual(
    (await events(quiet)).map(({ dataIdentifiers }) => dataIdentifiers),
    [[]],
  );
  const { Datapoints } = await cloudwatch.getMetricStatistics({
    Namespace: 'AWS/SNS',
    MetricName: 'MessagesWithFindings',
    Dimensions: [{ Name: 'TopicName', Value: 'guarded' }],
    StartTime: new Date('2026-03-01T11:00:00Z'),
    EndTime: new Date('2026-03-01T13:00:00Z'),
    Period: 3600,
    Statistics: ['Sum'],
  });
  assert.deepEqual(
    Datapoints?.map(({ Sum }) => Sum),
    [1],
  );
});

test('policies that are not honoured are refused', async () => {
  const cloud = await testCloud();
  const inbound = (operation: object, more: object = {}) => policy(statement('Inbound', operation, more));
  const wrong: string[] = [
    'x',
    '[]',
    '{}',
    policy(),
    JSON.stringify({ Name: 'n', Version: '2012-10-17', Statement: [statement('Inbound', MASK)] }),
    policy(statement('Sideways', MASK)),
    inbound({ Encrypt: {} }),
    inbound({ ...MASK, Deny: {} }),
    inbound({ Deidentify: {} }),
    inbound({ Deidentify: { MaskConfig: { MaskWithCharacter: '"' } } }),
    inbound(MASK, { DataIdentifier: [`${ARN}Name`] }),
    inbound(MASK, { DataIdentifier: ['Custom'] }),
    inbound(MASK, { DataIdentifier: [] }),
    inbound(MASK, { Principal: ['ann'] }),
    inbound({ Audit: { SampleRate: 100 } }),
    policy(statement('Outbound', { Audit: { SampleRate: 1 } })),
    policy(statement('Inbound', { Audit: { SampleRate: 1 } }), statement('Inbound', { Audit: { SampleRate: 2 } })),
    inbound({ Audit: { SampleRate: 1, FindingsDestination: { CloudWatchLogs: { LogGroup: 'mine' } } } }),
  ];
  for (const text of wrong) await refusal(guarded(cloud, text), 'InvalidParameter');
  for (const destination of [{ S3: { Bucket: 'b' } }, { Firehose: { DeliveryStream: 's' } }]) {
    const text = inbound({ Audit: { SampleRate: 1, FindingsDestination: destination } });
    await refusal(guarded(cloud, text), 'NotImplemented');
  }
  const maker = await cloud.user('maker', {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'sns:CreateTopic', Resource: '*' }],
  });
  const DataProtectionPolicy = inbound(MASK);
  await refusal(maker.sns.createTopic({ Name: 'n', DataProtectionPolicy }), 'AccessDenied');
});
