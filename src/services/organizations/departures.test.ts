import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';

async function organized(quotas: Record<string, number> = {}) {
  const cloud = await testCloud({ quotas });
  const { organizations } = cloud.root;
  await organizations.createOrganization({});
  const create = async (name: string) => {
    const input = { Email: `${name}@example.com`, AccountName: name };
    const begun = (await organizations.createAccount(input)).CreateAccountStatus;
    cloud.advance('PT2S');
    const ended = await organizations.describeCreateAccountStatus({ CreateAccountRequestId: begun?.Id });
    return ended.CreateAccountStatus?.AccountId ?? '';
  };
  return { cloud, organizations, create };
}

test('A created account stays four days; then it may be removed', async () => {
  const { cloud, organizations, create } = await organized();
  const AccountId = await create('dev');
  await organizations.tagResource({ ResourceId: AccountId, Tags: [{ Key: 'a', Value: 'b' }] });
  await assert.rejects(organizations.removeAccountFromOrganization({ AccountId }), {
    name: 'ConstraintViolationException',
    Reason: 'WAIT_PERIOD_ACTIVE',
  });
  cloud.advance('P4D');
  await organizations.removeAccountFromOrganization({ AccountId });
  await assert.rejects(organizations.describeAccount({ AccountId }), { name: 'AccountNotFoundException' });
  const gone = cloud.as(await cloud.keyFor(AccountId));
  await assert.rejects(gone.organizations.describeOrganization(), { name: 'AWSOrganizationsNotInUseException' });
});

test('LeaveOrganization is for members', async () => {
  const { cloud, organizations, create } = await organized();
  await assert.rejects(organizations.leaveOrganization(), { name: 'MasterCannotLeaveOrganizationException' });
  const member = cloud.as(await cloud.keyFor(await create('dev')));
  cloud.advance('P4D');
  await member.organizations.leaveOrganization();
  assert.equal((await organizations.listAccounts()).Accounts?.length, 1);
});

test('CloseAccount takes a while, and happens once', async () => {
  const { cloud, organizations, create } = await organized();
  const AccountId = await create('dev');
  await organizations.closeAccount({ AccountId });
  const pending = (await organizations.describeAccount({ AccountId })).Account;
  assert.deepEqual([pending?.Status, pending?.State], ['PENDING_CLOSURE', 'PENDING_CLOSURE']);
  await assert.rejects(organizations.closeAccount({ AccountId }), { name: 'ConflictException' });
  cloud.advance('PT2M');
  const closed = (await organizations.describeAccount({ AccountId })).Account;
  assert.deepEqual([closed?.Status, closed?.State], ['SUSPENDED', 'CLOSED']);
  await assert.rejects(organizations.closeAccount({ AccountId }), {
    name: 'AccountAlreadyClosedException',
    message: 'The provided account is already closed.',
  });
  await assert.rejects(organizations.closeAccount({ AccountId: cloud.managementAccount }), {
    name: 'ConstraintViolationException',
    Reason: 'CANNOT_CLOSE_MANAGEMENT_ACCOUNT',
  });
});

test('Three accounts close at a time', async () => {
  const { cloud, organizations, create } = await organized();
  const ids: string[] = [];
  for (const name of ['a', 'b', 'c', 'd']) ids.push(await create(name));
  for (const AccountId of ids.slice(0, 3)) await organizations.closeAccount({ AccountId });
  const last = { AccountId: ids[3] };
  await assert.rejects(organizations.closeAccount(last), {
    name: 'ConstraintViolationException',
    Reason: 'CLOSE_ACCOUNT_REQUESTS_LIMIT_EXCEEDED',
  });
  cloud.advance('PT2M');
  await organizations.closeAccount(last);
});

test('A closed account leaves the organization after ninety days, whatever it was there', async () => {
  const { cloud, organizations, create } = await organized();
  const AccountId = await create('dev');
  const ServicePrincipal = 'cloudtrail.amazonaws.com';
  await organizations.enableAWSServiceAccess({ ServicePrincipal });
  await organizations.registerDelegatedAdministrator({ AccountId, ServicePrincipal });
  await organizations.tagResource({ ResourceId: AccountId, Tags: [{ Key: 'a', Value: 'b' }] });
  await organizations.closeAccount({ AccountId });
  cloud.advance('P89D');
  await cloud.settle();
  assert.equal((await organizations.describeAccount({ AccountId })).Account?.State, 'CLOSED');
  cloud.advance('P1D');
  await cloud.settle();
  await assert.rejects(organizations.describeAccount({ AccountId }), { name: 'AccountNotFoundException' });
  assert.deepEqual(
    (await organizations.listAccounts()).Accounts?.map(({ Id }) => Id),
    [cloud.managementAccount],
  );
  assert.deepEqual((await organizations.listDelegatedAdministrators({})).DelegatedAdministrators, []);
  const key = await cloud.keyFor(AccountId);
  await assert.rejects(cloud.as(key).sts.getCallerIdentity({}), { name: 'InvalidClientTokenId' });
  const { Events } = await cloud.root.cloudtrail.lookupEvents({
    LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: 'AccountDepartedOrganization' }],
  });
  const [told] = Events!.map(({ CloudTrailEvent }) => JSON.parse(CloudTrailEvent!));
  assert.deepEqual(
    [told.eventType, told.serviceEventDetails.accountId, told.serviceEventDetails.departureMethod],
    ['AwsServiceEvent', AccountId, 'CLOSED'],
  );
  await organizations.deleteOrganization({});
});

test('An account that left before is not looked for', async () => {
  const { cloud, organizations, create } = await organized();
  const AccountId = await create('dev');
  cloud.advance('P5D');
  await organizations.closeAccount({ AccountId });
  await organizations.removeAccountFromOrganization({ AccountId });
  cloud.advance('P91D');
  await cloud.settle();
  assert.equal((await organizations.listAccounts()).Accounts?.length, 1);
});
