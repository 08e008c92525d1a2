import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { planeOnSocket } from '../../../test/socket.ts';
import { outbox } from '../../cli/outbox.ts';
import { signedPage } from '../../cli/signedPage.ts';
import { ADMIN, type Cloud } from '../../testing/cloud.ts';

interface Shown {
  readonly messages: readonly { readonly time: string; readonly to: string; readonly text: string; topic?: string }[];
  readonly next?: string;
}

const PHONE = '+15555550100';

async function planeWith(t: TestContext, quotas: Record<string, number> = { SMSSandbox: 0 }) {
  const { cloud, endpoint } = await planeOnSocket(t, true, { quotas });
  const read = async (query: Record<string, string> = {}, userName?: string, region = 'us-east-1') => {
    const credentials = await cloud.keyFor(cloud.managementAccount, userName);
    return signedPage<Shown>({ endpoint, region, credentials }, 'GET', '/_gatehouse/outbox', query);
  };
  return { cloud, endpoint, read, sns: cloud.root.sns };
}

/** The command, as somebody runs it: exit code, what it prints, what it complains of. */
async function ran(t: TestContext, cloud: Cloud, endpoint: string, ...args: string[]) {
  const data = mkdtempSync(join(tmpdir(), 'gatehouse-outbox-'));
  t.after(() => rmSync(data, { recursive: true }));
  const { accessKeyId, secretAccessKey } = await cloud.keyFor(cloud.managementAccount);
  const profile = `[root]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`;
  writeFileSync(join(data, 'credentials'), profile);
  const out: string[] = [];
  const err = t.mock.method(console, 'error', () => {});
  const plane = ['--data', data, '--endpoint', endpoint, '--region', 'us-east-1', '--profile', 'root'];
  const code = await outbox([...args, ...plane], (line) => out.push(line));
  const complaint = String(err.mock.calls[0]?.arguments[0] ?? '');
  err.mock.restore();
  return { code, out: out.join('\n'), err: complaint };
}

test('a subscription by mail is confirmed, and a telephone verified, by what the outbox shows', async (t) => {
  const { cloud, read, sns } = await planeWith(t, {});
  const { TopicArn } = await sns.createTopic({ Name: 'news' });
  await sns.subscribe({ TopicArn, Protocol: 'email', Endpoint: 'ann@example.com' });
  await cloud.settle();
  const { messages } = await read();
  assert.deepEqual(
    messages.map(({ to, topic }) => [to, topic]),
    [['ann@example.com', TopicArn]],
  );
  const link = new URL(/Confirm: (\S+)/.exec(messages[0]!.text)![1]!);
  assert.equal((await fetch(link)).status, 200);
  const { Attributes } = await sns.getTopicAttributes({ TopicArn });
  assert.equal(Attributes?.SubscriptionsConfirmed, '1');
  cloud.advance('PT1S');
  await sns.createSMSSandboxPhoneNumber({ PhoneNumber: PHONE });
  const [latest] = (await read()).messages;
  const [, OneTimePassword] = /code is (\d{6})\./.exec(latest!.text)!;
  await sns.verifySMSSandboxPhoneNumber({ PhoneNumber: PHONE, OneTimePassword });
  assert.equal((await sns.listSMSSandboxPhoneNumbers()).PhoneNumbers?.[0]?.Status, 'Verified');
});

test('the newest comes first, page by page, of the account and the Region that is signed for', async (t) => {
  const { cloud, endpoint, read, sns } = await planeWith(t);
  for (const Message of ['one', 'two', 'three', 'four', 'five']) {
    await sns.publish({ PhoneNumber: PHONE, Message });
    cloud.advance('PT1S');
  }
  const credentials = await cloud.keyFor(cloud.managementAccount);
  await cloud.as(credentials, 'eu-west-1').sns.publish({ PhoneNumber: PHONE, Message: 'hier' });
  const dev = await cloud.memberAccount('dev');
  await dev.root.sns.publish({ PhoneNumber: PHONE, Message: 'theirs' });
  const textsOf = ({ messages }: Shown) => messages.map(({ text }) => text);
  const first = await read({ limit: '2' });
  const second = await read({ limit: '2', next: first.next! });
  const third = await read({ limit: '2', next: second.next! });
  assert.deepEqual([first, second, third].map(textsOf), [['five', 'four'], ['three', 'two'], ['one']]);
  assert.equal(third.next, undefined);
  assert.deepEqual(textsOf(await read({}, undefined, 'eu-west-1')), ['hier']);
  const theirs = { endpoint, region: 'us-east-1', credentials: await cloud.keyFor(dev.id) };
  assert.deepEqual(textsOf(await signedPage<Shown>(theirs, 'GET', '/_gatehouse/outbox')), ['theirs']);
  await assert.rejects(read({ next: '!' }), /token of the next page/);
  await assert.rejects(read({ limit: '101' }), /1 to 100/);
});

const allow = (Action: string | string[], Resource = '*') => ({ Effect: 'Allow', Action, Resource });
const policy = (...Statement: object[]) => ({ Version: '2012-10-17', Statement });

test('it takes all that gives as much; every look is recorded, the refused one too', async (t) => {
  const { cloud, endpoint, read, sns } = await planeWith(t);
  const { TopicArn } = await sns.createTopic({ Name: 'secret' });
  await sns.subscribe({ TopicArn, Protocol: 'sms', Endpoint: PHONE });
  await sns.publish({ TopicArn, Message: 'for few' });
  await sns.publish({ PhoneNumber: PHONE, Message: 'direct' });
  await cloud.settle();
  const verify = allow(['sns:VerifySMSSandboxPhoneNumber', 'sns:SetSMSAttributes']);
  await cloud.user('nobody');
  await cloud.user('reader', policy(allow(['sns:Get*', 'sns:List*'])));
  await cloud.user('subscriber', policy(allow(['sns:Subscribe', 'sns:ConfirmSubscription'])));
  await cloud.user('ofOne', policy(verify, allow('sns:*', TopicArn)));
  await cloud.user('most', policy(allow('sns:*'), { ...allow('sns:Subscribe', TopicArn), Effect: 'Deny' }));
  await cloud.user('boss', ADMIN);
  await assert.rejects(read({}, 'nobody'), /nobody is not authorized to perform: sns:Subscribe/);
  await assert.rejects(read({}, 'reader'), /not authorized to perform: sns:Subscribe/);
  await assert.rejects(read({}, 'subscriber'), /not authorized to perform: sns:VerifySMSSandboxPhoneNumber/);
  await assert.rejects(read({}, 'ofOne'), /not authorized to perform: sns:Subscribe/);
  const seen = async (name: string) => (await read({}, name)).messages.map(({ text }) => text).toSorted();
  assert.deepEqual(await seen('most'), ['direct']);
  assert.deepEqual(await seen('boss'), ['direct', 'for few']);
  const unsigned = await fetch(`${endpoint}/_gatehouse/outbox`);
  assert.equal(unsigned.status, 403);
  const LookupAttributes = [{ AttributeKey: 'EventName' as const, AttributeValue: 'GetOutbox' }];
  const { Events } = await cloud.root.cloudtrail.lookupEvents({ LookupAttributes });
  const records = Events!.map(({ CloudTrailEvent }) => JSON.parse(CloudTrailEvent!));
  const told = records.map(({ userIdentity, errorCode }) => `${userIdentity.userName} ${errorCode ?? 'looked'}`);
  const refused = ['nobody', 'reader', 'subscriber', 'ofOne'].map((name) => `${name} AccessDenied`);
  assert.deepEqual(told.toSorted(), [...refused, 'most looked', 'boss looked'].toSorted());
  const { readOnly, eventSource } = records[0];
  assert.deepEqual([readOnly, eventSource], [true, 'sns.amazonaws.com']);
  assert.ok(!JSON.stringify(records).includes('for few'));
});

test('gatehouse outbox prints it, with nothing in it that steers a terminal or passes for another message', async (t) => {
  const { cloud, endpoint, sns } = await planeWith(t);
  const run = (...args: string[]) => ran(t, cloud, endpoint, ...args);
  assert.deepEqual(await run(), { code: 0, out: 'No message waits.', err: '' });
  await sns.publish({ PhoneNumber: PHONE, Message: 'first' });
  cloud.advance('PT1S');
  await sns.publish({ PhoneNumber: PHONE, Message: 'second\u001b[2J\nTo: +15555550999' });
  const page = await run('--limit', '1');
  assert.match(page.out, /^\S+Z {2}sms\nTo: \+15555550100\n\n {2}second\ufffd\[2J\n {2}To: \+15555550999\n\nMore: /);
  const [, token] = /More: npx gatehouse outbox --next (\S+)$/.exec(page.out)!;
  const rest = await run('--next', token!, '--json');
  const { messages, next } = JSON.parse(rest.out) as Shown;
  assert.deepEqual([messages.map(({ text }) => text), next], [['first'], undefined]);
  assert.match((await run('--help')).out, /Usage: npx gatehouse outbox/);
  for (const wrong of [['--nope'], ['more'], ['--limit', '0']]) {
    const { code, err } = await run(...wrong);
    assert.equal(code, 2);
    assert.match(err, /^gatehouse: /);
  }
  const refused = await run('--next', '!');
  assert.deepEqual([refused.code, /token of the next page/.test(refused.err)], [1, true]);
});
