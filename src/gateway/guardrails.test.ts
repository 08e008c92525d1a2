/** What an organization, boundaries and session policies leave, and each denial's own sentence. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PolicyType } from '@aws-sdk/client-organizations';
import { ADMIN, type Clients, type Cloud, testCloud } from '../testing/cloud.ts';
import { allow, allowed, allowIf, credentialsOf, denial } from './authorize.fixture.ts';

const ACCOUNT = '111122223333';

/** An organization of two: the management account and one in the unit `dev`, with an administrator there. */
async function organized() {
  const cloud = await testCloud();
  const { organizations } = cloud.root;
  const { Organization } = await organizations.createOrganization({ FeatureSet: 'ALL' });
  const { Roots } = await organizations.listRoots({});
  const root = Roots![0]!.Id!;
  for (const type of [PolicyType.SERVICE_CONTROL_POLICY, PolicyType.RESOURCE_CONTROL_POLICY]) {
    await organizations.enablePolicyType({ RootId: root, PolicyType: type }).catch(() => undefined);
  }
  const { OrganizationalUnit } = await organizations.createOrganizationalUnit({ ParentId: root, Name: 'dev' });
  await organizations.createAccount({ AccountName: 'dev', Email: 'dev@example.com' });
  cloud.advance('PT1H');
  const { Accounts } = await organizations.listAccounts({});
  const member = Accounts!.find(({ Id }) => Id !== ACCOUNT)!.Id!;
  await organizations.moveAccount({
    AccountId: member,
    SourceParentId: root,
    DestinationParentId: OrganizationalUnit!.Id!,
  });
  const rootOfMember = cloud.as(await cloud.keyFor(member));
  return { cloud, organizations, id: Organization!.Id!, unit: OrganizationalUnit!.Id!, root, member, rootOfMember };
}

async function userIn(cloud: Cloud, owner: Clients, account: string, name: string, document: string): Promise<Clients> {
  await owner.iam.createUser({ UserName: name });
  await owner.iam.putUserPolicy({ UserName: name, PolicyName: 'p', PolicyDocument: document });
  return cloud.as(await cloud.keyFor(account, name));
}

test('organization keys are there for its members', async () => {
  const { cloud, id, unit, root, member, rootOfMember } = await organized();
  const path = `${id}/${root}/${unit}/`;
  const conditions: object[] = [
    { StringEquals: { 'aws:PrincipalOrgID': id, 'aws:ResourceOrgID': id } },
    { 'ForAnyValue:StringEquals': { 'aws:PrincipalOrgPaths': path, 'aws:ResourceOrgPaths': path } },
    { 'ForAnyValue:StringLike': { 'aws:PrincipalOrgPaths': `${id}/*` } },
  ];
  for (const [i, condition] of conditions.entries()) {
    const user = await userIn(cloud, rootOfMember, member, `u${i}`, allowIf(condition));
    assert.equal(await allowed(user.iam.listUsers({})), true, JSON.stringify(condition));
  }
});

test("every kind of denial has AWS's own sentence", async () => {
  const { cloud, organizations, unit, member, rootOfMember } = await organized();
  const admin = await userIn(cloud, rootOfMember, member, 'admin', ADMIN);
  const who = `User: arn:aws:iam::${member}:user/admin is not authorized to perform: iam:ListUsers on resource: arn:aws:iam::${member}:user/`;
  const refused = async (call: Promise<unknown>, reason: string, subject = who) => {
    await assert.rejects(call, (error: Error) => {
      assert.equal(error.message, `${subject} ${reason}`);
      return true;
    });
  };
  const attach = async (Content: string, Type: PolicyType) => {
    const { Policy } = await organizations.createPolicy({
      Name: `p${Type}${Content.length}`,
      Description: '',
      Type,
      Content,
    });
    const PolicyId = Policy!.PolicySummary!.Id!;
    await organizations.attachPolicy({ PolicyId, TargetId: unit });
    return () => organizations.detachPolicy({ PolicyId, TargetId: unit });
  };
  assert.equal(await allowed(admin.iam.listUsers({})), true);

  const undo = await attach(denial('iam:ListUsers'), 'SERVICE_CONTROL_POLICY');
  await refused(admin.iam.listUsers({}), 'with an explicit deny in a service control policy');
  assert.equal(await allowed(rootOfMember.iam.listUsers({})), false);
  assert.equal(await allowed(cloud.root.iam.listUsers({})), true);
  await undo();

  const undoOther = await attach(allow('sts:*'), 'SERVICE_CONTROL_POLICY');
  await organizations.detachPolicy({ PolicyId: 'p-FullAWSAccess', TargetId: unit });
  await refused(admin.iam.listUsers({}), 'because no service control policy allows the iam:ListUsers action');
  await organizations.attachPolicy({ PolicyId: 'p-FullAWSAccess', TargetId: unit });
  await undoOther();

  const { Policy } = await rootOfMember.iam.createPolicy({ PolicyName: 'edge', PolicyDocument: allow('sts:*') });
  await rootOfMember.iam.putUserPermissionsBoundary({ UserName: 'admin', PermissionsBoundary: Policy!.Arn! });
  await refused(admin.iam.listUsers({}), 'because no permissions boundary allows the iam:ListUsers action');
  await rootOfMember.iam.deleteUserPermissionsBoundary({ UserName: 'admin' });

  await rootOfMember.iam.putUserPolicy({
    UserName: 'admin',
    PolicyName: 'no',
    PolicyDocument: denial('iam:ListUsers'),
  });
  await refused(admin.iam.listUsers({}), 'with an explicit deny in an identity-based policy');
  await rootOfMember.iam.deleteUserPolicy({ UserName: 'admin', PolicyName: 'no' });

  const trust = {
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Principal: { AWS: member }, Action: 'sts:AssumeRole' },
  };
  const role = { RoleName: 'r', AssumeRolePolicyDocument: JSON.stringify(trust) };
  const { Role } = await rootOfMember.iam.createRole(role);
  await rootOfMember.iam.putRolePolicy({ RoleName: 'r', PolicyName: 'p', PolicyDocument: ADMIN });
  const session = (Policy: string) => admin.sts.assumeRole({ RoleArn: Role!.Arn!, RoleSessionName: 'ss', Policy });
  const assumed = who.replace(`arn:aws:iam::${member}:user/admin`, `arn:aws:sts::${member}:assumed-role/r/ss`);
  const narrow = cloud.as(credentialsOf(await session(allow('sts:*'))));
  await refused(narrow.iam.listUsers({}), 'because no session policy allows the iam:ListUsers action', assumed);
  const denied = cloud.as(
    credentialsOf(
      await session(
        JSON.stringify({
          Version: '2012-10-17',
          Statement: [JSON.parse(ADMIN).Statement[0], JSON.parse(denial('iam:*')).Statement],
        }),
      ),
    ),
  );
  await refused(denied.iam.listUsers({}), 'with an explicit deny in a session policy', assumed);
});

test('a resource control policy binds what is done to resources of the account', async () => {
  const { cloud, organizations, unit, member, rootOfMember } = await organized();
  const admin = await userIn(cloud, rootOfMember, member, 'admin', ADMIN);
  const trust = {
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Principal: { AWS: member }, Action: 'sts:AssumeRole' },
  };
  const { Role } = await rootOfMember.iam.createRole({
    RoleName: 'r',
    AssumeRolePolicyDocument: JSON.stringify(trust),
  });
  const statement = { Effect: 'Deny', Principal: '*', Action: 'sts:AssumeRole', Resource: '*' };
  const Content = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
  const { Policy } = await organizations.createPolicy({
    Name: 'rcp',
    Description: '',
    Type: 'RESOURCE_CONTROL_POLICY',
    Content,
  });
  const assume = () => admin.sts.assumeRole({ RoleArn: Role!.Arn!, RoleSessionName: 'ss' });
  await assume();
  await organizations.attachPolicy({ PolicyId: Policy!.PolicySummary!.Id!, TargetId: unit });
  await assert.rejects(assume(), /with an explicit deny in a resource control policy$/);
});
