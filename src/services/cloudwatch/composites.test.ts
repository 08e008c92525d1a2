import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Cloud, testCloud } from '../../testing/cloud.ts';
import { promptly } from '../../testing/promptly.ts';
import { childrenOf, holds, parseRule, RuleError, type RuleNode } from './compositeRule.ts';
import { errorOf } from './fixtures.ts';

const HERE = { account: '111122223333', region: 'us-east-1' };
const arn = (name: string) => `arn:aws:cloudwatch:us-east-1:111122223333:alarm:${name}`;

async function withAlarms(...names: string[]): Promise<Cloud> {
  const cloud = await testCloud({ now: new Date('2030-01-01T10:00:00Z') });
  for (const AlarmName of names) {
    await cloud.root.cloudwatch.putMetricAlarm({
      AlarmName,
      Namespace: 'n',
      MetricName: AlarmName,
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanThreshold',
    });
  }
  await cloud.settle();
  return cloud;
}

/** Sets a state, and lets what follows from it happen within the same minute. */
async function set(cloud: Cloud, AlarmName: string, StateValue: 'ALARM' | 'OK') {
  await cloud.root.cloudwatch.setAlarmState({ AlarmName, StateValue, StateReason: 'test' });
  await cloud.settle();
}

async function composite(cloud: Cloud, AlarmName: string) {
  const input = { AlarmNames: [AlarmName], AlarmTypes: ['CompositeAlarm' as const] };
  return (await cloud.root.cloudwatch.describeAlarms(input)).CompositeAlarms![0]!;
}

const RULES: readonly [rule: string, states: Record<string, string>, value: boolean][] = [
  ['ALARM(a)', { a: 'ALARM' }, true],
  ['ALARM("a")', { a: 'OK' }, false],
  [`OK(${arn('a')})`, { a: 'OK' }, true],
  ['INSUFFICIENT_DATA(a)', { a: 'INSUFFICIENT_DATA' }, true],
  ['ALARM(a) AND NOT ALARM(b)', { a: 'ALARM', b: 'OK' }, true],
  ['ALARM(a) OR ALARM(b) AND ALARM(c)', { a: 'ALARM', b: 'OK', c: 'OK' }, true],
  ['(ALARM(a) OR ALARM(b)) AND OK(c)', { a: 'OK', b: 'ALARM', c: 'OK' }, true],
  ['NOT NOT TRUE', {}, true],
  ['NOT (TRUE AND FALSE)', {}, true],
  ['ALARM("with \\"quotes\\" and (brackets)")', { 'with "quotes" and (brackets)': 'ALARM' }, true],
  ['AT_LEAST(2, ALARM, (a, b, c))', { a: 'ALARM', b: 'OK', c: 'ALARM' }, true],
  ['AT_LEAST(50%, OK, (a, b, c, d))', { a: 'OK', b: 'ALARM', c: 'ALARM', d: 'OK' }, true],
  ['AT_LEAST(75%, NOT ALARM, (a, b, c, "d"))', { a: 'OK', b: 'ALARM', c: 'ALARM', d: 'OK' }, false],
];

for (const [rule, states, value] of RULES) {
  test(`rule ${rule}`, () => {
    const node = parseRule(rule, HERE);
    assert.equal(
      holds(node, (name) => states[name]),
      value,
    );
    assert.deepEqual(childrenOf(node).toSorted(), Object.keys(states).toSorted());
  });
}

test('rules that are none are refused, soon', () => {
  for (const rule of [
    '',
    'ALARM',
    'ALARM()',
    'ALARM(a',
    'ALARM(a))',
    'ALARM(a) ALARM(b)',
    'alarm(a)',
    'ALARM(a) and ALARM(b)',
    'AND',
    'NOT',
    '()',
    'AT_LEAST(0, ALARM, (a))',
    'AT_LEAST(101%, ALARM, (a))',
    'AT_LEAST(1, ALARM, ())',
    'AT_LEAST(1, BAD, (a))',
    'ALARM(a b)',
    '"',
    '('.repeat(5000),
    'NOT '.repeat(2000),
    `${'('.repeat(200)}TRUE${')'.repeat(200)}`,
    Array.from({ length: 101 }, (_, n) => `ALARM(a${n})`).join(' OR '),
    Array(501).fill('TRUE').join(' OR '),
  ]) {
    promptly(() => assert.throws(() => parseRule(rule, HERE), RuleError, rule.slice(0, 40)));
  }
});

const { rule } = fc.letrec<{ rule: string }>((tie) => ({
  rule: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom('TRUE', 'FALSE', 'ALARM(a)', 'OK("b")', 'AT_LEAST(1, ALARM, (a, b))'),
    fc.tuple(tie('rule'), fc.constantFrom('AND', 'OR'), tie('rule')).map(([a, op, b]) => `(${a}) ${op} (${b})`),
    tie('rule').map((of) => `NOT (${of})`),
  ),
}));

test('De Morgan holds for rules', () => {
  const state = fc.constantFrom('ALARM', 'OK', 'INSUFFICIENT_DATA');
  fc.assert(
    fc.property(rule, rule, state, state, (x, y, a, b) => {
      const of = (text: string) => holds(parseRule(text, HERE), (name) => ({ a, b })[name]);
      assert.equal(of(`NOT ((${x}) AND (${y}))`), of(`(NOT (${x})) OR (NOT (${y}))`));
      const node: RuleNode = parseRule(x, HERE);
      assert.equal(of(`NOT (${x})`), !holds(node, (name) => ({ a, b })[name]));
    }),
  );
});

test('a composite alarm follows its children, and says why', async () => {
  const cloud = await withAlarms('a', 'b');
  const { cloudwatch } = cloud.root;
  const AlarmRule = 'ALARM(a) OR ALARM(b)';
  await cloudwatch.putCompositeAlarm({
    AlarmName: 'both',
    AlarmRule,
    AlarmDescription: 'x',
    Tags: [{ Key: 'k', Value: 'v' }],
  });
  await cloud.settle();
  const first = await composite(cloud, 'both');
  assert.deepEqual([first.StateValue, first.AlarmRule, first.AlarmDescription], ['OK', AlarmRule, 'x']);
  assert.equal(first.StateReason, `${arn('both')} was created and its alarm rule evaluates to OK`);
  cloud.advance('PT7S');
  await set(cloud, 'a', 'ALARM');
  const now = await composite(cloud, 'both');
  assert.equal(now.StateValue, 'ALARM');
  assert.equal(now.StateReason, `${arn('a')} transitioned to ALARM at Tuesday 01 January, 2030 10:00:07 UTC`);
  assert.deepEqual(JSON.parse(now.StateReasonData!), {
    triggeringAlarms: [{ arn: arn('a'), state: { value: 'ALARM', timestamp: '2030-01-01T10:00:07.000+0000' } }],
  });
  await set(cloud, 'b', 'ALARM');
  await set(cloud, 'a', 'OK');
  assert.equal((await composite(cloud, 'both')).StateValue, 'ALARM');
  const children = await cloudwatch.describeAlarms({ ChildrenOfAlarmName: 'both' });
  assert.deepEqual(
    children.MetricAlarms?.map(({ AlarmName, StateValue }) => [AlarmName, StateValue]),
    [
      ['a', 'OK'],
      ['b', 'ALARM'],
    ],
  );
  const parents = await cloudwatch.describeAlarms({ ParentsOfAlarmName: 'a' });
  assert.deepEqual(parents.CompositeAlarms, [{ AlarmName: 'both', AlarmArn: arn('both') }]);
  assert.match(
    (await errorOf(cloudwatch.describeAlarms({ ParentsOfAlarmName: 'a', StateValue: 'OK' }))).message,
    /cannot be used with/,
  );
});

test('composites of composites, and rings of them that end', async () => {
  const cloud = await withAlarms('a');
  const { cloudwatch } = cloud.root;
  await cloudwatch.putCompositeAlarm({ AlarmName: 'one', AlarmRule: 'ALARM(a)' });
  await cloudwatch.putCompositeAlarm({ AlarmName: 'two', AlarmRule: 'ALARM(one)' });
  await cloud.settle();
  cloud.advance('PT5S');
  await set(cloud, 'a', 'ALARM');
  assert.equal((await composite(cloud, 'two')).StateValue, 'ALARM');
  cloud.advance('PT5S');
  await cloudwatch.putCompositeAlarm({ AlarmName: 'one', AlarmRule: 'NOT ALARM(two)' });
  await cloud.settle();
  for (let n = 0; n < 3; n++) {
    cloud.advance('PT1S');
    await cloud.settle();
  }
  assert.ok((await composite(cloud, 'one')).StateValue);
});

test('PutCompositeAlarm and DeleteAlarms in AWS words', async () => {
  const cloud = await withAlarms('a', 'b');
  const { cloudwatch } = cloud.root;
  const put = (input: object) => cloudwatch.putCompositeAlarm({ AlarmName: 'c', AlarmRule: 'ALARM(a)', ...input });
  assert.equal(
    (await errorOf(put({ AlarmRule: 'ALARM(a) OR OK(nope)' }))).message,
    'Could not save the composite alarm as alarms [nope] in the alarm rule do not exist',
  );
  for (const [from, to] of [
    ['us-east-1', 'eu-west-1'],
    [HERE.account, '999999999999'],
  ] as const) {
    const elsewhere = arn('a').replace(from, to);
    const error = await errorOf(put({ AlarmRule: `ALARM("${elsewhere}")` }));
    assert.equal(
      error.message,
      `Could not save the composite alarm as alarms [${elsewhere}] in the alarm rule do not exist`,
    );
  }
  assert.match((await errorOf(put({ AlarmRule: 'ALARM(a) OR' }))).message, /^AlarmRule ends unexpectedly/);
  assert.match((await errorOf(put({ ActionsSuppressor: 'b' }))).message, /WaitPeriod is required/);
  const periods = { ActionsSuppressorWaitPeriod: 1, ActionsSuppressorExtensionPeriod: 1 };
  assert.match((await errorOf(put({ ActionsSuppressor: 'nope', ...periods }))).message, /does not exist/);
  assert.match((await errorOf(put({ ActionsSuppressorWaitPeriod: 1 }))).message, /only be specified with/);
  assert.match((await errorOf(put({ AlarmName: 'a', AlarmRule: 'ALARM(b)' }))).message, /another type/);
  await put({});
  assert.equal(
    (await errorOf(cloudwatch.deleteAlarms({ AlarmNames: ['a'] }))).message,
    'Cannot delete a as there are composite alarm(s) depending on it.',
  );
  await cloudwatch.putCompositeAlarm({ AlarmName: 'd', AlarmRule: 'OK(b)' });
  assert.match(
    (await errorOf(cloudwatch.deleteAlarms({ AlarmNames: ['c', 'd'] }))).message,
    /Only one composite alarm/,
  );
  await cloudwatch.deleteAlarms({ AlarmNames: ['c'] });
  await cloudwatch.deleteAlarms({ AlarmNames: ['a'] });
});

/** A composite alarm with a queue behind its topic, suppressed by another alarm. */
async function suppressed() {
  const cloud = await withAlarms('child', 'maintenance');
  const { sns, sqs, cloudwatch } = cloud.root;
  const { TopicArn } = await sns.createTopic({ Name: 'alerts' });
  const { QueueUrl } = await sqs.createQueue({ QueueName: 'alerts' });
  const { Attributes } = await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ['QueueArn'] });
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { Service: 'sns.amazonaws.com' }, Action: 'sqs:SendMessage', Resource: '*' },
    ],
  });
  await sqs.setQueueAttributes({ QueueUrl, Attributes: { Policy } });
  await sns.subscribe({
    TopicArn,
    Protocol: 'sqs',
    Endpoint: Attributes!.QueueArn,
    Attributes: { RawMessageDelivery: 'true' },
  });
  await set(cloud, 'child', 'OK');
  await set(cloud, 'maintenance', 'OK');
  await cloudwatch.putCompositeAlarm({
    AlarmName: 'service',
    AlarmRule: 'ALARM(child)',
    AlarmActions: [TopicArn!],
    OKActions: [TopicArn!],
    ActionsSuppressor: 'maintenance',
    ActionsSuppressorWaitPeriod: 20,
    ActionsSuppressorExtensionPeriod: 30,
  });
  await cloud.settle();
  cloud.advance('PT20S');
  await cloud.settle();
  const told = async () => {
    await cloud.settle();
    const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages: 10 });
    for (const { ReceiptHandle } of Messages) await sqs.deleteMessage({ QueueUrl, ReceiptHandle });
    return Messages.map(({ Body }) => JSON.parse(Body!).NewStateValue);
  };
  const by = async () => (await composite(cloud, 'service')).ActionsSuppressedBy;
  await told();
  const wait = async (duration: string) => {
    cloud.advance(duration);
    await cloud.settle();
  };
  return { cloud, told, by, wait };
}

test('suppression: after the wait period the actions are taken', async () => {
  const { cloud, told, by, wait } = await suppressed();
  await set(cloud, 'child', 'ALARM');
  assert.deepEqual([await by(), await told()], ['WaitPeriod', []]);
  await wait('PT20S');
  assert.deepEqual([await by(), await told()], [undefined, ['ALARM']]);
});

test('suppression: a suppressor that goes off in time holds them back, and an extension after it', async () => {
  const { cloud, told, by, wait } = await suppressed();
  await set(cloud, 'child', 'ALARM');
  await wait('PT5S');
  await set(cloud, 'maintenance', 'ALARM');
  await wait('PT15S');
  assert.deepEqual([await by(), await told()], ['Alarm', []]);
  await set(cloud, 'maintenance', 'OK');
  assert.deepEqual([await by(), await told()], ['ExtensionPeriod', []]);
  await wait('PT15S');
  assert.deepEqual(await told(), []);
  await set(cloud, 'child', 'OK');
  assert.equal(await by(), 'WaitPeriod', 'a change of state ends the extension and begins a wait period');
});

test('suppression: a change during the wait period begins it anew', async () => {
  const { cloud, told, by, wait } = await suppressed();
  await set(cloud, 'child', 'ALARM');
  await wait('PT15S');
  await set(cloud, 'child', 'OK');
  await wait('PT15S');
  assert.deepEqual([await by(), await told()], ['WaitPeriod', []]);
  await wait('PT5S');
  assert.deepEqual([await by(), await told()], [undefined, ['OK']]);
});
