/**
 * The lab "Create an Organization Trail": events of all accounts of the organization in one bucket of the log-archive
 * account, provably complete, and found in Event history by source, name and user. Validated by the real AWS CLI.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { arnOf, bucketPolicy, keysIn, later, loggingTrail, recordsIn } from '../../src/services/cloudtrail/fixtures.ts';
import { ADMIN, type Clients, type Cloud } from '../../src/testing/cloud.ts';
import { rejected } from '../../src/testing/rejected.ts';
import { awsSince, environment } from '../awsClients.ts';
import { planeOnSocket } from '../socket.ts';

const TRAIL = 'organization-trail';
const BUCKET = 'ada-org-cloudtrail-logs';

interface Landing {
  readonly organization: string;
  readonly archive: { readonly id: string; readonly clients: Clients };
  readonly workload: { readonly id: string; readonly clients: Clients };
  readonly arn: string;
}

/** An organization of three accounts, with its trail and the bucket in the log-archive account. */
async function landed(cloud: Cloud): Promise<Landing> {
  const { organizations, cloudtrail } = cloud.root;
  const { Organization } = await organizations.createOrganization({ FeatureSet: 'ALL' });
  const organization = Organization!.Id!;
  const [archive, workload] = [await member(cloud, 'log-archive'), await member(cloud, 'workload')];
  const arn = arnOf(cloud.managementAccount, TRAIL);
  await archive.clients.s3.createBucket({ Bucket: BUCKET });
  await archive.clients.s3.putBucketPolicy({
    Bucket: BUCKET,
    Policy: bucketPolicy(BUCKET, arn, [organization, cloud.managementAccount]),
  });
  await organizations.enableAWSServiceAccess({ ServicePrincipal: 'cloudtrail.amazonaws.com' });
  await cloudtrail.createTrail({
    Name: TRAIL,
    S3BucketName: BUCKET,
    IsOrganizationTrail: true,
    IsMultiRegionTrail: true,
    EnableLogFileValidation: true,
  });
  await cloudtrail.startLogging({ Name: TRAIL });
  return { organization, archive, workload, arn };
}

async function member(cloud: Cloud, name: string) {
  const { CreateAccountStatus } = await cloud.root.organizations.createAccount({
    AccountName: name,
    Email: `${name}@example.com`,
  });
  await later(cloud, 'PT1M');
  const { CreateAccountStatus: done } = await cloud.root.organizations.describeCreateAccountStatus({
    CreateAccountRequestId: CreateAccountStatus!.Id!,
  });
  const id = done!.AccountId!;
  return { id, clients: cloud.as(await cloud.keyFor(id)) };
}

/** Older ones send S3's part of validate-logs to AWS, whatever endpoint they are told. */
const aws = awsSince({ 1: 29, 2: 13 });
const NEEDS_CLI = { skip: aws === undefined && 'no AWS CLI here that can be told another endpoint' };

/** `aws cloudtrail validate-logs`, as root of the management account. */
async function validator(t: TestContext, endpoint: string, key: { accessKeyId: string; secretAccessKey: string }) {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-lab-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const env = environment({ credentials: key }, { HOME: folder, AWS_ENDPOINT_URL: endpoint });
  return async (...args: string[]) => {
    try {
      const { stdout } = await promisify(execFile)(aws as string, ['cloudtrail', 'validate-logs', ...args], { env });
      return { out: stdout, valid: true };
    } catch (error) {
      const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
      return { out: stdout + stderr, valid: false };
    }
  };
}

const between = (arn: string, from: Date, to: Date) => [
  ...['--trail-arn', arn],
  ...['--start-time', from.toISOString(), '--end-time', to.toISOString()],
];

test(
  'an organization trail brings the events of all accounts into the central bucket, and the CLI validates them',
  NEEDS_CLI,
  async (t) => {
    const { cloud, endpoint } = await planeOnSocket(t);
    const { organization, archive, workload, arn } = await landed(cloud);
    const from = cloud.now();
    await cloud.root.iam.createUser({ UserName: 'ada.admin' });
    await workload.clients.iam.createUser({ UserName: 'grace' });
    const frankfurt = cloud.as(await cloud.keyFor(workload.id), 'eu-central-1');
    await frankfurt.kms.createKey({});
    await later(cloud, 'PT5M');
    const late = await member(cloud, 'joined-later');
    await late.clients.iam.createGroup({ GroupName: 'staff' });
    await later(cloud, 'PT1H');
    await later(cloud, 'PT2H');

    const folder = `AWSLogs/${organization}/`;
    const made = (await recordsIn(archive.clients, BUCKET, folder)).filter(({ eventName }) =>
      /^Create(User|Key|Group)$/.test(eventName),
    );
    assert.deepEqual(
      made.map(({ recipientAccountId, awsRegion, eventName }) => [recipientAccountId, awsRegion, eventName]).toSorted(),
      [
        [cloud.managementAccount, 'us-east-1', 'CreateUser'],
        [workload.id, 'us-east-1', 'CreateUser'],
        [workload.id, 'eu-central-1', 'CreateKey'],
        [late.id, 'us-east-1', 'CreateGroup'],
      ].toSorted(),
    );
    const inFrankfurt = await keysIn(archive.clients, BUCKET, `${folder}${workload.id}/CloudTrail/eu-central-1/`);
    assert.match(
      inFrankfurt[0] ?? '',
      new RegExp(
        `/eu-central-1/2030/01/01/${workload.id}_CloudTrail_eu-central-1_20300101T\\d{4}Z_[A-Za-z0-9]{16}\\.json\\.gz$`,
      ),
    );

    // Read access to the central bucket for the management account, which validates.
    const policy = JSON.parse((await archive.clients.s3.getBucketPolicy({ Bucket: BUCKET })).Policy!);
    policy.Statement.push({
      Effect: 'Allow',
      Principal: { AWS: cloud.managementAccount },
      Action: ['s3:GetObject', 's3:ListBucket', 's3:GetBucketLocation'],
      Resource: [`arn:aws:s3:::${BUCKET}`, `arn:aws:s3:::${BUCKET}/*`],
    });
    await archive.clients.s3.putBucketPolicy({ Bucket: BUCKET, Policy: JSON.stringify(policy) });
    const { accessKeyId, secretAccessKey } = await cloud.keyFor(cloud.managementAccount);
    const admin = await cloud.user('validator', ADMIN);
    assert.ok(admin);
    const validate = await validator(t, endpoint, { accessKeyId, secretAccessKey });
    for (const account of [cloud.managementAccount, workload.id, late.id]) {
      const { out, valid } = await validate(...between(arn, from, cloud.now()), '--account-id', account);
      assert.equal(valid, true, out);
      assert.match(out, /\d+\/\d+ digest files valid/, out);
      assert.match(out, /\d+\/\d+ log files valid/, out);
    }
    const elsewhere = [...between(arn, from, cloud.now()), '--account-id', workload.id, '--region', 'eu-central-1'];
    const { out } = await validate(...elsewhere);
    assert.match(out, /3\/3 digest files valid/);
    assert.match(out, /1\/1 log files valid/);
  },
);

test('validation finds a flipped byte, a removed log file and a removed digest', NEEDS_CLI, async (t) => {
  const { cloud, endpoint, credentials } = await planeOnSocket(t);
  const bucket = await loggingTrail(cloud, 'proof', { EnableLogFileValidation: true });
  const { s3, iam } = cloud.root;
  const from = cloud.now();
  for (let hour = 0; hour < 4; hour++) {
    await iam.createGroup({ GroupName: `group-${hour}` });
    await later(cloud, 'PT5M');
    await later(cloud, 'PT55M');
  }
  const validate = await validator(t, endpoint, credentials);
  const again = () => validate(...between(arnOf(cloud.managementAccount, 'proof'), from, cloud.now()));
  const untouched = await again();
  assert.equal(untouched.valid, true, untouched.out);
  assert.match(untouched.out, /4\/4 digest files valid/);
  assert.match(untouched.out, /4\/4 log files valid/);

  const [first, second] = (await keysIn(cloud.root, bucket)).filter((key) => key.includes('/CloudTrail/'));
  const object = await s3.getObject({ Bucket: bucket, Key: first! });
  const bytes = Buffer.from(await object.Body!.transformToByteArray());
  const flipped = Buffer.from(bytes);
  flipped[flipped.length - 20]! ^= 1;
  await s3.putObject({ Bucket: bucket, Key: first!, Body: flipped });
  const changed = await again();
  assert.equal(changed.valid, false);
  assert.match(changed.out, /Log file\ts3:\/\/\S+\tINVALID/);
  assert.match(changed.out, /3\/4 log files valid, 1\/4 log files INVALID/);
  await s3.putObject({ Bucket: bucket, Key: first!, Body: bytes });

  await s3.deleteObject({ Bucket: bucket, Key: second! });
  const lost = await again();
  assert.match(lost.out, new RegExp(`Log file\ts3://${bucket}/${second}\tINVALID: not found`));

  const digests = (await keysIn(cloud.root, bucket)).filter((key) => key.includes('/CloudTrail-Digest/'));
  await s3.deleteObject({ Bucket: bucket, Key: digests[1]! });
  const broken = await again();
  assert.equal(broken.valid, false);
  assert.match(broken.out, new RegExp(`Digest file\ts3://${bucket}/${digests[1]}\tINVALID: not found`));
  assert.match(broken.out, /3\/4 digest files valid, 1\/4 digest files INVALID/);
});

test('member accounts see the organization’s trail and cannot change it; a delegated administrator can', async (t) => {
  const { cloud } = await planeOnSocket(t);
  const { workload, archive, arn } = await landed(cloud);
  const { cloudtrail } = workload.clients;
  const [seen] = (await cloudtrail.describeTrails({})).trailList ?? [];
  assert.deepEqual([seen?.TrailARN, seen?.IsOrganizationTrail], [arn, true]);
  assert.equal((await cloudtrail.getTrailStatus({ Name: arn })).IsLogging, true);
  const attempts = [
    cloudtrail.stopLogging({ Name: arn }),
    cloudtrail.deleteTrail({ Name: arn }),
    cloudtrail.updateTrail({ Name: arn, IsMultiRegionTrail: false }),
    cloudtrail.putEventSelectors({ TrailName: arn, EventSelectors: [{ ReadWriteType: 'ReadOnly' }] }),
  ];
  for (const attempt of attempts) await rejected(attempt, 'NotOrganizationMasterAccount', /management account/);
  assert.ok(await cloud.root.iam.getRole({ RoleName: 'AWSServiceRoleForCloudTrail' }));

  await cloud.root.cloudtrail.registerOrganizationDelegatedAdmin({ MemberAccountId: archive.id });
  await archive.clients.cloudtrail.stopLogging({ Name: arn });
  assert.equal((await cloudtrail.getTrailStatus({ Name: arn })).IsLogging, false);
  await cloud.root.cloudtrail.deregisterOrganizationDelegatedAdmin({ DelegatedAdminAccountId: archive.id });
  const { cloudtrail: former } = archive.clients;
  await rejected(former.startLogging({ Name: arn }), 'NotOrganizationMasterAccount', /management account/);
});

test('Event history is searched by source, name and user', async (t) => {
  const { cloud } = await planeOnSocket(t);
  const ada = await cloud.user('ada.admin', ADMIN);
  await ada.iam.createUser({ UserName: 'new-user' });
  await ada.kms.createKey({});
  const found = async (AttributeKey: 'EventSource' | 'EventName' | 'Username', AttributeValue: string) => {
    const LookupAttributes = [{ AttributeKey, AttributeValue }];
    return (await cloud.root.cloudtrail.lookupEvents({ LookupAttributes })).Events?.map(({ EventName }) => EventName);
  };
  assert.deepEqual(await found('EventSource', 'iam.amazonaws.com'), ['CreateUser']);
  assert.deepEqual(await found('EventName', 'CreateUser'), ['CreateUser']);
  assert.deepEqual(await found('Username', 'ada.admin'), ['CreateKey', 'CreateUser']);
});
