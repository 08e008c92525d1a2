import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accounts, organizations, units } from '../../identity/organization.ts';
import { type Cloud, testCloud } from '../../testing/cloud.ts';

/** An organization with centralized root access, and a member account whose root user has an access key. */
async function organization() {
  const cloud = await testCloud();
  const member = await cloud.memberAccount('dev');
  const rootFeatures = ['RootCredentialsManagement', 'RootSessions'] as const;
  const common = { id: 'o-example1234', management: cloud.managementAccount, root: 'r-root' };
  const created = cloud.now().toISOString();
  await cloud.deps.store.transaction(async (tx) => {
    await tx.insert(organizations, { ...common, created, featureSet: 'ALL', rootFeatures });
    await tx.insert(units, { organization: common.id, id: 'r-root', name: 'Root', attachments: {} });
    for (const id of [cloud.managementAccount, member.id]) {
      const account = await tx.get(accounts, [id]);
      await tx.replace(accounts, { ...account!, organization: common.id, parent: 'r-root' });
    }
  });
  return { cloud, member };
}

async function taskSession(cloud: Cloud, account: string, task: string) {
  const sts = { Effect: 'Allow', Action: 'sts:AssumeRoot', Resource: '*' };
  const admin = await cloud.user(`admin-${task}`, { Version: '2012-10-17', Statement: sts });
  const TaskPolicyArn = { arn: `arn:aws:iam::aws:policy/root-task/${task}` };
  const { Credentials } = await admin.sts.assumeRoot({ TargetPrincipal: account, TaskPolicyArn });
  return cloud.as({
    accessKeyId: Credentials!.AccessKeyId!,
    secretAccessKey: Credentials!.SecretAccessKey!,
    sessionToken: Credentials!.SessionToken!,
  });
}

test('a privileged session deletes the credentials of a member account’s root user', async () => {
  const { cloud, member } = await organization();
  const session = await taskSession(cloud, member.id, 'IAMDeleteRootUserCredentials');
  const [key] = (await session.iam.listAccessKeys({})).AccessKeyMetadata ?? [];
  await session.iam.deleteAccessKey({ AccessKeyId: key?.AccessKeyId });
  assert.deepEqual((await session.iam.listAccessKeys({})).AccessKeyMetadata, []);
  await assert.rejects(member.root.sts.getCallerIdentity({}), { name: 'InvalidClientTokenId' });
  await assert.rejects(session.iam.createLoginProfile({}), { name: 'AccessDenied' });
});

test('a privileged session lets a member account’s root user recover its password, and takes it away', async () => {
  const { cloud, member } = await organization();
  const maker = await taskSession(cloud, member.id, 'IAMCreateRootUserPassword');
  await assert.rejects(member.root.iam.createLoginProfile({ Password: 'Correct-horse-1' }), {
    name: 'ValidationError',
  });
  await assert.rejects(maker.iam.createLoginProfile({ Password: 'Correct-horse-1' }), { name: 'ValidationError' });
  const { LoginProfile } = await maker.iam.createLoginProfile({});
  assert.deepEqual(LoginProfile, { CreateDate: cloud.now(), PasswordResetRequired: false });
  assert.equal((await member.root.iam.getAccountSummary({})).SummaryMap?.AccountPasswordPresent, 1);
  const remover = await taskSession(cloud, member.id, 'IAMDeleteRootUserCredentials');
  await remover.iam.deleteLoginProfile({});
  assert.equal((await member.root.iam.getAccountSummary({})).SummaryMap?.AccountPasswordPresent, 0);
});
