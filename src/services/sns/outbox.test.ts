import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';
import { waitingIn } from '../../testing/outbox.ts';
import { refusal } from '../../testing/rejected.ts';

test('text messages, and mail without a server, are kept for whoever looks, for two weeks', async () => {
  const cloud = await testCloud({ quotas: { SMSSandbox: 0 } });
  const { sns } = cloud.root;
  const { TopicArn } = await sns.createTopic({ Name: 'news' });
  assert.equal((await sns.getSMSSandboxAccountStatus()).IsInSandbox, false);
  await sns.subscribe({ TopicArn, Protocol: 'sms', Endpoint: '+15555550100' });
  await sns.subscribe({ TopicArn, Protocol: 'email-json', Endpoint: 'ann@example.com' });
  await cloud.settle();
  const [mail] = await waitingIn(cloud);
  assert.equal(mail?.subject, 'AWS Notification - Subscription Confirmation');
  await sns.confirmSubscription({ TopicArn, Token: JSON.parse(mail.text).Token });
  await sns.publish({ TopicArn, Message: '{"default":"long","sms":"short"}', MessageStructure: 'json' });
  await sns.publish({ PhoneNumber: '+15555550101', Message: 'direct' });
  await cloud.settle();
  const found = (await waitingIn(cloud))
    .filter(({ subject }) => !subject?.includes('Confirmation'))
    .map(({ protocol, to, text }) => [protocol, to, protocol === 'sms' ? text : JSON.parse(text).Message]);
  assert.deepEqual(found.toSorted(), [
    ['email-json', 'ann@example.com', 'long'],
    ['sms', '+15555550100', 'short'],
    ['sms', '+15555550101', 'direct'],
  ]);
  cloud.advance('P14DT1M');
  await cloud.settle();
  assert.deepEqual(await waitingIn(cloud), []);
});

test('what is set of text messages is read back, and nobody has opted out', async () => {
  const { root } = await testCloud();
  const { sns } = root;
  await sns.setSMSAttributes({ attributes: { DefaultSMSType: 'Transactional', DefaultSenderID: 'Gate' } });
  const { attributes } = await sns.getSMSAttributes({ attributes: ['DefaultSMSType'] });
  assert.deepEqual({ ...attributes }, { DefaultSMSType: 'Transactional' });
  await refusal(sns.setSMSAttributes({ attributes: { DefaultSMSType: 'Loud' } }), 'InvalidParameter');
  await refusal(sns.setSMSAttributes({ attributes: { UsageReportS3Bucket: 'reports' } }), 'NotImplemented');
  await refusal(sns.setSMSAttributes({ attributes: { MonthlySpendLimit: '2' } }), 'InvalidParameter');
  assert.equal((await sns.checkIfPhoneNumberIsOptedOut({ phoneNumber: '+15555550100' })).isOptedOut, false);
  assert.deepEqual((await sns.listPhoneNumbersOptedOut({})).phoneNumbers, []);
});
