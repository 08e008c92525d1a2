/** Who has a token for SCIM, and for how long. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { scim } from '../../cli/scim.ts';
import { listening } from '../../testing/socket.ts';

import { asked, page, provider } from './scim.fixture.ts';

test('a token is a year of one directory: wrong, revoked and expired ones are refused alike', async () => {
  const { cloud, call, base, issued } = await provider();
  const refused = async (path: string, headers: object) => {
    const { status, body } = await asked(cloud, 'GET', path, undefined, headers);
    assert.equal(status, 401);
    return body.detail;
  };
  const bearer = { authorization: `Bearer ${issued.token}` };
  const [, tenant] = /\/scim\/([^/]+)/.exec(base)!;
  const foreign = base.replace(tenant!, `0000000000${tenant!.slice(10)}`);
  const answers = [
    await refused(`${base}/Users`, {}),
    await refused(`${base}/Users`, { authorization: `Bearer ${'x'.repeat(64)}` }),
    await refused(`${foreign}/Users`, bearer),
  ];
  const second = (await page(cloud, 'POST')).body;
  assert.equal((await page(cloud, 'POST')).body.code, 'TooManyTokens');
  assert.equal((await page(cloud, 'DELETE', `/${issued.id}`)).status, 200);
  answers.push(await refused(`${base}/Users`, bearer));
  assert.equal((await call('GET', '/Users', undefined, second.token)).status, 200);
  cloud.advance('P366D');
  answers.push(await refused(`${base}/Users`, { authorization: `Bearer ${second.token}` }));
  assert.equal(new Set(answers).size, 1);
  assert.equal((await page(cloud, 'POST')).status, 200);
  const { tokens } = (await page(cloud, 'GET')).body;
  assert.equal(tokens.length, 1);
  assert.deepEqual(Object.keys(tokens[0]), ['id', 'created', 'expires']);
});

test('tokens are made by who may, in an account that administers the instance', async () => {
  const { cloud } = await provider();
  await cloud.user('eve');
  const denied = await page(cloud, 'POST', '', await cloud.keyFor(cloud.managementAccount, 'eve'));
  assert.equal(denied.status, 403);
  assert.match(denied.body.message, /not authorized to perform: sso-directory:CreateBearerToken/);
  const stranger = await cloud.memberAccount('stranger');
  assert.equal((await page(cloud, 'POST', '', await cloud.keyFor(stranger.id))).status, 404);
});

test('gatehouse scim token makes, lists and revokes tokens', async (t) => {
  const { cloud, issued } = await provider();
  const port = await listening(t, cloud);
  const data = mkdtempSync(join(tmpdir(), 'gatehouse-scim-'));
  t.after(() => rmSync(data, { recursive: true }));
  const { accessKeyId, secretAccessKey } = await cloud.keyFor(cloud.managementAccount);
  const keys = `[root]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`;
  writeFileSync(join(data, 'credentials'), keys);
  writeFileSync(join(data, 'endpoint'), `http://127.0.0.1:${port}\n`);
  const run = async (...args: string[]) => {
    const said: string[] = [];
    assert.equal(await scim(['token', '--data', data, '--profile', 'root', ...args], (line) => said.push(line)), 0);
    return said.join('\n');
  };
  const made = JSON.parse(await run('--json'));
  assert.match(made.token, /^[\w-]{64}$/);
  const list = await run('--list');
  assert.ok(list.includes(issued.id) && list.includes(made.id) && !list.includes(made.token));
  assert.equal(await run('--revoke', made.id), `Token ${made.id} is revoked.`);
  assert.ok(!(await run('--list')).includes(made.id));
});
