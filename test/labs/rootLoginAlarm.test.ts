/**
 * The classic alarm: whoever uses the root user is heard of. A trail's events go to a log group, a metric filter counts
 * those of the root user, an alarm watches the count and tells a topic, and a queue stands for whoever is on call.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { later, loggingTrail } from '../../src/services/cloudtrail/fixtures.ts';
import { ADMIN, type Cloud, testCloud } from '../../src/testing/cloud.ts';

const PATTERN =
  '{$.userIdentity.type="Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType !="AwsServiceEvent"}';

/** The trail's events in a log group, by a role that may do no more than that. */
async function watchTrail(cloud: Cloud): Promise<void> {
  const { logs, iam, cloudtrail } = cloud.root;
  const account = cloud.managementAccount;
  await loggingTrail(cloud, 'all');
  await logs.createLogGroup({ logGroupName: 'trail' });
  const document = (Statement: object) => JSON.stringify({ Version: '2012-10-17', Statement });
  await iam.createRole({
    RoleName: 'trail-logs',
    AssumeRolePolicyDocument: document({
      Effect: 'Allow',
      Principal: { Service: 'cloudtrail.amazonaws.com' },
      Action: 'sts:AssumeRole',
    }),
  });
  await iam.putRolePolicy({
    RoleName: 'trail-logs',
    PolicyName: 'write',
    PolicyDocument: document({
      Effect: 'Allow',
      Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      Resource: `arn:aws:logs:us-east-1:${account}:log-group:trail:log-stream:${account}_CloudTrail_us-east-1*`,
    }),
  });
  await cloudtrail.updateTrail({
    Name: 'all',
    CloudWatchLogsLogGroupArn: `arn:aws:logs:us-east-1:${account}:log-group:trail:*`,
    CloudWatchLogsRoleArn: `arn:aws:iam::${account}:role/trail-logs`,
  });
}

/** A topic that tells a queue; what the queue has heard. */
async function onCall(cloud: Cloud) {
  const { sns, sqs } = cloud.root;
  const { QueueUrl } = await sqs.createQueue({ QueueName: 'on-call' });
  const { Attributes } = await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ['QueueArn'] });
  const Resource = Attributes!.QueueArn!;
  const lets = { Effect: 'Allow', Principal: { Service: 'sns.amazonaws.com' }, Action: 'sqs:SendMessage', Resource };
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: lets });
  await sqs.setQueueAttributes({ QueueUrl, Attributes: { Policy } });
  const { TopicArn } = await sns.createTopic({ Name: 'alarms' });
  await sns.subscribe({ TopicArn, Protocol: 'sqs', Endpoint: Resource, Attributes: { RawMessageDelivery: 'true' } });
  const heard = async () => {
    const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages: 10 });
    return Messages.map(({ Body }) => JSON.parse(Body!) as { AlarmName: string; NewStateValue: string });
  };
  return { topic: TopicArn!, heard };
}

test('use of the root user raises an alarm that is heard', async () => {
  const cloud = await testCloud();
  const { logs, cloudwatch } = cloud.root;
  await watchTrail(cloud);
  const { topic, heard } = await onCall(cloud);
  const admin = await cloud.user('admin', ADMIN);
  await later(cloud, 'PT1H'); // What root did to set this up is past.
  await logs.putMetricFilter({
    logGroupName: 'trail',
    filterName: 'RootUse',
    filterPattern: PATTERN,
    metricTransformations: [
      { metricName: 'RootUse', metricNamespace: 'Lab', metricValue: '1', defaultValue: 0, unit: 'Count' },
    ],
  });
  await cloudwatch.putMetricAlarm({
    AlarmName: 'root-use',
    Namespace: 'Lab',
    MetricName: 'RootUse',
    Statistic: 'Sum',
    Period: 300,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    TreatMissingData: 'notBreaching',
    AlarmActions: [topic],
  });
  await later(cloud, 'PT1H');
  await heard(); // Those calls of root's are told of, too.
  await later(cloud, 'PT1H');
  await admin.iam.createUser({ UserName: 'quiet' });
  for (let i = 0; i < 4; i++) await later(cloud, 'PT5M');
  const raised = async () => (await heard()).filter(({ NewStateValue }) => NewStateValue === 'ALARM');
  assert.deepEqual(await raised(), [], 'an administrator is no root user');
  await cloud.root.iam.createUser({ UserName: 'loud' });
  for (let i = 0; i < 4; i++) await later(cloud, 'PT5M');
  const [alarm] = await raised();
  assert.deepEqual([alarm?.AlarmName, alarm?.NewStateValue], ['root-use', 'ALARM']);
});
