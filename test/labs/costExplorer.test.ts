/** The first lab of the course: Cost Explorer for a tester, in one Region only. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../src/testing/cloud.ts';
import { rejected } from '../../src/testing/rejected.ts';

const policy = {
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'CostExplorerInFrankfurt',
      Effect: 'Allow',
      Action: ['ce:GetCostAndUsage', 'ce:GetDimensionValues'],
      Resource: '*',
      Condition: { StringEquals: { 'aws:RequestedRegion': 'eu-central-1' } },
    },
  ],
};

const question = {
  TimePeriod: { Start: '2030-01-01', End: '2030-02-01' },
  Granularity: 'MONTHLY' as const,
  Metrics: ['UnblendedCost'],
};

test('a Cost Explorer policy bound to one Region lets its user in there and nowhere else', async () => {
  const cloud = await testCloud();
  const { iam } = cloud.root;
  await iam.createUser({ UserName: 'tester' });
  const { Policy: made } = await iam.createPolicy({
    PolicyName: 'CostExplorerInFrankfurt',
    PolicyDocument: JSON.stringify(policy),
  });
  await iam.attachUserPolicy({ UserName: 'tester', PolicyArn: made?.Arn });
  const { AccessKey: key } = await iam.createAccessKey({ UserName: 'tester' });
  assert.ok(key?.AccessKeyId && key.SecretAccessKey);
  const credentials = { accessKeyId: key.AccessKeyId, secretAccessKey: key.SecretAccessKey };

  const frankfurt = cloud.as(credentials, 'eu-central-1');
  const { ResultsByTime } = await frankfurt.costExplorer.getCostAndUsage(question);
  assert.deepEqual(ResultsByTime?.[0]?.Total, { UnblendedCost: { Amount: '0', Unit: 'USD' } });

  for (const region of ['us-east-1', 'eu-west-1']) {
    await rejected(
      cloud.as(credentials, region).costExplorer.getCostAndUsage(question),
      'AccessDeniedException',
      'User: arn:aws:iam::111122223333:user/tester is not authorized to perform: ce:GetCostAndUsage on resource: ' +
        'arn:aws:ce:us-east-1:111122223333:/GetCostAndUsage because no identity-based policy allows the ' +
        'ce:GetCostAndUsage action',
    );
  }

  await rejected(
    frankfurt.costExplorer.getTags({ TimePeriod: question.TimePeriod }),
    'AccessDeniedException',
    /ce:GetTags on resource: arn:aws:ce:us-east-1:111122223333:\/GetTags because no identity-based policy allows/,
  );
});
