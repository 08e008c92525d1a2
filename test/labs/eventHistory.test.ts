/** The lab on Event history: what was done can be found, by whom, to what, and no secret with it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LookupAttributeKey } from '@aws-sdk/client-cloudtrail';
import { type Clients, testCloud } from '../../src/testing/cloud.ts';
import { rejected } from '../../src/testing/rejected.ts';

const find = async (clients: Clients, AttributeKey: LookupAttributeKey, AttributeValue: string) =>
  (await clients.cloudtrail.lookupEvents({ LookupAttributes: [{ AttributeKey, AttributeValue }] })).Events ?? [];

test('a user that root creates is found by every attribute', async () => {
  const cloud = await testCloud();
  const { User: user } = await cloud.root.iam.createUser({ UserName: 'alice' });
  await cloud.root.iam.getUser({ UserName: 'alice' });
  const [made] = await find(cloud.root, 'EventName', 'CreateUser');
  assert.ok(made?.EventId && made.AccessKeyId && user?.Arn && user.UserId);
  const questions: readonly (readonly [LookupAttributeKey, string])[] = [
    ['EventId', made.EventId],
    ['EventName', 'CreateUser'],
    ['ReadOnly', 'false'],
    ['Username', 'root'],
    ['ResourceType', 'AWS::IAM::User'],
    ['ResourceName', 'alice'],
    ['ResourceName', user.Arn],
    ['ResourceName', user.UserId],
    ['EventSource', 'iam.amazonaws.com'],
    ['AccessKeyId', made.AccessKeyId],
  ];
  for (const [key, value] of questions) {
    const ids = (await find(cloud.root, key, value)).map((event) => event.EventId);
    assert.ok(ids.includes(made.EventId), `${key} ${value}`);
  }
  assert.deepEqual(await find(cloud.root, 'ResourceName', 'bob'), []);
  assert.deepEqual(await find(cloud.root, 'Username', 'alice'), []);
});

test('a refused call is there, with its error', async () => {
  const cloud = await testCloud();
  const mallory = await cloud.user('mallory');
  await rejected(mallory.iam.createUser({ UserName: 'eve' }), 'AccessDenied', /is not authorized to perform/);
  const [event] = await find(cloud.root, 'Username', 'mallory');
  const record = JSON.parse(event?.CloudTrailEvent ?? '{}');
  assert.equal(event?.EventName, 'CreateUser');
  assert.equal(record.errorCode, 'AccessDenied');
  assert.equal(
    record.errorMessage,
    'User: arn:aws:iam::111122223333:user/mallory is not authorized to perform: iam:CreateUser on resource: ' +
      'arn:aws:iam::111122223333:user/eve because no identity-based policy allows the iam:CreateUser action',
  );
  assert.equal(record.responseElements, null);
});

test('no secret is in a record', async () => {
  const cloud = await testCloud();
  await cloud.root.iam.createUser({ UserName: 'alice' });
  const password = 'Correct-Horse-7-Battery';
  await cloud.root.iam.createLoginProfile({ UserName: 'alice', Password: password });
  const { AccessKey: key } = await cloud.root.iam.createAccessKey({ UserName: 'alice' });
  assert.ok(key?.SecretAccessKey && key.AccessKeyId);

  const [login] = await find(cloud.root, 'EventName', 'CreateLoginProfile');
  assert.ok(login?.CloudTrailEvent);
  assert.ok(!login.CloudTrailEvent.includes(password));
  assert.equal(JSON.parse(login.CloudTrailEvent).requestParameters.password, 'HIDDEN_DUE_TO_SECURITY_REASONS');

  const [created] = await find(cloud.root, 'ResourceName', key.AccessKeyId);
  assert.ok(created?.CloudTrailEvent);
  assert.ok(!created.CloudTrailEvent.includes(key.SecretAccessKey));
  const shown = JSON.parse(created.CloudTrailEvent).responseElements.accessKey;
  assert.deepEqual([shown.accessKeyId, shown.userName, shown.status], [key.AccessKeyId, 'alice', 'Active']);
  assert.equal('secretAccessKey' in shown, false);
});
