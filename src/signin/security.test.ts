import assert from 'node:assert/strict';
import { test } from 'node:test';
import { authenticator, questionIn, type Twist } from '../testing/authenticator.ts';
import { browserOn } from '../testing/browser.ts';
import { ADMIN, type Cloud, testCloud } from '../testing/cloud.ts';
import { lettersIn, linkIn, PASSWORD, telephone } from '../testing/people.ts';

const HOST = 'signin.aws.amazon.com';
const ORIGIN = `https://${HOST}`;
const OWN = {
  Version: '2012-10-17',
  Statement: { Effect: 'Allow', Action: 'iam:*', Resource: '*' },
};

type Browser = ReturnType<typeof browserOn>;

async function withUser(...documents: object[]) {
  const cloud = await testCloud();
  await cloud.user('anaya', ...documents);
  await cloud.root.iam.createLoginProfile({ UserName: 'anaya', Password: PASSWORD });
  return { cloud, ...(await signedIn(cloud, 'anaya')) };
}

async function signedIn(cloud: Cloud, name: string) {
  const browser = browserOn(cloud.send, HOST);
  await browser.go('/signin');
  const page = await browser.submit('/signin', { account: cloud.managementAccount, name, password: PASSWORD });
  return { browser, page };
}

async function register(browser: Browser, key: ReturnType<typeof authenticator>, name: string, twist?: Twist) {
  await browser.go('/signin/security');
  const asked = await browser.submit('/signin/security/passkey', { name });
  if (asked.status !== 200) return asked;
  return browser.submit('/signin/security/passkey/made', { credential: key.create(questionIn(asked.text), twist) });
}

async function recordsOf(cloud: Cloud, ...names: string[]) {
  const rows = await cloud.deps.store.journal.read(0, 10_000);
  return rows.map(({ body }) => JSON.parse(body)).filter(({ eventName }) => names.includes(eventName));
}

test('a user adds a passkey, which is an MFA device like any other, and signs in with it', async () => {
  const { cloud, browser } = await withUser(OWN);
  const { iam } = cloud.root;
  const key = authenticator(ORIGIN);
  const added = await register(browser, key, 'laptop');
  assert.match(added.text, /MFA devices \(1 of 8\)/);
  const { MFADevices } = await iam.listMFADevices({ UserName: 'anaya' });
  const SerialNumber = MFADevices![0]!.SerialNumber!;
  assert.match(SerialNumber, /^arn:aws:iam::111122223333:u2f\/user\/anaya\/laptop-[A-Z2-7]{26}$/);
  assert.deepEqual((await iam.getMFADevice({ SerialNumber, UserName: 'anaya' })).Certifications, {});
  const { SummaryMap } = await iam.getAccountSummary({});
  assert.deepEqual([SummaryMap?.MFADevices, SummaryMap?.MFADevicesInUse], [1, 1]);
  assert.deepEqual((await iam.listVirtualMFADevices({})).VirtualMFADevices, []);
  await assert.rejects(iam.deleteVirtualMFADevice({ SerialNumber }), { name: 'NoSuchEntityException' });

  const { browser: other, page } = await signedIn(cloud, 'anaya');
  assert.match(page.text, /Multi-factor authentication/);
  assert.doesNotMatch(page.text, /six digits/);
  const credential = key.get(questionIn(page.text));
  assert.match((await other.submit('/signin/passkey', { credential })).text, /with a second factor/);
  const [check] = await recordsOf(cloud, 'CheckMfa');
  assert.deepEqual(
    [check.additionalEventData, check.responseElements, check.userIdentity.userName],
    [{ MfaType: 'U2F MFA' }, { CheckMfa: 'Success' }, 'anaya'],
  );
  const login = (await recordsOf(cloud, 'ConsoleLogin')).at(-1);
  assert.deepEqual([login.additionalEventData.MFAUsed, login.additionalEventData.MFAIdentifier], ['Yes', SerialNumber]);
  const [enabled] = await recordsOf(cloud, 'EnableMFADevice');
  assert.deepEqual(enabled.requestParameters, { userName: 'anaya', serialNumber: SerialNumber });
  assert.equal(enabled.sessionCredentialFromConsole, 'true');
  assert.equal(enabled.userIdentity.sessionContext.attributes.mfaAuthenticated, 'false');

  await iam.generateCredentialReport({});
  cloud.advance('PT10S');
  const report = Buffer.from((await iam.getCredentialReport({})).Content!)
    .toString()
    .split('\n');
  const column = report[0]!.split(',').indexOf('mfa_active');
  assert.equal(report.find((line) => line.startsWith('anaya,'))!.split(',')[column], 'true');
  await iam.deactivateMFADevice({ SerialNumber, UserName: 'anaya' });
  assert.deepEqual((await iam.listMFADevices({ UserName: 'anaya' })).MFADevices, []);
  assert.match((await signedIn(cloud, 'anaya')).page.text, /without a second factor/);
  assert.equal((await register(browser, key, 'laptop')).status, 200);
});

test('the root user adds passkeys and applications in any mix, eight at most', async () => {
  const cloud = await testCloud();
  const browser = browserOn(cloud.send, HOST);
  await browser.go('/signin/root/forgot');
  const { Account } = await cloud.root.organizations
    .createOrganization({})
    .then(() => cloud.root.organizations.describeAccount({ AccountId: cloud.managementAccount }));
  const email = Account!.Email!;
  await browser.submit('/signin/root/forgot', { email });
  assert.equal((await lettersIn(cloud)).length, 1);
  await browser.go(await linkIn(cloud));
  await browser.submit('/signin/root/password', { new: PASSWORD, again: PASSWORD });
  await browser.go('/signin/root');
  await browser.submit('/signin/root', { email, password: PASSWORD });
  await browser.go('/signin/security');
  const shown = await browser.submit('/signin/security/app', { name: 'root-account-mfa-device' });
  const [, seed = ''] = /id="key">([A-Z2-7]{64})</.exec(shown.text)!;
  const code = telephone(cloud, seed);
  const codes = { code1: code(), code2: code() };
  assert.match((await browser.submit('/signin/security/app/enable', codes)).text, /MFA devices \(1 of 8\)/);
  const [enabled] = await recordsOf(cloud, 'EnableMFADevice');
  assert.deepEqual(
    [enabled.requestParameters.userName, enabled.requestParameters.serialNumber, enabled.userIdentity.type],
    ['AWS ROOT USER', 'arn:aws:iam::111122223333:mfa/root-account-mfa-device', 'Root'],
  );
  const keys = Array.from({ length: 7 }, () => authenticator(ORIGIN));
  for (const [i, key] of keys.entries()) await register(browser, key, `key${i}`);
  const full = await register(browser, authenticator(ORIGIN), 'ninth');
  assert.match(full.text, /Cannot exceed quota for MFADevicesPerUser: 8/);
  const { MFADevices } = await cloud.root.iam.listMFADevices({});
  const serials = MFADevices!.map(({ SerialNumber }) => SerialNumber!);
  assert.equal(serials.filter((serial) => /:u2f\/root\/key\d-[A-Z2-7]{26}$/.test(serial)).length, 7);
  assert.equal((await cloud.root.iam.getAccountSummary({})).SummaryMap?.AccountMFAEnabled, 1);
  await browser.go('/signin/home');
  await browser.submit('/signin/signout', {});
  assert.deepEqual((await recordsOf(cloud, 'Logout'))[0].responseElements, { Logout: 'Success' });
  await browser.go('/signin/root');
  const page = await browser.submit('/signin/root', { email, password: PASSWORD });
  assert.match(page.text, /six digits/);
  const credential = keys[3]!.get(questionIn(page.text));
  assert.match((await browser.submit('/signin/passkey', { credential })).text, /with a second factor/);
  assert.deepEqual((await recordsOf(cloud, 'CheckMfa'))[0].additionalEventData, { MfaType: 'Multiple MFA Devices' });
  await browser.go('/signin/security');
  const removed = await browser.submit('/signin/security/remove', {
    serial: serials.find((s) => s.includes(':mfa/'))!,
  });
  assert.match(removed.text, /MFA devices \(7 of 8\)/);
  assert.deepEqual((await cloud.root.iam.listVirtualMFADevices({})).VirtualMFADevices, []);
  const all = (await cloud.deps.store.journal.read(0, 10_000)).map(({ body }) => body).join('\n');
  for (const secret of [seed, PASSWORD, credential, questionIn(page.text).challenge, codes.code1]) {
    assert.equal(all.includes(secret), false);
  }
});

test('every kind of key that is offered signs in', async () => {
  const { cloud, browser } = await withUser(OWN);
  for (const algorithm of ['ES256', 'EdDSA', 'RS256', 'ML-DSA-44'] as const) {
    const key = authenticator(ORIGIN, algorithm);
    assert.equal((await register(browser, key, algorithm)).status, 200, algorithm);
    const { browser: other, page } = await signedIn(cloud, 'anaya');
    const done = await other.submit('/signin/passkey', { credential: key.get(questionIn(page.text)) });
    assert.match(done.text, /with a second factor/, algorithm);
  }
});

test('answers that lie are not believed', async () => {
  const { cloud, browser } = await withUser(OWN);
  const lies: Record<string, Twist> = {
    'other origin': { origin: 'https://signin.aws.evil.example' },
    'plain http': { origin: `http://${HOST}` },
    'other RP id': { rpId: 'evil.example' },
    'other challenge': { challenge: Buffer.alloc(32).toString('base64url') },
    'other ceremony': { type: 'payment.get' },
    'in a frame': { crossOrigin: true },
    'user not verified': { verified: false },
  };
  for (const [name, twist] of Object.entries({
    ...lies,
    attestation: { format: 'packed' },
    unknown: { format: 'x' },
  })) {
    const answer = await register(browser, authenticator(ORIGIN), 'key', twist);
    assert.match(answer.text, /could not be verified/, name);
  }
  const key = authenticator(ORIGIN);
  await register(browser, key, 'key');
  const more: Record<string, Twist> = {
    ...lies,
    'tampered signature': { tampered: true },
    'counter goes back': { counter: 1 },
    'user handle of another': { userHandle: Buffer.alloc(32, 7).toString('base64url') },
  };
  const { browser: other, page } = await signedIn(cloud, 'anaya');
  let { text } = page;
  for (const [name, twist] of Object.entries(more)) {
    cloud.advance('PT16M');
    text = (await signedInAgain(cloud, other)).text;
    const refused = await other.submit('/signin/passkey', { credential: key.get(questionIn(text), twist) });
    assert.equal(refused.status, 400, name);
    assert.match(refused.text, /information is incorrect/, name);
    text = refused.text;
  }
  cloud.advance('PT16M');
  text = (await signedInAgain(cloud, other)).text;
  const right = key.get(questionIn(text));
  assert.match((await other.submit('/signin/passkey', { credential: right })).text, /with a second factor/);
  const { browser: third } = await signedIn(cloud, 'anaya');
  assert.equal((await third.submit('/signin/passkey', { credential: right })).status, 400);
});

async function signedInAgain(cloud: Cloud, browser: Browser) {
  await browser.go('/signin');
  return browser.submit('/signin', { account: cloud.managementAccount, name: 'anaya', password: PASSWORD });
}

test('a challenge is good for one answer, and a passkey for whom it is of', async () => {
  const { cloud, browser } = await withUser(OWN);
  await cloud.user('bob', OWN);
  await cloud.root.iam.createLoginProfile({ UserName: 'bob', Password: PASSWORD });
  const key = authenticator(ORIGIN);
  await browser.go('/signin/security');
  const asked = await browser.submit('/signin/security/passkey', { name: 'key' });
  const credential = key.create(questionIn(asked.text));
  const again = { ...asked, send: () => browser.submit('/signin/security/passkey/made', { credential }) };
  assert.match((await again.send()).text, /1 of 8/);
  await browser.go('/signin/security');
  const second = await browser.submit('/signin/security/passkey', { name: 'key' });
  assert.deepEqual(
    questionIn(second.text).excludeCredentials!.map(({ id }) => id),
    [key.id],
  );
  assert.match((await again.send()).text, /could not be verified/);
  await browser.go('/signin/security');
  const third = await browser.submit('/signin/security/passkey', { name: 'key' });
  const twice = await browser.submit('/signin/security/passkey/made', {
    credential: key.create(questionIn(third.text)),
  });
  assert.match(twice.text, /already registered/);

  const { browser: bobs } = await signedIn(cloud, 'bob');
  const own = authenticator(ORIGIN);
  await register(bobs, own, 'own');
  const { browser: bob, page } = await signedIn(cloud, 'bob');
  const stolen = await bob.submit('/signin/passkey', { credential: key.get(questionIn(page.text)) });
  assert.equal(stolen.status, 400);
});

test('the pages ask for the permission of the operation, and tell what was refused', async () => {
  const only = (Condition: object) => ({
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Action: ['iam:EnableMFADevice', 'iam:ListMFADevices'], Resource: '*', Condition },
  });
  const { cloud, browser, page } = await withUser(only({ Null: { 'iam:RegisterSecurityKey': 'true' } }));
  assert.match(page.text, /Security credentials/);
  const refused = await register(browser, authenticator(ORIGIN), 'key');
  assert.match(refused.text, /is not authorized to perform: iam:EnableMFADevice/);
  await browser.go('/signin/security');
  const app = await browser.submit('/signin/security/app', { name: 'phone' });
  assert.match(app.text, /is not authorized to perform: iam:CreateVirtualMFADevice/);
  assert.equal((await recordsOf(cloud, 'CreateVirtualMFADevice'))[0].errorCode, 'AccessDenied');
  const begins = only({ StringEquals: { 'iam:RegisterSecurityKey': 'Create' } });
  const { browser: other } = await withUser(begins);
  const half = await register(other, authenticator(ORIGIN), 'key');
  assert.match(half.text, /is not authorized to perform: iam:EnableMFADevice/);
  await cloud.user('carol', ADMIN);
  const nobody = browserOn(cloud.send, HOST);
  assert.match((await nobody.go('/signin/security')).text, /Sign in as an IAM user/);
});

test('without a second factor a policy that asks for one lets a user add it, and nothing else', async () => {
  const { cloud, browser } = await withUser({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: ['iam:*MFADevice*'], Resource: 'arn:aws:iam::*:user/$' + '{aws:username}' },
      {
        Effect: 'Deny',
        NotAction: ['iam:EnableMFADevice', 'iam:ListMFADevices'],
        Resource: '*',
        Condition: { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'false' } },
      },
    ],
  });
  const key = authenticator(ORIGIN);
  const added = await register(browser, key, 'key');
  const serial = /u2f\/user\/anaya\/key-[A-Z2-7]+/.exec(added.text)![0];
  const remove = (from: Browser) =>
    from.submit('/signin/security/remove', { serial: `arn:aws:iam::111122223333:${serial}` });
  assert.match((await remove(browser)).text, /is not authorized to perform: iam:DeactivateMFADevice/);
  const { browser: proved, page } = await signedIn(cloud, 'anaya');
  await proved.submit('/signin/passkey', { credential: key.get(questionIn(page.text)) });
  await proved.go('/signin/security');
  assert.match((await remove(proved)).text, /0 of 8/);
});

test('the page of a passkey runs one script, and no other; addresses without a name have none', async () => {
  const { cloud, browser } = await withUser(OWN);
  await browser.go('/signin/security');
  const { headers, text } = await browser.submit('/signin/security/passkey', { name: 'key' });
  assert.match(
    headers['content-security-policy']!,
    /default-src 'none';.* script-src https:\/\/signin\.aws\.amazon\.com\/signin\/passkeys\.js;/,
  );
  assert.doesNotMatch(text, /<script>|\son\w+=/);
  const script = await cloud.send({ method: 'GET', path: '/signin/passkeys.js', headers: { host: HOST } });
  assert.match(script.headers['content-type']!, /^text\/javascript/);
  const plain = browserOn(cloud.send);
  await plain.go('/signin');
  await plain.submit('/signin', { account: cloud.managementAccount, name: 'anaya', password: PASSWORD });
  assert.match((await plain.go('/signin/security')).text, /Passkeys need an address with a name/);
});

test('who gives up adding an application can add one of the same name later', async () => {
  const { cloud, browser } = await withUser(OWN);
  await browser.go('/signin/security');
  await browser.submit('/signin/security/app', { name: 'phone' });
  const wrong = await browser.submit('/signin/security/app/enable', { code1: '000000', code2: '000000' });
  assert.equal(wrong.status, 400);
  assert.match((await browser.submit('/signin/security/app/cancel', {})).text, /MFA devices \(0 of 8\)/);
  assert.deepEqual((await cloud.root.iam.listVirtualMFADevices({})).VirtualMFADevices, []);
  assert.match((await browser.submit('/signin/security/app', { name: 'phone' })).text, /id="key"/);
});
