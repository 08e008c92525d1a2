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

test('What one event is refused for does not take those beside it along', async () => {
  const cloud = await testCloud();
  const { events, sqs } = cloud.root;
  const dead = await queue(cloud.root, 'dead');
  const DeadLetterConfig = { Arn: dead.arn };
  const small = await queue(cloud.root, 'small');
  await sqs.setQueueAttributes({ QueueUrl: small.url, Attributes: { MaximumMessageSize: '1024' } });
  const line = await queue(cloud.root, 'line.fifo');
  await events.putRule({ Name: 'r', EventPattern: MY_APP });
  await events.putTargets({
    Rule: 'r',
    Targets: [
      { Id: 'small', Arn: small.arn, DeadLetterConfig },
      { Id: 'line', Arn: line.arn, SqsParameters: { MessageGroupId: '$.detail.group' }, DeadLetterConfig },
    ],
  });
  const details = [{ n: 0, group: 'g' }, { n: 1, group: 'g', text: 'x'.repeat(2000) }, { n: 2 }, { n: 3, group: 'g' }];
  await events.putEvents({
    Entries: details.map((detail) => ({ Source: 'my.app', DetailType: 'Order', Detail: JSON.stringify(detail) })),
  });
  await cloud.settle();
  const numbers = (messages: Awaited<ReturnType<typeof small.received>>) =>
    bodies(messages).map(({ detail }) => detail.n);
  assert.deepEqual(numbers(await small.received()).toSorted(), [0, 2, 3]);
  assert.deepEqual(numbers(await line.received()), [0, 1, 3]);
  const letters = await dead.received();
  assert.deepEqual(
    letters.map((letter) => [
      attributesOf(letter).TARGET_ARN,
      attributesOf(letter).ERROR_CODE,
      bodies([letter])[0].detail.n,
    ]),
    [
      [small.arn, 'INVALID_PARAMETER', 1],
      [line.arn, 'INVALID_PARAMETER', 2],
    ],
  );
});

test('An event that may not go on to a bus does not keep others from it', async () => {
  const cloud = await testCloud();
  const { events } = cloud.root;
  const first = (await events.createEventBus({ Name: 'first' })).EventBusArn!;
  const second = (await events.createEventBus({ Name: 'second' })).EventBusArn!;
  const statement = {
    Action: 'events:PutEvents',
    Resource: second,
    Condition: { StringEquals: { 'events:source': 'my.app' } },
  };
  const RoleArn = await roleFor(cloud.root, 'forwarder', 'events.amazonaws.com', statement);
  const dead = await queue(cloud.root, 'dead');
  const kept = await queue(cloud.root, 'kept');
  const rule = { Name: 'on', EventBusName: 'first', EventPattern: '{"source":["my.app","other.app"]}' };
  await events.putRule(rule);
  const DeadLetterConfig = { Arn: dead.arn };
  await events.putTargets({
    Rule: 'on',
    EventBusName: 'first',
    Targets: [{ Id: 'b', Arn: second, RoleArn, DeadLetterConfig }],
  });
  await events.putRule({ ...rule, Name: 'keep', EventBusName: 'second' });
  await events.putTargets({ Rule: 'keep', EventBusName: 'second', Targets: [{ Id: 'q', Arn: kept.arn }] });
  const Entries = ['my.app', 'other.app', 'my.app'].map((Source) => {
    return { Source, EventBusName: first, DetailType: 'Order', Detail: '{}' };
  });
  await events.putEvents({ Entries });
  await cloud.settle();
  assert.deepEqual(
    bodies(await kept.received()).map(({ source }) => source),
    ['my.app', 'my.app'],
  );
  const letters = await dead.received();
  assert.deepEqual(
    letters.map((letter) => [attributesOf(letter).ERROR_CODE, bodies([letter])[0].source]),
    [['NO_PERMISSIONS', 'other.app']],
  );
});

test('Dead letters that are too long for one call come in several', async () => {
  const cloud = await testCloud();
  const { events } = cloud.root;
  const dead = await queue(cloud.root, 'dead');
  const Arn = `arn:aws:sqs:us-east-1:${ACCOUNT}:gone`;
  await events.putRule({ Name: 'r', EventPattern: MY_APP });
  await events.putTargets({ Rule: 'r', Targets: [{ Id: 'q', Arn, DeadLetterConfig: { Arn: dead.arn } }] });
  const text = 'x'.repeat(400_000);
  for (let n = 0; n < 4; n++) {
    const Detail = JSON.stringify({ n, text });
    await events.putEvents({ Entries: [1, 2].map(() => ({ Source: 'my.app', DetailType: 'Order', Detail })) });
  }
  await cloud.settle();
  assert.deepEqual(
    bodies(await dead.received())
      .map(({ detail }) => detail.n)
      .toSorted(),
    [0, 0, 1, 1, 2, 2, 3, 3],
  );
});
