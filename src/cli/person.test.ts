import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { testCloud } from '../testing/cloud.ts';
import { portalOf, welcome } from '../testing/people.ts';
import { listening } from '../testing/socket.ts';
import { person } from './person.ts';

test('gatehouse person shows, disables, enables and signs out, by who may', async (t) => {
  const cloud = await testCloud();
  const portal = await portalOf(cloud);
  await portal.person('ada@example.com');
  await welcome(cloud, 'ada@example.com');
  const port = await listening(t, cloud);
  const data = mkdtempSync(join(tmpdir(), 'gatehouse-person-'));
  t.after(() => rmSync(data, { recursive: true }));
  const allowed = { Effect: 'Allow', Action: 'identitystore-auth:ListSessions', Resource: '*' };
  await cloud.user('reader', JSON.stringify({ Version: '2012-10-17', Statement: allowed }));
  const account = cloud.managementAccount;
  const keys = { root: await cloud.keyFor(account), reader: await cloud.keyFor(account, 'reader') };
  const profiles = Object.entries(keys).map(
    ([name, key]) =>
      `[${name}]\naws_access_key_id = ${key.accessKeyId}\naws_secret_access_key = ${key.secretAccessKey}\n`,
  );
  writeFileSync(join(data, 'credentials'), profiles.join(''));
  writeFileSync(join(data, 'endpoint'), `http://127.0.0.1:${port}\n`);
  const run = async (profile: string, ...args: string[]) => {
    const said: string[] = [];
    const code = await person([...args, '--data', data, '--profile', profile, '--json'], (line) => said.push(line));
    return { code, facts: code === 0 ? JSON.parse(said.join('\n')) : undefined };
  };
  const { facts } = await run('reader', 'show', 'ada@example.com');
  assert.deepEqual([facts.status, facts.sessions.length], ['ENABLED', 1]);
  for (const word of ['disable', 'enable', 'sign-out']) {
    assert.equal((await run('reader', word, 'ada@example.com')).code, 1, word);
  }
  const LookupAttributes = [{ AttributeKey: 'EventName' as const, AttributeValue: 'DisableUser' }];
  const [denied] = (await cloud.root.cloudtrail.lookupEvents({ LookupAttributes })).Events!;
  const { errorCode, errorMessage, userIdentity } = JSON.parse(denied!.CloudTrailEvent!);
  assert.deepEqual([errorCode, userIdentity.userName], ['AccessDenied', 'reader']);
  assert.match(errorMessage, /not authorized to perform: sso-directory:DisableUser/);
  assert.deepEqual((await run('root', 'sign-out', 'ada@example.com')).facts.sessions, []);
  assert.equal((await run('root', 'disable', 'ada@example.com')).facts.status, 'DISABLED');
  assert.equal((await run('root', 'enable', 'ada@example.com')).facts.status, 'ENABLED');
  assert.equal((await run('root', 'show', 'eve@example.com')).code, 1);
  assert.equal((await fetch(`http://127.0.0.1:${port}/_gatehouse/people/%E0%A4%A`)).status, 400);
  assert.equal((await run('root', 'forget', 'ada@example.com')).code, 2);
  assert.equal((await run('root', 'show')).code, 2);
});
