/** The lab "Securing your root user": MFA on, access keys gone, and from then on an administrator works. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { browserOn } from '../../src/testing/browser.ts';
import { ADMIN, testCloud } from '../../src/testing/cloud.ts';
import { lettersIn, linkIn, PASSWORD, telephone } from '../../src/testing/people.ts';

test('root turns on MFA and gives up its access keys', async () => {
  const cloud = await testCloud();
  const { root } = cloud;
  const admin = await cloud.user('admin', ADMIN);
  assert.deepEqual(await summary(), { AccountMFAEnabled: 0, AccountAccessKeysPresent: 1 });

  const { VirtualMFADevice } = await root.iam.createVirtualMFADevice({ VirtualMFADeviceName: 'root-device' });
  const seed = base32Bytes(Buffer.from(VirtualMFADevice!.Base32StringSeed!).toString());
  const step = Math.floor(cloud.now().getTime() / 30_000);
  await assert.rejects(
    root.iam.enableMFADevice({
      UserName: 'root',
      SerialNumber: VirtualMFADevice!.SerialNumber!,
      AuthenticationCode1: '000000',
      AuthenticationCode2: '000001',
    }),
  );
  const arn = `arn:aws:iam::${cloud.managementAccount}:mfa/root-device`;
  assert.equal(VirtualMFADevice!.SerialNumber, arn);
  await enable(code(seed, step - 1), code(seed, step));
  const { MFADevices } = await root.iam.listMFADevices({});
  assert.deepEqual(
    MFADevices!.map((device) => device.SerialNumber),
    [arn],
  );

  const { AccessKeyMetadata } = await root.iam.listAccessKeys({});
  for (const { AccessKeyId } of AccessKeyMetadata!) await root.iam.deleteAccessKey({ AccessKeyId: AccessKeyId! });
  await assert.rejects(root.sts.getCallerIdentity({}), { name: 'InvalidClientTokenId' });
  assert.deepEqual(await summary(), { AccountMFAEnabled: 1, AccountAccessKeysPresent: 0 });

  async function summary() {
    const { SummaryMap } = await admin.iam.getAccountSummary({});
    const { AccountMFAEnabled, AccountAccessKeysPresent } = SummaryMap!;
    return { AccountMFAEnabled, AccountAccessKeysPresent };
  }

  async function enable(AuthenticationCode1: string, AuthenticationCode2: string) {
    const input = { UserName: 'root', SerialNumber: arn, AuthenticationCode1, AuthenticationCode2 };
    await root.iam.enableMFADevice(input);
  }
});

test('the same in a browser: a password by mail, MFA, no keys, last activity, an alias for the address', async () => {
  const cloud = await testCloud();
  const { root, managementAccount } = cloud;
  const admin = await cloud.user('admin', ADMIN);
  const browser = browserOn(cloud.send);
  const email = `root@${managementAccount}.example`;
  await browser.go('/signin/root/forgot');
  await browser.submit('/signin/root/forgot', { email });
  await browser.go(await linkIn(cloud));
  await browser.submit('/signin/root/password', { new: PASSWORD, again: PASSWORD });
  await browser.go('/signin/root');
  assert.match((await browser.submit('/signin/root', { email, password: PASSWORD })).text, /You are signed in/);

  await browser.go('/signin/security');
  const shown = await browser.submit('/signin/security/app', { name: 'root-account-mfa-device' });
  const phone = telephone(cloud, /id="key">([A-Z2-7]{64})</.exec(shown.text)![1]!);
  const page = await browser.submit('/signin/security/app/enable', { code1: phone(), code2: phone() });
  assert.match(page.text, /MFA devices \(1 of 8\)/);
  const [, key = ''] = /<code>(AKIA[A-Z0-9]{16})<\/code> Active/.exec(page.text)!;
  assert.match((await browser.submit('/signin/security/key', { key, status: 'Inactive' })).text, /<\/code> Inactive/);
  await assert.rejects(root.sts.getCallerIdentity({}), { name: 'InvalidClientTokenId' });
  assert.match((await browser.submit('/signin/security/key/delete', { key })).text, /Access keys \(0\)/);

  const alias = 'aws-root@yourcompany.com';
  await browser.submit('/signin/security/email', { email: alias });
  const letter = (await lettersIn(cloud)).at(-1)!;
  assert.equal(letter.to, alias);
  const [code = ''] = /^[A-Z2-9]{6}/.exec(letter.text)!;
  const wrong = code === 'AAAAAA' ? 'BBBBBB' : 'AAAAAA';
  const refused = await browser.submit('/signin/security/email/verify', { code: wrong });
  assert.match(refused.text, /The one-time password is not valid/);
  const changed = await browser.submit('/signin/security/email/verify', { code });
  assert.match(changed.text, /aws-root@yourcompany\.com/);
  await browser.go('/signin/home');
  await browser.submit('/signin/signout', {});
  await browser.go('/signin/root');
  assert.equal((await browser.submit('/signin/root', { email, password: PASSWORD })).status, 400, 'not by the old one');
  assert.match((await browser.submit('/signin/root', { email: alias, password: PASSWORD })).text, /six digits/);

  const { SummaryMap } = await admin.iam.getAccountSummary({});
  assert.deepEqual(
    [SummaryMap!.AccountMFAEnabled, SummaryMap!.AccountAccessKeysPresent, SummaryMap!.AccountPasswordPresent],
    [1, 0, 1],
  );
  await admin.iam.generateCredentialReport({});
  const signedIn = cloud.now().toISOString().slice(0, 10);
  cloud.advance('PT3S');
  const report = Buffer.from((await admin.iam.getCredentialReport({})).Content!).toString();
  const [, , , password, lastUsed, , , mfa, active] = report.split('\n')[1]!.split(',');
  assert.deepEqual([password, lastUsed!.slice(0, 10), mfa, active], ['true', signedIn, 'true', 'false']);
  const { Events } = await admin.cloudtrail.lookupEvents({
    LookupAttributes: [{ AttributeKey: 'Username', AttributeValue: 'root' }],
  });
  const names = new Set(Events!.map(({ EventName }) => EventName));
  for (const name of [
    'ConsoleLogin',
    'EnableMFADevice',
    'DeleteAccessKey',
    'EmailUpdated',
    'PasswordRecoveryCompleted',
  ]) {
    assert.ok(names.has(name), name);
  }
});

test('only the root user changes the address of its account, to one that is free', async () => {
  const cloud = await testCloud();
  const { iam, organizations } = cloud.root;
  await cloud.user('anaya', ADMIN);
  await iam.createLoginProfile({ UserName: 'anaya', Password: PASSWORD });
  await organizations.createOrganization({ FeatureSet: 'ALL' });
  await organizations.createAccount({ AccountName: 'dev', Email: 'dev@example.com' });
  const user = browserOn(cloud.send);
  await user.go('/signin');
  await user.submit('/signin', { account: cloud.managementAccount, name: 'anaya', password: PASSWORD });
  const page = await user.go('/signin/security');
  assert.doesNotMatch(page.text, /E-mail address/);
  const [, csrf = ''] = /name="csrf" value="([\w-]+)"/.exec(page.text)!;
  const forged = await cloud.send({
    ...{ method: 'POST', path: '/signin/security/email' },
    headers: { host: 'cloud.test', cookie: user.cookie(), 'content-type': 'application/x-www-form-urlencoded' },
    body: Buffer.from(new URLSearchParams({ csrf, email: 'anaya@example.com' }).toString()),
  });
  assert.doesNotMatch(String(forged.body), /was mailed/);
  assert.deepEqual(await lettersIn(cloud), []);

  const root = browserOn(cloud.send);
  await root.go('/signin/root/forgot');
  await root.submit('/signin/root/forgot', { email: `root@${cloud.managementAccount}.example` });
  await root.go(await linkIn(cloud));
  await root.submit('/signin/root/password', { new: PASSWORD, again: PASSWORD });
  await root.go('/signin/root');
  await root.submit('/signin/root', { email: `root@${cloud.managementAccount}.example`, password: PASSWORD });
  for (const [email, sentence] of [
    ['dev@example.com', /already in use/],
    ['nobody', /not valid/],
  ] as const) {
    await root.go('/signin/security');
    assert.match((await root.submit('/signin/security/email', { email })).text, sentence);
  }
});

/** RFC 6238 with SHA-1, six digits, 30 seconds. */
function code(seed: Buffer, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', seed).update(counter).digest();
  const at = mac.at(-1)! & 0x0f;
  return ((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).toString().padStart(6, '0');
}

function base32Bytes(text: string): Buffer {
  let bits = '';
  for (const char of text.replace(/=+$/, '')) {
    bits += 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(char).toString(2).padStart(5, '0');
  }
  return Buffer.from(bits.match(/.{8}/g)!.map((byte) => Number.parseInt(byte, 2)));
}
