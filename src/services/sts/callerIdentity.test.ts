import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';
import { allow } from './sts.fixture.ts';

const ACCOUNT = '111122223333';

test('GetCallerIdentity answers root, and a user whom every policy denies', async () => {
  const cloud = await testCloud();
  const root = await cloud.root.sts.getCallerIdentity({});
  assert.deepEqual([root.Account, root.UserId, root.Arn], [ACCOUNT, ACCOUNT, `arn:aws:iam::${ACCOUNT}:root`]);
  const deny = { Version: '2012-10-17', Statement: { Effect: 'Deny', Action: '*', Resource: '*' } };
  const user = await (await cloud.user('alice', deny)).sts.getCallerIdentity({});
  assert.equal(user.Arn, `arn:aws:iam::${ACCOUNT}:user/alice`);
  assert.match(user.UserId ?? '', /^AIDA/);
  await rejected(
    cloud.unsigned.sts.getCallerIdentity({}),
    'MissingAuthenticationToken',
    /Missing Authentication Token/i,
  );
});

test('GetAccessKeyInfo reads the account in a key id', async () => {
  const cloud = await testCloud();
  const alice = await cloud.user('alice', allow('sts:GetAccessKeyInfo', '*'));
  const { accessKeyId } = await cloud.keyFor('210987654321');
  assert.equal((await alice.sts.getAccessKeyInfo({ AccessKeyId: accessKeyId })).Account, '210987654321');
  await rejected(
    alice.sts.getAccessKeyInfo({ AccessKeyId: 'AKIAIOSFODNN7EXAMPLe' }),
    'ValidationError',
    /Invalid Access Key/,
  );
  const bob = await cloud.user('bob');
  await rejected(bob.sts.getAccessKeyInfo({ AccessKeyId: accessKeyId }), 'AccessDenied', /sts:GetAccessKeyInfo/);
});

test('DecodeAuthorizationMessage opens what a denial sealed', async () => {
  const cloud = await testCloud();
  const text = '{"allowed":false,"explicitDeny":false,"matchedStatements":{"items":[]}}';
  const sealed = cloud.deps.secrets.seal('authorization-message', text, cloud.deps.random(12));
  const alice = await cloud.user('alice', allow('sts:DecodeAuthorizationMessage', '*'));
  assert.equal((await alice.sts.decodeAuthorizationMessage({ EncodedMessage: sealed })).DecodedMessage, text);
  const other = cloud.deps.secrets.seal('session', text, cloud.deps.random(12));
  for (const EncodedMessage of ['nonsense', other, `${sealed.slice(0, -2)}AA`]) {
    await rejected(
      alice.sts.decodeAuthorizationMessage({ EncodedMessage }),
      'InvalidAuthorizationMessage',
      /^Message is not valid$/,
    );
  }
  const bob = await cloud.user('bob');
  await rejected(bob.sts.decodeAuthorizationMessage({ EncodedMessage: sealed }), 'AccessDenied', /sts:DecodeAuth/);
});
