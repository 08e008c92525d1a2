import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loginProfiles } from '../../identity/passwords.ts';
import { ADMIN, testCloud } from '../../testing/cloud.ts';

const violation = (message: string) => ({ name: 'PasswordPolicyViolationException', message });
const GOOD = 'Correct-horse-1';

test('CreateLoginProfile keeps a verifier, never the password', async () => {
  const cloud = await testCloud();
  const { iam } = cloud.root;
  await iam.createUser({ UserName: 'alice' });
  await assert.rejects(iam.getLoginProfile({ UserName: 'alice' }), {
    name: 'NoSuchEntityException',
    message: 'Login Profile for User alice cannot be found.',
  });
  const made = await iam.createLoginProfile({ UserName: 'alice', Password: GOOD, PasswordResetRequired: true });
  assert.deepEqual(made.LoginProfile, { UserName: 'alice', CreateDate: cloud.now(), PasswordResetRequired: true });
  assert.deepEqual((await iam.getLoginProfile({ UserName: 'alice' })).LoginProfile, made.LoginProfile);
  await assert.rejects(iam.createLoginProfile({ UserName: 'alice', Password: GOOD }), {
    name: 'EntityAlreadyExistsException',
    message: 'Login Profile for user alice already exists.',
  });
  const { rows } = await cloud.deps.store.transaction((tx) => tx.list(loginProfiles, ['111122223333'], { limit: 9 }));
  assert.equal(rows.length, 1);
  assert.ok(!JSON.stringify(rows).includes(GOOD));
  await iam.deleteLoginProfile({ UserName: 'alice' });
  await assert.rejects(iam.deleteLoginProfile({ UserName: 'alice' }), { name: 'NoSuchEntityException' });
});

test('ChangePassword wants the old password and obeys the account’s policy', async () => {
  const cloud = await testCloud();
  const { iam } = cloud.root;
  const alice = await cloud.user('alice');
  await iam.createLoginProfile({ UserName: 'alice', Password: GOOD });
  const change = (OldPassword: string, NewPassword: string) => alice.iam.changePassword({ OldPassword, NewPassword });
  await assert.rejects(change(GOOD, 'Battery-staple-2'), { name: 'AccessDenied', message: /iam:ChangePassword/ });
  await iam.updateAccountPasswordPolicy({
    MinimumPasswordLength: 10,
    AllowUsersToChangePassword: true,
    RequireSymbols: true,
    PasswordReusePrevention: 2,
  });
  await assert.rejects(change('wrong', 'Battery-staple-2'), {
    name: 'AccessDenied',
    message: 'The old password was incorrect.',
  });
  await assert.rejects(change(GOOD, 'short-1'), violation('Password should have a minimum length of 10'));
  await assert.rejects(change(GOOD, 'nosymbolshere'), violation('Password should have at least one symbol'));
  const reuse = violation('Policy constraint violation with password reuse prevention during password change.');
  await assert.rejects(change(GOOD, GOOD), reuse);
  await change(GOOD, 'Battery-staple-2');
  await assert.rejects(change('Battery-staple-2', GOOD), reuse);
  await change('Battery-staple-2', 'Battery-staple-3');
  await change('Battery-staple-3', GOOD);
  await assert.rejects(cloud.root.iam.changePassword({ OldPassword: GOOD, NewPassword: 'Another-1' }), {
    name: 'InvalidUserTypeException',
  });
});

test('ChangePassword lets nobody guess the old password, however many guesses come at once', async () => {
  const cloud = await testCloud();
  const { iam } = cloud.root;
  const alice = await cloud.user('alice', ADMIN);
  await iam.createLoginProfile({ UserName: 'alice', Password: GOOD });
  const change = (OldPassword: string, NewPassword: string) =>
    alice.iam.changePassword({ OldPassword, NewPassword }).then(
      () => 'changed',
      (error: Error) => error.name,
    );
  // What is wrong with the new one is no guess of the old one.
  for (let i = 0; i < 6; i++) assert.equal(await change(GOOD, 'short'), 'PasswordPolicyViolationException');
  const guesses = await Promise.all(Array.from({ length: 12 }, (_, i) => change(`Guess-${i}`, 'Battery-staple-2')));
  assert.equal(guesses.filter((name) => name === 'AccessDenied').length, 5);
  assert.equal(guesses.filter((name) => name === 'Throttling').length, 7);
  assert.equal(await change(GOOD, 'Battery-staple-2'), 'Throttling');
  cloud.advance('PT5S');
  assert.equal(await change(GOOD, 'Battery-staple-2'), 'changed');
  assert.equal(await change('Battery-staple-2', GOOD), 'changed');
});

test('an explicit deny beats AllowUsersToChangePassword', async () => {
  const cloud = await testCloud();
  const deny = { Effect: 'Deny', Action: 'iam:ChangePassword', Resource: '*' };
  const alice = await cloud.user('alice', { Version: '2012-10-17', Statement: deny });
  await cloud.root.iam.createLoginProfile({ UserName: 'alice', Password: GOOD });
  await cloud.root.iam.updateAccountPasswordPolicy({ AllowUsersToChangePassword: true });
  await alice.iam.getAccountPasswordPolicy({});
  await assert.rejects(alice.iam.changePassword({ OldPassword: GOOD, NewPassword: 'Battery-staple-2' }), {
    name: 'AccessDenied',
    message: /with an explicit deny in an identity-based policy/,
  });
});

test('the default password policy wants three kinds of characters', async () => {
  const cloud = await testCloud();
  const { iam } = cloud.root;
  await iam.createUser({ UserName: 'alice' });
  const create = (Password: string) => iam.createLoginProfile({ UserName: 'alice', Password });
  await assert.rejects(create('Ab1!'), violation('Password should have a minimum length of 8'));
  await assert.rejects(create('abcdefgh1'), violation('Password does not conform to the account password policy.'));
  await create('abcdefgH1');
});

test('UpdateAccountPasswordPolicy reads back, and what is left out goes back to its default', async () => {
  const cloud = await testCloud();
  const { iam } = cloud.root;
  await assert.rejects(iam.getAccountPasswordPolicy({}), {
    name: 'NoSuchEntityException',
    message: 'The Password Policy with domain name 111122223333 cannot be found.',
  });
  await iam.updateAccountPasswordPolicy({ MinimumPasswordLength: 14, MaxPasswordAge: 90, HardExpiry: true });
  const plain = {
    RequireSymbols: false,
    RequireNumbers: false,
    RequireUppercaseCharacters: false,
    RequireLowercaseCharacters: false,
    AllowUsersToChangePassword: false,
  };
  assert.deepEqual((await iam.getAccountPasswordPolicy({})).PasswordPolicy, {
    ...plain,
    MinimumPasswordLength: 14,
    ExpirePasswords: true,
    MaxPasswordAge: 90,
    HardExpiry: true,
  });
  await iam.updateAccountPasswordPolicy({});
  assert.deepEqual((await iam.getAccountPasswordPolicy({})).PasswordPolicy, {
    ...plain,
    MinimumPasswordLength: 6,
    ExpirePasswords: false,
  });
  await iam.deleteAccountPasswordPolicy({});
  await assert.rejects(iam.deleteAccountPasswordPolicy({}), { name: 'NoSuchEntityException' });
  await assert.rejects(iam.updateAccountPasswordPolicy({ MinimumPasswordLength: 5 }), { name: 'ValidationError' });
});

test('passwords stay out of the audit record', async () => {
  const cloud = await testCloud();
  await cloud.user('alice', ADMIN);
  await cloud.root.iam.createLoginProfile({ UserName: 'alice', Password: GOOD });
  const entries = await cloud.deps.store.journal.read(0, 100);
  assert.ok(entries.some((entry) => entry.body.includes('CreateLoginProfile')));
  assert.ok(entries.every((entry) => !entry.body.includes(GOOD)));
});
