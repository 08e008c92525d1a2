import assert from 'node:assert/strict';
import { test } from 'node:test';
import { browserOn } from '../testing/browser.ts';
import { testCloud } from '../testing/cloud.ts';
import { PASSWORD } from '../testing/people.ts';
import { checked, isPassword, loginProfiles, type PASSWORD_COSTS, verifierOf } from './passwords.ts';

async function around(passwordCost?: keyof typeof PASSWORD_COSTS) {
  const { deps } = await testCloud();
  const { secrets, random } = deps;
  return { secrets, random, settings: { ...deps.settings, passwordCost } };
}

test('a verifier carries its own cost: the setting may change', async () => {
  const light = await around('light');
  const verifier = await verifierOf(light, PASSWORD);
  const standard = { ...light, settings: { ...light.settings, passwordCost: 'standard' as const } };
  assert.equal(await isPassword(standard, verifier, PASSWORD), true);
  assert.equal(await isPassword(standard, verifier, 'wrong'), false);
  const { right, better } = await checked(standard, verifier, PASSWORD, 0);
  assert.deepEqual([right, better !== undefined], [true, true]);
  assert.deepEqual(await checked(standard, better, PASSWORD, 0), { right: true });
  assert.deepEqual(await checked(light, better, PASSWORD, 0), { right: true });
  assert.deepEqual(await checked(standard, verifier, 'wrong', 0), { right: false });
  assert.deepEqual(await checked(standard, undefined, PASSWORD, 0), { right: false });
});

test('verifiers that were kept before they carried a cost still work', async () => {
  const ctx = await around();
  const now = ctx.secrets.open('password-verifier', await verifierOf(ctx, PASSWORD))!;
  const first = ctx.secrets.seal('password-verifier', now.subarray(6), ctx.random(12));
  assert.equal(await isPassword(ctx, first, PASSWORD), true);
  assert.equal(await isPassword(ctx, first, 'wrong'), false);
});

test('a sign-in renews a verifier that costs less than the setting', async () => {
  const cloud = await testCloud();
  await cloud.user('anaya');
  const settings = cloud.deps.settings as { passwordCost?: 'light' | 'standard' };
  settings.passwordCost = 'light';
  await cloud.root.iam.createLoginProfile({ UserName: 'anaya', Password: PASSWORD });
  const kept = async () => {
    const { UserId } = (await cloud.root.iam.getUser({ UserName: 'anaya' })).User!;
    const row = await cloud.deps.store.transaction((tx) => tx.get(loginProfiles, [cloud.managementAccount, UserId!]));
    return row!.verifiers;
  };
  const signIn = async (password: string) => {
    const browser = browserOn(cloud.send);
    await browser.go('/signin');
    return browser.submit('/signin', { account: cloud.managementAccount, name: 'anaya', password });
  };
  const before = await kept();
  await signIn(PASSWORD);
  assert.deepEqual(await kept(), before);
  settings.passwordCost = 'standard';
  cloud.advance('PT2H');
  await signIn('wrong');
  assert.deepEqual(await kept(), before);
  assert.match((await signIn(PASSWORD)).text, /You are signed in/);
  const after = await kept();
  assert.deepEqual([after.length, after[0] === before[0]], [1, false]);
  assert.match((await signIn(PASSWORD)).text, /You are signed in/);
});
