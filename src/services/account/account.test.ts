import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';

const CONTACT = {
  AlternateContactType: 'SECURITY',
  Name: 'Sam',
  Title: 'CISO',
  EmailAddress: 'sam@example.com',
  PhoneNumber: '+1 555 0100',
} as const;

async function organized() {
  const cloud = await testCloud();
  const { organizations } = cloud.root;
  await organizations.createOrganization({});
  const join = async (name: string) => {
    const member = await cloud.memberAccount(name);
    const sent = await organizations.inviteAccountToOrganization({ Target: { Type: 'ACCOUNT', Id: member.id } });
    await member.root.organizations.acceptHandshake({ HandshakeId: sent.Handshake?.Id });
    return member;
  };
  const trust = () => organizations.enableAWSServiceAccess({ ServicePrincipal: 'account.amazonaws.com' });
  return { cloud, organizations, member: await join('dev'), join, trust };
}

test('An alternate contact is read back as it was put, until it is deleted', async () => {
  const { account } = (await testCloud()).root;
  const wanted = { AlternateContactType: CONTACT.AlternateContactType };
  const missing = {
    name: 'ResourceNotFoundException',
    message: 'No contact of the inputted alternate contact type found.',
  };
  await assert.rejects(account.getAlternateContact(wanted), missing);
  await account.putAlternateContact(CONTACT);
  assert.deepEqual((await account.getAlternateContact(wanted)).AlternateContact, CONTACT);
  await account.deleteAlternateContact(wanted);
  await assert.rejects(account.getAlternateContact(wanted), missing);
  await assert.rejects(account.deleteAlternateContact(wanted), missing);
  await assert.rejects(account.putAlternateContact({ ...CONTACT, PhoneNumber: 'call me' }), {
    name: 'ValidationException',
  });
});

test('Contact information is read back as it was put', async () => {
  const { account } = (await testCloud()).root;
  await assert.rejects(account.getContactInformation(), { name: 'ResourceNotFoundException' });
  const ContactInformation = {
    FullName: 'Example Corp',
    AddressLine1: '1 Main Street',
    City: 'Seattle',
    StateOrRegion: 'WA',
    PostalCode: '98101',
    CountryCode: 'US',
    PhoneNumber: '+12065550100',
  };
  await account.putContactInformation({ ContactInformation });
  assert.deepEqual((await account.getContactInformation()).ContactInformation, ContactInformation);
});

test('The management account reaches members once it trusts the service, and never itself by id', async () => {
  const { cloud, member, trust } = await organized();
  const { account } = cloud.root;
  const get = (AccountId?: string) => account.getAlternateContact({ AccountId, AlternateContactType: 'SECURITY' });
  const user = `User: arn:aws:iam::${cloud.managementAccount}:root is not authorized to perform: account:GetAlternateContact`;
  await assert.rejects(get(member.id), {
    name: 'AccessDeniedException',
    message: `${user} (Your organization must first enable trusted access with AWS Account Management.)`,
  });
  await trust();
  await account.putAlternateContact({ ...CONTACT, AccountId: member.id });
  assert.deepEqual((await get(member.id)).AlternateContact, CONTACT);
  const theirs = await member.root.account.getAlternateContact({ AlternateContactType: 'SECURITY' });
  assert.deepEqual(theirs.AlternateContact, CONTACT);
  await assert.rejects(get(cloud.managementAccount), {
    name: 'AccessDeniedException',
    message: `${user} (The management account can only be managed using the standalone context from the management account.)`,
  });
  await assert.rejects(get('999999999999'), { name: 'AccessDeniedException', message: user });
  await assert.rejects(member.root.account.getAccountInformation({ AccountId: member.id }), {
    name: 'AccessDeniedException',
  });
});

test('The delegated administrator reaches members, within its own permissions', async () => {
  const { organizations, member, join, trust } = await organized();
  await trust();
  const admin = await join('admin');
  const service = { AccountId: admin.id, ServicePrincipal: 'account.amazonaws.com' };
  await organizations.registerDelegatedAdministrator(service);
  const AccountId = member.id;
  assert.equal((await admin.root.account.getPrimaryEmail({ AccountId })).PrimaryEmail, 'dev@example.com');
  await organizations.tagResource({ ResourceId: member.id, Tags: [{ Key: 'stage', Value: 'dev' }] });
  const bound = (value: string) => ({
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Action: 'account:GetAccountInformation',
      Resource: '*',
      Condition: { 'ForAnyValue:StringLike': { 'account:AccountResourceOrgTags/stage': value } },
    },
  });
  const dev = await admin.user('dev', bound('dev'));
  assert.equal((await dev.account.getAccountInformation({ AccountId })).AccountName, 'dev');
  const prod = await admin.user('prod', bound('prod'));
  await assert.rejects(prod.account.getAccountInformation({ AccountId }), { name: 'AccessDeniedException' });
});

test('An account has a name, an age and a state', async () => {
  const cloud = await testCloud();
  const { account } = cloud.root;
  await account.putAccountName({ AccountName: 'Head office' });
  const { $metadata: _, ...told } = await account.getAccountInformation({});
  assert.deepEqual(told, {
    AccountId: cloud.managementAccount,
    AccountName: 'Head office',
    AccountCreatedDate: cloud.now(),
    AccountState: 'ACTIVE',
  });
  await assert.rejects(account.putAccountName({ AccountName: '<script>' }), { name: 'ValidationException' });
});

test('A Region is enabled after a while, and disabled likewise', async () => {
  const cloud = await testCloud();
  const { account } = cloud.root;
  const RegionName = 'eu-south-2';
  const status = async () => (await account.getRegionOptStatus({ RegionName })).RegionOptStatus;
  assert.equal(await status(), 'DISABLED');
  await account.enableRegion({ RegionName });
  assert.equal(await status(), 'ENABLING');
  await assert.rejects(account.disableRegion({ RegionName }), { name: 'ConflictException' });
  cloud.advance('PT1M');
  assert.equal(await status(), 'ENABLED');
  const { Regions } = await account.listRegions({ RegionOptStatusContains: ['ENABLED'] });
  assert.deepEqual(Regions, [{ RegionName, RegionOptStatus: 'ENABLED' }]);
  await account.disableRegion({ RegionName });
  assert.equal(await status(), 'DISABLING');
  cloud.advance('PT1M');
  assert.equal(await status(), 'DISABLED');
});

test('Default Regions stay, unknown ones are refused, six change at a time', async () => {
  const { account } = (await testCloud()).root;
  for (const RegionName of ['us-east-1', 'moon-west-1']) {
    await assert.rejects(account.enableRegion({ RegionName }), {
      name: 'ValidationException',
      reason: 'invalidRegionOptTarget',
    });
  }
  const six = ['af-south-1', 'ap-east-1', 'ap-east-2', 'ap-south-2', 'ca-west-1', 'me-south-1'];
  for (const RegionName of six) await account.enableRegion({ RegionName });
  await assert.rejects(account.enableRegion({ RegionName: 'il-central-1' }), { name: 'TooManyRequestsException' });
});

test('ListRegions goes page by page', async () => {
  const { account } = (await testCloud()).root;
  const names: (string | undefined)[] = [];
  let NextToken: string | undefined;
  do {
    const page = await account.listRegions({ MaxResults: 10, NextToken });
    names.push(...(page.Regions ?? []).map((region) => region.RegionName));
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  assert.equal(names.length, 34);
  assert.equal(new Set(names).size, 34);
  await assert.rejects(account.listRegions({ NextToken: '?' }), { name: 'ValidationException' });
});

test('A permission may be bound to one Region', async () => {
  const cloud = await testCloud();
  const alice = await cloud.user('alice', {
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Action: 'account:EnableRegion',
      Resource: '*',
      Condition: { StringEquals: { 'account:TargetRegion': 'eu-south-2' } },
    },
  });
  await alice.account.enableRegion({ RegionName: 'eu-south-2' });
  await assert.rejects(alice.account.enableRegion({ RegionName: 'me-south-1' }), {
    name: 'AccessDeniedException',
    message: /is not authorized to perform: account:EnableRegion on resource: arn:aws:account::\d{12}:account/,
  });
});
