/** CloudTrail Insights that are heard of: a burst of refused calls reaches a queue through a rule of EventBridge. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { later, loggingTrail } from '../../src/services/cloudtrail/fixtures.ts';
import { testCloud } from '../../src/testing/cloud.ts';
import { rejected } from '../../src/testing/rejected.ts';

test('a burst of refused calls is an Insight that a rule hands to a queue', async () => {
  const cloud = await testCloud();
  const { cloudtrail, events, sqs } = cloud.root;
  await loggingTrail(cloud, 'watched');
  const InsightSelectors = [{ InsightType: 'ApiCallRateInsight' }, { InsightType: 'ApiErrorRateInsight' }] as const;
  await cloudtrail.putInsightSelectors({ TrailName: 'watched', InsightSelectors: [...InsightSelectors] });

  const { QueueUrl } = await sqs.createQueue({ QueueName: 'on-call' });
  const Resource = `arn:aws:sqs:us-east-1:${cloud.managementAccount}:on-call`;
  const lets = { Effect: 'Allow', Principal: { Service: 'events.amazonaws.com' }, Action: 'sqs:SendMessage', Resource };
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: lets });
  await sqs.setQueueAttributes({ QueueUrl, Attributes: { Policy } });
  const EventPattern = JSON.stringify({
    source: ['aws.cloudtrail'],
    'detail-type': ['AWS Insight via CloudTrail'],
    detail: { insightDetails: { state: ['Start'] } },
  });
  await events.putRule({ Name: 'insights', EventPattern });
  await events.putTargets({ Rule: 'insights', Targets: [{ Id: 'queue', Arn: Resource }] });

  await later(cloud, 'P2D');
  const mallory = await cloud.user('mallory');
  for (let n = 0; n < 15; n++) await rejected(mallory.iam.listUsers({}), 'AccessDenied', /not authorized/);
  await later(cloud, 'PT6M');
  const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages: 10 });
  const heard = Messages.map(({ Body }) => JSON.parse(Body!).detail.insightDetails);
  assert.deepEqual(
    heard.map(({ insightType, eventName, errorCode }) => [insightType, eventName, errorCode]),
    [['ApiErrorRateInsight', 'ListUsers', 'AccessDenied']],
  );
});
