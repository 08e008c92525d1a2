import assert from 'node:assert/strict';
import { test } from 'node:test';
import { outboxPage } from '../../core/outbox.ts';
import { type Cloud, testCloud } from '../../testing/cloud.ts';

const WRONG = { name: 'ValidationException', message: 'The one-time password is not valid.' };
const EXPIRED = { name: 'ValidationException', message: 'The one-time password has expired.' };
const NOTHING = { name: 'ResourceNotFoundException' };

const CONTACT = {
  ...{ FullName: 'Alice Doe', AddressLine1: '1 Street', City: 'Dublin', PostalCode: 'D01', CountryCode: 'IE' },
  PhoneNumber: '+353870000001',
};

/** What waits in the outbox of an account, the newest first. */
const texts = ({ deps, managementAccount }: Cloud, account = managementAccount) =>
  deps.store.transaction(async (store) => {
    const { messages } = await outboxPage({ store, secrets: deps.secrets, account, region: 'us-east-1' });
    return messages;
  });

async function contacted() {
  const cloud = await testCloud();
  const { account } = cloud.root;
  await account.putContactInformation({ ContactInformation: CONTACT });
  return {
    ...{ cloud, account },
    status: async () => (await account.getContactInformation()).VerificationStatus,
    code: async () => /^\d{6}/.exec((await texts(cloud))[0]!.text)![0],
  };
}

test('the telephone of the primary contact is verified by the code that is texted to it', async () => {
  const { cloud, account, status, code } = await contacted();
  assert.equal(await status(), 'UNVERIFIED');
  await assert.rejects(account.verifyPhoneNumber({ Otp: '000000' }), NOTHING);
  assert.equal((await account.sendPhoneNumberVerification({})).Status, 'PENDING');
  assert.equal(await status(), 'PENDING');
  const [message] = await texts(cloud);
  assert.deepEqual([message?.protocol, message?.to], ['sms', CONTACT.PhoneNumber]);
  const wrong = (await code()) === '123456' ? '654321' : '123456';
  await assert.rejects(account.verifyPhoneNumber({ Otp: wrong }), WRONG);
  await assert.rejects(account.verifyPhoneNumber({ Otp: 'no' }), { name: 'ValidationException' });
  assert.equal((await account.verifyPhoneNumber({ Otp: await code() })).Status, 'VERIFIED');
  assert.equal(await status(), 'VERIFIED');
  await assert.rejects(account.verifyPhoneNumber({ Otp: await code() }), NOTHING);
  assert.equal((await account.sendPhoneNumberVerification({})).Status, 'VERIFIED');
  await account.putContactInformation({ ContactInformation: { ...CONTACT, City: 'Cork' } });
  assert.equal(await status(), 'VERIFIED');
  await account.putContactInformation({ ContactInformation: { ...CONTACT, PhoneNumber: '+353870000002' } });
  assert.equal(await status(), 'UNVERIFIED');
});

test('a code is good for ten minutes, five guesses, and the number that it went to', async () => {
  const { cloud, account, status, code } = await contacted();
  await account.sendPhoneNumberVerification({});
  cloud.advance('PT10M');
  await assert.rejects(account.verifyPhoneNumber({ Otp: await code() }), EXPIRED);
  assert.equal(await status(), 'UNVERIFIED');
  await account.sendPhoneNumberVerification({});
  const wrong = (await code()) === '123456' ? '654321' : '123456';
  for (let guess = 0; guess < 5; guess++) await assert.rejects(account.verifyPhoneNumber({ Otp: wrong }), WRONG);
  await assert.rejects(account.verifyPhoneNumber({ Otp: await code() }), EXPIRED);
  await account.sendPhoneNumberVerification({});
  await account.putContactInformation({ ContactInformation: { ...CONTACT, PhoneNumber: '+353870000002' } });
  await assert.rejects(account.verifyPhoneNumber({ Otp: await code() }), { name: 'ConflictException' });
});

test('no more than five codes are sent in an hour, whatever came of those before', async () => {
  const { cloud, account, status, code } = await contacted();
  const tooMany = { name: 'TooManyRequestsException' };
  for (let sent = 0; sent < 5; sent++) {
    await account.sendPhoneNumberVerification({});
    cloud.advance('PT11M');
  }
  assert.equal(await status(), 'UNVERIFIED');
  await assert.rejects(account.sendPhoneNumberVerification({}), tooMany);
  await account.putContactInformation({ ContactInformation: { ...CONTACT, PhoneNumber: '+353870000002' } });
  await assert.rejects(account.sendPhoneNumberVerification({}), tooMany);
  cloud.advance('PT5M');
  await account.sendPhoneNumberVerification({});
  await account.verifyPhoneNumber({ Otp: await code() });
  await account.putContactInformation({ ContactInformation: CONTACT });
  await assert.rejects(account.sendPhoneNumberVerification({}), tooMany, 'the one that was shown counts too');
});

test('guesses that come all at once are no more than those that come one by one', async () => {
  const { account, status, code } = await contacted();
  await account.sendPhoneNumberVerification({});
  const right = await code();
  const guesses = Array.from({ length: 40 }, (_, i) => String((Number(right) + 1 + i) % 1_000_000).padStart(6, '0'));
  const tried = [...guesses, right].map((Otp) => account.verifyPhoneNumber({ Otp }));
  const outcomes = await Promise.allSettled(tried);
  assert.ok(outcomes.every((outcome) => outcome.status === 'rejected'));
  assert.equal(await status(), 'UNVERIFIED');
});

test('an account without a contact has no telephone; a member’s is asked for by the management account', async () => {
  const cloud = await testCloud();
  const { account, organizations } = cloud.root;
  await assert.rejects(account.sendPhoneNumberVerification({}), NOTHING);
  await organizations.createOrganization({ FeatureSet: 'ALL' });
  await organizations.enableAWSServiceAccess({ ServicePrincipal: 'account.amazonaws.com' });
  const { id: AccountId, root } = await cloud.memberAccount('dev');
  const sent = await organizations.inviteAccountToOrganization({ Target: { Type: 'ACCOUNT', Id: AccountId } });
  await root.organizations.acceptHandshake({ HandshakeId: sent.Handshake?.Id });
  await account.putContactInformation({ AccountId, ContactInformation: CONTACT });
  await account.sendPhoneNumberVerification({ AccountId });
  const [message] = await texts(cloud, AccountId);
  const Otp = /^\d{6}/.exec(message!.text)![0];
  assert.equal((await account.verifyPhoneNumber({ AccountId, Otp })).Status, 'VERIFIED');
  const nobody = await cloud.user('nobody');
  await assert.rejects(nobody.account.sendPhoneNumberVerification({}), { name: 'AccessDeniedException' });
});
