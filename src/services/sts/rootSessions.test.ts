import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  accounts,
  delegatedAdministrators,
  type Organization,
  organizations,
  units,
} from '../../identity/organization.ts';
import { type Cloud, testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';
import { allow, credentialsOf, records } from './sts.fixture.ts';

const AUDIT = { arn: 'arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials' };
const UNLOCK = { arn: 'arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy' };

async function organization(rootFeatures: Organization['rootFeatures']) {
  const cloud = await testCloud();
  const member = await cloud.memberAccount('dev');
  const other = await cloud.memberAccount('security');
  const created = cloud.now().toISOString();
  const common = { id: 'o-example1234', management: cloud.managementAccount, root: 'r-root', created };
  await cloud.deps.store.transaction(async (tx) => {
    await tx.insert(organizations, { ...common, featureSet: 'ALL', ...(rootFeatures && { rootFeatures }) });
    await tx.insert(units, { organization: common.id, id: 'r-root', name: 'Root', attachments: {} });
    for (const id of [cloud.managementAccount, member.id, other.id]) {
      const account = await tx.get(accounts, [id]);
      await tx.replace(accounts, { ...account!, organization: common.id, parent: 'r-root' });
    }
    await tx.insert(delegatedAdministrators, {
      organization: common.id,
      account: other.id,
      services: { 'iam.amazonaws.com': created },
    });
  });
  return { cloud, member, other };
}

const admin = (cloud: Cloud) => cloud.user('admin', allow('sts:AssumeRoot', '*'));

test('AssumeRoot acts as root of a member account, for one task', async () => {
  const { cloud, member } = await organization(['RootCredentialsManagement', 'RootSessions']);
  const user = await admin(cloud);
  const answer = await user.sts.assumeRoot({ TargetPrincipal: member.id, TaskPolicyArn: AUDIT });
  assert.deepEqual(answer.Credentials?.Expiration, new Date(cloud.now().getTime() + 900_000));
  const session = cloud.as(credentialsOf(answer));
  assert.equal((await session.sts.getCallerIdentity({})).Arn, `arn:aws:iam::${member.id}:root`);
  await rejected(session.iam.createUser({ UserName: 'x' }), 'AccessDenied', /iam:CreateUser/);
  const [theirs] = await records(cloud, 'AssumeRoot', member.id);
  assert.equal(theirs?.userIdentity.accountId, cloud.managementAccount);
  assert.equal(theirs?.requestParameters.targetPrincipal, member.id);
});

test('AssumeRoot needs the feature, and a caller of the management or delegated account', async () => {
  const { cloud, member, other } = await organization(['RootCredentialsManagement']);
  const user = await admin(cloud);
  const call = { TargetPrincipal: `arn:aws:iam::${member.id}:root`, TaskPolicyArn: AUDIT };
  await user.sts.assumeRoot(call);
  await (await other.user('sec', allow('sts:AssumeRoot', '*'))).sts.assumeRoot(call);
  await rejected(user.sts.assumeRoot({ ...call, TaskPolicyArn: UNLOCK }), 'AccessDenied', /sts:AssumeRoot/);
  const insider = await member.user('mallory', allow('sts:AssumeRoot', '*'));
  await rejected(insider.sts.assumeRoot({ ...call, TargetPrincipal: other.id }), 'AccessDenied', /sts:AssumeRoot/);
  await rejected(cloud.root.sts.assumeRoot(call), 'AccessDenied', /:root is not authorized to perform: sts:AssumeRoot/);
  await rejected(
    user.sts.assumeRoot({ ...call, TargetPrincipal: cloud.managementAccount }),
    'AccessDenied',
    /sts:AssumeRoot/,
  );
});

test('AssumeRoot is refused where root access is not centralized, and to who has no permission', async () => {
  const { cloud, member } = await organization(undefined);
  const call = { TargetPrincipal: member.id, TaskPolicyArn: AUDIT };
  await rejected((await admin(cloud)).sts.assumeRoot(call), 'AccessDenied', /sts:AssumeRoot/);
  const { cloud: open, member: theirs } = await organization(['RootSessions']);
  const bob = await open.user('bob');
  await rejected(bob.sts.assumeRoot({ ...call, TargetPrincipal: theirs.id }), 'AccessDenied', /sts:AssumeRoot/);
});

test('AssumeRoot takes only root task policies, filtered by sts:TaskPolicyArn, for 15 minutes', async () => {
  const { cloud, member } = await organization(['RootSessions']);
  const user = await cloud.user('admin', {
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Action: 'sts:AssumeRoot',
      Resource: 'arn:aws:iam::*:root',
      Condition: { StringEquals: { 'sts:TaskPolicyArn': UNLOCK.arn } },
    },
  });
  await user.sts.assumeRoot({ TargetPrincipal: member.id, TaskPolicyArn: UNLOCK });
  await rejected(
    user.sts.assumeRoot({ TargetPrincipal: member.id, TaskPolicyArn: AUDIT }),
    'AccessDenied',
    /AssumeRoot/,
  );
  const AdministratorAccess = { arn: 'arn:aws:iam::aws:policy/AdministratorAccess' };
  await rejected(
    user.sts.assumeRoot({ TargetPrincipal: member.id, TaskPolicyArn: AdministratorAccess }),
    'ValidationError',
    /AdministratorAccess/,
  );
  const long = { TargetPrincipal: member.id, TaskPolicyArn: UNLOCK, DurationSeconds: 901 };
  await rejected(user.sts.assumeRoot(long), 'ValidationError', /less than or equal to 900/);
});
