import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mfaDevices, stepAt, totp } from '../../identity/mfa.ts';
import { testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';
import { allow, credentialsOf, records } from './sts.fixture.ts';

const ACCOUNT = '111122223333';

test('GetSessionToken gives a user a session of its own, without asking any policy', async () => {
  const cloud = await testCloud();
  const alice = await cloud.user('alice');
  const answer = await alice.sts.getSessionToken({});
  assert.deepEqual(answer.Credentials?.Expiration, new Date(cloud.now().getTime() + 43_200_000));
  const session = cloud.as(credentialsOf(answer));
  const identity = await session.sts.getCallerIdentity({});
  assert.equal(identity.Arn, `arn:aws:iam::${ACCOUNT}:user/alice`);
  assert.equal(identity.UserId, (await cloud.root.iam.getUser({ UserName: 'alice' })).User?.UserId);
  await rejected(
    session.sts.getSessionToken({}),
    'AccessDenied',
    'Cannot call GetSessionToken with session credentials',
  );
  const [refused] = await records(cloud, 'GetSessionToken');
  assert.equal(refused?.errorCode, 'AccessDenied');
});

test('GetSessionToken limits root to an hour', async () => {
  const cloud = await testCloud();
  const answer = await cloud.root.sts.getSessionToken({ DurationSeconds: 129_600 });
  assert.deepEqual(answer.Credentials?.Expiration, new Date(cloud.now().getTime() + 3_600_000));
  const session = cloud.as(credentialsOf(answer));
  assert.equal((await session.sts.getCallerIdentity({})).Arn, `arn:aws:iam::${ACCOUNT}:root`);
  await session.organizations.createOrganization({});
  await rejected(
    cloud.root.sts.getSessionToken({ DurationSeconds: 899 }),
    'ValidationError',
    /greater than or equal to 900/,
  );
});

test('GetSessionToken carries a second factor into the session', async () => {
  const cloud = await testCloud();
  const policy = {
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Action: 'iam:ListUsers',
      Resource: '*',
      Condition: {
        Bool: { 'aws:MultiFactorAuthPresent': 'true' },
        NumericLessThan: { 'aws:MultiFactorAuthAge': '600' },
      },
    },
  };
  const alice = await cloud.user('alice', policy);
  const { User } = await cloud.root.iam.getUser({ UserName: 'alice' });
  const seed = Buffer.from('12345678901234567890');
  const SerialNumber = `arn:aws:iam::${ACCOUNT}:mfa/alice`;
  const created = cloud.now().toISOString();
  const sealed = cloud.deps.secrets.seal('mfa-seed', seed, cloud.deps.random(12));
  const device = { account: ACCOUNT, serial: SerialNumber, path: '/', name: 'alice', seed: sealed, created, tags: [] };
  await cloud.deps.store.transaction((tx) =>
    tx.insert(mfaDevices, { ...device, owner: User!.UserId!, enabled: created }),
  );
  const plain = cloud.as(credentialsOf(await alice.sts.getSessionToken({})));
  await rejected(
    plain.iam.listUsers({}),
    'InvalidClientTokenId',
    'The security token included in the request is invalid',
  );
  await rejected(plain.sts.getFederationToken({ Name: 'Bob' }), 'AccessDenied', /with session credentials$/);
  const TokenCode = totp(seed, stepAt(cloud.now()));
  const strong = cloud.as(credentialsOf(await alice.sts.getSessionToken({ SerialNumber, TokenCode })));
  await strong.iam.listUsers({});
  cloud.advance('PT10M');
  await rejected(strong.iam.listUsers({}), 'AccessDenied', /iam:ListUsers/);
  await rejected(
    alice.sts.getSessionToken({ SerialNumber, TokenCode }),
    'AccessDenied',
    'MultiFactorAuthentication failed with invalid MFA one time pass code. ',
  );
});

test('GetSessionToken is recorded as a change, without its secret', async () => {
  const cloud = await testCloud();
  const answer = await cloud.root.sts.getSessionToken({});
  const [record] = await records(cloud, 'GetSessionToken');
  assert.equal(record?.readOnly, false);
  assert.equal(record?.responseElements.credentials.accessKeyId, answer.Credentials?.AccessKeyId);
  assert.ok(!JSON.stringify(record).includes(answer.Credentials!.SecretAccessKey!));
});

test('GetFederationToken intersects the user with the policy passed', async () => {
  const cloud = await testCloud();
  await cloud.root.organizations.createOrganization({});
  const actions = ['organizations:DescribeOrganization', 'organizations:ListRoots', 'sts:GetFederationToken'];
  const alice = await cloud.user('alice', allow(actions, '*'));
  const Policy = allow(['organizations:DescribeOrganization', 'organizations:ListAccounts', 'iam:*'], '*');
  const answer = await alice.sts.getFederationToken({ Name: 'Bob', Policy });
  assert.deepEqual(answer.FederatedUser, {
    FederatedUserId: `${ACCOUNT}:Bob`,
    Arn: `arn:aws:sts::${ACCOUNT}:federated-user/Bob`,
  });
  const bob = cloud.as(credentialsOf(answer));
  assert.equal((await bob.sts.getCallerIdentity({})).Arn, answer.FederatedUser?.Arn);
  await bob.organizations.describeOrganization({});
  await rejected(bob.organizations.listRoots({}), 'AccessDenied', /session policy/);
  await rejected(bob.organizations.listAccounts({}), 'AccessDenied', /identity-based policy/);
  await rejected(bob.iam.listUsers({}), 'InvalidClientTokenId', /token included in the request is invalid$/);
  await rejected(bob.sts.getSessionToken({}), 'AccessDenied', 'Cannot call GetSessionToken with session credentials');
  const role = { RoleArn: `arn:aws:iam::${ACCOUNT}:role/any`, RoleSessionName: 'x1' };
  await rejected(
    bob.sts.assumeRole(role),
    'AccessDenied',
    /federated-user\/Bob is not authorized to perform: sts:AssumeRole/,
  );
});

test('GetFederationToken without a policy permits nothing', async () => {
  const cloud = await testCloud();
  const answer = await cloud.root.sts.getFederationToken({ Name: 'Bob' });
  assert.equal(answer.PackedPolicySize, undefined);
  assert.deepEqual(answer.Credentials?.Expiration, new Date(cloud.now().getTime() + 3_600_000));
  const bob = cloud.as(credentialsOf(answer));
  await rejected(bob.organizations.createOrganization({}), 'AccessDenied', /organizations:CreateOrganization/);
});

test('GetFederationToken asks for its own resource, and for tagging it', async () => {
  const cloud = await testCloud();
  const alice = await cloud.user('alice', allow('sts:GetFederationToken', `arn:aws:sts::${ACCOUNT}:federated-user/B*`));
  await alice.sts.getFederationToken({ Name: 'Bob' });
  await rejected(alice.sts.getFederationToken({ Name: 'Carol' }), 'AccessDenied', /federated-user\/Carol/);
  const Tags = [{ Key: 'team', Value: 'a' }];
  await rejected(alice.sts.getFederationToken({ Name: 'Bob', Tags }), 'AccessDenied', /sts:TagSession/);
  await rejected(alice.sts.getFederationToken({ Name: 'B' }), 'ValidationError', /greater than or equal to 2/);
});
