import assert from 'node:assert/strict';
import { test } from 'node:test';
import { servicePrincipal } from '../../core/context.ts';
import { errand } from '../../gateway/errand.ts';
import { findResource } from '../../posture/inventory.ts';
import { type Cloud, testCloud } from '../../testing/cloud.ts';
import { receiveAll, subscribedQueue } from '../../testing/queues.ts';
import { refusal } from '../../testing/rejected.ts';

async function topic(Attributes: Record<string, string> = {}) {
  const cloud = await testCloud();
  const { sns } = cloud.root;
  const { TopicArn } = await sns.createTopic({ Name: 'news', Attributes });
  const attributes = async () => (await sns.getTopicAttributes({ TopicArn })).Attributes ?? {};
  const set = (AttributeName: string, AttributeValue: string) =>
    sns.setTopicAttributes({ TopicArn, AttributeName, AttributeValue });
  return { cloud, sns, TopicArn: TopicArn!, attributes, set };
}

const publishAs = ({ deps, managementAccount }: Cloud, service: string, TopicArn: string, account: string) =>
  errand(deps, { principal: service, account: managementAccount, region: 'us-east-1' }, (ctx) =>
    ctx.call(
      'sns',
      'Publish',
      { TopicArn, Message: 'x' },
      servicePrincipal(service, { account, arn: `arn:aws:x:::y` }),
    ),
  );

test('Publish reaches a queue that lets the topic in, and leaves no trace at one that does not', async () => {
  const { cloud, sns, TopicArn } = await topic();
  const { QueueUrl } = await subscribedQueue(cloud, TopicArn, 'inbox');
  const closed = await subscribedQueue(cloud, TopicArn, 'closed', { open: false });
  const { MessageId } = await sns.publish({ TopicArn, Message: 'hello', Subject: 'greeting' });
  await cloud.settle();
  const [message] = await receiveAll(cloud, QueueUrl);
  const body = JSON.parse(message!.Body!);
  assert.equal(body.Message, 'hello');
  assert.equal(body.MessageId, MessageId);
  assert.deepEqual(Object.keys(body), [
    'Type',
    'MessageId',
    'TopicArn',
    'Subject',
    'Message',
    'Timestamp',
    'SignatureVersion',
    'Signature',
    'SigningCertURL',
    'UnsubscribeURL',
  ]);
  assert.deepEqual(await receiveAll(cloud, closed.QueueUrl), []);
});

test('CreateTopic: the defaults that AWS gives; again the same', async () => {
  const { cloud, sns, TopicArn, attributes } = await topic();
  const owner = cloud.managementAccount;
  assert.equal(TopicArn, `arn:aws:sns:us-east-1:${owner}:news`);
  const { Policy, EffectiveDeliveryPolicy, ...rest } = await attributes();
  assert.deepEqual(rest, {
    TopicArn,
    Owner: owner,
    DisplayName: '',
    SubscriptionsConfirmed: '0',
    SubscriptionsPending: '0',
    SubscriptionsDeleted: '0',
  });
  assert.match(Policy!, /"Id":"__default_policy_ID".*"AWS:SourceOwner":"111122223333"/);
  assert.equal(JSON.parse(EffectiveDeliveryPolicy!).http.defaultHealthyRetryPolicy.numRetries, 3);
  assert.equal((await sns.createTopic({ Name: 'news' })).TopicArn, TopicArn);
  assert.equal(
    (await refusal(sns.createTopic({ Name: 'news', Tags: [{ Key: 'a', Value: 'b' }] }))).message,
    'Invalid parameter: Tags Reason: Topic already exists with different tags',
  );
  await refusal(sns.createTopic({ Name: 'news', Attributes: { DisplayName: 'x' } }), 'InvalidParameter');
  for (const Name of ['', 'a b', 'x'.repeat(257), 'line.fifo']) {
    assert.equal((await refusal(sns.createTopic({ Name }))).message, 'Invalid parameter: Topic Name');
  }
});

test('SetTopicAttributes: read back the same, or refused', async () => {
  const { cloud, TopicArn, attributes, set } = await topic();
  const statement = { Effect: 'Allow', Principal: '*', Action: 'sns:Publish', Resource: TopicArn };
  const values = {
    DisplayName: 'News',
    Policy: JSON.stringify({ Version: '2012-10-17', Statement: [statement] }),
    DeliveryPolicy: '{"http":{"defaultHealthyRetryPolicy":{"numRetries":5}}}',
    KmsMasterKeyId: 'alias/aws/sns',
    SignatureVersion: '2',
    TracingConfig: 'PassThrough',
    MaximumMessageSize: '1024',
  };
  for (const [name, value] of Object.entries(values)) await set(name, value);
  const now = await attributes();
  for (const [name, value] of Object.entries(values)) assert.equal(now[name], value);
  assert.equal(JSON.parse(now.EffectiveDeliveryPolicy!).http.defaultHealthyRetryPolicy.numRetries, 5);
  const wrong: [string, string][] = [
    ['Colour', 'red'],
    ['SignatureVersion', '3'],
    ['Policy', '{'],
    ['Policy', JSON.stringify({ Version: '2012-10-17', Statement: [{ ...statement, Action: 'sqs:*' }] })],
    ['DeliveryPolicy', '{"http":{"defaultHealthyRetryPolicy":{"numRetries":101}}}'],
    [
      'DeliveryPolicy',
      '{"http":{"defaultHealthyRetryPolicy":{"numRetries":100,"minDelayTarget":60,"maxDelayTarget":60}}}',
    ],
    ['DeliveryPolicy', '{"http":{"unknown":1}}'],
    ['MaximumMessageSize', '1048577'],
    ['ContentBasedDeduplication', 'true'],
    ['FifoTopic', 'true'],
  ];
  for (const [name, value] of wrong) await refusal(set(name, value), 'InvalidParameter');
  await refusal(set('ArchivePolicy', '{"MessageRetentionPeriod":"1"}'), 'InvalidParameter');
  await refusal(set('SQSSuccessFeedbackRoleArn', '{}'), 'InvalidParameter');
  await refusal(set('LambdaSuccessFeedbackRoleArn', '{}'), 'NotImplemented');
  await refusal(set('TracingConfig', 'Active'), 'NotImplemented');
  const seen = await cloud.deps.store.transaction((tx) => findResource(tx, TopicArn));
  assert.equal(seen?.policy, values.Policy);
});

test('services: only alarms pass the default policy, others need a statement of their own', async () => {
  const { cloud, TopicArn, set } = await topic();
  const account = cloud.managementAccount;
  await refusal(publishAs(cloud, 'events.amazonaws.com', TopicArn, account), 'AccessDenied');
  await publishAs(cloud, 'cloudwatch.amazonaws.com', TopicArn, account);
  await refusal(publishAs(cloud, 'cloudwatch.amazonaws.com', TopicArn, '999999999999'), 'AccessDenied');
  const statement = {
    Effect: 'Allow',
    Principal: { Service: 'events.amazonaws.com' },
    Action: 'sns:Publish',
    Resource: TopicArn,
    Condition: { StringEquals: { 'aws:SourceAccount': account } },
  };
  await set('Policy', JSON.stringify({ Version: '2012-10-17', Statement: [statement] }));
  await publishAs(cloud, 'events.amazonaws.com', TopicArn, account);
  await refusal(publishAs(cloud, 'events.amazonaws.com', TopicArn, '999999999999'), 'AccessDenied');
});

test('another account: what the policy lets it, and a queue of its own that need not confirm', async () => {
  const { cloud, sns, TopicArn } = await topic();
  const other = await cloud.memberAccount('other');
  await refusal(other.root.sns.publish({ TopicArn, Message: 'x' }), 'AccessDenied');
  await sns.addPermission({ TopicArn, Label: 'let', AWSAccountId: [other.id], ActionName: ['Publish', 'Subscribe'] });
  await other.root.sns.publish({ TopicArn, Message: 'x' });
  const Endpoint = `arn:aws:sqs:us-east-1:${other.id}:theirs`;
  const own = await other.root.sns.subscribe({ TopicArn, Protocol: 'sqs', Endpoint });
  assert.match(own.SubscriptionArn!, /^arn:/);
  const foreign = await sns.subscribe({ TopicArn, Protocol: 'sqs', Endpoint });
  assert.equal(foreign.SubscriptionArn, 'pending confirmation');
  assert.equal((await other.root.sns.listSubscriptions({})).Subscriptions?.length, 1);
  const { Attributes } = await other.root.sns.getSubscriptionAttributes({ SubscriptionArn: own.SubscriptionArn });
  assert.equal(Attributes?.Owner, other.id);
  const third = await cloud.memberAccount('third');
  await refusal(third.root.sns.unsubscribe({ SubscriptionArn: own.SubscriptionArn }), 'AccessDenied');
  await sns.removePermission({ TopicArn, Label: 'let' });
  await refusal(other.root.sns.publish({ TopicArn, Message: 'x' }), 'AccessDenied');
  await refusal(
    sns.addPermission({ TopicArn, Label: 'x', AWSAccountId: ['1'], ActionName: ['Publish'] }),
    'InvalidParameter',
  );
});

test('a queue of another account confirms by the message it is sent', async () => {
  const { cloud, sns, TopicArn } = await topic();
  const other = await cloud.memberAccount('other');
  const { sqs } = other.root;
  const { QueueUrl } = await sqs.createQueue({ QueueName: 'theirs' });
  const arn = `arn:aws:sqs:us-east-1:${other.id}:theirs`;
  const allow = {
    Effect: 'Allow',
    Principal: { Service: 'sns.amazonaws.com' },
    Action: 'sqs:SendMessage',
    Resource: arn,
  };
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [allow] });
  await sqs.setQueueAttributes({ QueueUrl, Attributes: { Policy } });
  await sns.subscribe({ TopicArn, Protocol: 'sqs', Endpoint: arn });
  await cloud.settle();
  const { Messages } = await sqs.receiveMessage({ QueueUrl });
  const { Token, Type } = JSON.parse(Messages![0]!.Body!);
  assert.equal(Type, 'SubscriptionConfirmation');
  await cloud.unsigned.sns.confirmSubscription({ TopicArn, Token });
  await sns.publish({ TopicArn, Message: 'x' });
  await cloud.settle();
  assert.equal(JSON.parse((await sqs.receiveMessage({ QueueUrl })).Messages![0]!.Body!).Message, 'x');
});

test('subscriptions: found again, judged, and gone with their topic', async () => {
  const { cloud, sns, TopicArn } = await topic();
  const { SubscriptionArn, QueueArn } = await subscribedQueue(cloud, TopicArn, 'inbox');
  const again = await sns.subscribe({ TopicArn, Protocol: 'sqs', Endpoint: QueueArn });
  assert.equal(again.SubscriptionArn, SubscriptionArn);
  const Attributes = { RawMessageDelivery: 'true' };
  const differs = sns.subscribe({ TopicArn, Protocol: 'sqs', Endpoint: QueueArn, Attributes });
  assert.match((await refusal(differs)).message, /Subscription already exists with different attributes$/);
  const wrong: [string, string][] = [
    ['pigeon', 'x'],
    ['sqs', 'inbox'],
    ['sqs', `${QueueArn}.fifo`],
    ['http', 'https://example.com/'],
    ['https', 'ftp://example.com/'],
    ['email', 'nobody'],
    ['sms', 'x'],
  ];
  for (const [Protocol, Endpoint] of wrong)
    await refusal(sns.subscribe({ TopicArn, Protocol, Endpoint }), 'InvalidParameter');
  await refusal(sns.subscribe({ TopicArn, Protocol: 'lambda', Endpoint: 'x' }), 'NotImplemented');
  await sns.deleteTopic({ TopicArn });
  await sns.deleteTopic({ TopicArn });
  await cloud.settle();
  assert.deepEqual((await sns.listSubscriptions({})).Subscriptions, []);
  assert.equal((await refusal(sns.getTopicAttributes({ TopicArn }), 'NotFound')).message, 'Topic does not exist');
  await refusal(sns.getSubscriptionAttributes({ SubscriptionArn }), 'NotFound');
});

test('ListTopics by page; tags', async () => {
  const { sns, TopicArn } = await topic();
  for (let i = 0; i < 101; i++) await sns.createTopic({ Name: `t${i}` });
  const first = await sns.listTopics({});
  assert.equal(first.Topics?.length, 100);
  assert.equal((await sns.listTopics({ NextToken: first.NextToken })).Topics?.length, 2);
  await refusal(sns.listTopics({ NextToken: 'forged' }), 'InvalidParameter');
  await sns.tagResource({ ResourceArn: TopicArn, Tags: [{ Key: 'team', Value: 'red' }] });
  await sns.tagResource({ ResourceArn: TopicArn, Tags: [{ Key: 'stage', Value: 'dev' }] });
  await sns.untagResource({ ResourceArn: TopicArn, TagKeys: ['team'] });
  assert.deepEqual((await sns.listTagsForResource({ ResourceArn: TopicArn })).Tags, [{ Key: 'stage', Value: 'dev' }]);
});
