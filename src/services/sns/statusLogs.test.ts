import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { type TestContext, test } from 'node:test';
import { type Cloud, testCloud } from '../../testing/cloud.ts';
import { subscribedQueue } from '../../testing/queues.ts';
import { rejected } from '../../testing/rejected.ts';

/** A role in which SNS may write logs, if `actions` say so. */
async function writer({ root: { iam } }: Cloud, Action: string | string[] = 'logs:*') {
  const trust = { Effect: 'Allow', Principal: { Service: 'sns.amazonaws.com' }, Action: 'sts:AssumeRole' };
  const document = (Statement: object) => JSON.stringify({ Version: '2012-10-17', Statement });
  const { Role } = await iam.createRole({ RoleName: 'feedback', AssumeRolePolicyDocument: document(trust) });
  const PolicyDocument = document({ Effect: 'Allow', Action, Resource: '*' });
  await iam.putRolePolicy({ RoleName: 'feedback', PolicyName: 'may', PolicyDocument });
  return Role!.Arn!;
}

async function topicLogging(cloud: Cloud, protocol: 'SQS' | 'HTTP' | 'Firehose', more: Record<string, string> = {}) {
  const role = await writer(cloud);
  const Attributes = {
    [`${protocol}SuccessFeedbackRoleArn`]: role,
    [`${protocol}FailureFeedbackRoleArn`]: role,
    ...more,
  };
  return (await cloud.root.sns.createTopic({ Name: 'news', Attributes })).TopicArn!;
}

async function recordsIn({ root: { logs }, managementAccount }: Cloud, suffix = '') {
  const logGroupName = `sns/us-east-1/${managementAccount}/news${suffix}`;
  const { logGroups } = await logs.describeLogGroups({ logGroupNamePrefix: logGroupName });
  if (!logGroups!.some((group) => group.logGroupName === logGroupName)) return [];
  const { events = [] } = await logs.filterLogEvents({ logGroupName });
  return events.map(({ message }) => JSON.parse(message!));
}

test('what a queue took, and what it refused, is logged in the role that the topic names', async () => {
  const cloud = await testCloud();
  const TopicArn = await topicLogging(cloud, 'SQS', { SQSSuccessFeedbackSampleRate: '100' });
  const { sns } = cloud.root;
  const { Attributes } = await sns.getTopicAttributes({ TopicArn });
  assert.match(Attributes!.SQSSuccessFeedbackRoleArn!, /:role\/feedback$/);
  const open = await subscribedQueue(cloud, TopicArn, 'open');
  const closed = await subscribedQueue(cloud, TopicArn, 'closed', { open: false });
  const { MessageId } = await sns.publish({ TopicArn, Message: 'hello' });
  await cloud.settle();
  const [taken, ...more] = await recordsIn(cloud);
  assert.deepEqual(more, []);
  assert.deepEqual(taken.notification, {
    messageMD5Sum: createHash('md5').update('hello').digest('hex'),
    messageId: MessageId,
    topicArn: TopicArn,
    timestamp: '2030-01-01 00:00:00.000',
  });
  assert.deepEqual([taken.status, taken.delivery.statusCode], ['SUCCESS', 200]);
  assert.equal(taken.delivery.destination, open.QueueArn);
  assert.ok(JSON.parse(taken.delivery.providerResponse).sqsMessageId);
  const [refused] = await recordsIn(cloud, '/Failure');
  assert.equal(refused.status, 'FAILURE');
  assert.equal(refused.delivery.destination, closed.QueueArn);
  assert.equal(JSON.parse(refused.delivery.providerResponse).sqsRequestId, 'Unrecoverable');
});

test('of successes so many are logged as the sample rate says', async () => {
  const cloud = await testCloud();
  const TopicArn = await topicLogging(cloud, 'SQS', { SQSSuccessFeedbackSampleRate: '0' });
  const { sns } = cloud.root;
  await subscribedQueue(cloud, TopicArn, 'open');
  for (let n = 0; n < 20; n++) await sns.publish({ TopicArn, Message: 'none' });
  await cloud.settle();
  assert.deepEqual(await recordsIn(cloud), []);
  const half = { AttributeName: 'SQSSuccessFeedbackSampleRate', AttributeValue: '50' };
  await sns.setTopicAttributes({ TopicArn, ...half });
  for (let n = 0; n < 60; n++) await sns.publish({ TopicArn, Message: 'some' });
  await cloud.settle();
  const { length } = await recordsIn(cloud);
  assert.ok(length > 10 && length < 50, String(length));
});

async function endpoint(t: TestContext, answer: { status: number }) {
  let confirm = '';
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      confirm = JSON.parse(body).Token ?? confirm;
      response.writeHead(confirm && JSON.parse(body).Token === undefined ? answer.status : 200).end('noted');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as { port: number };
  return { url: `http://127.0.0.1:${port}/hook`, token: () => confirm };
}

test('what an endpoint answered over HTTP is logged once it is final, with the attempts it took', async (t) => {
  const cloud = await testCloud();
  const TopicArn = await topicLogging(cloud, 'HTTP');
  const { sns } = cloud.root;
  const answer = { status: 200 };
  const { url, token } = await endpoint(t, answer);
  await sns.subscribe({ TopicArn, Protocol: 'http', Endpoint: url });
  await cloud.settle();
  await sns.confirmSubscription({ TopicArn, Token: token() });
  await sns.publish({ TopicArn, Message: 'hello' });
  await cloud.settle();
  const [taken] = await recordsIn(cloud);
  const { providerResponse, statusCode, attempts, destination } = taken.delivery;
  assert.deepEqual([providerResponse, statusCode, attempts, destination], ['noted', 200, 1, url]);
  answer.status = 500;
  await sns.publish({ TopicArn, Message: 'again' });
  await cloud.settle();
  assert.deepEqual(await recordsIn(cloud, '/Failure'), []);
  for (let n = 0; n < 4; n++) {
    cloud.advance('PT20S');
    await cloud.settle();
  }
  const [failed] = await recordsIn(cloud, '/Failure');
  assert.deepEqual([failed.delivery.statusCode, failed.delivery.attempts, failed.status], [500, 4, 'FAILURE']);
  assert.equal(failed.delivery.dwellTimeMs, 60_000);
});

test('what a delivery stream took, and what SNS may not put into it, is logged', async () => {
  const cloud = await testCloud();
  const { firehose, iam, s3, sns } = cloud.root;
  const TopicArn = await topicLogging(cloud, 'Firehose');
  const document = (Statement: object) => JSON.stringify({ Version: '2012-10-17', Statement });
  const trust = { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'firehose.amazonaws.com' } };
  const keeper = await iam.createRole({ RoleName: 'keeper', AssumeRolePolicyDocument: document(trust) });
  const PolicyDocument = document({ Effect: 'Allow', Action: ['s3:*', 'firehose:*', 'logs:*'], Resource: '*' });
  await iam.putRolePolicy({ RoleName: 'keeper', PolicyName: 'may', PolicyDocument });
  await s3.createBucket({ Bucket: 'kept' });
  const S3DestinationConfiguration = { RoleARN: keeper.Role!.Arn!, BucketARN: 'arn:aws:s3:::kept' };
  const made = await firehose.createDeliveryStream({ DeliveryStreamName: 'd', S3DestinationConfiguration });
  cloud.advance('PT2M');
  await iam.putRolePolicy({ RoleName: 'feedback', PolicyName: 'may', PolicyDocument });
  const Attributes = { SubscriptionRoleArn: `arn:aws:iam::${cloud.managementAccount}:role/feedback` };
  const Endpoint = made.DeliveryStreamARN!;
  await sns.subscribe({ TopicArn, Protocol: 'firehose', Endpoint, Attributes });
  const { MessageId } = await sns.publish({ TopicArn, Message: 'hello' });
  await cloud.settle();
  const [taken] = await recordsIn(cloud);
  assert.deepEqual([taken.status, taken.notification.messageId], ['SUCCESS', MessageId]);
  assert.equal(taken.notification.messageMD5Sum, createHash('md5').update('hello').digest('hex'));
  assert.ok(JSON.parse(taken.delivery.providerResponse).RecordId);
  const logsAlone = document({ Effect: 'Allow', Action: 'logs:*', Resource: '*' });
  await iam.putRolePolicy({ RoleName: 'feedback', PolicyName: 'may', PolicyDocument: logsAlone });
  await sns.publish({ TopicArn, Message: 'more' });
  await cloud.settle();
  const [refused] = await recordsIn(cloud, '/Failure');
  assert.equal(refused.delivery.destination, Endpoint);
  assert.match(JSON.parse(refused.delivery.providerResponse).ErrorMessage, /firehose:PutRecord/);
});

test('a role must be one, be handed over with permission, and be of use: else nothing is logged', async () => {
  const cloud = await testCloud();
  const { sns, iam } = cloud.root;
  const TopicArn = await topicLogging(cloud, 'SQS');
  const role = `arn:aws:iam::${cloud.managementAccount}:role/feedback`;
  const alice = await cloud.user('alice', {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'sns:*', Resource: '*' }],
  });
  const set = { TopicArn, AttributeName: 'HTTPFailureFeedbackRoleArn', AttributeValue: role };
  await rejected(alice.sns.setTopicAttributes(set), 'AccessDenied', /iam:PassRole/);
  await rejected(sns.setTopicAttributes({ ...set, AttributeValue: 'feedback' }), 'InvalidParameter', /invalid value/);
  await iam.deleteRolePolicy({ RoleName: 'feedback', PolicyName: 'may' });
  await subscribedQueue(cloud, TopicArn, 'open');
  await sns.publish({ TopicArn, Message: 'hello' });
  await cloud.settle();
  assert.deepEqual(await recordsIn(cloud), []);
  await sns.setTopicAttributes({ ...set, AttributeName: 'SQSSuccessFeedbackRoleArn', AttributeValue: '' });
  assert.equal((await sns.getTopicAttributes({ TopicArn })).Attributes!.SQSSuccessFeedbackRoleArn, undefined);
});
