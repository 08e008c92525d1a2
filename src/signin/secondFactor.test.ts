import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { planeOnSocket } from '../../test/socket.ts';
import { mfa } from '../cli/mfa.ts';
import { instances } from '../identity/instances.ts';
import { type MfaSettings, STANDARD_MFA } from '../identity/mfaSettings.ts';
import { trustedBrowsers } from '../identity/personCredentials.ts';
import { authenticator, questionIn, type Twist } from '../testing/authenticator.ts';
import { browserOn } from '../testing/browser.ts';
import { ADMIN, type Cloud, testCloud } from '../testing/cloud.ts';
import { lettersIn, linkIn, PASSWORD, portalOf, telephone } from '../testing/people.ts';

type Browser = ReturnType<typeof browserOn>;

async function world(settings: Partial<MfaSettings> = {}) {
  const cloud = await testCloud();
  const portal = await portalOf(cloud);
  await portal.person('alice');
  const host = `${portal.IdentityStoreId}.awsapps.com`;
  await cloud.deps.store.transaction(async (tx) => {
    const [instance] = (await tx.list(instances, [cloud.managementAccount], { limit: 1, index: 'account' })).rows;
    await tx.replace(instances, { ...instance!, mfa: { ...STANDARD_MFA, ...settings } });
  });
  const browser = browserOn(cloud.send, host);
  await choosePassword(cloud, browser);
  const begin = async (from: Browser = browserOn(cloud.send, host), password = PASSWORD) => {
    await from.go('/start');
    return { browser: from, page: await from.submit('/start/signin', { name: 'alice', password }) };
  };
  return { cloud, host, origin: `https://${host}`, begin };
}

async function choosePassword(cloud: Cloud, browser: Browser) {
  await browser.go('/start/forgot');
  await browser.submit('/start/forgot', { name: 'alice' });
  await browser.go(await linkIn(cloud));
  await browser.submit('/start/password', { password: PASSWORD, again: PASSWORD });
}

async function eventsOf(cloud: Cloud, ...names: string[]) {
  const rows = await cloud.deps.store.journal.read(0, 10_000);
  return rows.map(({ body }) => JSON.parse(body)).filter(({ eventName }) => names.includes(eventName));
}

test('somebody without a device registers a passkey at sign-in, and proves it from then on', async () => {
  const { cloud, origin, begin } = await world();
  const key = authenticator(origin);
  const { browser, page } = await begin();
  assert.match(page.text, /<h1>Register an MFA device<\/h1>/);
  const credential = key.create(questionIn(page.text));
  const done = await browser.submit('/start/passkey', { credential, name: 'Blue key' });
  assert.match(done.text, /<h1>Access portal/);
  const again = await begin();
  assert.match(again.page.text, /<h1>Verify your identity<\/h1>/);
  assert.doesNotMatch(again.page.text, /six digits/);
  const answer = key.get(questionIn(again.page.text));
  assert.match((await again.browser.submit('/start/passkey', { credential: answer })).text, /<h1>Access portal/);
  const events = await eventsOf(cloud, 'CredentialChallenge', 'CredentialVerification', 'UserAuthentication');
  assert.deepEqual(
    events.map(({ eventName, additionalEventData: { CredentialType, DeviceEnrollmentRequired } }) =>
      [eventName, CredentialType, DeviceEnrollmentRequired].filter(Boolean).join(' '),
    ),
    [
      'CredentialChallenge PASSWORD',
      'CredentialVerification PASSWORD',
      'CredentialVerification WEBAUTHN',
      'UserAuthentication PASSWORD,WEBAUTHN true',
      'CredentialChallenge PASSWORD',
      'CredentialVerification PASSWORD',
      'CredentialChallenge WEBAUTHN',
      'CredentialVerification WEBAUTHN',
      'UserAuthentication PASSWORD,WEBAUTHN',
    ],
  );
});

test('answers that lie open nothing; a challenge is good for one', async () => {
  const { cloud, origin, begin } = await world();
  const key = authenticator(origin);
  const first = await begin();
  await first.browser.submit('/start/passkey', { credential: key.create(questionIn(first.page.text)) });
  const lies: Record<string, Twist> = {
    'other origin': { origin: 'https://d-0123456789.awsapps.com' },
    'other RP id': { rpId: 'signin.aws.amazon.com' },
    'user not verified': { verified: false },
    'tampered signature': { tampered: true },
    'counter goes back': { counter: 1 },
    'other challenge': { challenge: 'AAAA' },
    'in a frame': { crossOrigin: true },
  };
  for (const [name, twist] of Object.entries(lies)) {
    cloud.advance('PT1H');
    const { browser, page } = await begin();
    const refused = await browser.submit('/start/passkey', { credential: key.get(questionIn(page.text), twist) });
    assert.match(refused.text, /The passkey could not be verified/, name);
  }
  cloud.advance('PT1H');
  const { browser, page } = await begin();
  const wrong = key.get(questionIn(page.text), { tampered: true });
  await browser.submit('/start/passkey', { credential: wrong });
  const late = key.get(questionIn(page.text));
  assert.match((await browser.submit('/start/passkey', { credential: late })).text, /could not be verified/);
  for (const credential of ['', 'null', '{}', '{"id":1}', `{"id":"${key.id}","response":{"clientDataJSON":"AA"}}`]) {
    cloud.advance('PT5M');
    assert.equal((await (await begin()).browser.submit('/start/passkey', { credential })).status, 400, credential);
  }
  const all = (await cloud.deps.store.journal.read(0, 10_000)).map(({ body }) => body).join('\n');
  for (const secret of [late, wrong, key.id, questionIn(page.text).challenge, PASSWORD]) {
    assert.equal(all.includes(secret), false);
  }
});

test('only kinds of devices that the administrator allows are asked for and added', async () => {
  const { begin, origin } = await world({ types: ['TOTP'] });
  const { browser, page } = await begin();
  assert.match(page.text, /<h1>Add an authenticator app/);
  assert.doesNotMatch(page.text, /data-passkey/);
  const forged = authenticator(origin).create({ challenge: 'AAAA', rp: { id: 'x' }, user: { id: 'y' } });
  await assert.rejects(browser.submit('/start/passkey', { credential: forged }), /No form leads/);
});

test('a code comes by mail, where the administrator wants that of who has no device', async () => {
  const { cloud, begin } = await world({ withoutDevice: 'EMAIL' });
  cloud.advance('PT1S');
  const { browser, page } = await begin();
  assert.match(page.text, /<h1>Look into your mail<\/h1>/);
  const letter = (await lettersIn(cloud)).at(-1)!;
  const code = /is (\d{6})\./.exec(letter.text)![1]!;
  const wrong = String((Number(code) + 1) % 1_000_000).padStart(6, '0');
  assert.equal((await browser.submit('/start/code', { code: wrong })).status, 400);
  assert.match((await browser.submit('/start/code', { code })).text, /<h1>Access portal/);
  const [, , authentication] = await eventsOf(cloud, 'CredentialVerification', 'UserAuthentication').then((all) =>
    all.slice(-3),
  );
  assert.equal(authentication.additionalEventData.CredentialType, 'PASSWORD,EMAIL_OTP');
  const all = (await cloud.deps.store.journal.read(0, 10_000)).map(({ body }) => body).join('\n');
  assert.doesNotMatch(all, new RegExp(`"[^"]*\\b${code}\\b`));
});

test('who has no device is kept out, or let in; nobody is asked where the second factor is off', async () => {
  const kept = await world({ withoutDevice: 'BLOCK' });
  const { page, browser } = await kept.begin();
  assert.deepEqual([page.status, /You need an MFA device/.test(page.text)], [403, true]);
  assert.match((await browser.go('/start')).text, /Sign in to the access portal/);
  const open = await world({ withoutDevice: 'ALLOW' });
  assert.match((await open.begin()).page.text, /<h1>Access portal/);
  const off = await world({ prompt: 'NEVER' });
  const { browser: inside, page: portal } = await off.begin();
  assert.match(portal.text, /<h1>Access portal/);
  assert.doesNotMatch(portal.text, /MFA devices/);
  assert.equal((await inside.go('/start/devices')).status, 403);
});

test('a browser that somebody trusts asks again only at another address, or after another password', async () => {
  const { cloud, begin, origin } = await world({ prompt: 'CONTEXT_AWARE' });
  const key = authenticator(origin);
  const { browser, page } = await begin();
  assert.match(page.text, /This is a trusted device/);
  const credential = key.create(questionIn(page.text));
  await browser.submit('/start/passkey', { credential, trust: 'yes' });
  await browser.submit('/start/signout', {});
  assert.match((await begin(browser)).page.text, /<h1>Access portal/);
  assert.match((await begin()).page.text, /<h1>Verify your identity/);
  const [cookie] = browser.cookie().match(/gatehouse-browser=[\w-]+/)!;
  const moved = browserOn((request) => {
    const headers = { ...request.headers, cookie: [request.headers!.cookie, cookie].filter(Boolean).join('; ') };
    return cloud.send({ ...request, headers }, { ip: '203.0.113.9' });
  }, origin.slice(8));
  assert.match((await begin(moved)).page.text, /<h1>Verify your identity/);
  await browser.submit('/start/signout', {});
  cloud.advance('PT1S');
  await browser.go('/start/forgot');
  await browser.submit('/start/forgot', { name: 'alice' });
  await browser.go(await linkIn(cloud));
  await browser.submit('/start/password', { password: 'Another-horse-2', again: 'Another-horse-2' });
  assert.match((await begin(browser, 'Another-horse-2')).page.text, /<h1>Verify your identity/);
});

test('a browser is trusted for thirty days, and not remembered after that', async () => {
  const { cloud, begin, origin } = await world({ prompt: 'CONTEXT_AWARE' });
  const key = authenticator(origin);
  const { browser, page } = await begin();
  await browser.submit('/start/passkey', { credential: key.create(questionIn(page.text)), trust: 'yes' });
  cloud.advance('P29D');
  assert.match((await begin(browser)).page.text, /<h1>Access portal/);
  cloud.advance('P2D');
  const { page: asked } = await begin(browser);
  assert.match(asked.text, /<h1>Verify your identity/);
  const { browser: other, page: also } = await begin();
  await other.submit('/start/passkey', { credential: key.get(questionIn(also.text)), trust: 'yes' });
  const { rows } = await cloud.deps.store.transaction((tx) => tx.list(trustedBrowsers, [], { limit: 10 }));
  assert.equal(rows.length, 1);
});

test('people add, rename and remove their devices: two applications, six passkeys', async () => {
  const { cloud, begin, origin } = await world({ withoutDevice: 'ALLOW' });
  const { browser } = await begin();
  await browser.go('/start/devices');
  for (let i = 0; i < 2; i++) {
    const shown = await browser.submit('/start/devices/app', {});
    const code = telephone(cloud, /id="key">([A-Z2-7]+)</.exec(shown.text)![1]!);
    assert.match((await browser.submit('/start/devices/app/made', { code: '000000' })).text, /The code is wrong/);
    await browser.submit('/start/devices/app/made', { code: code(), name: `Phone ${i}` });
  }
  await assert.rejects(browser.submit('/start/devices/app', {}), /No form leads/);
  for (let i = 0; i < 6; i++) {
    const asked = await browser.submit('/start/devices/passkey', {});
    const credential = authenticator(origin).create(questionIn(asked.text));
    await browser.submit('/start/devices/passkey/made', { credential, name: `Key ${i}` });
  }
  await assert.rejects(browser.submit('/start/devices/passkey', {}), /No form leads/);
  const { text } = await browser.go('/start/devices');
  const names = (page: string) => [...page.matchAll(/<h3>([^<]+)/g)].map(([, name]) => name).toSorted();
  assert.deepEqual(names(text), ['Key 0', 'Key 1', 'Key 2', 'Key 3', 'Key 4', 'Key 5', 'Phone 0', 'Phone 1']);
  const id = (name: string, page: string) =>
    new RegExp(`<h3>${name}</h3>.*?name="device" value="([^"]+)"`, 's').exec(page)![1]!;
  const renamed = await browser.submit('/start/devices/rename', { device: id('Key 3', text), name: '<b>Spare' });
  assert.match(renamed.text, /<h3>&#60;b&#62;Spare/);
  const removed = await browser.submit('/start/devices/remove', { device: id('Phone 0', renamed.text) });
  assert.equal(names(removed.text).length, 7);
  const deeds = await eventsOf(
    cloud,
    'UpdateMfaDeviceForUser',
    'DeleteMfaDeviceForUser',
    'CompleteWebAuthnDeviceRegistration',
  );
  assert.equal(deeds.length, 8);
  assert.deepEqual(
    [deeds[0].eventSource, deeds[0].userIdentity.type],
    ['sso-directory.amazonaws.com', 'IdentityCenterUser'],
  );
});

async function operator(t: TestContext) {
  const { cloud, endpoint } = await planeOnSocket(t);
  const portal = await portalOf(cloud);
  await portal.person('ann@example.com');
  await cloud.user('admin', ADMIN);
  await cloud.user('nobody');
  const as = async (userName: string | undefined, ...args: string[]) => {
    const { accessKeyId, secretAccessKey } = await cloud.keyFor(cloud.managementAccount, userName);
    const env = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
    const before = { ...process.env };
    Object.assign(process.env, env);
    const lines: string[] = [];
    try {
      const code = await mfa([...args, '--endpoint', endpoint, '--json'], (line) => lines.push(line));
      return { code, facts: lines.length > 0 ? JSON.parse(lines.join('\n')) : undefined };
    } finally {
      process.env = before;
    }
  };
  return { ...portal, as };
}

test('gatehouse mfa shows and changes the settings, by who may', async (t) => {
  const { cloud, as } = await operator(t);
  const browser = browserOn(cloud.send);
  assert.deepEqual((await as('admin')).facts, { ...STANDARD_MFA });
  const set = await as(
    'admin',
    'set',
    '--prompt',
    'context',
    '--types',
    'app',
    '--without-device',
    'allow',
    '--self-service',
    'no',
  );
  const wanted = { prompt: 'CONTEXT_AWARE', types: ['TOTP'], withoutDevice: 'ALLOW', selfService: false };
  assert.deepEqual(set.facts, wanted);
  assert.deepEqual((await as(undefined, 'show')).facts, wanted);
  assert.equal((await as('nobody', 'set', '--prompt', 'never')).code, 1);
  assert.equal((await as('admin', 'set', '--prompt', 'sometimes')).code, 2);
  assert.equal((await as('admin', 'set')).code, 2);
  const [changed] = await eventsOf(cloud, 'PutMfaDeviceManagementForDirectory');
  assert.deepEqual([changed.eventSource, changed.requestParameters.mfaSettings], ['sso.amazonaws.com', wanted]);
  await browser.go('/start/forgot');
  await browser.submit('/start/forgot', { name: 'ann@example.com' });
  await browser.go(await linkIn(cloud));
  await browser.submit('/start/password', { password: PASSWORD, again: PASSWORD });
  await browser.go('/start');
  const inside = await browser.submit('/start/signin', { name: 'ann@example.com', password: PASSWORD });
  assert.match(inside.text, /<h1>Access portal/);
  assert.equal((await browser.go('/start/devices')).status, 403);
  await as('admin', 'set', '--self-service', 'yes');
  await browser.go('/start/devices');
  const shown = await browser.submit('/start/devices/app', {});
  const code = telephone(cloud, /id="key">([A-Z2-7]+)</.exec(shown.text)![1]!);
  await browser.submit('/start/devices/app/made', { code: code(), name: 'Phone' });
  const { devices } = (await as('admin', 'devices', 'ann@example.com')).facts;
  assert.deepEqual([devices.length, devices[0].name, devices[0].type], [1, 'Phone', 'TOTP']);
  const { id } = devices[0];
  assert.equal((await as('admin', 'rename', 'ann@example.com', id, '--name', 'Old phone')).facts.name, 'Old phone');
  assert.equal((await as('nobody', 'remove', 'ann@example.com', id)).code, 1);
  assert.equal((await as('admin', 'remove', 'ann@example.com', id)).code, 0);
  assert.deepEqual((await as('admin', 'devices', 'ann@example.com')).facts, { devices: [] });
  assert.equal((await as('admin', 'devices', 'nobody@example.com')).code, 1);
});

test('an administrator registers an application for somebody who may not', async (t) => {
  const { cloud, as, person } = await operator(t);
  await person('bob');
  const { facts } = await as('admin', 'register', 'ann@example.com');
  const [code, wrong] = [telephone(cloud, facts.key)(), '000000'];
  const complete = (user: string, shown: string, by = 'admin') =>
    as(by, 'register', user, '--registration', facts.registration, '--code', shown, '--name', 'Hers');
  assert.equal((await complete('ann@example.com', code, 'nobody')).code, 1);
  assert.equal((await complete('ann@example.com', wrong)).code, 1);
  assert.equal((await complete('bob', code)).code, 1);
  const { devices } = (await complete('ann@example.com', code)).facts;
  assert.deepEqual([devices.length, devices[0].name, devices[0].type], [1, 'Hers', 'TOTP']);
  const [begun] = await eventsOf(cloud, 'StartVirtualMfaDeviceRegistration');
  assert.equal(begun.eventSource, 'sso-directory.amazonaws.com');
  const all = (await cloud.deps.store.journal.read(0, 10_000)).map(({ body }) => body).join('\n');
  for (const secret of [facts.key, facts.registration, code]) assert.equal(all.includes(secret), false);
});
