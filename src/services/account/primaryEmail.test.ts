import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planeOnSocket } from '../../../test/socket.ts';
import { signedPage } from '../../cli/signedPage.ts';
import { browserOn } from '../../testing/browser.ts';
import { ADMIN, type Cloud, testCloud } from '../../testing/cloud.ts';
import { lettersIn, PASSWORD } from '../../testing/people.ts';

const NEW = 'new.root@example.org';
const WRONG = { name: 'ValidationException', message: 'The one-time password is not valid.' };
const EXPIRED = { name: 'ValidationException', message: 'The one-time password has expired.' };
const NO_UPDATE = { name: 'ResourceNotFoundException' };

async function organized(cloud?: Cloud) {
  const made = cloud ?? (await testCloud());
  const { organizations, account } = made.root;
  await organizations.createOrganization({});
  await organizations.enableAWSServiceAccess({ ServicePrincipal: 'account.amazonaws.com' });
  const join = async (name: string) => {
    const member = await made.memberAccount(name);
    const sent = await organizations.inviteAccountToOrganization({ Target: { Type: 'ACCOUNT', Id: member.id } });
    await member.root.organizations.acceptHandshake({ HandshakeId: sent.Handshake?.Id });
    return member;
  };
  const member = await join('dev');
  const AccountId = member.id;
  return {
    ...{ cloud: made, organizations, account, join, member, AccountId },
    start: (PrimaryEmail = NEW) => account.startPrimaryEmailUpdate({ AccountId, PrimaryEmail }),
    accept: (Otp: string, PrimaryEmail = NEW) => account.acceptPrimaryEmailUpdate({ AccountId, PrimaryEmail, Otp }),
    status: async () => (await account.getPrimaryEmailUpdateStatus({ AccountId })).Status,
    email: async () => (await account.getPrimaryEmail({ AccountId })).PrimaryEmail,
    letter: async () => (await lettersIn(made, AccountId)).at(-1)!,
    code: async () => /\b[A-Z2-9]{6}\b/.exec((await lettersIn(made, AccountId)).at(-1)!.text)![0],
  };
}

test('An address becomes that of the root user when its code is shown', async () => {
  const { cloud, organizations, account, AccountId, start, accept, status, email, letter, code } = await organized();
  await assert.rejects(status(), NO_UPDATE);
  await assert.rejects(accept('ABC234'), NO_UPDATE);
  assert.equal((await start()).Status, 'PENDING');
  const { UpdatedAt, Status } = await account.getPrimaryEmailUpdateStatus({ AccountId });
  assert.deepEqual([Status, UpdatedAt], ['PENDING', cloud.now()]);
  assert.equal(await email(), 'dev@example.com');
  assert.equal((await letter()).to, NEW);
  const right = await code();
  await assert.rejects(accept(right, 'other@example.org'), { name: 'ValidationException' });
  await assert.rejects(accept(right.toLowerCase()), WRONG);
  cloud.advance('PT1H');
  assert.equal((await accept(right)).Status, 'ACCEPTED');
  assert.deepEqual([await status(), await email()], ['COMPLETED', NEW]);
  assert.deepEqual((await account.getPrimaryEmailUpdateStatus({ AccountId })).UpdatedAt, cloud.now());
  assert.equal((await organizations.describeAccount({ AccountId })).Account?.Email, NEW);
  await assert.rejects(accept(right), NO_UPDATE);
});

test('A code is good for a day, for five guesses, and until the next one', async () => {
  const { cloud, account, AccountId, start, accept, status, code } = await organized();
  await start();
  const first = await code();
  cloud.advance('PT1M');
  await start();
  await assert.rejects(accept(first), WRONG);
  for (let i = 0; i < 4; i++) await assert.rejects(accept('000000'), WRONG);
  await assert.rejects(accept(await code()), EXPIRED);
  assert.equal(await status(), 'FAILED');
  cloud.advance('PT1M');
  await start();
  assert.equal(await status(), 'PENDING');
  const started = cloud.now().getTime();
  const third = await code();
  cloud.advance('P2D');
  await assert.rejects(accept(third), EXPIRED);
  const { Status, UpdatedAt } = await account.getPrimaryEmailUpdateStatus({ AccountId });
  assert.deepEqual([Status, UpdatedAt?.getTime()], ['FAILED', started + 86_400_000]);
});

test('Three codes are mailed in thirty seconds at most, and twenty in an hour', async () => {
  const { cloud, start, status, code, accept } = await organized();
  const tooMany = { name: 'TooManyRequestsException' };
  for (let sent = 0; sent < 3; sent++) await start();
  const third = await code();
  await assert.rejects(start(), tooMany);
  assert.equal(await status(), 'PENDING');
  cloud.advance('PT30S');
  await start();
  await assert.rejects(accept(third), WRONG);
  for (let sent = 4; sent < 20; sent++) {
    cloud.advance('PT30S');
    await start();
  }
  cloud.advance('PT30S');
  await assert.rejects(start(), tooMany);
  cloud.advance('PT1H');
  assert.equal((await start()).Status, 'PENDING');
});

test('Addresses are valid, and of one account only, also when they are taken meanwhile', async () => {
  const { join, start, accept, code, email } = await organized();
  await assert.rejects(start('a(b)@example.com'), { name: 'ValidationException', reason: 'fieldValidationFailed' });
  await assert.rejects(start('nobody'), { name: 'ValidationException' });
  await assert.rejects(start('DEV@example.com'), { name: 'ConflictException' });
  await start('late@example.com');
  await join('late');
  await assert.rejects(accept(await code(), 'late@example.com'), { name: 'ConflictException' });
  assert.equal(await email(), 'dev@example.com');
});

test('Who may change it: the management account and the delegated administrator, for domains that policies name', async () => {
  const { cloud, organizations, account, join, member, AccountId, start } = await organized();
  const denied = { name: 'AccessDeniedException' };
  const of = (AccountId: string) => ({ AccountId, PrimaryEmail: NEW });
  await assert.rejects(member.root.account.startPrimaryEmailUpdate(of(AccountId)), denied);
  await assert.rejects(account.startPrimaryEmailUpdate(of(cloud.managementAccount)), denied);
  await assert.rejects(account.getPrimaryEmailUpdateStatus({}), denied);
  const admin = await join('admin');
  await assert.rejects(admin.root.account.startPrimaryEmailUpdate(of(AccountId)), denied);
  const service = { AccountId: admin.id, ServicePrincipal: 'account.amazonaws.com' };
  await organizations.registerDelegatedAdministrator(service);
  await admin.root.account.startPrimaryEmailUpdate(of(AccountId));
  const { Organization } = await organizations.describeOrganization({});
  const clerk = await cloud.user('clerk', {
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Action: 'account:StartPrimaryEmailUpdate',
      Resource: `arn:aws:account::${cloud.managementAccount}:account/${Organization?.Id}/${AccountId}`,
      Condition: { StringEquals: { 'account:EmailTargetDomain': 'example.org' } },
    },
  });
  await clerk.account.startPrimaryEmailUpdate(of(AccountId));
  await assert.rejects(clerk.account.startPrimaryEmailUpdate(of(admin.id)), denied);
  const elsewhere = { AccountId, PrimaryEmail: 'root@example.net' };
  await assert.rejects(clerk.account.startPrimaryEmailUpdate(elsewhere), denied);
  await organizations.disableAWSServiceAccess({ ServicePrincipal: 'account.amazonaws.com' });
  await assert.rejects(start(), denied);
});

test('An organization without all features changes no addresses', async () => {
  const cloud = await testCloud();
  const { organizations, account } = cloud.root;
  await organizations.createOrganization({ FeatureSet: 'CONSOLIDATED_BILLING' });
  const { CreateAccountStatus } = await organizations.createAccount({ AccountName: 'dev', Email: 'dev@example.com' });
  cloud.advance('PT1H');
  const status = await organizations.describeCreateAccountStatus({ CreateAccountRequestId: CreateAccountStatus!.Id! });
  const AccountId = status.CreateAccountStatus!.AccountId!;
  await assert.rejects(account.startPrimaryEmailUpdate({ AccountId, PrimaryEmail: NEW }), {
    name: 'AccessDeniedException',
    message: /all features/,
  });
});

test('Root signs in by the new address with the same password; a link sent to the old one is dead', async () => {
  const { cloud, AccountId, start, accept, code, letter } = await organized();
  const browser = browserOn(cloud.send);
  const signIn = async (email: string, at = browserOn(cloud.send)) => {
    await at.go('/signin/root');
    return (await at.submit('/signin/root', { email, password: PASSWORD })).text;
  };
  const linkFor = async (email: string) => {
    cloud.advance('PT1S');
    await browser.go('/signin/root/forgot');
    await browser.submit('/signin/root/forgot', { email });
    return /cloud\.test(\/\S+)/.exec((await letter()).text)![1]!;
  };
  await browser.go(await linkFor('dev@example.com'));
  await browser.submit('/signin/root/password', { new: PASSWORD, again: PASSWORD });
  assert.match(await signIn('dev@example.com', browser), /You are signed in/);
  const old = await linkFor('dev@example.com');
  cloud.advance('PT1S');
  await start();
  assert.match(await signIn(NEW), /information is incorrect/);
  await accept(await code());
  assert.match((await browserOn(cloud.send).go(old)).text, /This link does not work/);
  assert.match(await signIn('dev@example.com'), /information is incorrect/);
  assert.match(await signIn(NEW), /You are signed in/);
  assert.match((await browser.go('/signin/home')).text, new RegExp(`${AccountId}:root`));
  assert.match((await browser.go(await linkFor(NEW))).text, /password/);
});

test('Records hide the code and the address; the letter is for the root user of the management account', async (t) => {
  const { cloud, endpoint } = await planeOnSocket(t);
  const { AccountId, member, start, accept, code } = await organized(cloud);
  await start();
  await assert.rejects(accept('WRONG1'), WRONG);
  const right = await code();
  await accept(right);
  const rows = await cloud.deps.store.journal.read(0, 10_000);
  const about = rows.map(({ body }) => JSON.parse(body)).filter(({ eventName }) => /EmailUpdate/.test(eventName));
  assert.equal(about.length, 3);
  assert.equal(about[2].requestParameters.otp, 'HIDDEN_DUE_TO_SECURITY_REASONS');
  assert.doesNotMatch(JSON.stringify(about), new RegExp(`${right}|WRONG1|${NEW}`));
  const read = async (account: string, userName?: string) => {
    const plane = { endpoint, region: 'us-east-1', credentials: await cloud.keyFor(account, userName) };
    const page = await signedPage<{ letters: { to: string }[] }>(plane, 'GET', '/_gatehouse/mail', {
      account: AccountId,
    });
    return page.letters.map(({ to }) => to);
  };
  await cloud.user('admin', ADMIN);
  assert.deepEqual(await read(cloud.managementAccount), [NEW]);
  await assert.rejects(read(cloud.managementAccount, 'admin'), /not yours to read/);
  assert.deepEqual(await read(member.id), []);
});
