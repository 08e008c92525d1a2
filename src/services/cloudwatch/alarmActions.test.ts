import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Cloud, testCloud } from '../../testing/cloud.ts';

interface Listening {
  readonly topic: string;
  /** Messages that came, as SNS wraps them. */
  readonly heard: () => Promise<{ readonly Subject: string; readonly Message: string }[]>;
}

/** A topic with a queue behind it. */
async function listening(cloud: Cloud, name: string, attributes: Record<string, string> = {}): Promise<Listening> {
  const { sns, sqs } = cloud.root;
  const fifo = name.endsWith('.fifo') ? { FifoTopic: 'true' } : {};
  const { TopicArn } = await sns.createTopic({ Name: name, Attributes: { ...fifo, ...attributes } });
  const queue = name.endsWith('.fifo') ? { FifoQueue: 'true' } : {};
  const { QueueUrl } = await sqs.createQueue({ QueueName: name, Attributes: queue as never });
  const { Attributes } = await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ['QueueArn'] });
  const allow = {
    Effect: 'Allow',
    Principal: { Service: 'sns.amazonaws.com' },
    Action: 'sqs:SendMessage',
    Resource: '*',
  };
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [allow] });
  await sqs.setQueueAttributes({ QueueUrl, Attributes: { Policy } });
  await sns.subscribe({ TopicArn, Protocol: 'sqs', Endpoint: Attributes!.QueueArn });
  const heard = async () => {
    await cloud.settle();
    const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages: 10 });
    for (const { ReceiptHandle } of Messages) await sqs.deleteMessage({ QueueUrl, ReceiptHandle });
    return Messages.map(({ Body }) => JSON.parse(Body!));
  };
  return { topic: TopicArn!, heard };
}

const alarm = (cloud: Cloud, more: object = {}) =>
  cloud.root.cloudwatch.putMetricAlarm({
    AlarmName: 'TooMany',
    AlarmDescription: 'Something is wrong',
    Namespace: 'Shop',
    MetricName: 'Errors',
    Dimensions: [{ Name: 'Host', Value: 'a' }],
    Statistic: 'Sum',
    Period: 60,
    EvaluationPeriods: 1,
    DatapointsToAlarm: 1,
    Threshold: 5,
    ComparisonOperator: 'GreaterThanThreshold',
    ...more,
  });

const put = (cloud: Cloud, Value: number) =>
  cloud.root.cloudwatch.putMetricData({
    Namespace: 'Shop',
    MetricData: [{ MetricName: 'Errors', Dimensions: [{ Name: 'Host', Value: 'a' }], Value }],
  });

async function pass(cloud: Cloud, duration = 'PT1M') {
  cloud.advance(duration);
  await cloud.settle();
}

const actionsOf = async (cloud: Cloud, AlarmName = 'TooMany') => {
  const { AlarmHistoryItems } = await cloud.root.cloudwatch.describeAlarmHistory({
    AlarmName,
    HistoryItemType: 'Action',
  });
  return AlarmHistoryItems!.map(
    ({ HistorySummary, HistoryData }) => [HistorySummary!, JSON.parse(HistoryData!)] as const,
  );
};

test('an alarm tells its topic, in the message that CloudWatch writes', async () => {
  const cloud = await testCloud({ now: new Date('2030-01-01T10:00:00Z') });
  const { topic, heard } = await listening(cloud, 'alerts');
  await alarm(cloud, { AlarmActions: [topic], Tags: [{ Key: 'team', Value: 'shop' }] });
  await put(cloud, 6);
  await pass(cloud);
  const [message, ...others] = await heard();
  assert.deepEqual(others, []);
  assert.equal(message?.Subject, 'ALARM: "TooMany" in US East (N. Virginia)');
  assert.deepEqual(JSON.parse(message!.Message), {
    AlarmName: 'TooMany',
    AlarmDescription: 'Something is wrong',
    AWSAccountId: '111122223333',
    AlarmConfigurationUpdatedTimestamp: '2030-01-01T10:00:00.000+0000',
    NewStateValue: 'ALARM',
    NewStateReason:
      'Threshold Crossed: 1 out of the last 1 datapoints [6.0 (01/01/30 10:00:00)] was greater than the threshold (5.0) (minimum 1 datapoint for OK -> ALARM transition).',
    StateChangeTime: '2030-01-01T10:01:00.000+0000',
    Region: 'US East (N. Virginia)',
    AlarmArn: 'arn:aws:cloudwatch:us-east-1:111122223333:alarm:TooMany',
    OldStateValue: 'INSUFFICIENT_DATA',
    OKActions: [],
    AlarmActions: [topic],
    InsufficientDataActions: [],
    Trigger: {
      MetricName: 'Errors',
      Namespace: 'Shop',
      StatisticType: 'Statistic',
      Statistic: 'SUM',
      Unit: null,
      Dimensions: [{ value: 'a', name: 'Host' }],
      Period: 60,
      EvaluationPeriods: 1,
      DatapointsToAlarm: 1,
      ComparisonOperator: 'GreaterThanThreshold',
      Threshold: 5,
      TreatMissingData: 'missing',
      EvaluateLowSampleCountPercentile: '',
    },
  });
  const [[summary, data] = ['', {}]] = await actionsOf(cloud);
  assert.equal(summary, `Successfully executed action ${topic}`);
  assert.equal(data.actionState, 'Succeeded');
  assert.equal(data.notificationResource, topic);
  await put(cloud, 7);
  await pass(cloud);
  assert.deepEqual(await heard(), [], 'an alarm that stays in its state says nothing more');
});

test('an alarm tells its tags where it shall', async () => {
  const cloud = await testCloud();
  const { topic, heard } = await listening(cloud, 'alerts');
  const AlarmTagsPropagation = { Enabled: true, ExcludedTagKeys: ['secret'] };
  await alarm(cloud, {
    AlarmActions: [topic],
    ActionConfiguration: { AlarmTagsPropagation },
    Tags: [
      { Key: 'team', Value: 'shop' },
      { Key: 'secret', Value: 'x' },
    ],
  });
  await put(cloud, 6);
  await pass(cloud);
  assert.deepEqual(JSON.parse((await heard())[0]!.Message).AlarmTags, [{ Key: 'team', Value: 'shop' }]);
});

test('disabled actions are not taken', async () => {
  const cloud = await testCloud();
  const { topic, heard } = await listening(cloud, 'alerts');
  await alarm(cloud, { AlarmActions: [topic], ActionsEnabled: false });
  await put(cloud, 6);
  await pass(cloud);
  assert.deepEqual(await heard(), []);
});

test('a topic lets in the alarms its policy names, and a refusal stands in the history', async () => {
  const cloud = await testCloud();
  const only = (name: string) =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Service: 'cloudwatch.amazonaws.com' },
          Action: 'SNS:Publish',
          Resource: '*',
          Condition: {
            ArnLike: { 'aws:SourceArn': `arn:aws:cloudwatch:*:*:alarm:${name}` },
            StringEquals: { 'aws:SourceAccount': '111122223333' },
          },
        },
      ],
    });
  const open = await listening(cloud, 'open', { Policy: only('TooM*') });
  const closed = await listening(cloud, 'closed', { Policy: only('Other') });
  await alarm(cloud, { AlarmActions: [open.topic, closed.topic] });
  await put(cloud, 6);
  await pass(cloud);
  assert.equal((await open.heard()).length, 1);
  assert.deepEqual(await closed.heard(), []);
  const told = Object.fromEntries(await actionsOf(cloud));
  assert.equal(told[`Successfully executed action ${open.topic}`]?.actionState, 'Succeeded');
  const failed = Object.entries(told).find(([summary]) =>
    summary.startsWith(`Failed to execute action ${closed.topic}`),
  );
  assert.match(failed![0], /not authorized to perform: SNS:Publish/i);
  assert.equal(failed![1].actionState, 'Failed');
});

test('a FIFO topic gets messages of one group an alarm', async () => {
  const cloud = await testCloud();
  const { topic, heard } = await listening(cloud, 'alerts.fifo');
  await alarm(cloud, { AlarmActions: [topic], OKActions: [topic] });
  await put(cloud, 6);
  await pass(cloud);
  assert.equal((await heard()).length, 1);
});

test('a mute rule holds actions back until its window ends', async () => {
  const cloud = await testCloud({ now: new Date('2030-01-01T10:00:00Z') });
  const { cloudwatch } = cloud.root;
  const { topic, heard } = await listening(cloud, 'alerts');
  await alarm(cloud, { AlarmActions: [topic], TreatMissingData: 'ignore' });
  await cloudwatch.putAlarmMuteRule({
    Name: 'maintenance',
    Description: 'weekly',
    Rule: { Schedule: { Expression: 'cron(0 10 * * TUE)', Duration: 'PT2H' } },
    MuteTargets: { AlarmNames: ['TooMany'] },
  });
  const rule = await cloudwatch.getAlarmMuteRule({ AlarmMuteRuleName: 'maintenance' });
  assert.deepEqual([rule.Status, rule.MuteType, rule.Description], ['ACTIVE', 'RECURRING', 'weekly']);
  assert.deepEqual(rule.MuteTargets, { AlarmNames: ['TooMany'] });
  await put(cloud, 6);
  await pass(cloud);
  const { MetricAlarms } = await cloudwatch.describeAlarms({});
  assert.equal(MetricAlarms?.[0]?.StateValue, 'ALARM', 'a muted alarm still changes its state');
  assert.deepEqual(await heard(), []);
  const rows = await cloud.deps.store.journal.read(0, 10_000);
  const events = rows.filter(({ kind }) => kind === 'event').map(({ body }) => JSON.parse(body));
  const change = events.find((event) => event['detail-type'] === 'CloudWatch Alarm State Change');
  assert.deepEqual(change.detail.muteDetail, {
    mutedByArn: 'arn:aws:cloudwatch:us-east-1:111122223333:alarm-mute-rule:maintenance',
    muteWindowStart: '2030-01-01T10:00:00.000+0000',
    muteWindowEnd: '2030-01-01T12:00:00.000+0000',
  });
  await pass(cloud, 'PT1H59M');
  const [message] = await heard();
  assert.equal(JSON.parse(message!.Message).NewStateValue, 'ALARM');
  const listed = await cloudwatch.listAlarmMuteRules({ AlarmName: 'TooMany', Statuses: ['SCHEDULED'] });
  assert.equal(listed.AlarmMuteRuleSummaries?.length, 1);
  await cloudwatch.deleteAlarmMuteRule({ AlarmMuteRuleName: 'maintenance' });
  assert.equal((await cloudwatch.listAlarmMuteRules({})).AlarmMuteRuleSummaries?.length, 0);
});

test('what a mute rule held back is done when the rule goes', async () => {
  const cloud = await testCloud({ now: new Date('2030-01-01T10:00:00Z') });
  const { topic, heard } = await listening(cloud, 'alerts');
  await alarm(cloud, { AlarmActions: [topic] });
  await cloud.root.cloudwatch.putAlarmMuteRule({
    Name: 'now',
    Rule: { Schedule: { Expression: 'at(2030-01-01T11:00)', Duration: 'P1D', Timezone: 'Europe/Berlin' } },
    MuteTargets: { AlarmNames: ['TooMany'] },
  });
  await put(cloud, 6);
  await pass(cloud);
  assert.deepEqual(await heard(), []);
  await cloud.root.cloudwatch.deleteAlarmMuteRule({ AlarmMuteRuleName: 'now' });
  assert.equal((await heard()).length, 1);
});
