import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Cloud, testCloud } from '../../testing/cloud.ts';
import { waitingIn } from '../../testing/outbox.ts';
import { refusal } from '../../testing/rejected.ts';

const PhoneNumber = '+15555550100';

const texts = async (cloud: Cloud) => (await waitingIn(cloud)).map(({ to, text }) => `${to} ${text}`);

/** Asks for a code and reads it. */
async function newCode(cloud: Cloud): Promise<string> {
  const before = new Set(await texts(cloud));
  await cloud.root.sns.createSMSSandboxPhoneNumber({ PhoneNumber });
  const sent = (await texts(cloud)).find((text) => !before.has(text));
  return /is (\d{6})\./.exec(sent ?? '')?.[1] ?? '';
}

test('in the sandbox only telephones that showed their code get text messages', async () => {
  const cloud = await testCloud();
  const { sns } = cloud.root;
  assert.equal((await sns.getSMSSandboxAccountStatus()).IsInSandbox, true);
  const { TopicArn } = await sns.createTopic({ Name: 'news' });
  await sns.subscribe({ TopicArn, Protocol: 'sms', Endpoint: PhoneNumber });
  const publish = async (Message: string) => {
    await sns.publish({ TopicArn, Message });
    await sns.publish({ PhoneNumber, Message: `${Message} direct` });
    await cloud.settle();
  };
  await publish('early');
  assert.deepEqual(await texts(cloud), []);
  const code = await newCode(cloud);
  const verify = (OneTimePassword: string) => sns.verifySMSSandboxPhoneNumber({ PhoneNumber, OneTimePassword });
  const wrong = await refusal(verify(code === '000000' ? '111111' : '000000'), 'VerificationException');
  assert.match(wrong.message, /does not match/);
  await publish('pending');
  assert.equal((await texts(cloud)).length, 1);
  await verify(code);
  assert.deepEqual((await sns.listSMSSandboxPhoneNumbers()).PhoneNumbers, [{ PhoneNumber, Status: 'Verified' }]);
  await publish('now');
  const plain = (await texts(cloud)).filter((text) => !text.includes(code));
  assert.deepEqual(plain.toSorted(), [`${PhoneNumber} now`, `${PhoneNumber} now direct`]);
});

test('codes expire, after five wrong ones too; five are sent a day; numbers stay for a day', async () => {
  const cloud = await testCloud();
  const { sns } = cloud.root;
  const verify = (OneTimePassword: string) => sns.verifySMSSandboxPhoneNumber({ PhoneNumber, OneTimePassword });
  await refusal(verify('123456'), 'ResourceNotFound');
  const first = await newCode(cloud);
  cloud.advance('PT16M');
  assert.match((await refusal(verify(first), 'VerificationException')).message, /expired/);
  const second = await newCode(cloud);
  const wrong = second === '999999' ? '888888' : '999999';
  for (let i = 0; i < 5; i++) assert.match((await refusal(verify(wrong))).message, /does not match/);
  assert.match((await refusal(verify(second))).message, /expired/);
  for (let i = 0; i < 3; i++) await sns.createSMSSandboxPhoneNumber({ PhoneNumber });
  await refusal(sns.createSMSSandboxPhoneNumber({ PhoneNumber }), 'Throttled');
  await refusal(sns.deleteSMSSandboxPhoneNumber({ PhoneNumber }), 'UserError');
  cloud.advance('P1DT1M');
  await sns.deleteSMSSandboxPhoneNumber({ PhoneNumber });
  await refusal(sns.deleteSMSSandboxPhoneNumber({ PhoneNumber }), 'ResourceNotFound');
  for (let i = 0; i < 10; i++) await sns.createSMSSandboxPhoneNumber({ PhoneNumber: `+1555555020${i}` });
  await refusal(sns.createSMSSandboxPhoneNumber({ PhoneNumber: '+15555550300' }), 'UserError');
  const page = await sns.listSMSSandboxPhoneNumbers({ MaxResults: 7 });
  const rest = await sns.listSMSSandboxPhoneNumbers({ MaxResults: 7, NextToken: page.NextToken });
  assert.deepEqual([page.PhoneNumbers?.length, rest.PhoneNumbers?.length, rest.NextToken], [7, 3, undefined]);
  assert.deepEqual((await sns.listOriginationNumbers()).PhoneNumbers, []);
});

test('no text message is sent beyond the spend limit of the month', async () => {
  const prices = { 'Amazon Simple Notification Service': { OutboundSMS: 0.4 } };
  const cloud = await testCloud({ quotas: { SMSSandbox: 0, SMSMonthlySpendLimit: 2 }, prices });
  const { sns } = cloud.root;
  assert.equal((await sns.getSMSAttributes({})).attributes?.MonthlySpendLimit, '2');
  await sns.setSMSAttributes({ attributes: { MonthlySpendLimit: '1' } });
  const send = (Message: string) => sns.publish({ PhoneNumber, Message });
  for (const Message of ['one', 'two', 'three']) await send(Message);
  assert.equal((await texts(cloud)).length, 2);
  await sns.setSMSAttributes({ attributes: { MonthlySpendLimit: '2' } });
  await send('x'.repeat(161));
  for (const Message of ['five', 'six']) await send(Message);
  assert.equal((await texts(cloud)).length, 4);
  cloud.advance('P32D');
  await cloud.settle();
  await send('next month');
  assert.deepEqual(
    (await texts(cloud)).map((text) => text.slice(0, 23)),
    [`${PhoneNumber} next month`],
  );
});
