/** The page of `aws login` in a real browser, as an IAM user comes to it. Skipped where there is none. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { ADMIN } from '../src/testing/cloud.ts';
import { CROSS, commandLine } from '../src/testing/login.ts';
import { PASSWORD } from '../src/testing/people.ts';
import { pageIn, skip } from './chromium.ts';
import { planeOnSocket } from './socket.ts';

test('aws login: signed in on the way, a code for this device, a code for another one, in Chromium', {
  skip,
}, async (t) => {
  const { cloud, endpoint } = await planeOnSocket(t);
  await cloud.user('anaya', ADMIN);
  await cloud.root.iam.createLoginProfile({ UserName: 'anaya', Password: PASSWORD });
  const { page, complaints } = await pageIn(t);
  const listener = createServer((_request, response) => response.end('Done.'));
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  t.after(() => listener.close());
  const redirectUri = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/oauth/callback`;
  const host = new URL(endpoint).host;

  const here = commandLine(cloud, { host });
  await page.goto(endpoint + here.address({ redirect_uri: redirectUri }));
  await page.getByLabel('Account ID or account alias').fill(cloud.managementAccount);
  await page.getByLabel('IAM user name').fill('anaya');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('arn:aws:iam::111122223333:user/anaya').waitFor();
  await page.getByRole('button', { name: 'Allow access' }).click();
  await page.getByText('Done.').waitFor();
  const answer = await here.exchange(new URL(page.url()).searchParams.get('code')!, { redirectUri });
  assert.equal(answer.status, 200, String(answer.message));

  const elsewhere = commandLine(cloud, { client: CROSS, host });
  await page.goto(endpoint + elsewhere.address());
  await page.getByRole('button', { name: 'Allow access' }).click();
  const typed = Buffer.from((await page.locator('#code').textContent())!, 'base64').toString();
  const again = await elsewhere.exchange(new URLSearchParams(typed).get('code')!);
  assert.equal(again.status, 200, String(again.message));
  assert.deepEqual(complaints, []);
});
