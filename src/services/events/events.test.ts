import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';
import { ACCOUNT, bodies, loggingTrail, put, queue } from './fixtures.ts';

test('PutEvents reaches the queue of a rule that matches', async () => {
  const cloud = await testCloud();
  const { events } = cloud.root;
  const orders = await queue(cloud.root, 'orders');
  await events.putRule({
    Name: 'big',
    EventPattern: '{"source":["my.app"],"detail":{"total":[{"numeric":[">",100]}]}}',
  });
  await events.putTargets({ Rule: 'big', Targets: [{ Id: 'q', Arn: orders.arn }] });
  await put(cloud, { total: 50 });
  const { Entries } = await put(
    cloud,
    { total: 150 },
    { Resources: ['arn:x'], Time: new Date('2029-12-31T23:00:00Z') },
  );
  await cloud.settle();
  const messages = await orders.received();
  assert.deepEqual(
    messages.map(({ Body }) => JSON.parse(Body!)),
    [
      {
        version: '0',
        id: Entries![0]!.EventId,
        'detail-type': 'Order',
        source: 'my.app',
        account: ACCOUNT,
        time: '2029-12-31T23:00:00Z',
        region: 'us-east-1',
        resources: ['arn:x'],
        detail: { total: 150 },
      },
    ],
  );
  await events.disableRule({ Name: 'big' });
  await put(cloud, { total: 151 });
  await cloud.settle();
  assert.deepEqual(await orders.received(), []);
});

test('PutEvents answers each entry on its own', async () => {
  const cloud = await testCloud();
  const answer = await cloud.root.events.putEvents({
    Entries: [
      { Source: 'a', DetailType: 'b', Detail: '{}' },
      { DetailType: 'b', Detail: '{}' },
      { Source: 'a', Detail: '{}' },
      { Source: 'a', DetailType: 'b' },
      { Source: 'a', DetailType: 'b', Detail: 'not json' },
      { Source: 'a', DetailType: 'b', Detail: '[]' },
      { Source: 'aws.s3', DetailType: 'b', Detail: '{}' },
      { Source: 'a', DetailType: 'b', Detail: `${'{"a":'.repeat(2000)}1${'}'.repeat(2000)}` },
      { Source: 'a', DetailType: 'b', Detail: '{}', EventBusName: 'nowhere' },
    ],
  });
  assert.equal(answer.FailedEntryCount, 7);
  const required = (name: string) => `Parameter ${name} is not valid. Reason: ${name} is a required argument.`;
  assert.deepEqual(
    answer.Entries!.map(({ EventId, ErrorCode, ErrorMessage }) => (EventId ? 'ok' : `${ErrorCode}: ${ErrorMessage}`)),
    [
      'ok',
      `InvalidArgument: ${required('Source')}`,
      `InvalidArgument: ${required('DetailType')}`,
      `InvalidArgument: ${required('Detail')}`,
      'MalformedDetail: Detail is malformed.',
      'MalformedDetail: Detail is malformed.',
      'NotAuthorizedForSourceException: Not authorized for the source.',
      'MalformedDetail: Detail is malformed.',
      'ok',
    ],
  );
  const entry = { Source: 'a', DetailType: 'b', Detail: `{"text":"${'x'.repeat(110_000)}"}` };
  await rejected(
    cloud.root.events.putEvents({ Entries: Array(10).fill(entry) }),
    'ValidationException',
    'Total size of the entries in the request is over the limit.',
  );
});

test('Calls become events: changes for every rule, what only reads for those that ask', async () => {
  const cloud = await testCloud();
  const { events, iam } = cloud.root;
  const changes = await queue(cloud.root, 'changes');
  const everything = await queue(cloud.root, 'everything');
  const EventPattern = '{"source":["aws.iam"],"detail-type":["AWS API Call via CloudTrail"]}';
  await events.putRule({ Name: 'changes', EventPattern });
  await events.putTargets({ Rule: 'changes', Targets: [{ Id: 'q', Arn: changes.arn }] });
  await events.putRule({ Name: 'all', EventPattern, State: 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS' });
  await events.putTargets({ Rule: 'all', Targets: [{ Id: 'q', Arn: everything.arn }] });
  await iam.createUser({ UserName: 'before' });
  await cloud.settle();
  assert.deepEqual(await everything.received(), []);
  await loggingTrail(cloud, 'eu-west-1');
  await cloud.settle();
  await loggingTrail(cloud, 'us-east-1');
  await iam.createUser({ UserName: 'alice' });
  await iam.getUser({ UserName: 'alice' });
  await cloud.settle();
  const names = (messages: { Body?: string | undefined }[]) =>
    messages.map(({ Body }) => JSON.parse(Body!).detail.eventName).toSorted();
  const [message] = await changes.received();
  const event = JSON.parse(message!.Body!);
  assert.equal(event['detail-type'], 'AWS API Call via CloudTrail');
  assert.equal(event.detail.eventName, 'CreateUser');
  assert.equal(event.detail.requestParameters.userName, 'alice');
  assert.deepEqual(names(await everything.received()), ['CreateUser', 'GetUser']);
  await cloud.root.cloudtrail.stopLogging({ Name: 'us-east-1' });
  await iam.createUser({ UserName: 'after' });
  await cloud.settle();
  assert.deepEqual(await changes.received(), []);
});

test('PutRule and PutTargets are read back as they were put', async () => {
  const cloud = await testCloud();
  const { events } = cloud.root;
  const target = await queue(cloud.root, 'target');
  const dead = await queue(cloud.root, 'dead');
  const EventPattern = '{ "source" : ["my.app"] }';
  const { RuleArn } = await events.putRule({
    Name: 'rule',
    EventPattern,
    Description: 'what I want',
    Tags: [{ Key: 'team', Value: 'a' }],
  });
  assert.equal(RuleArn, `arn:aws:events:us-east-1:${ACCOUNT}:rule/rule`);
  const Targets = [
    {
      Id: 'one',
      Arn: target.arn,
      InputTransformer: { InputPathsMap: { total: '$.detail.total' }, InputTemplate: '"It is <total>"' },
      DeadLetterConfig: { Arn: dead.arn },
      RetryPolicy: { MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 60 },
    },
    { Id: 'two', Arn: target.arn, Input: '{"constant":true}' },
    { Id: 'three', Arn: target.arn, InputPath: '$.detail' },
  ];
  assert.equal((await events.putTargets({ Rule: 'rule', Targets })).FailedEntryCount, 0);
  assert.deepEqual((await events.listTargetsByRule({ Rule: 'rule' })).Targets, Targets);
  const { $metadata: _, ...rule } = await events.describeRule({ Name: 'rule' });
  assert.deepEqual(rule, {
    Name: 'rule',
    Arn: RuleArn,
    EventPattern,
    State: 'ENABLED',
    Description: 'what I want',
    EventBusName: 'default',
    CreatedBy: ACCOUNT,
  });
  assert.deepEqual((await events.listTagsForResource({ ResourceARN: RuleArn })).Tags, [{ Key: 'team', Value: 'a' }]);
  assert.deepEqual((await events.listRuleNamesByTarget({ TargetArn: target.arn })).RuleNames, ['rule']);
  await events.putRule({ Name: 'rule', EventPattern, State: 'DISABLED' });
  assert.equal((await events.describeRule({ Name: 'rule' })).Description, undefined);
  assert.equal((await events.listTargetsByRule({ Rule: 'rule' })).Targets?.length, 3);
  await rejected(
    events.deleteRule({ Name: 'rule' }),
    'ValidationException',
    "Rule can't be deleted since it has targets.",
  );
  const removed = await events.removeTargets({ Rule: 'rule', Ids: ['one', 'two', 'three', 'four'] });
  assert.equal(removed.FailedEntryCount, 1);
  await events.deleteRule({ Name: 'rule' });
  await events.deleteRule({ Name: 'rule' });
  await rejected(
    events.describeRule({ Name: 'rule' }),
    'ResourceNotFoundException',
    'Rule rule does not exist on EventBus default.',
  );
});

test('PutTargets transforms what targets get', async () => {
  const cloud = await testCloud();
  const { events } = cloud.root;
  const target = await queue(cloud.root, 'target');
  const { RuleArn } = await events.putRule({ Name: 'rule', EventPattern: '{"source":["my.app"]}' });
  const InputPathsMap = {
    name: '$.detail.name',
    list: '$.detail.list',
    second: '$.detail.list[1]',
    none: '$.detail.none',
    'every-id': '$.detail.things[*].id',
  };
  const templates: readonly [template: string, expected: string][] = [
    ['"<name> of <list>"', '"Al \\"the\\" ice of [1,2]"'],
    ['{"name": <name>, "list": <list>, "none": <none>}', '{"name": "Al \\"the\\" ice", "list": [1,2], "none": ""}'],
    ['{"ids": <every-id>, "second": <second>}', '{"ids": [7,8], "second": 2}'],
    ['"<aws.events.rule-name>"\n"<none>"', '"rule"\n""'],
    ['{"arn": <aws.events.rule-arn>}', `{"arn": "${RuleArn}"}`],
  ];
  const Targets = templates.map(([InputTemplate], n) => ({
    Id: `t${n}`,
    Arn: target.arn,
    InputTransformer: { InputPathsMap, InputTemplate },
  }));
  await events.putTargets({ Rule: 'rule', Targets });
  await put(cloud, { name: 'Al "the" ice', list: [1, 2], things: [{ id: 7 }, { id: 8 }] });
  await cloud.settle();
  const bodies = (await target.received()).map(({ Body }) => Body).toSorted();
  assert.deepEqual(bodies, templates.map(([, expected]) => expected).toSorted());
});

test('PutTargets refuses what cannot be delivered', async () => {
  const cloud = await testCloud();
  const { events } = cloud.root;
  await events.putRule({ Name: 'rule', EventPattern: '{"source":["my.app"]}' });
  const queueArn = `arn:aws:sqs:us-east-1:${ACCOUNT}:q`;
  const refused: readonly [target: object, code: string, sentence: string | RegExp][] = [
    [
      { Arn: 'nothing' },
      'ValidationException',
      'Parameter nothing is not valid. Reason: Provided Arn is not in correct format.',
    ],
    [{ Arn: `arn:aws:lambda:us-east-1:${ACCOUNT}:function:f` }, 'NotImplemented', /lambda/],
    [{ Arn: `${queueArn}.fifo` }, 'ValidationException', 'Parameter(s) SqsParameters must be specified for target: t.'],
    [{ Arn: queueArn, Input: '{' }, 'ValidationException', 'JSON syntax error in input for target t.'],
    [{ Arn: queueArn, InputPath: 'detail' }, 'ValidationException', 'Invalid InputPath for target t.'],
    [
      { Arn: queueArn, InputTransformer: { InputPathsMap: { a: '$.a' }, InputTemplate: '"<notdefinedkey>"' } },
      'ValidationException',
      'InputTemplate for target t contains invalid placeholder notdefinedkey.',
    ],
    [
      { Arn: queueArn, Input: '1', InputPath: '$' },
      'ValidationException',
      /^Only one of Input, InputPath, or InputTransformer/,
    ],
    [{ Arn: queueArn, KinesisParameters: { PartitionKeyPath: '$.x' } }, 'ValidationException', /KinesisParameters/],
    [
      { Arn: `arn:aws:events:us-east-1:222222222222:event-bus/default` },
      'ValidationException',
      'RoleArn is required for target arn:aws:events:us-east-1:222222222222:event-bus/default.',
    ],
    [
      { Arn: `arn:aws:events:us-east-1:${ACCOUNT}:event-bus/default` },
      'ValidationException',
      /cannot be the event bus of the rule/,
    ],
  ];
  for (const [target, code, sentence] of refused) {
    const Targets = [{ Id: 't', Arn: '', ...target }];
    await rejected(events.putTargets({ Rule: 'rule', Targets }), code, sentence);
  }
  const Targets = Array.from({ length: 6 }, (_, n) => ({ Id: `t${n}`, Arn: queueArn }));
  await rejected(
    events.putTargets({ Rule: 'rule', Targets }),
    'LimitExceededException',
    'The requested resource exceeds the maximum number allowed.',
  );
  await rejected(events.putTargets({ Rule: 'none', Targets }), 'ResourceNotFoundException', /Rule none does not exist/);
});

test('PutRule refuses patterns and schedules in AWS’s words', async () => {
  const { events } = (await testCloud()).root;
  await rejected(
    events.putRule({ Name: 'r', EventPattern: '{"source":"my.app"}' }),
    'InvalidEventPatternException',
    'Event pattern is not valid. Reason: "source" must be an object or an array',
  );
  await rejected(
    events.putRule({ Name: 'r' }),
    'ValidationException',
    /EventPattern or ScheduleExpression must be specified/,
  );
  for (const ScheduleExpression of [
    'rate(1 minutes)',
    'cron(0 10 * * * *)',
    'cron(0 10 * * ?)',
    'at(2030-01-01T00:00:00)',
  ]) {
    await rejected(
      events.putRule({ Name: 'r', ScheduleExpression }),
      'ValidationException',
      'Parameter ScheduleExpression is not valid.',
    );
  }
  await events.createEventBus({ Name: 'mine' });
  await rejected(
    events.putRule({ Name: 'r', EventBusName: 'mine', ScheduleExpression: 'rate(1 minute)' }),
    'ValidationException',
    'ScheduleExpression is supported only on the default event bus.',
  );
  await rejected(
    events.putRule({ Name: 'r', EventBusName: 'none', EventPattern: '{"a":[1]}' }),
    'ResourceNotFoundException',
    'Event bus none does not exist.',
  );
});

test('TestEventPattern tells whether an event matches', async () => {
  const { events } = (await testCloud()).root;
  const event = {
    id: '1',
    source: 'my.app',
    'detail-type': 'x',
    account: ACCOUNT,
    time: '2030-01-01T00:00:00Z',
    region: 'us-east-1',
    resources: [],
    detail: { a: 1 },
  };
  const Event = JSON.stringify(event);
  assert.equal((await events.testEventPattern({ EventPattern: '{"detail":{"a":[1.0]}}', Event })).Result, true);
  assert.equal((await events.testEventPattern({ EventPattern: '{"detail":{"a":[2]}}', Event })).Result, false);
  await rejected(
    events.testEventPattern({ EventPattern: '{"a":[]}', Event }),
    'InvalidEventPatternException',
    'Event pattern is not valid. Reason: Empty arrays are not allowed',
  );
  await rejected(
    events.testEventPattern({ EventPattern: '{"a":[1]}', Event: '{}' }),
    'ValidationException',
    /Event is not valid/,
  );
});

test('Scheduled rules run when their time has come', async () => {
  const cloud = await testCloud();
  const { events } = cloud.root;
  const ticks = await queue(cloud.root, 'ticks');
  const { RuleArn } = await events.putRule({ Name: 'tick', ScheduleExpression: 'rate(5 minutes)' });
  await events.putTargets({ Rule: 'tick', Targets: [{ Id: 'q', Arn: ticks.arn }] });
  const times: string[] = [];
  for (const step of ['PT4M', 'PT1M', 'PT5M']) {
    cloud.advance(step);
    await cloud.settle();
    for (const { Body } of await ticks.received()) {
      const { time, ...event } = JSON.parse(Body!);
      times.push(time);
      assert.deepEqual(
        { ...event, id: '' },
        {
          version: '0',
          id: '',
          'detail-type': 'Scheduled Event',
          source: 'aws.events',
          account: ACCOUNT,
          region: 'us-east-1',
          resources: [RuleArn],
          detail: {},
        },
      );
    }
  }
  assert.deepEqual(times, ['2030-01-01T00:05:00Z', '2030-01-01T00:10:00Z']);
  await events.disableRule({ Name: 'tick' });
  cloud.advance('PT1H');
  await cloud.settle();
  assert.deepEqual(await ticks.received(), []);
  await events.putRule({ Name: 'daily', ScheduleExpression: 'cron(0 10 * * ? *)' });
  await events.putTargets({ Rule: 'daily', Targets: [{ Id: 'q', Arn: ticks.arn, Input: '"good morning"' }] });
  cloud.advance('P1D');
  await cloud.settle();
  assert.deepEqual(
    (await ticks.received()).map(({ Body }) => Body),
    ['"good morning"'],
  );
});

test('When the clock goes back no schedule runs twice for one time, and it goes on', async () => {
  const cloud = await testCloud();
  const { events } = cloud.root;
  const ticks = await queue(cloud.root, 'ticks');
  await events.putRule({ Name: 'tick', ScheduleExpression: 'rate(5 minutes)' });
  await events.putTargets({ Rule: 'tick', Targets: [{ Id: 'q', Arn: ticks.arn }] });
  const times: string[] = [];
  const pass = async (duration: string) => {
    cloud.advance(duration);
    await cloud.settle();
    times.push(...bodies(await ticks.received()).map(({ time }) => time.slice(11, 16)));
  };
  await pass('PT5M');
  await pass('PT5M');
  cloud.turnBack('PT8M');
  for (let i = 0; i < 4; i++) await pass('PT5M');
  assert.deepEqual(times, ['00:05', '00:10', '00:15', '00:20']);
});
