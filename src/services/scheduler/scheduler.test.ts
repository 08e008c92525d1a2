import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CreateScheduleCommandInput } from '@aws-sdk/client-scheduler';
import { ADMIN, type Clients, type Cloud, testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';

const ACCOUNT = '111122223333';

async function queue(clients: Clients, name: string) {
  const Attributes = name.endsWith('.fifo') ? { FifoQueue: 'true', ContentBasedDeduplication: 'true' } : undefined;
  const { QueueUrl } = await clients.sqs.createQueue({ QueueName: name, Attributes });
  const received = async () => {
    const all = [];
    for (;;) {
      const { Messages = [] } = await clients.sqs.receiveMessage({
        QueueUrl,
        MaxNumberOfMessages: 10,
        MessageAttributeNames: ['All'],
        MessageSystemAttributeNames: ['All'],
      });
      if (Messages.length === 0) return all;
      for (const message of Messages) {
        all.push(message);
        await clients.sqs.deleteMessage({ QueueUrl, ReceiptHandle: message.ReceiptHandle });
      }
    }
  };
  return { arn: `arn:aws:sqs:us-east-1:${ACCOUNT}:${name}`, url: QueueUrl!, received };
}

async function role(cloud: Cloud, name: string, statement: object, condition?: object) {
  const { iam } = cloud.root;
  const trust = { Effect: 'Allow', Principal: { Service: 'scheduler.amazonaws.com' }, Action: 'sts:AssumeRole' };
  const { Role } = await iam.createRole({
    RoleName: name,
    AssumeRolePolicyDocument: JSON.stringify({
      Version: '2012-10-17',
      Statement: { ...trust, ...(condition && { Condition: condition }) },
    }),
  });
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: { Effect: 'Allow', ...statement } });
  await iam.putRolePolicy({ RoleName: name, PolicyName: 'may', PolicyDocument });
  return Role!.Arn!;
}

async function setUp(now?: Date) {
  const cloud = await testCloud(now ? { now } : {});
  const target = await queue(cloud.root, 'target');
  const RoleArn = await role(cloud, 'runner', { Action: 'sqs:SendMessage', Resource: '*' });
  const input = (more: Partial<CreateScheduleCommandInput> = {}): CreateScheduleCommandInput => ({
    Name: 's',
    ScheduleExpression: 'rate(5 minutes)',
    FlexibleTimeWindow: { Mode: 'OFF' },
    Target: { Arn: target.arn, RoleArn, Input: 'tick' },
    ...more,
  });
  const bodiesAfter = async (step: string) => {
    cloud.advance(step);
    await cloud.settle();
    return (await target.received()).map(({ Body }) => Body);
  };
  return { cloud, scheduler: cloud.root.scheduler, target, RoleArn, input, bodiesAfter };
}

test('CreateSchedule is read back as it was put, with its defaults', async () => {
  const { scheduler, target, RoleArn, input } = await setUp();
  const { ScheduleArn } = await scheduler.createSchedule(
    input({ Description: 'd', StartDate: new Date('2031-01-01') }),
  );
  assert.equal(ScheduleArn, `arn:aws:scheduler:us-east-1:${ACCOUNT}:schedule/default/s`);
  const { $metadata: _, ...schedule } = await scheduler.getSchedule({ Name: 's' });
  assert.deepEqual(schedule, {
    Arn: ScheduleArn,
    GroupName: 'default',
    Name: 's',
    ScheduleExpression: 'rate(5 minutes)',
    ScheduleExpressionTimezone: 'UTC',
    StartDate: new Date('2031-01-01'),
    Description: 'd',
    State: 'ENABLED',
    Target: {
      Arn: target.arn,
      RoleArn,
      Input: 'tick',
      RetryPolicy: { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 },
    },
    FlexibleTimeWindow: { Mode: 'OFF' },
    ActionAfterCompletion: 'NONE',
    CreationDate: new Date('2030-01-01T00:00:00Z'),
    LastModificationDate: new Date('2030-01-01T00:00:00Z'),
  });
  await rejected(scheduler.createSchedule(input()), 'ConflictException', 'Schedule s already exists.');
  const { $metadata: __, Schedules } = await scheduler.listSchedules({ NamePrefix: 's' });
  assert.deepEqual(
    Schedules?.map(({ Name, Target }) => [Name, Target?.Arn]),
    [['s', target.arn]],
  );
  await scheduler.updateSchedule(input({ State: 'DISABLED' }));
  const updated = await scheduler.getSchedule({ Name: 's' });
  assert.deepEqual([updated.State, updated.Description, updated.StartDate], ['DISABLED', undefined, undefined]);
  await scheduler.deleteSchedule({ Name: 's' });
  await rejected(scheduler.getSchedule({ Name: 's' }), 'ResourceNotFoundException', 'Schedule s does not exist.');
  await rejected(scheduler.deleteSchedule({ Name: 's' }), 'ResourceNotFoundException', 'Schedule s does not exist.');
});

test('A client token makes CreateSchedule the same again', async () => {
  const { scheduler, input } = await setUp();
  const first = await scheduler.createSchedule(input({ ClientToken: 'once' }));
  assert.equal((await scheduler.createSchedule(input({ ClientToken: 'once' }))).ScheduleArn, first.ScheduleArn);
  await rejected(scheduler.createSchedule(input({ ClientToken: 'twice' })), 'ConflictException', /already exists/);
});

test('A rate begins at once, or at its start, and ends at its end', async () => {
  const { cloud, scheduler, input, bodiesAfter } = await setUp();
  await scheduler.createSchedule(input());
  assert.deepEqual(await bodiesAfter('PT0S'), ['tick']);
  assert.deepEqual(await bodiesAfter('PT4M'), []);
  assert.deepEqual(await bodiesAfter('PT1M'), ['tick']);
  await scheduler.deleteSchedule({ Name: 's' });
  const now = cloud.now().getTime();
  const StartDate = new Date(now + 3_600_000);
  const EndDate = new Date(now + 3_600_000 + 6 * 60_000);
  await scheduler.createSchedule(input({ StartDate, EndDate, ActionAfterCompletion: 'DELETE' }));
  assert.deepEqual(await bodiesAfter('PT59M'), []);
  assert.deepEqual(await bodiesAfter('PT1M'), ['tick']);
  await scheduler.getSchedule({ Name: 's' });
  assert.deepEqual(await bodiesAfter('PT5M'), ['tick']);
  await rejected(scheduler.getSchedule({ Name: 's' }), 'ResourceNotFoundException', /does not exist/);
  assert.deepEqual(await bodiesAfter('PT1H'), []);
});

test('Cron follows its time zone over the change of the clocks', async () => {
  const { scheduler, input, bodiesAfter } = await setUp(new Date('2030-03-09T12:00:00Z'));
  const Target = { ...input().Target!, Input: '<aws.scheduler.scheduled-time> <aws.scheduler.attempt-number>' };
  await scheduler.createSchedule(
    input({ ScheduleExpression: 'cron(0 8 * * ? *)', ScheduleExpressionTimezone: 'America/New_York', Target }),
  );
  assert.deepEqual(await bodiesAfter('PT1H'), ['2030-03-09T13:00:00Z 1']);
  assert.deepEqual(await bodiesAfter('PT23H'), ['2030-03-10T12:00:00Z 1']);
});

test('At runs once, and may take its schedule with it', async () => {
  const { scheduler, input, bodiesAfter, cloud } = await setUp();
  const at = { ScheduleExpression: 'at(2030-01-01T10:00:00)', ScheduleExpressionTimezone: 'Europe/Paris' };
  await scheduler.createSchedule(input({ ...at, ActionAfterCompletion: 'DELETE' }));
  await scheduler.createSchedule(input({ ...at, Name: 'kept' }));
  assert.deepEqual(await bodiesAfter('PT8H'), []);
  assert.deepEqual(await bodiesAfter('PT1H'), ['tick', 'tick']);
  await rejected(scheduler.getSchedule({ Name: 's' }), 'ResourceNotFoundException', /does not exist/);
  assert.equal((await scheduler.getSchedule({ Name: 'kept' })).State, 'ENABLED');
  cloud.advance('P1D');
  assert.deepEqual(await bodiesAfter('P1D'), []);
});

test('A flexible window delays, within its bound', async () => {
  const { scheduler, input, bodiesAfter } = await setUp();
  await scheduler.createSchedule(
    input({
      ScheduleExpression: 'at(2030-01-01T10:00:00)',
      FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 60 },
    }),
  );
  assert.deepEqual(await bodiesAfter('PT10H'), []);
  assert.deepEqual(await bodiesAfter('PT1H'), ['tick']);
});

test('Schedules are refused in AWS’s words', async () => {
  const { cloud, scheduler, input, RoleArn, target } = await setUp();
  const Target = input().Target!;
  for (const [change, code, sentence] of [
    [
      { ScheduleExpression: 'cron(0 1 * * * *)' },
      'ValidationException',
      'Invalid Schedule Expression cron(0 1 * * * *).',
    ],
    [{ ScheduleExpressionTimezone: 'Mars/Olympus' }, 'ValidationException', /Mars\/Olympus/],
    [{ GroupName: 'none' }, 'ResourceNotFoundException', 'Schedule group none does not exist.'],
    [{ EndDate: new Date('2029-01-01') }, 'ValidationException', /EndDate/],
    [{ FlexibleTimeWindow: { Mode: 'FLEXIBLE' } }, 'ValidationException', /MaximumWindowInMinutes/],
    [{ Target: { ...Target, Arn: 'nothing' } }, 'ValidationException', 'Provided Arn is not in correct format.'],
    [{ Target: { ...Target, Arn: `${target.arn}.fifo` } }, 'ValidationException', /MessageGroupId/],
    [{ Target: { ...Target, Arn: `arn:aws:lambda:us-east-1:${ACCOUNT}:function:f` } }, 'NotImplemented', /lambda/],
    [
      { Target: { ...Target, Arn: `arn:aws:dynamodb:us-east-1:${ACCOUNT}:table/t` } },
      'ValidationException',
      /not a supported service/,
    ],
    [{ Target: { ...Target, Arn: 'arn:aws:scheduler:::aws-sdk:sqs:listQueues' } }, 'ValidationException', /listQueues/],
    [
      { Target: { ...Target, Arn: 'arn:aws:scheduler:::aws-sdk:dynamodb:putItem', Input: '{}' } },
      'NotImplemented',
      /dynamodb/,
    ],
    [
      { Target: { ...Target, RoleArn: `${RoleArn}x` } },
      'ValidationException',
      /must allow AWS EventBridge Scheduler to assume the role/,
    ],
  ] as const) {
    await rejected(scheduler.createSchedule(input(change as object)), code, sentence);
  }
  const narrow = { StringEquals: { 'aws:SourceArn': `arn:aws:scheduler:us-east-1:${ACCOUNT}:schedule-group/other` } };
  const other = await role(cloud, 'other', { Action: '*', Resource: '*' }, narrow);
  await rejected(
    scheduler.createSchedule(input({ Target: { ...Target, RoleArn: other } })),
    'ValidationException',
    /assume the role/,
  );
  await scheduler.createScheduleGroup({ Name: 'other' });
  await scheduler.createSchedule(input({ GroupName: 'other', Target: { ...Target, RoleArn: other } }));
  const alice = await cloud.user('alice', {
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Action: 'scheduler:*', Resource: '*' },
  });
  await rejected(alice.scheduler.createSchedule(input()), 'AccessDeniedException', /iam:PassRole/);
});

test('Universal targets call any service in the schedule’s role', async () => {
  const { cloud, scheduler, input } = await setUp();
  const RoleArn = await role(cloud, 'maker', { Action: ['iam:CreateUser', 'logs:*'], Resource: '*' });
  const Input = '{"UserName":"made-by-<aws.scheduler.execution-id>"}';
  const Target = { Arn: 'arn:aws:scheduler:::aws-sdk:iam:createUser', RoleArn, Input };
  await scheduler.createSchedule(input({ ScheduleExpression: 'at(2030-01-01T01:00:00)', Target }));
  const group = { ...Target, Arn: 'arn:aws:scheduler:::aws-sdk:cloudwatchlogs:createLogGroup' };
  const named = { ...group, Input: '{"LogGroupName":"scheduled","Tags":{"Team":"a"}}' };
  await scheduler.createSchedule(input({ Name: 'logs', ScheduleExpression: 'at(2030-01-01T01:00:00)', Target: named }));
  cloud.advance('PT1H');
  await cloud.settle();
  const { logGroups } = await cloud.root.logs.describeLogGroups({});
  assert.deepEqual(
    logGroups?.map(({ logGroupName }) => logGroupName),
    ['scheduled'],
  );
  const { Users } = await cloud.root.iam.listUsers({});
  assert.match(Users![0]!.UserName!, /^made-by-[0-9a-f]{16}$/);
  const { Events } = await cloud.root.cloudtrail.lookupEvents({
    LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: 'CreateUser' }],
  });
  assert.match(JSON.parse(Events![0]!.CloudTrailEvent!).userIdentity.arn, /assumed-role\/maker\/[0-9a-f]{32}$/);
});

test('Templated targets: a FIFO queue, a topic, an event bus', async () => {
  const { cloud, scheduler, input } = await setUp();
  const fifo = await queue(cloud.root, 'target.fifo');
  const inbox = await queue(cloud.root, 'inbox');
  const RoleArn = await role(cloud, 'all', JSON.parse(ADMIN).Statement[0]);
  const { events, sns, sqs } = cloud.root;
  const Policy = (service: string) =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: { Effect: 'Allow', Principal: { Service: service }, Action: 'sqs:SendMessage', Resource: '*' },
    });
  await sqs.setQueueAttributes({ QueueUrl: inbox.url, Attributes: { Policy: Policy('sns.amazonaws.com') } });
  const { TopicArn } = await sns.createTopic({ Name: 'topic' });
  await sns.subscribe({ TopicArn, Protocol: 'sqs', Endpoint: inbox.arn, Attributes: { RawMessageDelivery: 'true' } });
  const onBus = await queue(cloud.root, 'bus');
  await sqs.setQueueAttributes({ QueueUrl: onBus.url, Attributes: { Policy: Policy('events.amazonaws.com') } });
  await events.putRule({ Name: 'r', EventPattern: '{"source":["my.schedule"]}' });
  await events.putTargets({ Rule: 'r', Targets: [{ Id: 'q', Arn: onBus.arn }] });
  const at = 'at(2030-01-01T01:00:00)';
  const bus = `arn:aws:events:us-east-1:${ACCOUNT}:event-bus/default`;
  const targets = [
    { Arn: fifo.arn, SqsParameters: { MessageGroupId: 'g' }, Input: 'one' },
    { Arn: TopicArn, Input: 'two' },
    { Arn: bus, EventBridgeParameters: { DetailType: 'Tick', Source: 'my.schedule' }, Input: '{"n":3}' },
  ];
  for (const [n, target] of targets.entries()) {
    await scheduler.createSchedule(
      input({ Name: `s${n}`, ScheduleExpression: at, Target: { ...target, RoleArn } as never }),
    );
  }
  cloud.advance('PT1H');
  await cloud.settle();
  const [message] = await fifo.received();
  assert.deepEqual([message?.Body, message?.Attributes?.MessageGroupId], ['one', 'g']);
  assert.equal((await inbox.received())[0]?.Body, 'two');
  const event = JSON.parse((await onBus.received())[0]!.Body!);
  assert.deepEqual([event['detail-type'], event.source, event.detail], ['Tick', 'my.schedule', { n: 3 }]);
});

test('What cannot be invoked is a dead letter, at once or after its tries', async () => {
  const { cloud, scheduler, input, RoleArn } = await setUp();
  const dead = await queue(cloud.root, 'dead');
  const Target = {
    Arn: `arn:aws:sqs:us-east-1:${ACCOUNT}:gone`,
    RoleArn,
    Input: 'x',
    DeadLetterConfig: { Arn: dead.arn },
  };
  await scheduler.createSchedule(input({ ScheduleExpression: 'at(2030-01-01T01:00:00)', Target }));
  cloud.advance('PT1H');
  await cloud.settle();
  const [letter] = await dead.received();
  const attributes = Object.fromEntries(
    Object.entries(letter!.MessageAttributes!).map(([name, { StringValue }]) => [name, StringValue]),
  );
  assert.match(attributes.ERROR_CODE!, /NonExistentQueue|QueueDoesNotExist/);
  assert.match(attributes.EXECUTION_ID!, /^[0-9a-f]{16}$/);
  assert.deepEqual(
    { ...attributes, ERROR_CODE: '', ERROR_MESSAGE: '', EXECUTION_ID: '' },
    {
      ERROR_CODE: '',
      ERROR_MESSAGE: '',
      EXECUTION_ID: '',
      IS_PAYLOAD_TRUNCATED: 'false',
      RETRY_ATTEMPTS: '0',
      SCHEDULED_TIME: '2030-01-01T01:00:00Z',
      SCHEDULE_ARN: `arn:aws:scheduler:us-east-1:${ACCOUNT}:schedule/default/s`,
      TARGET_ARN: 'arn:aws:scheduler:::aws-sdk:sqs:sendMessage',
    },
  );
  assert.equal(JSON.parse(letter!.Body!).MessageBody, 'x');
});

test('A key of the customer’s own guards what the target gets', async () => {
  const { cloud, scheduler, input, target, RoleArn } = await setUp();
  const { KeyMetadata } = await cloud.root.kms.createKey({});
  const KmsKeyArn = KeyMetadata!.Arn!;
  await scheduler.createSchedule(input({ KmsKeyArn, ScheduleExpression: 'at(2030-01-01T01:00:00)' }));
  const schedule = await scheduler.getSchedule({ Name: 's' });
  assert.deepEqual([schedule.KmsKeyArn, schedule.Target?.Input], [KmsKeyArn, 'tick']);
  const reader = await cloud.user('reader', {
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Action: 'scheduler:GetSchedule', Resource: '*' },
  });
  await rejected(reader.scheduler.getSchedule({ Name: 's' }), 'AccessDeniedException', /kms:Decrypt/);
  cloud.advance('PT1H');
  await cloud.settle();
  assert.deepEqual(await target.received(), [], 'the role may not decrypt');
  const may = { Effect: 'Allow', Action: ['sqs:SendMessage', 'kms:Decrypt'], Resource: '*' };
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: may });
  await cloud.root.iam.putRolePolicy({ RoleName: 'runner', PolicyName: 'may', PolicyDocument });
  await scheduler.createSchedule(input({ Name: 't', KmsKeyArn, ScheduleExpression: 'at(2030-01-01T02:00:00)' }));
  cloud.advance('PT1H');
  await cloud.settle();
  assert.deepEqual(
    (await target.received()).map(({ Body }) => Body),
    ['tick'],
    RoleArn,
  );
});

test('Groups have tags, and take their schedules with them', async () => {
  const { cloud, scheduler, input, bodiesAfter } = await setUp();
  const { ScheduleGroupArn: ResourceArn } = await scheduler.createScheduleGroup({
    Name: 'g',
    Tags: [{ Key: 'a', Value: 'b' }],
  });
  assert.equal(ResourceArn, `arn:aws:scheduler:us-east-1:${ACCOUNT}:schedule-group/g`);
  await scheduler.tagResource({ ResourceArn, Tags: [{ Key: 'c', Value: 'd' }] });
  await scheduler.untagResource({ ResourceArn, TagKeys: ['a'] });
  assert.deepEqual((await scheduler.listTagsForResource({ ResourceArn })).Tags, [{ Key: 'c', Value: 'd' }]);
  await rejected(scheduler.createScheduleGroup({ Name: 'g' }), 'ConflictException', 'Schedule group g already exists.');
  for (let n = 0; n < 3; n++) await scheduler.createSchedule(input({ Name: `s${n}`, GroupName: 'g' }));
  const page = await scheduler.listSchedules({ GroupName: 'g', MaxResults: 2 });
  assert.equal(page.Schedules?.length, 2);
  const rest = await scheduler.listSchedules({ GroupName: 'g', NextToken: page.NextToken });
  assert.deepEqual(
    rest.Schedules?.map(({ Name }) => Name),
    ['s2'],
  );
  assert.deepEqual(
    (await scheduler.listScheduleGroups({})).ScheduleGroups?.map(({ Name }) => Name),
    ['default', 'g'],
  );
  await scheduler.deleteScheduleGroup({ Name: 'g' });
  assert.equal((await scheduler.getScheduleGroup({ Name: 'g' })).State, 'DELETING');
  await rejected(
    scheduler.createSchedule(input({ Name: 'late', GroupName: 'g' })),
    'ConflictException',
    /being deleted/,
  );
  await cloud.settle();
  await rejected(
    scheduler.getScheduleGroup({ Name: 'g' }),
    'ResourceNotFoundException',
    'Schedule group g does not exist.',
  );
  await bodiesAfter('PT0S');
  assert.deepEqual(await bodiesAfter('PT1H'), []);
  await rejected(scheduler.deleteScheduleGroup({ Name: 'default' }), 'ValidationException', /default/);
});
