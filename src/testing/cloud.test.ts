import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from './cloud.ts';

test('a cloud in a test answers its root user', async () => {
  const cloud = await testCloud();
  const identity = await cloud.root.sts.getCallerIdentity({});
  assert.equal(identity.Arn, `arn:aws:iam::${cloud.managementAccount}:root`);
});

test('a user of the cloud may do what the given policy says, and no more', async () => {
  const cloud = await testCloud();
  const allow = { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 'iam:GetUser', Resource: '*' } };
  const alice = await cloud.user('alice', allow);
  assert.equal((await alice.iam.getUser({ UserName: 'alice' })).User?.UserName, 'alice');
  await assert.rejects(alice.iam.createUser({ UserName: 'bob' }), {
    name: 'AccessDenied',
    message:
      'User: arn:aws:iam::111122223333:user/alice is not authorized to perform: iam:CreateUser on resource: ' +
      'arn:aws:iam::111122223333:user/bob because no identity-based policy allows the iam:CreateUser action',
  });
});
