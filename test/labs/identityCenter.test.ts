/**
 * The lab of IAM Identity Center: three permission sets, three groups, accounts by organizational unit, and somebody in
 * all three groups who sees in the access portal exactly what the plan says.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Cloud, testCloud } from '../../src/testing/cloud.ts';
import { type Portal, portalOf, welcome } from '../../src/testing/people.ts';

const DEVELOPER = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: ['s3:*', 'logs:*', 'sqs:*'], Resource: '*' }],
};

/** `management` with security, configuration and network; `sandbox` with test. Name → account id. */
async function accountsOf(cloud: Cloud): Promise<Record<string, string>> {
  const { organizations } = cloud.root;
  const RootId = (await organizations.listRoots({})).Roots![0]!.Id!;
  const units = { management: ['security', 'configuration', 'network'], sandbox: ['test'] };
  const ids: Record<string, string> = { root: cloud.managementAccount };
  for (const [Name, names] of Object.entries(units)) {
    const { OrganizationalUnit } = await organizations.createOrganizationalUnit({ ParentId: RootId, Name });
    for (const AccountName of names) {
      const asked = await organizations.createAccount({ AccountName, Email: `${AccountName}@example.com` });
      cloud.advance('PT1M');
      await cloud.settle();
      const CreateAccountRequestId = asked.CreateAccountStatus!.Id!;
      const { CreateAccountStatus } = await organizations.describeCreateAccountStatus({ CreateAccountRequestId });
      ids[AccountName] = CreateAccountStatus!.AccountId!;
      const move = { AccountId: ids[AccountName]!, SourceParentId: RootId };
      await organizations.moveAccount({ ...move, DestinationParentId: OrganizationalUnit!.Id! });
    }
  }
  return ids;
}

async function groupOf({ cloud, IdentityStoreId }: Portal, DisplayName: string, UserId: string) {
  const { GroupId } = await cloud.root.identitystore.createGroup({ IdentityStoreId, DisplayName });
  await cloud.root.identitystore.createGroupMembership({ IdentityStoreId, GroupId, MemberId: { UserId } });
  return { type: 'GROUP', id: GroupId! } as const;
}

async function lab() {
  const cloud = await testCloud();
  const portal = await portalOf(cloud);
  const ids = await accountsOf(cloud);
  const me = await portal.person('me');
  const at = (...names: string[]) => names.map((name) => ids[name]!);
  const admin = await groupOf(portal, 'Admin', me);
  await portal.assign('AdminRole', 'AdministratorAccess', admin, ...Object.values(ids));
  const ccc = await groupOf(portal, 'CCC', me);
  const managed = at('security', 'configuration', 'network', 'test');
  await portal.assign('CloudCompetenceCenterRole', 'PowerUserAccess', ccc, ...managed);
  const dev = await groupOf(portal, 'Dev', me);
  const { ssoAdmin } = cloud.root;
  const { InstanceArn } = portal;
  const { PermissionSet } = await ssoAdmin.createPermissionSet({ InstanceArn, Name: 'DeveloperRole' });
  const PermissionSetArn = PermissionSet!.PermissionSetArn!;
  const InlinePolicy = JSON.stringify(DEVELOPER);
  await ssoAdmin.putInlinePolicyToPermissionSet({ InstanceArn, PermissionSetArn, InlinePolicy });
  await ssoAdmin.createAccountAssignment({
    ...{ InstanceArn, PermissionSetArn, TargetId: ids.test!, TargetType: 'AWS_ACCOUNT' },
    ...{ PrincipalType: dev.type, PrincipalId: dev.id },
  });
  await cloud.settle();
  return { cloud, ids };
}

/** Account id → roles, as the page shows them. */
function shownOn(text: string): Record<string, string[]> {
  const form =
    /action="\/start\/credentials">(?:(?!<\/form>).)*name="account" value="(\d{12})">.*?name="role" value="(\w+)"/g;
  const cells = [...text.matchAll(form)];
  const shown: Record<string, string[]> = {};
  for (const [, account, role] of cells) shown[account!] = [...(shown[account!] ?? []), role!];
  return shown;
}

test('a person in all three groups sees the roles of the plan, and each can do what it should and no more', async () => {
  const { cloud, ids } = await lab();
  const { browser, page } = await welcome(cloud, 'me');
  const [ADMIN, CCC, DEV] = ['AdminRole', 'CloudCompetenceCenterRole', 'DeveloperRole'] as const;
  assert.deepEqual(shownOn(page.text), {
    [ids.root!]: [ADMIN],
    [ids.security!]: [ADMIN, CCC],
    [ids.configuration!]: [ADMIN, CCC],
    [ids.network!]: [ADMIN, CCC],
    [ids.test!]: [ADMIN, CCC, DEV],
  });
  const as = async (role: string, account: string) => {
    await browser.go('/start');
    const { text } = await browser.submit('/start/credentials', { account, role });
    const value = (name: string) => new RegExp(`export ${name}="([^"]+)"`).exec(text)![1]!;
    const accessKeyId = value('AWS_ACCESS_KEY_ID');
    const secretAccessKey = value('AWS_SECRET_ACCESS_KEY');
    return cloud.as({ accessKeyId, secretAccessKey, sessionToken: value('AWS_SESSION_TOKEN') });
  };
  const denied = (work: Promise<unknown>) => assert.rejects(work, { name: /AccessDenied|AuthorizationError/ });

  const admin = await as(ADMIN, ids.security!);
  assert.equal((await admin.sts.getCallerIdentity({})).Account, ids.security);
  await admin.iam.createUser({ UserName: 'by-admin' });
  await admin.sqs.createQueue({ QueueName: 'by-admin' });

  const ccc = await as(CCC, ids.network!);
  await ccc.sqs.createQueue({ QueueName: 'by-ccc' });
  await ccc.s3.createBucket({ Bucket: 'by-the-ccc' });
  await denied(ccc.iam.createUser({ UserName: 'by-ccc' }));
  await denied(ccc.organizations.createOrganizationalUnit({ ParentId: 'r-abcd', Name: 'x' }));

  const dev = await as(DEV, ids.test!);
  await dev.s3.createBucket({ Bucket: 'by-the-developer' });
  await dev.logs.createLogGroup({ logGroupName: 'by-developer' });
  await denied(dev.iam.listUsers({}));
  await denied(dev.kms.listKeys({}));
  await browser.go('/start');
  await assert.rejects(browser.submit('/start/credentials', { account: ids.root!, role: DEV }), /No form/);
});
