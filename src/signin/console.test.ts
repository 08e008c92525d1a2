import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accounts } from '../identity/organization.ts';
import { browserOn } from '../testing/browser.ts';
import { ADMIN, type Cloud, testCloud } from '../testing/cloud.ts';
import { lettersIn, linkIn, PASSWORD, telephone } from '../testing/people.ts';

const NEXT = 'Another-horse-2';

/** A virtual device of whoever asks, and what it shows, thirty seconds further each time. */
async function deviceOf(cloud: Cloud, name: string, UserName = 'root'): Promise<() => string> {
  const { iam } = cloud.root;
  const { VirtualMFADevice } = await iam.createVirtualMFADevice({ VirtualMFADeviceName: name });
  const code = telephone(cloud, Buffer.from(VirtualMFADevice!.Base32StringSeed!).toString());
  const SerialNumber = VirtualMFADevice!.SerialNumber!;
  const two = { AuthenticationCode1: code(), AuthenticationCode2: code() };
  await iam.enableMFADevice({ UserName, SerialNumber, ...two });
  return code;
}

/** ConsoleLogin records, oldest first. */
async function recordsIn(cloud: Cloud, name: string) {
  const rows = await cloud.deps.store.journal.read(0, 10_000);
  return rows.map(({ body }) => JSON.parse(body)).filter(({ eventName }) => eventName === name);
}

const loginsIn = (cloud: Cloud) => recordsIn(cloud, 'ConsoleLogin');

async function withUser(reset = false) {
  const cloud = await testCloud();
  const { iam } = cloud.root;
  await iam.createAccountAlias({ AccountAlias: 'acme' });
  await cloud.user('anaya', ADMIN);
  await iam.createLoginProfile({ UserName: 'anaya', Password: PASSWORD, PasswordResetRequired: reset });
  const browser = browserOn(cloud.send);
  const signIn = async (account: string, name: string, password: string) => {
    await browser.go('/signin');
    return browser.submit('/signin', { account, name, password });
  };
  return { cloud, iam, browser, signIn };
}

test('an IAM user signs in by account id or alias; the last use of the password is known', async () => {
  const { cloud, iam, browser, signIn } = await withUser();
  for (const account of [cloud.managementAccount, 'acme']) {
    const page = await signIn(account, 'Anaya', PASSWORD);
    assert.match(page.text, /<h1>You are signed in<\/h1>/);
    assert.match(page.text, /arn:aws:iam::111122223333:user\/anaya/);
  }
  const { User } = await iam.getUser({ UserName: 'anaya' });
  assert.deepEqual(User!.PasswordLastUsed, cloud.now());
  const [login] = await loginsIn(cloud);
  assert.deepEqual(
    [login.eventType, login.awsRegion, login.responseElements, login.userIdentity.type, login.userIdentity.userName],
    ['AwsConsoleSignIn', 'us-east-1', { ConsoleLogin: 'Success' }, 'IAMUser', 'anaya'],
  );
  assert.deepEqual(login.additionalEventData, {
    LoginTo: 'http://cloud.test/signin/home',
    MobileVersion: 'No',
    MFAUsed: 'No',
  });
  await browser.go('/signin/home');
  assert.match((await browser.submit('/signin/signout', {})).text, /Sign in as an IAM user/);
});

test('users of an account have an address of their own, by its id or alias', async () => {
  const { cloud } = await withUser();
  for (const [host, account] of [
    ['acme.signin.aws.amazon.com', 'acme'],
    [`${cloud.managementAccount}.signin.aws.amazon.com`, cloud.managementAccount],
    ['us-east-1.signin.aws.amazon.com', ''],
    ['signin.aws.amazon.com', ''],
  ] as const) {
    for (const path of ['/console', '/console/', '/']) {
      const browser = browserOn(cloud.send, host);
      assert.match((await browser.go(path)).text, new RegExp(`name="account" value="${account}"`), host + path);
      const given = { account: account || 'acme', name: 'anaya', password: PASSWORD };
      const page = await browser.submit('/signin', given);
      assert.match(page.text, /You are signed in/);
    }
  }
});

test('a sign-in is recorded in the Region of the address, where it names one; of root in us-east-1', async () => {
  const { cloud } = await withUser();
  const signInAt = async (host: string) => {
    const browser = browserOn(cloud.send, host);
    await browser.go('/signin');
    await browser.submit('/signin', { account: 'acme', name: 'anaya', password: PASSWORD });
    await browser.go('/signin/root');
    await browser.submit('/signin/root', { email: `root@${cloud.managementAccount}.example`, password: 'wrong' });
    return (await loginsIn(cloud)).slice(-2).map(({ awsRegion }) => awsRegion);
  };
  assert.deepEqual(await signInAt('eu-west-1.signin.aws.amazon.com'), ['eu-west-1', 'us-east-1']);
  assert.deepEqual(await signInAt('signin.aws.amazon.com'), ['us-east-1', 'us-east-1']);
  assert.deepEqual(await signInAt('xx-nowhere-1.signin.aws.amazon.com'), ['us-east-1', 'us-east-1']);
});

test('failures read the same and are recorded; a name that nobody has is hidden', async () => {
  const { cloud, signIn } = await withUser();
  const tries: [string, string][] = [
    ['acme', 'anaya'],
    ['acme', 'hunter2'],
    ['nothing', 'anaya'],
    ['999999999999', 'anaya'],
  ];
  const texts = new Set<string>();
  for (const [account, name] of tries) {
    const page = await signIn(account, name, 'wrong-secret');
    assert.equal(page.status, 400);
    texts.add(page.text.replace(/value="[^"]*"/g, ''));
  }
  assert.equal(texts.size, 1);
  assert.match([...texts][0]!, /Your authentication information is incorrect/);
  const logins = await loginsIn(cloud);
  assert.deepEqual(
    logins.map(({ userIdentity, responseElements }) => [userIdentity.userName, responseElements.ConsoleLogin]),
    [
      ['anaya', 'Failure'],
      ['HIDDEN_DUE_TO_SECURITY_REASONS', 'Failure'],
    ],
  );
  assert.equal(logins[0].errorMessage, 'Failed authentication');
  assert.doesNotMatch(JSON.stringify(logins), /hunter2|wrong-secret/);
  for (let i = 0; i < 4; i++) await signIn('acme', 'anaya', 'wrong');
  assert.match((await signIn('acme', 'anaya', PASSWORD)).text, /too many attempts/);
});

test('an IAM user with a device gives its code, each only once', async () => {
  const { cloud, browser, signIn } = await withUser();
  const code = await deviceOf(cloud, 'phone', 'anaya');
  assert.match((await signIn('acme', 'anaya', PASSWORD)).text, /Multi-factor authentication/);
  assert.match((await browser.go('/signin/home')).text, /Sign in as an IAM user/);
  await browser.go('/signin/code');
  assert.equal((await browser.submit('/signin/code', { code: '123' })).status, 400);
  const right = code();
  assert.match((await browser.submit('/signin/code', { code: right })).text, /with a second factor/);
  await signIn('acme', 'anaya', PASSWORD);
  assert.equal((await browser.submit('/signin/code', { code: right })).status, 400);
  const logins = await loginsIn(cloud);
  assert.deepEqual(
    logins.map(({ responseElements, additionalEventData }) => [
      responseElements.ConsoleLogin,
      additionalEventData.MFAUsed,
      additionalEventData.MFAIdentifier,
    ]),
    [
      ['Failure', 'Yes', undefined],
      ['Success', 'Yes', 'arn:aws:iam::111122223333:mfa/phone'],
      ['Failure', 'Yes', undefined],
    ],
  );
});

test('a password that must be changed is changed first, as the account’s policy has it', async () => {
  const { cloud, browser, signIn, iam } = await withUser(true);
  assert.match((await signIn('acme', 'anaya', PASSWORD)).text, /You must change your password/);
  assert.match((await browser.go('/signin/home')).text, /Sign in as an IAM user/);
  await browser.go('/signin/password');
  const change = (old: string, password: string, again = password) =>
    browser.submit('/signin/password', { old, new: password, again });
  assert.match((await change(PASSWORD, NEXT, 'x')).text, /not the same/);
  for (let i = 0; i < 5; i++) assert.match((await change('wrong', NEXT)).text, /The old password was incorrect/);
  assert.match((await change(PASSWORD, NEXT)).text, /Rate exceeded/, 'it cannot be guessed here, either');
  cloud.advance('PT5S');
  assert.match((await change(PASSWORD, 'short')).text, /minimum length of 8/);
  assert.match((await change(PASSWORD, NEXT)).text, /You are signed in/);
  assert.match((await signIn('acme', 'anaya', NEXT)).text, /You are signed in/);
  const all = (await cloud.deps.store.journal.read(0, 10_000)).map(({ body }) => body).join('\n');
  assert.match(all, /"eventName":"ChangePassword"/);
  assert.doesNotMatch(all, /-horse-/);
  await iam.updateAccountPasswordPolicy({ MaxPasswordAge: 30 });
  cloud.advance('P31D');
  assert.match((await signIn('acme', 'anaya', NEXT)).text, /You must change your password/);
  await iam.updateAccountPasswordPolicy({ MaxPasswordAge: 30, HardExpiry: true });
  assert.match((await signIn('acme', 'anaya', NEXT)).text, /information is incorrect/);
});

test('the root user gets its first password by mail, adds a device, and its use is seen', async () => {
  const cloud = await testCloud();
  const { email } = (await cloud.deps.store.transaction((tx) => tx.get(accounts, [cloud.managementAccount])))!;
  const browser = browserOn(cloud.send);
  const signIn = async (address: string, password: string) => {
    await browser.go('/signin/root');
    return browser.submit('/signin/root', { email: address, password });
  };
  assert.equal((await signIn(email, '')).status, 400);
  const ask = async (address: string) => {
    await browser.go('/signin/root/forgot');
    return (await browser.submit('/signin/root/forgot', { email: address })).text;
  };
  assert.equal(await ask('nobody@example.org'), await ask(email.toUpperCase()));
  assert.deepEqual(
    (await lettersIn(cloud)).map(({ to }) => to),
    [email],
  );
  const link = await linkIn(cloud);
  await browser.go(link);
  const weak = await browser.submit('/signin/root/password', { new: 'password', again: 'password' });
  assert.match(weak.text, /three of/);
  assert.match((await browser.submit('/signin/root/password', { new: PASSWORD, again: PASSWORD })).text, /It is set/);
  assert.match((await browser.go(link)).text, /This link does not work/);
  assert.match((await signIn(email, PASSWORD)).text, /without a second factor/);
  const used = cloud.now().toISOString();
  const code = await deviceOf(cloud, 'root-account-mfa-device');
  await signIn(email, PASSWORD);
  assert.match((await browser.submit('/signin/code', { code: code() })).text, /with a second factor/);
  const logins = await loginsIn(cloud);
  assert.deepEqual(
    logins.map(({ userIdentity, responseElements, additionalEventData }) => [
      userIdentity.type,
      responseElements.ConsoleLogin,
      additionalEventData.MFAUsed,
    ]),
    [
      ['Root', 'Failure', 'No'],
      ['Root', 'Success', 'No'],
      ['Root', 'Success', 'Yes'],
    ],
  );
  const lastUsed = async () => {
    await cloud.root.iam.generateCredentialReport({});
    cloud.advance('PT10S');
    const { Content } = await cloud.root.iam.getCredentialReport({});
    const [header, root] = Buffer.from(Content!).toString().split('\n');
    return root!.split(',')[header!.split(',').indexOf('password_last_used')];
  };
  assert.equal(await lastUsed(), `${used.slice(0, 19)}+00:00`, 'of uses within five minutes the first');
  cloud.advance('PT4H');
  await signIn(email, PASSWORD);
  await browser.submit('/signin/code', { code: code() });
  const later = cloud.now().toISOString();
  assert.equal(await lastUsed(), `${later.slice(0, 19)}+00:00`);
});

test('a member account whose root credentials are kept by its organization gets no password by mail', async () => {
  const cloud = await testCloud();
  const { organizations, iam } = cloud.root;
  await organizations.createOrganization({ FeatureSet: 'ALL' });
  await organizations.createAccount({ AccountName: 'dev', Email: 'dev@example.com' });
  cloud.advance('PT1M');
  await cloud.settle();
  const browser = browserOn(cloud.send);
  const ask = async () => {
    await browser.go('/signin/root/forgot');
    await browser.submit('/signin/root/forgot', { email: 'dev@example.com' });
    const { Accounts } = await organizations.listAccounts({});
    const { id } = { id: Accounts!.find(({ Name }) => Name === 'dev')!.Id! };
    return (await lettersIn(cloud, id)).length;
  };
  assert.equal(await ask(), 1);
  await organizations.enableAWSServiceAccess({ ServicePrincipal: 'iam.amazonaws.com' });
  await iam.enableOrganizationsRootCredentialsManagement({});
  assert.equal(await ask(), 1);
});

test('temporary credentials are exchanged for a browser’s session', async () => {
  const cloud = await testCloud();
  const { iam } = cloud.root;
  const trust = { Effect: 'Allow', Principal: { AWS: cloud.managementAccount }, Action: 'sts:AssumeRole' };
  const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: trust });
  const { Role } = await iam.createRole({ RoleName: 'guest', AssumeRolePolicyDocument });
  const admin = await cloud.user('admin', ADMIN);
  const { Credentials } = await admin.sts.assumeRole({ RoleArn: Role!.Arn!, RoleSessionName: 'eve' });
  const sessionId = Credentials!.AccessKeyId;
  const sessionToken = Credentials!.SessionToken;
  const ask = (session: object, more: Record<string, string> = {}) => {
    const query = new URLSearchParams({ Action: 'getSigninToken', Session: JSON.stringify(session), ...more });
    return cloud.send({ method: 'GET', path: '/federation', query: query.toString(), headers: { host: 'cloud.test' } });
  };
  const whole = { sessionId, sessionKey: Credentials!.SecretAccessKey, sessionToken };
  assert.equal((await ask({ ...whole, sessionKey: 'wrong' })).status, 400);
  for (const more of [{ SessionDuration: '60' }, { SessionDuration: '3601' }, { DurationSeconds: '1800' }]) {
    assert.equal((await ask(whole, more as Record<string, string>)).status, 400, 'no longer than the role’s sessions');
  }
  const answer = await ask(whole, { SessionDuration: '1800' });
  const { SigninToken } = JSON.parse(String(answer.body)) as { SigninToken: string };
  const browser = browserOn(cloud.send);
  const login = (token: string, Destination: string) =>
    browser.go(
      `/federation?${new URLSearchParams({ Action: 'login', Issuer: 'me', Destination, SigninToken: token })}`,
    );
  const CONSOLE = 'https://console.aws.amazon.com/';
  assert.equal((await login(SigninToken, 'https://evil.example/')).status, 400);
  assert.equal((await login(`${SigninToken}x`, CONSOLE)).status, 400);
  const page = await login(SigninToken, CONSOLE);
  assert.match(page.text, /assumed-role\/guest\/eve/);
  const [record] = await loginsIn(cloud);
  assert.equal(record.userIdentity.type, 'AssumedRole');
  assert.equal(record.userIdentity.sessionContext.sessionIssuer.userName, 'guest');
  const { accessKeyId } = record.userIdentity;
  assert.match(accessKeyId, /^ASIA/);
  assert.notEqual(accessKeyId, sessionId, 'a session of its own length has a key id of its own');
  const asked = await recordsIn(cloud, 'GetSigninToken');
  assert.deepEqual(
    asked.map(({ userIdentity, responseElements }) => [userIdentity.accessKeyId, responseElements]),
    [[sessionId, { credentials: { accessKeyId }, GetSigninToken: 'Success' }]],
  );
  cloud.advance('PT31M');
  assert.match((await browser.go('/signin/home')).text, /Sign in as an IAM user/);
  assert.equal((await login(SigninToken, CONSOLE)).status, 400);
});

test('the federation endpoint takes forms, too, at regional addresses; federated users come in for as long as they last', async () => {
  const cloud = await testCloud();
  const eve = await cloud.user('eve', ADMIN);
  const { Credentials } = await eve.sts.getFederationToken({ Name: 'bob', DurationSeconds: 1800 });
  const { AccessKeyId: sessionId, SecretAccessKey: sessionKey, SessionToken: sessionToken } = Credentials!;
  const headers = {
    host: 'eu-west-1.signin.aws.amazon.com',
    ...{ 'content-type': 'application/x-www-form-urlencoded', origin: 'https://broker.example' },
  };
  const post = (form: Record<string, string>) =>
    cloud.send({
      method: 'POST',
      path: '/federation',
      headers,
      body: Buffer.from(new URLSearchParams(form).toString()),
    });
  const Session = JSON.stringify({ sessionId, sessionKey, sessionToken });
  const ask = (more: Record<string, string>) => post({ Action: 'getSigninToken', Session, ...more });
  assert.equal((await ask({ SessionDuration: '1800' })).status, 400);
  assert.equal((await ask({ DurationSeconds: '129601' })).status, 400);
  const answer = await ask({ DurationSeconds: '43200' });
  const { SigninToken } = JSON.parse(String(answer.body)) as { SigninToken: string };
  const Destination = 'https://console.aws.amazon.com/';
  const entered = await post({ Action: 'login', Destination, SigninToken });
  const home303 = `/signin/home?${new URLSearchParams({ destination: Destination })}`;
  assert.deepEqual([entered.status, entered.headers.location], [303, home303]);
  const elsewhere = await post({
    Action: 'login',
    Destination: `${cloud.deps.settings.endpoint}//evil.example/`,
    SigninToken,
  });
  assert.equal(elsewhere.headers.location, '/evil.example/', 'a path of ours, no other host');
  const cookie = entered.headers['set-cookie']!.split(';')[0]!;
  const home = () => cloud.send({ method: 'GET', path: '/signin/home', headers: { ...headers, cookie } });
  assert.match(String((await home()).body), /federated-user\/bob/);
  const [asked] = await recordsIn(cloud, 'GetSigninToken');
  const [login] = await loginsIn(cloud);
  for (const { userIdentity, awsRegion, additionalEventData } of [asked, login]) {
    assert.deepEqual([userIdentity.type, userIdentity.accessKeyId], ['FederatedUser', sessionId]);
    assert.deepEqual([awsRegion, additionalEventData], ['eu-west-1', { MobileVersion: 'No', MFAUsed: 'No' }]);
  }
  cloud.advance('PT31M');
  assert.equal((await home()).status, 303, 'no longer than the credentials');
});

test('a name that nobody has takes as long as a wrong password', async () => {
  const { cloud, browser, signIn } = await withUser();
  const times: Record<string, number[]> = { anaya: [], nobody: [] };
  for (let i = 0; i < 7; i++) {
    for (const name of ['anaya', 'nobody']) {
      cloud.advance('PT2H');
      await browser.go('/signin');
      const begin = process.cpuUsage();
      await signIn('acme', name, 'wrong');
      times[name]!.push(process.cpuUsage(begin).user);
    }
  }
  // Of the processor, with the thread pool's; the fastest of each, for what else goes on only ever adds to it.
  const fastest = (name: string) => Math.min(...times[name]!);
  const ratio = fastest('anaya') / fastest('nobody');
  assert.ok(ratio > 0.6 && ratio < 1.7, `${ratio}`);
});
