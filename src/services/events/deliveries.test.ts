import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';
import { ACCOUNT, attributesOf, bodies, loggingTrail, MY_APP, put, queue, roleFor } from './fixtures.ts';

test('Events reach the subscribers of a topic', async () => {
  const cloud = await testCloud();
  const { events, sns } = cloud.root;
  const { TopicArn } = await sns.createTopic({ Name: 'topic' });
  const inbox = await queue(cloud.root, 'inbox', { Service: 'sns.amazonaws.com' });
  await sns.subscribe({ TopicArn, Protocol: 'sqs', Endpoint: inbox.arn, Attributes: { RawMessageDelivery: 'true' } });
  const AttributeValue = JSON.stringify({
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Principal: { Service: 'events.amazonaws.com' },
      Action: 'sns:Publish',
      Resource: TopicArn,
      Condition: { ArnEquals: { 'aws:SourceArn': `arn:aws:events:us-east-1:${ACCOUNT}:rule/r` } },
    },
  });
  await sns.setTopicAttributes({ TopicArn, AttributeName: 'Policy', AttributeValue });
  await events.putRule({ Name: 'r', EventPattern: MY_APP });
  await events.putTargets({ Rule: 'r', Targets: [{ Id: 't', Arn: TopicArn, InputPath: '$.detail' }] });
  await put(cloud, { n: 1 });
  await cloud.settle();
  assert.deepEqual(bodies(await inbox.received()), [{ n: 1 }]);
});

test('Events are kept in a log group that lets EventBridge write', async () => {
  const cloud = await testCloud();
  const { events, logs } = cloud.root;
  await logs.createLogGroup({ logGroupName: '/aws/events/all' });
  const dead = await queue(cloud.root, 'dead');
  const Arn = `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:/aws/events/all`;
  await events.putRule({ Name: 'r', EventPattern: MY_APP });
  await events.putTargets({ Rule: 'r', Targets: [{ Id: 'l', Arn, DeadLetterConfig: { Arn: dead.arn } }] });
  await put(cloud, { n: 1 });
  await cloud.settle();
  assert.equal(attributesOf((await dead.received())[0]!).ERROR_CODE, 'NO_PERMISSIONS');
  await logs.putResourcePolicy({
    policyName: 'events',
    policyDocument: JSON.stringify({
      Version: '2012-10-17',
      Statement: {
        Effect: 'Allow',
        Principal: { Service: ['events.amazonaws.com', 'delivery.logs.amazonaws.com'] },
        Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: `${Arn}:*`,
      },
    }),
  });
  for (let n = 2; n < 5; n++) await put(cloud, { n });
  await cloud.settle();
  const { events: kept = [] } = await logs.filterLogEvents({ logGroupName: '/aws/events/all' });
  assert.deepEqual(kept.map(({ message }) => JSON.parse(message!).detail.n).toSorted(), [2, 3, 4]);
  assert.equal(kept[0]?.timestamp, cloud.now().getTime());
});

test('A queue that is gone or refuses: the events are dead letters at once', async () => {
  const cloud = await testCloud();
  const { events } = cloud.root;
  const dead = await queue(cloud.root, 'dead');
  const closed = await queue(cloud.root, 'closed', { AWS: '999999999999' });
  await events.putRule({ Name: 'r', EventPattern: MY_APP });
  const DeadLetterConfig = { Arn: dead.arn };
  const gone = `arn:aws:sqs:us-east-1:${ACCOUNT}:gone`;
  const RoleArn = await roleFor(cloud.root, 'sender', 'events.amazonaws.com', { Action: 'sqs:*', Resource: '*' });
  await events.putTargets({
    Rule: 'r',
    Targets: [
      { Id: 'gone', Arn: gone, DeadLetterConfig },
      { Id: 'role', Arn: gone, RoleArn, DeadLetterConfig },
      { Id: 'closed', Arn: closed.arn, DeadLetterConfig },
    ],
  });
  await put(cloud, { n: 1 });
  await cloud.settle();
  const letters = (await dead.received()).map(attributesOf);
  assert.deepEqual(
    letters.map(({ TARGET_ARN, ERROR_CODE }) => [TARGET_ARN, ERROR_CODE]).toSorted(),
    [
      [closed.arn, 'NO_PERMISSIONS'],
      [gone, 'NO_RESOURCE'],
      [gone, 'NO_RESOURCE'],
    ].toSorted(),
  );
});

test('Events of services reach rules, and deliveries are no events', async () => {
  const cloud = await testCloud();
  const { events, logs } = cloud.root;
  const all = await queue(cloud.root, 'all');
  await loggingTrail(cloud, 'us-east-1');
  await events.putRule({
    Name: 'all',
    EventPattern: '{"account":[{"exists":true}]}',
    State: 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS',
  });
  await events.putTargets({ Rule: 'all', Targets: [{ Id: 'q', Arn: all.arn }] });
  await cloud.settle();
  await all.received();
  await logs.createLogGroup({ logGroupName: 'g' });
  await cloud.settle();
  const names = bodies(await all.received()).map(({ detail }) => detail.eventName);
  assert.ok(names.includes('CreateLogGroup'));
  assert.ok(!names.includes('SendMessageBatch'));
});
