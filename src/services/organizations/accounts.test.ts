import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';

async function organized(quotas: Record<string, number> = {}) {
  const cloud = await testCloud({ quotas });
  const { organizations } = cloud.root;
  await organizations.createOrganization({});
  const root = (await organizations.listRoots()).Roots?.[0]?.Id ?? '';
  const create = async (name: string, more: object = {}) => {
    const input = { Email: `${name}@example.com`, AccountName: name, ...more };
    const begun = (await organizations.createAccount(input)).CreateAccountStatus;
    cloud.advance('PT2S');
    return (await organizations.describeCreateAccountStatus({ CreateAccountRequestId: begun?.Id })).CreateAccountStatus;
  };
  return { cloud, organizations, root, create };
}

test('CreateAccount is in progress for a moment, then there is an account', async () => {
  const { cloud, organizations, root } = await organized();
  const input = { Email: 'dev@example.com', AccountName: 'dev', Tags: [{ Key: 'stage', Value: 'dev' }] };
  const begun = (await organizations.createAccount(input)).CreateAccountStatus;
  assert.equal(begun?.State, 'IN_PROGRESS');
  assert.equal(begun?.AccountId, undefined);
  cloud.advance('PT2S');
  const { CreateAccountStatus: ended } = await organizations.describeCreateAccountStatus({
    CreateAccountRequestId: begun?.Id,
  });
  assert.equal(ended?.State, 'SUCCEEDED');
  assert.match(ended?.AccountId ?? '', /^\d{12}$/);
  const { Account } = await organizations.describeAccount({ AccountId: ended?.AccountId });
  assert.equal(Account?.JoinedMethod, 'CREATED');
  assert.equal(Account?.Email, 'dev@example.com');
  const { Tags } = await organizations.listTagsForResource({ ResourceId: ended?.AccountId });
  assert.deepEqual(Tags, [{ Key: 'stage', Value: 'dev' }]);
  const { Accounts } = await organizations.listAccountsForParent({ ParentId: root });
  assert.deepEqual(Accounts?.map((account) => account.Id).sort(), [cloud.managementAccount, ended?.AccountId].sort());
  const { CreateAccountStatuses } = await organizations.listCreateAccountStatus({ States: ['SUCCEEDED'] });
  assert.deepEqual(CreateAccountStatuses, [ended]);
});

test('A created account is administered through its role, which trusts the management account', async () => {
  const { cloud, create } = await organized();
  const made = await create('dev', { RoleName: 'Admin' });
  const RoleArn = `arn:aws:iam::${made?.AccountId}:role/Admin`;
  const alice = await cloud.user('alice', {
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Action: 'sts:AssumeRole', Resource: RoleArn },
  });
  const { Credentials } = await alice.sts.assumeRole({ RoleArn, RoleSessionName: 'alice' });
  const inside = cloud.as({
    accessKeyId: Credentials?.AccessKeyId ?? '',
    secretAccessKey: Credentials?.SecretAccessKey ?? '',
    sessionToken: Credentials?.SessionToken ?? '',
  });
  const { Organization } = await inside.organizations.describeOrganization();
  assert.equal(Organization?.MasterAccountId, cloud.managementAccount);
  for (const refused of [inside.organizations.listAccounts(), inside.organizations.listRoots()]) {
    await assert.rejects(refused, {
      name: 'AccessDeniedException',
      message: "You don't have permissions to access this resource.",
    });
  }
});

test('CreateAccount fails afterwards when the address is taken or is no address', async () => {
  const { create } = await organized();
  await create('dev');
  assert.equal((await create('DEV', { AccountName: 'other' }))?.FailureReason, 'EMAIL_ALREADY_EXISTS');
  const invalid = await create('x', { Email: 'a(b)@example.com' });
  assert.deepEqual(
    [invalid?.State, invalid?.FailureReason, invalid?.AccountId],
    ['FAILED', 'INVALID_EMAIL', undefined],
  );
});

test('CreateAccount stops at the quota of accounts', async () => {
  const { create } = await organized({ OrganizationAccountsQuota: 2 });
  await create('a');
  await assert.rejects(create('b'), {
    name: 'ConstraintViolationException',
    Reason: 'ACCOUNT_NUMBER_LIMIT_EXCEEDED',
    message: 'You have exceeded the allowed number of AWS accounts.',
  });
});

test('Five accounts are created at a time', async () => {
  const { cloud, organizations } = await organized();
  const begin = (name: string) => organizations.createAccount({ Email: `${name}@example.com`, AccountName: name });
  for (const name of ['a', 'b', 'c', 'd', 'e']) await begin(name);
  await assert.rejects(begin('f'), {
    name: 'ConstraintViolationException',
    Reason: 'ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED',
  });
  cloud.advance('PT2S');
  await begin('f');
});

test('MoveAccount moves an account from where it is', async () => {
  const { organizations, root, create } = await organized();
  const AccountId = (await create('dev'))?.AccountId;
  const unit = await organizations.createOrganizationalUnit({ ParentId: root, Name: 'a' });
  const there = unit.OrganizationalUnit?.Id;
  const move = (SourceParentId?: string, DestinationParentId?: string) =>
    organizations.moveAccount({ AccountId, SourceParentId, DestinationParentId });
  await move(root, there);
  assert.deepEqual((await organizations.listParents({ ChildId: AccountId })).Parents, [
    { Id: there, Type: 'ORGANIZATIONAL_UNIT' },
  ]);
  await assert.rejects(move(root, there), { name: 'DuplicateAccountException' });
  await assert.rejects(move(root, root), { name: 'SourceParentNotFoundException' });
  await assert.rejects(move(there, 'ou-abcd-12345678'), { name: 'DestinationParentNotFoundException' });
  await assert.rejects(
    organizations.moveAccount({ AccountId: '999999999999', SourceParentId: root, DestinationParentId: there }),
    { name: 'AccountNotFoundException', message: "You specified an account that doesn't exist." },
  );
});

test('The management account finds the results in its event history', async () => {
  const { cloud, create } = await organized();
  const made = await create('dev');
  const events = async (AttributeValue: string) => {
    const LookupAttributes = [{ AttributeKey: 'EventName', AttributeValue } as const];
    const { Events } = await cloud.root.cloudtrail.lookupEvents({ LookupAttributes });
    return (Events ?? []).map((event) => JSON.parse(event.CloudTrailEvent ?? '{}'));
  };
  const [result] = await events('CreateAccountResult');
  assert.equal(result.eventType, 'AwsServiceEvent');
  assert.equal(result.serviceEventDetails.createAccountStatus.accountId, made?.AccountId);
  assert.equal(result.serviceEventDetails.createAccountStatus.state, 'SUCCEEDED');
  const joined = (await events('AccountJoinedOrganization')).map((event) => event.serviceEventDetails);
  assert.deepEqual(
    joined.map((details) => [details.accountId, details.joinedMethod]),
    [
      [made?.AccountId, 'CREATED'],
      [cloud.managementAccount, 'INVITED'],
    ],
  );
  const [call] = await events('CreateAccount');
  assert.equal(call.requestParameters.email, 'HIDDEN_DUE_TO_SECURITY_REASONS');
});
