import assert from 'node:assert/strict';
import { test } from 'node:test';
import { browserOn } from '../testing/browser.ts';
import { testCloud } from '../testing/cloud.ts';
import { underKey } from '../testing/customerKeys.ts';
import { PASSWORD, portalOf, welcome } from '../testing/people.ts';

const BLOCKED = /ERROR Code: 0001 - IdentityCenter service access is blocked/;

test('with the key of the instance disabled nobody signs in, and who is signed in gets nothing', async () => {
  const cloud = await testCloud();
  const portal = await portalOf(cloud);
  const id = await portal.person('alice');
  await portal.assign('AdminRole', 'AdministratorAccess', { type: 'USER', id }, cloud.managementAccount);
  const KeyId = await underKey(portal);
  const { browser, code } = await welcome(cloud, 'alice');
  const accessToken = /=([\w-]{43})$/.exec(browser.cookie())![1]!;
  assert.equal((await cloud.unsigned.sso.listAccounts({ accessToken })).accountList?.length, 1);

  await cloud.root.kms.disableKey({ KeyId });
  const blocked = await browser.go('/start');
  assert.equal(blocked.status, 403);
  assert.match(blocked.text, BLOCKED);
  await assert.rejects(cloud.unsigned.sso.listAccounts({ accessToken }), { name: 'ForbiddenException' });
  const other = browserOn(cloud.send);
  await other.go('/start');
  assert.match((await other.submit('/start/signin', { name: 'alice', password: PASSWORD })).text, BLOCKED);

  await cloud.root.kms.enableKey({ KeyId });
  await other.go('/start');
  await other.submit('/start/signin', { name: 'alice', password: PASSWORD });
  assert.match((await other.submit('/start/code', { code: code() })).text, /<h1>Access portal/);
  assert.match((await browser.go('/start')).text, /<h1>Access portal/);
});
