import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planeOnSocket } from '../../test/socket.ts';
import { signedPage } from '../cli/signedPage.ts';
import { browserOn } from '../testing/browser.ts';
import { ADMIN, type Cloud, testCloud } from '../testing/cloud.ts';
import { portalOf } from '../testing/people.ts';
import { postOffice } from '../testing/postOffice.ts';

async function askFor(cloud: Cloud, name: string) {
  const browser = browserOn(cloud.send);
  await browser.go('/start/forgot');
  await browser.submit('/start/forgot', { name });
}

test('a letter goes through the SMTP server that is named, and its link works', async (t) => {
  const { smtp, taken } = await postOffice(t);
  const cloud = await testCloud({ smtp });
  const { person } = await portalOf(cloud);
  await person('alice');
  await askFor(cloud, 'alice');
  await cloud.settle();
  assert.equal(taken.length, 1);
  assert.match(taken[0]!, /To: alice@example\.com/);
  const text = taken[0]!.replace(/=\r\n/g, '').replace(/=3D/g, '=');
  const [, link] = /http:\/\/cloud\.test(\/start\/password\?token=[\w-]{43})/.exec(text)!;
  assert.match((await browserOn(cloud.send).go(link!)).text, /Choose your password/);
});

test('without one, letters of a directory are read by who may set its passwords, those of root by root', async (t) => {
  const { cloud, endpoint } = await planeOnSocket(t);
  const { person } = await portalOf(cloud);
  await person('alice');
  await askFor(cloud, 'alice');
  cloud.advance('PT1S');
  const browser = browserOn(cloud.send);
  await browser.go('/signin/root/forgot');
  const { Accounts } = await cloud.root.organizations.listAccounts({});
  await browser.submit('/signin/root/forgot', { email: Accounts![0]!.Email! });
  await cloud.user('admin', ADMIN);
  await cloud.user('nobody');
  const read = async (userName?: string) => {
    const credentials = await cloud.keyFor(cloud.managementAccount, userName);
    const plane = { endpoint, region: 'us-east-1', credentials };
    const { letters } = await signedPage<{ letters: { subject: string }[] }>(plane, 'GET', '/_gatehouse/mail');
    return letters.map(({ subject }) => subject);
  };
  assert.deepEqual(await read(), ['Choose your password', 'Choose the password of your root user']);
  assert.deepEqual(await read('admin'), ['Choose your password']);
  await assert.rejects(read('nobody'), /not authorized to perform: sso-directory:UpdatePassword/);
});
