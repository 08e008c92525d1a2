/**
 * The tutorial "Delegate access across AWS accounts using IAM roles": developers of one account work on a bucket of
 * another through a role there, others may not, and a Deny takes it from one of them.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Clients, type Cloud, testCloud } from '../../src/testing/cloud.ts';
import { rejected } from '../../src/testing/rejected.ts';
import { accountIn, administratorOf, unit } from './accounts.ts';

const BUCKET = 'productionapp-lab';

const documentOf = (Statement: object) => JSON.stringify({ Version: '2012-10-17', Statement });

/** The production account's bucket, and the role that may change what is in it. */
async function production(cloud: Cloud): Promise<{ readonly role: string; readonly admin: Clients }> {
  const { organizations } = cloud.root;
  await organizations.createOrganization({ FeatureSet: 'ALL' });
  const root = (await organizations.listRoots({})).Roots![0]!.Id!;
  const account = await accountIn(cloud, root, await unit(cloud, root, 'workloads'), 'production');
  const admin = await administratorOf(cloud, account);
  await admin.s3.createBucket({ Bucket: BUCKET });
  const trusted = { AWS: `arn:aws:iam::${cloud.managementAccount}:root` };
  const { Role } = await admin.iam.createRole({
    RoleName: 'UpdateApp',
    AssumeRolePolicyDocument: documentOf({ Effect: 'Allow', Principal: trusted, Action: 'sts:AssumeRole' }),
  });
  const Resource = `arn:aws:s3:::${BUCKET}/*`;
  await admin.iam.putRolePolicy({
    RoleName: 'UpdateApp',
    PolicyName: 'read-write-app-bucket',
    PolicyDocument: documentOf({ Effect: 'Allow', Action: ['s3:GetObject', 's3:PutObject'], Resource }),
  });
  return { role: Role!.Arn!, admin };
}

async function memberOf(cloud: Cloud, name: string, group: string): Promise<Clients> {
  const clients = await cloud.user(name);
  await cloud.root.iam.addUserToGroup({ GroupName: group, UserName: name });
  return clients;
}

test('developers work in the production account through its role, testers and the denied do not', async () => {
  const cloud = await testCloud();
  const { iam } = cloud.root;
  const { role, admin } = await production(cloud);
  for (const GroupName of ['Developers', 'Testers']) await iam.createGroup({ GroupName });
  const lets = (Effect: 'Allow' | 'Deny') => documentOf({ Effect, Action: 'sts:AssumeRole', Resource: role });
  await iam.putGroupPolicy({ GroupName: 'Developers', PolicyName: 'allow', PolicyDocument: lets('Allow') });
  const david = await memberOf(cloud, 'David', 'Developers');
  const theresa = await memberOf(cloud, 'Theresa', 'Testers');

  const session = { RoleArn: role, RoleSessionName: 'update' };
  const { Credentials: key } = await david.sts.assumeRole(session);
  const updating = cloud.as({
    ...{ accessKeyId: key!.AccessKeyId!, secretAccessKey: key!.SecretAccessKey! },
    sessionToken: key!.SessionToken!,
  });
  await updating.s3.putObject({ Bucket: BUCKET, Key: 'page', Body: 'new' });
  const { Body } = await updating.s3.getObject({ Bucket: BUCKET, Key: 'page' });
  assert.equal(await Body!.transformToString(), 'new');
  await rejected(updating.s3.deleteBucket({ Bucket: BUCKET }), 'AccessDenied', /no identity-based policy allows/);
  await rejected(
    theresa.sts.assumeRole(session),
    'AccessDenied',
    /Theresa is not authorized to perform: sts:AssumeRole/,
  );

  await iam.putUserPolicy({ UserName: 'David', PolicyName: 'deny', PolicyDocument: lets('Deny') });
  await rejected(david.sts.assumeRole(session), 'AccessDenied', /explicit deny in an identity-based policy/);
  const { Events } = await admin.cloudtrail.lookupEvents({
    LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: 'AssumeRole' }],
  });
  const sessions = Events!
    .map(({ CloudTrailEvent }) => JSON.parse(CloudTrailEvent!))
    .filter(({ requestParameters }) => requestParameters?.roleArn === role);
  assert.deepEqual(
    sessions.map(({ userIdentity }) => userIdentity.accountId),
    [cloud.managementAccount],
    'the account of the role hears who took it',
  );
});
