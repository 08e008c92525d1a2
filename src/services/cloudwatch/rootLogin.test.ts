/** The classic: a metric filter on the log group of a trail counts calls of the root user, an alarm tells a topic. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';

/** https://docs.aws.amazon.com/securityhub/latest/userguide/cloudwatch-controls.html#cloudwatch-1 */
const PATTERN =
  '{$.userIdentity.type="Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType !="AwsServiceEvent"}';

const record = (type: string, more: object = {}) =>
  JSON.stringify({
    eventVersion: '1.11',
    userIdentity: { type, ...more },
    eventType: 'AwsConsoleSignIn',
    eventName: 'ConsoleLogin',
  });

test('a root login is counted by the filter, sets off the alarm and is told to the topic', async () => {
  const cloud = await testCloud({ now: new Date('2030-01-01T10:00:00Z') });
  const { logs, cloudwatch, sns, sqs } = cloud.root;
  const logGroupName = 'trail';
  await logs.createLogGroup({ logGroupName });
  await logs.createLogStream({ logGroupName, logStreamName: 's' });
  await logs.putMetricFilter({
    logGroupName,
    filterName: 'root',
    filterPattern: PATTERN,
    metricTransformations: [{ metricName: 'RootUsage', metricNamespace: 'LogMetrics', metricValue: '1' }],
  });
  const { TopicArn } = await sns.createTopic({ Name: 'alarms' });
  const { QueueUrl } = await sqs.createQueue({ QueueName: 'alarms' });
  const allow = {
    Effect: 'Allow',
    Principal: { Service: 'sns.amazonaws.com' },
    Action: 'sqs:SendMessage',
    Resource: '*',
  };
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [allow] });
  await sqs.setQueueAttributes({ QueueUrl, Attributes: { Policy } });
  const Endpoint = 'arn:aws:sqs:us-east-1:111122223333:alarms';
  await sns.subscribe({ TopicArn, Protocol: 'sqs', Endpoint, Attributes: { RawMessageDelivery: 'true' } });
  await cloudwatch.putMetricAlarm({
    AlarmName: 'RootLogin',
    Namespace: 'LogMetrics',
    MetricName: 'RootUsage',
    Statistic: 'Sum',
    Period: 300,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    TreatMissingData: 'notBreaching',
    AlarmActions: [TopicArn!],
  });
  const log = async (...messages: string[]) => {
    const timestamp = cloud.now().getTime();
    const logEvents = messages.map((message) => ({ message, timestamp }));
    await logs.putLogEvents({ logGroupName, logStreamName: 's', logEvents });
    for (let minute = 0; minute < 6; minute++) {
      cloud.advance('PT1M');
      await cloud.settle();
    }
    const { Messages = [] } = await sqs.receiveMessage({ QueueUrl });
    return Messages.map(({ Body }) => JSON.parse(Body!));
  };
  assert.deepEqual(await log(record('IAMUser'), record('Root', { invokedBy: 'x.amazonaws.com' })), []);
  assert.equal((await cloudwatch.describeAlarms({})).MetricAlarms?.[0]?.StateValue, 'OK');
  const [told] = await log(record('Root'), record('IAMUser'));
  assert.deepEqual([told.AlarmName, told.NewStateValue, told.OldStateValue], ['RootLogin', 'ALARM', 'OK']);
  assert.equal(told.Trigger.MetricName, 'RootUsage');
});
