import assert from 'node:assert/strict';
import { test } from 'node:test';
import { browserOn } from '../testing/browser.ts';
import { testCloud } from '../testing/cloud.ts';
import { linkIn, PASSWORD, portalOf } from '../testing/people.ts';
import { isRemembered, REMEMBERED_MAX, remember } from './passwordMemory.ts';
import { checked, verifierOf } from './passwords.ts';
import { personPasswords } from './personCredentials.ts';

const HOUR_MS = 3_600_000;

async function around(passwordMemorySeconds?: number) {
  const { deps } = await testCloud();
  return { ...deps, settings: { ...deps.settings, passwordCost: 'light' as const, passwordMemorySeconds } };
}

test('a password that was right is remembered with its verifier, for an hour, and no other one', async () => {
  const plane = await around();
  const verifier = await verifierOf(plane, PASSWORD);
  assert.equal(isRemembered(plane, verifier, PASSWORD, 0), false, 'nobody has proved it yet');
  assert.deepEqual(await checked(plane, verifier, 'wrong', 0), { right: false });
  assert.equal(isRemembered(plane, verifier, 'wrong', 0), false);
  assert.deepEqual(await checked(plane, verifier, PASSWORD, 0), { right: true });
  assert.equal(isRemembered(plane, verifier, PASSWORD, HOUR_MS - 1), true);
  assert.equal(isRemembered(plane, verifier, `${PASSWORD}x`, 1), false);
  assert.equal(isRemembered(plane, verifier, '', 1), false);
  assert.deepEqual(await checked(plane, verifier, 'wrong', 1), { right: false });
  assert.equal(isRemembered(plane, verifier, PASSWORD, 1), true, 'wrong ones change nothing');
  assert.equal(isRemembered(plane, await verifierOf(plane, PASSWORD), PASSWORD, 1), false, 'the same, chosen anew');
  assert.equal(isRemembered(await around(), verifier, PASSWORD, 1), false, 'another process');
  assert.equal(isRemembered(plane, verifier, PASSWORD, HOUR_MS), false, 'being used makes it last no longer');
});

test('a verifier that is renewed is the one that is remembered', async () => {
  const light = await around();
  const verifier = await verifierOf(light, PASSWORD);
  const standard = { ...light, settings: { ...light.settings, passwordCost: 'standard' as const } };
  const { better } = await checked(standard, verifier, PASSWORD, 0);
  assert.equal(isRemembered(standard, verifier, PASSWORD, 1), false);
  assert.equal(isRemembered(standard, better!, PASSWORD, 1), true);
});

test('only so many are remembered: who has not come for longest makes room', async () => {
  const plane = await around();
  for (let n = 0; n < REMEMBERED_MAX; n++) remember(plane, `v${n}`, PASSWORD, 0);
  assert.equal(isRemembered(plane, 'v0', PASSWORD, 1), true);
  remember(plane, 'one more', PASSWORD, 0);
  const known = ['v0', 'v1', 'v2', 'one more'].map((verifier) => isRemembered(plane, verifier, PASSWORD, 1));
  assert.deepEqual(known, [true, false, true, true]);
});

test('--password-memory 0 remembers nothing', async () => {
  const plane = await around(0);
  const verifier = await verifierOf(plane, PASSWORD);
  assert.deepEqual(await checked(plane, verifier, PASSWORD, 0), { right: true });
  assert.equal(isRemembered(plane, verifier, PASSWORD, 0), false);
});

test('who comes back within the hour is let in by it, and a new password ends it', async () => {
  const cloud = await testCloud();
  const { person } = await portalOf(cloud);
  await person('alice');
  const settings = cloud.deps.settings as { passwordCost?: 'light' | 'standard' };
  settings.passwordCost = 'light';
  const choose = async (password: string) => {
    const browser = browserOn(cloud.send);
    await browser.go('/start/forgot');
    await browser.submit('/start/forgot', { name: 'alice' });
    await browser.go(await linkIn(cloud));
    await browser.submit('/start/password', { password, again: password });
  };
  const signIn = async (password: string) => {
    const browser = browserOn(cloud.send);
    await browser.go('/start');
    const { text } = await browser.submit('/start/signin', { name: 'alice', password });
    return /<h1>([^<]+)/.exec(text)?.[1];
  };
  const kept = () =>
    cloud.deps.store.transaction(
      async (tx) => (await tx.list(personPasswords, [], { limit: 1 })).rows[0]?.verifiers[0],
    );
  await choose(PASSWORD);
  const first = await kept();
  assert.equal(await signIn(PASSWORD), 'Register an MFA device');
  // Whoever takes the slow road from now on gets a verifier of another cost.
  settings.passwordCost = 'standard';
  assert.equal(await signIn('Wrong-horse-1'), 'Sign in to the access portal');
  assert.equal(await signIn(PASSWORD), 'Register an MFA device');
  assert.equal(await kept(), first, 'the quick road');
  cloud.advance('PT1H');
  assert.equal(await signIn(PASSWORD), 'Register an MFA device');
  assert.notEqual(await kept(), first, 'the slow road');
  await choose('Correct-horse-2');
  assert.equal(await signIn(PASSWORD), 'Sign in to the access portal');
  assert.equal(await signIn('Correct-horse-2'), 'Register an MFA device');
});
