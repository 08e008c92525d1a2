import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';
import { ACCOUNT, attributesOf, bodies, MY_APP, put, queue, roleFor } from './fixtures.ts';

test('CreateEventBus makes a bus that is read back, listed, changed and deleted', async () => {
  const cloud = await testCloud({ quotas: { EventBuses: 2 } });
  const { events } = cloud.root;
  const created = await events.createEventBus({ Name: 'mine', Description: 'd', Tags: [{ Key: 'a', Value: 'b' }] });
  const arn = `arn:aws:events:us-east-1:${ACCOUNT}:event-bus/mine`;
  assert.equal(created.EventBusArn, arn);
  assert.equal((await events.describeEventBus({ Name: arn })).Description, 'd');
  const { EventBuses } = await events.listEventBuses({});
  assert.deepEqual(
    EventBuses?.map(({ Name }) => Name),
    ['default', 'mine'],
  );
  await rejected(
    events.createEventBus({ Name: 'mine' }),
    'ResourceAlreadyExistsException',
    'Event bus mine already exists.',
  );
  await rejected(
    events.createEventBus({ Name: 'default' }),
    'ResourceAlreadyExistsException',
    /default already exists/,
  );
  await rejected(events.createEventBus({ Name: 'more' }), 'LimitExceededException', /exceeds the maximum/);
  await rejected(events.createEventBus({ Name: 'a/b' }), 'ValidationException', /\//);
  await events.updateEventBus({ Name: 'mine', Description: 'e' });
  assert.equal((await events.describeEventBus({ Name: 'mine' })).Description, 'e');
  await events.putRule({ Name: 'r', EventBusName: 'mine', EventPattern: MY_APP });
  await rejected(events.deleteEventBus({ Name: 'mine' }), 'ValidationException', /rules/);
  await events.deleteRule({ Name: 'r', EventBusName: 'mine' });
  await events.deleteEventBus({ Name: 'mine' });
  await rejected(
    events.describeEventBus({ Name: 'mine' }),
    'ResourceNotFoundException',
    'Event bus mine does not exist.',
  );
  await rejected(events.deleteEventBus({ Name: 'default' }), 'ValidationException', 'Cannot delete event bus default.');
  await rejected(
    events.createEventBus({ Name: 'k', KmsKeyIdentifier: 'alias/x' }),
    'ValidationException',
    /KmsKeyIdentifier/,
  );
});

test('A custom bus has events and rules of its own', async () => {
  const cloud = await testCloud();
  const { events } = cloud.root;
  const target = await queue(cloud.root, 'target');
  await events.createEventBus({ Name: 'mine' });
  const { RuleArn } = await events.putRule({ Name: 'r', EventBusName: 'mine', EventPattern: MY_APP });
  assert.equal(RuleArn, `arn:aws:events:us-east-1:${ACCOUNT}:rule/mine/r`);
  await events.putTargets({ Rule: 'r', EventBusName: 'mine', Targets: [{ Id: 'q', Arn: target.arn }] });
  await put(cloud, { n: 1 });
  await put(cloud, { n: 2 }, { EventBusName: 'mine' });
  await cloud.settle();
  assert.deepEqual(
    bodies(await target.received()).map(({ detail }) => detail.n),
    [2],
  );
});

test('PutPermission lets another account put events, and RemovePermission no longer', async () => {
  const cloud = await testCloud();
  const { events } = cloud.root;
  const other = await cloud.memberAccount('dev');
  const target = await queue(cloud.root, 'target');
  const EventBusName = `arn:aws:events:us-east-1:${ACCOUNT}:event-bus/default`;
  await events.putRule({ Name: 'r', EventPattern: JSON.stringify({ account: [other.id] }) });
  await events.putTargets({ Rule: 'r', Targets: [{ Id: 'q', Arn: target.arn }] });
  await rejected(
    put(other, {}, { EventBusName }),
    'AccessDeniedException',
    /not authorized to perform: events:PutEvents/,
  );
  const StatementId = 'dev';
  await events.putPermission({ Action: 'events:PutEvents', Principal: other.id, StatementId });
  assert.deepEqual(JSON.parse((await events.describeEventBus({})).Policy!), {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'dev',
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${other.id}:root` },
        Action: 'events:PutEvents',
        Resource: EventBusName,
      },
    ],
  });
  await put(other, { n: 1 }, { EventBusName });
  await cloud.settle();
  assert.deepEqual(
    bodies(await target.received()).map(({ account, detail }) => [account, detail.n]),
    [[other.id, 1]],
  );
  await rejected(
    events.removePermission({ StatementId: 'none' }),
    'ResourceNotFoundException',
    'Statement with the provided id does not exist.',
  );
  await events.removePermission({ StatementId });
  assert.equal((await events.describeEventBus({})).Policy, undefined);
  await rejected(put(other, {}, { EventBusName }), 'AccessDeniedException', /events:PutEvents/);
  await rejected(
    events.putPermission({ EventBusName: 'none', StatementId }),
    'ResourceNotFoundException',
    /none does not exist/,
  );
});

test('A bus policy decides by organization, source and detail type', async () => {
  const cloud = await testCloud();
  const { events, organizations } = cloud.root;
  await organizations.createOrganization({ FeatureSet: 'ALL' });
  const { Organization } = await organizations.describeOrganization({});
  const { CreateAccountStatus } = await organizations.createAccount({ AccountName: 'dev', Email: 'dev@example.com' });
  cloud.advance('PT1M');
  await cloud.settle();
  const stranger = await cloud.memberAccount('stranger');
  const status = await organizations.describeCreateAccountStatus({ CreateAccountRequestId: CreateAccountStatus!.Id });
  const id = status.CreateAccountStatus!.AccountId!;
  const member = cloud.as(await cloud.keyFor(id));
  const EventBusName = `arn:aws:events:us-east-1:${ACCOUNT}:event-bus/default`;
  await events.putPermission({
    Policy: JSON.stringify({
      Version: '2012-10-17',
      Statement: {
        Sid: 'org',
        Effect: 'Allow',
        Principal: '*',
        Action: 'events:PutEvents',
        Resource: EventBusName,
        Condition: { StringEquals: { 'aws:PrincipalOrgID': Organization!.Id, 'events:source': 'my.app' } },
      },
    }),
  });
  await put({ root: member }, {}, { EventBusName });
  await rejected(put({ root: member }, {}, { EventBusName, Source: 'x' }), 'AccessDeniedException', /PutEvents/);
  await rejected(put(stranger, {}, { EventBusName }), 'AccessDeniedException', /PutEvents/);
  await rejected(events.putPermission({ Policy: '{' }), 'ValidationException', /Policy is not valid/);
});

test('A bus policy may let another account put rules on the bus', async () => {
  const cloud = await testCloud();
  const other = await cloud.memberAccount('dev');
  const EventBusName = `arn:aws:events:us-east-1:${ACCOUNT}:event-bus/default`;
  const theirs = other.root.events;
  const rule = { Name: 'theirs', EventBusName, EventPattern: MY_APP };
  await rejected(theirs.putRule(rule), 'AccessDeniedException', /events:PutRule/);
  await cloud.root.events.putPermission({
    Policy: JSON.stringify({
      Version: '2012-10-17',
      Statement: {
        Sid: 'rules',
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${other.id}:root` },
        Action: ['events:PutRule', 'events:DescribeRule', 'events:PutTargets', 'events:DeleteRule'],
        Resource: `arn:aws:events:us-east-1:${ACCOUNT}:rule/*`,
        // biome-ignore lint/suspicious/noTemplateCurlyInString: a policy variable
        Condition: { StringEqualsIfExists: { 'events:creatorAccount': '${aws:PrincipalAccount}' } },
      },
    }),
  });
  const { RuleArn } = await theirs.putRule(rule);
  assert.equal(RuleArn, `arn:aws:events:us-east-1:${ACCOUNT}:rule/theirs`);
  assert.equal((await theirs.describeRule({ Name: 'theirs', EventBusName })).CreatedBy, other.id);
  await cloud.root.events.putRule({ Name: 'ours', EventPattern: MY_APP });
  await rejected(theirs.deleteRule({ Name: 'ours', EventBusName }), 'AccessDeniedException', /events:DeleteRule/);
  await theirs.deleteRule({ Name: 'theirs', EventBusName });
});

test('Rules send events to another bus in a role, and no further', async () => {
  const cloud = await testCloud();
  const { events } = cloud.root;
  const other = await cloud.memberAccount('dev');
  const theirs = `arn:aws:events:us-east-1:${other.id}:event-bus/default`;
  const target = await queue(other.root, 'target');
  const dead = await queue(cloud.root, 'dead');
  const RoleArn = await roleFor(cloud.root, 'sender', 'events.amazonaws.com', {
    Action: 'events:PutEvents',
    Resource: theirs,
  });
  await events.putRule({ Name: 'out', EventPattern: MY_APP });
  const Targets = [{ Id: 'b', Arn: theirs, RoleArn, DeadLetterConfig: { Arn: dead.arn } }];
  await events.putTargets({ Rule: 'out', Targets });
  await other.root.events.putRule({ Name: 'in', EventPattern: MY_APP });
  await other.root.events.putTargets({ Rule: 'in', Targets: [{ Id: 'q', Arn: target.arn }] });
  await put(cloud, { n: 1 });
  await cloud.settle();
  const [letter] = await dead.received();
  assert.equal(attributesOf(letter!).ERROR_CODE, 'NO_PERMISSIONS');
  await other.root.events.putPermission({ Action: 'events:PutEvents', Principal: ACCOUNT, StatementId: 'them' });
  await put(cloud, { n: 2 });
  await cloud.settle();
  const [event] = bodies(await target.received());
  assert.deepEqual([event.account, event.detail.n], [ACCOUNT, 2]);
  // And back again: that would be a ring.
  const theirDead = await queue(other.root, 'dead');
  const back = await roleFor(other.root, 'sender', 'events.amazonaws.com', { Action: '*', Resource: '*' });
  const Arn = `arn:aws:events:us-east-1:${ACCOUNT}:event-bus/default`;
  await events.putPermission({ Action: 'events:PutEvents', Principal: other.id, StatementId: 'them' });
  await other.root.events.putTargets({
    Rule: 'in',
    Targets: [{ Id: 'q', Arn, RoleArn: back, DeadLetterConfig: { Arn: theirDead.arn } }],
  });
  await put(cloud, { n: 3 });
  await cloud.settle();
  const [ring] = await theirDead.received();
  assert.equal(attributesOf(ring!).ERROR_CODE, 'THIRD_ACCOUNT_HOP_DETECTED');
  assert.deepEqual(await target.received(), []);
});

test('A role that does not trust EventBridge, or may not send, leads to the dead-letter queue', async () => {
  const cloud = await testCloud();
  const { events } = cloud.root;
  const target = await queue(cloud.root, 'target', { AWS: '999999999999' });
  const dead = await queue(cloud.root, 'dead');
  const may = { Action: 'sqs:SendMessage', Resource: target.arn };
  const trusted = await roleFor(cloud.root, 'trusted', 'events.amazonaws.com', may);
  const elsewhere = { ArnEquals: { 'aws:SourceArn': `arn:aws:events:us-east-1:${ACCOUNT}:rule/other` } };
  const narrow = await roleFor(cloud.root, 'narrow', 'events.amazonaws.com', may, elsewhere);
  const lambda = await roleFor(cloud.root, 'lambda', 'lambda.amazonaws.com', may);
  const weak = await roleFor(cloud.root, 'weak', 'events.amazonaws.com', { Action: 'sqs:ListQueues', Resource: '*' });
  await events.putRule({ Name: 'r', EventPattern: MY_APP });
  const Targets = [trusted, narrow, lambda, weak].map((RoleArn) => ({
    Id: RoleArn.split('/')[1]!,
    Arn: target.arn,
    RoleArn,
    DeadLetterConfig: { Arn: dead.arn },
  }));
  await events.putTargets({ Rule: 'r', Targets });
  await put(cloud, { n: 1 });
  await cloud.settle();
  assert.equal((await target.received()).length, 1);
  const letters = (await dead.received()).map(attributesOf);
  assert.deepEqual(letters.map(({ ERROR_CODE }) => ERROR_CODE).toSorted(), [
    'FAILED_TO_ASSUME_ROLE',
    'FAILED_TO_ASSUME_ROLE',
    'NO_PERMISSIONS',
  ]);
  assert.equal(letters[0]!.RULE_ARN, `arn:aws:events:us-east-1:${ACCOUNT}:rule/r`);
  assert.equal(letters[0]!.TARGET_ARN, target.arn);
  assert.equal(letters[0]!.RETRY_ATTEMPTS, undefined);
});

test('PutTargets needs permission to pass the role', async () => {
  const cloud = await testCloud();
  const alice = await cloud.user('alice', {
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Action: 'events:*', Resource: '*' },
  });
  await alice.events.putRule({ Name: 'r', EventPattern: MY_APP });
  const RoleArn = `arn:aws:iam::${ACCOUNT}:role/any`;
  const Targets = [{ Id: 'q', Arn: `arn:aws:sqs:us-east-1:${ACCOUNT}:q`, RoleArn }];
  await rejected(alice.events.putTargets({ Rule: 'r', Targets }), 'AccessDeniedException', /iam:PassRole/);
});

test('FIFO queues get their events in order, in the group that the event names', async () => {
  const cloud = await testCloud();
  const { events } = cloud.root;
  const target = await queue(cloud.root, 'target.fifo');
  await events.putRule({ Name: 'r', EventPattern: MY_APP });
  const SqsParameters = { MessageGroupId: '$.detail.group' };
  await events.putTargets({ Rule: 'r', Targets: [{ Id: 'q', Arn: target.arn, SqsParameters }] });
  for (let n = 0; n < 12; n++) await put(cloud, { n, group: n % 2 === 0 ? 'even' : 'odd' });
  await cloud.settle();
  const messages = await target.received();
  const of = (group: string) =>
    messages
      .filter(({ Attributes }) => Attributes?.MessageGroupId === group)
      .map(({ Body }) => JSON.parse(Body!).detail.n);
  assert.deepEqual(of('even'), [0, 2, 4, 6, 8, 10]);
  assert.deepEqual(of('odd'), [1, 3, 5, 7, 9, 11]);
});
