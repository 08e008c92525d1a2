/** Passkeys in a real browser, with its virtual authenticator. Skipped where there is no Chromium. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Page } from 'playwright-core';
import { ADMIN, type Cloud } from '../src/testing/cloud.ts';
import { linkIn, PASSWORD, portalOf } from '../src/testing/people.ts';
import { pageIn, skip } from './chromium.ts';
import { planeOnSocket } from './socket.ts';

/** A browser with a platform authenticator, at the plane's name: an address has no passkeys. */
async function browserAt(t: TestContext) {
  const { cloud, endpoint } = await planeOnSocket(t, true);
  const { page, complaints } = await pageIn(t);
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('WebAuthn.enable');
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      ...{ protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true },
      isUserVerified: true,
    },
  });
  const verifies = (isUserVerified: boolean) =>
    devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified });
  const credentials = async () => (await devtools.send('WebAuthn.getCredentials', { authenticatorId })).credentials;
  const home = endpoint.replace('127.0.0.1', 'localhost');
  return { cloud, home, page, complaints, verifies, credentials };
}

const click = (page: Page, name: string) => page.getByRole('button', { name }).click();
const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true }).waitFor();

async function inConsole(page: Page, home: string, cloud: Cloud, name: string): Promise<void> {
  await page.goto(`${home}/signin`);
  await page.getByLabel('Account ID or account alias').fill(cloud.managementAccount);
  await page.getByLabel('IAM user name').fill(name);
  await page.getByLabel('Password').fill(PASSWORD);
  await click(page, 'Sign in');
}

async function addPasskey(page: Page, home: string): Promise<void> {
  await page.goto(`${home}/signin/security`);
  await page.getByLabel('Device name').nth(1).fill('laptop');
  await click(page, 'Passkey or security key');
  await click(page, 'Continue');
  await page.getByText('MFA devices (1 of 8)').waitFor();
}

test('a person registers a passkey at sign-in and proves it, in Chromium', { skip }, async (t) => {
  const { cloud, home, page, complaints, verifies, credentials } = await browserAt(t);
  const portal = await portalOf(cloud);
  await portal.person('alice');
  await page.goto(`${home}/start/forgot`);
  await page.getByLabel('User name').fill('alice');
  await click(page, 'Send the link');
  await page.getByText('a link is on its way').waitFor();
  await page.goto(home + (await linkIn(cloud)));
  await page.getByLabel('New password').fill(PASSWORD);
  await page.getByLabel('The same again').fill(PASSWORD);
  await click(page, 'Set the password');
  await page.getByText('Your password is set').waitFor();
  const signIn = async () => {
    await page.goto(`${home}/start`);
    await page.getByLabel('User name').fill('alice');
    await page.getByLabel('Password').fill(PASSWORD);
    await click(page, 'Sign in');
  };
  await signIn();
  await heading(page, 'Register an MFA device');
  await click(page, 'Register a passkey');
  await heading(page, 'Access portal');
  const [credential] = await credentials();
  assert.deepEqual([credential?.rpId, credential?.isResidentCredential], ['localhost', true]);
  await click(page, 'Sign out');
  await signIn();
  await heading(page, 'Verify your identity');
  await verifies(false);
  await click(page, 'Use a passkey');
  await page.getByRole('alert').getByText('cancelled').waitFor();
  await verifies(true);
  await click(page, 'Use a passkey');
  await heading(page, 'Access portal');
  await page.getByRole('link', { name: 'MFA devices' }).click();
  await click(page, 'Add: Passkey');
  await click(page, 'Continue');
  await page.getByText('This passkey is registered already').waitFor();
  await page.goto(`${home}/start/devices`);
  await click(page, 'Remove Passkey');
  await page.getByRole('button', { name: 'Remove' }).waitFor({ state: 'detached' });
  assert.deepEqual(
    complaints.filter((text) => /Content Security|Refused/.test(text)),
    [],
  );
});

test('an IAM user adds a passkey, signs in with it, and removes it, in Chromium', { skip }, async (t) => {
  const { cloud, home, page } = await browserAt(t);
  await cloud.user('anaya', ADMIN);
  await cloud.root.iam.createLoginProfile({ UserName: 'anaya', Password: PASSWORD });
  await inConsole(page, home, cloud, 'anaya');
  await heading(page, 'You are signed in');
  await addPasskey(page, home);
  await page.goto(`${home}/signin/home`);
  await click(page, 'Sign out');
  await inConsole(page, home, cloud, 'anaya');
  await click(page, 'Use a passkey');
  await page.getByText('with a second factor').waitFor();
  const [device] = (await cloud.root.iam.listMFADevices({ UserName: 'anaya' })).MFADevices!;
  assert.match(device!.SerialNumber!, /:u2f\/user\/anaya\/laptop-/);
  await page.goto(`${home}/signin/security`);
  await click(page, 'Remove');
  await page.getByText('MFA devices (0 of 8)').waitFor();
});

test('the root user adds a passkey and signs in with it, in Chromium', { skip }, async (t) => {
  const { cloud, home, page } = await browserAt(t);
  await cloud.root.organizations.createOrganization({});
  const { Account } = await cloud.root.organizations.describeAccount({ AccountId: cloud.managementAccount });
  const address = page.getByLabel('E-mail address of the account');
  await page.goto(`${home}/signin/root/forgot`);
  await address.fill(Account!.Email!);
  await click(page, 'Send the link');
  await page.getByText('a link is on its').waitFor();
  await page.goto(home + (await linkIn(cloud)));
  await page.getByLabel('New password').fill(PASSWORD);
  await page.getByLabel('The same again').fill(PASSWORD);
  await click(page, 'Set the password');
  const signIn = async () => {
    await page.goto(`${home}/signin/root`);
    await address.fill(Account!.Email!);
    await page.getByLabel('Password').fill(PASSWORD);
    await click(page, 'Sign in');
  };
  await signIn();
  await heading(page, 'You are signed in');
  await addPasskey(page, home);
  await signIn();
  await click(page, 'Use a passkey');
  await page.getByText('with a second factor').waitFor();
  assert.equal((await cloud.root.iam.getAccountSummary({})).SummaryMap?.AccountMFAEnabled, 1);
});
