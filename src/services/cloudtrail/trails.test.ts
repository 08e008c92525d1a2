import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';
import { arnOf, bucketPolicy, logBucket } from './fixtures.ts';

test('CreateTrail, UpdateTrail and DeleteTrail keep what they are given', async () => {
  const cloud = await testCloud();
  const { cloudtrail, s3 } = cloud.root;
  const arn = arnOf(cloud.managementAccount, 'audit');
  await logBucket(cloud, 'audit-logs', 'audit');
  const made = await cloudtrail.createTrail({
    Name: 'audit',
    S3BucketName: 'audit-logs',
    TagsList: [{ Key: 'team', Value: 'security' }],
  });
  const expected = {
    Name: 'audit',
    S3BucketName: 'audit-logs',
    IncludeGlobalServiceEvents: true,
    IsMultiRegionTrail: false,
    TrailARN: arn,
    LogFileValidationEnabled: false,
    IsOrganizationTrail: false,
  };
  const { $metadata: _, ...shown } = made;
  assert.deepEqual(shown, expected);
  assert.deepEqual((await cloudtrail.getTrail({ Name: arn })).Trail, {
    ...expected,
    HomeRegion: 'us-east-1',
    HasCustomEventSelectors: false,
    HasInsightSelectors: false,
  });
  const updated = await cloudtrail.updateTrail({
    Name: 'audit',
    IsMultiRegionTrail: true,
    EnableLogFileValidation: true,
  });
  assert.deepEqual([updated.IsMultiRegionTrail, updated.LogFileValidationEnabled], [true, true]);
  const folders = await s3.listObjectsV2({ Bucket: 'audit-logs' });
  assert.deepEqual(
    folders.Contents?.map(({ Key }) => Key),
    [`AWSLogs/${cloud.managementAccount}/CloudTrail-Digest/`, `AWSLogs/${cloud.managementAccount}/CloudTrail/`],
  );
  const { ResourceTagList } = await cloudtrail.listTags({ ResourceIdList: [arn] });
  assert.deepEqual(ResourceTagList, [{ ResourceId: arn, TagsList: [{ Key: 'team', Value: 'security' }] }]);
  await cloudtrail.addTags({ ResourceId: arn, TagsList: [{ Key: 'stage' }] });
  await cloudtrail.removeTags({ ResourceId: arn, TagsList: [{ Key: 'team' }] });
  assert.deepEqual((await cloudtrail.listTags({ ResourceIdList: [arn] })).ResourceTagList?.[0]?.TagsList, [
    { Key: 'stage', Value: '' },
  ]);
  await cloudtrail.deleteTrail({ Name: 'audit' });
  assert.deepEqual((await cloudtrail.describeTrails({})).trailList, []);
  await rejected(
    cloudtrail.getTrail({ Name: 'audit' }),
    'TrailNotFound',
    `Unknown trail: ${arn} for the user: ${cloud.managementAccount}`,
  );
});

test('a multi-Region trail is seen in every Region and changed in its home Region only', async () => {
  const cloud = await testCloud();
  const arn = arnOf(cloud.managementAccount, 'wide');
  await logBucket(cloud, 'wide-logs', 'wide');
  await cloud.root.cloudtrail.createTrail({ Name: 'wide', S3BucketName: 'wide-logs', IsMultiRegionTrail: true });
  const { cloudtrail } = cloud.as(await cloud.keyFor(cloud.managementAccount), 'eu-west-1');
  const [shadow] = (await cloudtrail.describeTrails({})).trailList ?? [];
  assert.deepEqual([shadow?.TrailARN, shadow?.HomeRegion], [arn, 'us-east-1']);
  assert.deepEqual((await cloudtrail.describeTrails({ includeShadowTrails: false })).trailList, []);
  assert.equal((await cloudtrail.getTrailStatus({ Name: arn })).IsLogging, false);
  await rejected(cloudtrail.startLogging({ Name: arn }), 'InvalidHomeRegion', /home Region, us-east-1/);
  await rejected(
    cloudtrail.getEventSelectors({ TrailName: 'wide' }),
    'TrailNotFound',
    `Unknown trail: ${arnOf(cloud.managementAccount, 'wide', 'eu-west-1')} for the user: ${cloud.managementAccount}`,
  );
  assert.deepEqual((await cloudtrail.listTrails({})).Trails, [
    { TrailARN: arn, Name: 'wide', HomeRegion: 'us-east-1' },
  ]);
});

test('CreateTrail refuses what AWS refuses', async () => {
  const cloud = await testCloud();
  const { cloudtrail, s3 } = cloud.root;
  const names: [string, RegExp | string][] = [
    ['ab', 'Trail name too short. Minimum allowed length: 3 characters. Specified name length: 2 characters.'],
    ['a'.repeat(129), /Trail name too long. Maximum allowed length: 128 characters/],
    ['-abc', 'Trail name must starts with a letter or number.'],
    ['abc-', 'Trail name must ends with a letter or number.'],
    ['a b c', /^Trail name or ARN can only contain uppercase letters/],
    ['a--b', /adjacent/],
    ['192.168.5.4', /IP address/],
  ];
  for (const [Name, sentence] of names) {
    await rejected(cloudtrail.createTrail({ Name, S3BucketName: 'logs' }), 'InvalidTrailName', sentence);
  }
  await rejected(
    cloudtrail.createTrail({ Name: 'audit', S3BucketName: 'nowhere-logs' }),
    'S3BucketDoesNotExist',
    'S3 bucket nowhere-logs does not exist!',
  );
  await s3.createBucket({ Bucket: 'closed-logs' });
  const closed = () => cloudtrail.createTrail({ Name: 'audit', S3BucketName: 'closed-logs' });
  const incorrect = 'Incorrect S3 bucket policy is detected for bucket: closed-logs';
  await rejected(closed(), 'InsufficientS3BucketPolicy', incorrect);
  const account = cloud.managementAccount;
  const policies = [
    bucketPolicy('closed-logs', arnOf(account, 'other'), [account]),
    bucketPolicy('closed-logs', arnOf(account, 'audit'), ['210987654321']),
    bucketPolicy('closed-logs', arnOf(account, 'audit'), [account]).replace('owner-full-control', 'owner-read'),
  ];
  for (const Policy of policies) {
    await s3.putBucketPolicy({ Bucket: 'closed-logs', Policy });
    await rejected(closed(), 'InsufficientS3BucketPolicy', incorrect);
  }
  await s3.putBucketPolicy({
    Bucket: 'closed-logs',
    Policy: bucketPolicy('closed-logs', arnOf(account, 'audit'), [account]),
  });
  await closed();
  await rejected(closed(), 'TrailAlreadyExists', `Trail audit already exists for customer: ${account}`);
  await rejected(
    cloudtrail.updateTrail({ Name: 'audit', IsMultiRegionTrail: true, IncludeGlobalServiceEvents: false }),
    'InvalidParameterCombination',
    'Multi-Region trail must include global service events.',
  );
  await rejected(cloudtrail.getTrail({ Name: 'arn:aws:s3:::x' }), 'CloudTrailARNInvalid', /Invalid trail ARN/);
});

test('CreateTrail holds to five trails in a Region', async () => {
  const cloud = await testCloud();
  const { cloudtrail } = cloud.root;
  for (let n = 1; n <= 6; n++) {
    await logBucket(cloud, `logs-${n}`, `trail-${n}`);
    const made = cloudtrail.createTrail({ Name: `trail-${n}`, S3BucketName: `logs-${n}` });
    if (n <= 5) await made;
    else {
      const sentence = `User: ${cloud.managementAccount} already has 5 trails in us-east-1.`;
      await rejected(made, 'MaximumNumberOfTrailsExceeded', sentence);
    }
  }
});

test('a trail of all Regions counts in each of them', async () => {
  const cloud = await testCloud({ quotas: { TrailsPerRegion: 2 } });
  const account = cloud.managementAccount;
  const made = async (Name: string, region: string, IsMultiRegionTrail: boolean) => {
    const { cloudtrail } = cloud.as(await cloud.keyFor(account), region);
    await cloud.root.s3.createBucket({ Bucket: `${Name}-logs` });
    const Policy = bucketPolicy(`${Name}-logs`, arnOf(account, Name, region), [account]);
    await cloud.root.s3.putBucketPolicy({ Bucket: `${Name}-logs`, Policy });
    return cloudtrail.createTrail({ Name, S3BucketName: `${Name}-logs`, IsMultiRegionTrail });
  };
  await made('first', 'us-east-1', true);
  await made('second', 'eu-west-1', false);
  await rejected(made('third', 'eu-west-1', false), 'MaximumNumberOfTrailsExceeded', /2 trails in eu-west-1/);
  await rejected(made('fourth', 'us-east-1', true), 'MaximumNumberOfTrailsExceeded', /2 trails in eu-west-1/);
  await made('fifth', 'us-east-1', false);
});

test('trails are their account’s own, and permission is asked on the trail', async () => {
  const cloud = await testCloud();
  const arn = arnOf(cloud.managementAccount, 'audit');
  await logBucket(cloud, 'audit-logs', 'audit');
  await cloud.root.cloudtrail.createTrail({ Name: 'audit', S3BucketName: 'audit-logs' });
  const other = await cloud.memberAccount('other');
  await rejected(other.root.cloudtrail.getTrail({ Name: arn }), 'TrailNotFound', /Unknown trail/);
  assert.deepEqual((await other.root.cloudtrail.describeTrails({})).trailList, []);
  const allow = (Action: string, Resource: string) => ({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action, Resource }],
  });
  const bob = await cloud.user('bob', allow('cloudtrail:StopLogging', arnOf(cloud.managementAccount, 'else')));
  await rejected(
    bob.cloudtrail.stopLogging({ Name: 'audit' }),
    'AccessDenied',
    new RegExp(`bob is not authorized to perform: cloudtrail:StopLogging on resource: ${arn}`),
  );
  const eve = await cloud.user('eve', allow('cloudtrail:*', arn));
  await eve.cloudtrail.startLogging({ Name: 'audit' });
  await rejected(
    eve.cloudtrail.updateTrail({
      Name: 'audit',
      CloudWatchLogsLogGroupArn: `arn:aws:logs:us-east-1:${cloud.managementAccount}:log-group:trail:*`,
      CloudWatchLogsRoleArn: `arn:aws:iam::${cloud.managementAccount}:role/trail`,
    }),
    'AccessDenied',
    /iam:PassRole/,
  );
});
