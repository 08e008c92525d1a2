import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { AssumeRoleCommandInput } from '@aws-sdk/client-sts';
import { mfaDevices, stepAt, totp } from '../../identity/mfa.ts';
import { ADMIN, type Clients, type Cloud, testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';
import { allow, credentialsOf, records, trusting } from './sts.fixture.ts';

const ACCOUNT = '111122223333';
const ARN = `arn:aws:iam::${ACCOUNT}:role/team/Deployer`;

async function withRole(trust: object, options: { tags?: { Key: string; Value: string }[]; hours?: number } = {}) {
  const cloud = await testCloud();
  const alice = await cloud.user('alice', allow('sts:*', '*'));
  await cloud.root.iam.createRole({
    RoleName: 'Deployer',
    Path: '/team/',
    AssumeRolePolicyDocument: JSON.stringify(trust),
    MaxSessionDuration: (options.hours ?? 1) * 3600,
    Tags: options.tags,
  });
  await cloud.root.iam.putRolePolicy({ RoleName: 'Deployer', PolicyName: 'all', PolicyDocument: ADMIN });
  const assume = (input: Partial<AssumeRoleCommandInput> = {}, clients: Clients = alice) =>
    clients.sts.assumeRole({ RoleArn: ARN, RoleSessionName: 'deploy', ...input });
  return { cloud, alice, assume };
}

const account = { AWS: ACCOUNT };

test('AssumeRole gives credentials that are the role session', async () => {
  const { cloud, assume } = await withRole(trusting(account));
  const answer = await assume();
  assert.equal(answer.AssumedRoleUser?.Arn, `arn:aws:sts::${ACCOUNT}:assumed-role/Deployer/deploy`);
  assert.match(answer.AssumedRoleUser?.AssumedRoleId ?? '', /^AROA\w{17}:deploy$/);
  assert.deepEqual(answer.Credentials?.Expiration, new Date(cloud.now().getTime() + 3_600_000));
  assert.match(answer.Credentials?.AccessKeyId ?? '', /^ASIA[A-Z2-7]{16}$/);
  assert.equal(answer.SessionTokenSize, answer.Credentials?.SessionToken?.length);
  assert.equal(answer.PackedPolicySize, undefined);
  const session = cloud.as(credentialsOf(answer));
  assert.deepEqual(
    { ...(await session.sts.getCallerIdentity({})), $metadata: undefined },
    {
      UserId: answer.AssumedRoleUser?.AssumedRoleId,
      Account: ACCOUNT,
      Arn: answer.AssumedRoleUser?.Arn,
      $metadata: undefined,
    },
  );
  await session.iam.listUsers({});
  cloud.advance('PT1H');
  await rejected(session.iam.listUsers({}), 'ExpiredToken', /expired/);
});

test('AssumeRole answers alike for a role that is not there and one that does not trust', async () => {
  const { cloud, alice, assume } = await withRole(trusting({ Service: 'lambda.amazonaws.com' }));
  const denied = (arn: string) =>
    new RegExp(
      `^User: arn:aws:iam::${ACCOUNT}:user/alice is not authorized to perform: sts:AssumeRole on resource: ${arn}`,
    );
  await rejected(assume(), 'AccessDenied', denied(ARN));
  const missing = `arn:aws:iam::${ACCOUNT}:role/Missing`;
  const sentence = (error: Error) => error.message;
  const one = await assume().catch(sentence);
  const other = await assume({ RoleArn: missing }).catch(sentence);
  assert.equal(String(other).replace(missing, ARN), one);
  const pathless = `arn:aws:iam::${ACCOUNT}:role/Deployer`;
  await rejected(
    alice.sts.assumeRole({ RoleArn: pathless, RoleSessionName: 'deploy' }),
    'AccessDenied',
    denied(pathless),
  );
  await rejected(
    cloud.root.sts.assumeRole({ RoleArn: ARN, RoleSessionName: 'deploy' }),
    'AccessDenied',
    'Roles may not be assumed by root accounts.',
  );
  await rejected(assume({ RoleArn: 'nothing-valid-in-here' }), 'ValidationError', 'nothing-valid-in-here is invalid');
});

test('AssumeRole honours external ids, session names and source identities in the trust policy', async () => {
  const trust = trusting(account, ['sts:AssumeRole', 'sts:SetSourceIdentity'], {
    StringEquals: { 'sts:ExternalId': 'Example987', 'sts:SourceIdentity': 'alice' },
    StringLike: { 'sts:RoleSessionName': 'dep*' },
  });
  const { assume } = await withRole(trust);
  const whole = { ExternalId: 'Example987', SourceIdentity: 'alice' };
  assert.equal((await assume(whole)).SourceIdentity, 'alice');
  for (const change of [
    { ExternalId: 'other' },
    { ExternalId: undefined },
    { SourceIdentity: 'bob' },
    { RoleSessionName: 'run' },
  ]) {
    await rejected(assume({ ...whole, ...change }), 'AccessDenied', /sts:AssumeRole on resource/);
  }
});

test('AssumeRole needs permission to tag sessions and to set a source identity', async () => {
  const { assume } = await withRole(trusting(account));
  await rejected(assume({ Tags: [{ Key: 'team', Value: 'a' }] }), 'AccessDenied', /sts:TagSession on resource/);
  await rejected(assume({ SourceIdentity: 'alice' }), 'AccessDenied', /sts:SetSourceIdentity on resource/);
  await rejected(
    assume({ SourceIdentity: 'alice smith' }),
    'ValidationError',
    "1 validation error detected: Value 'alice smith' at 'sourceIdentity' failed to satisfy constraint: " +
      'Member must satisfy regular expression pattern: [\\w+=,.@-]*',
  );
});

test('AssumeRole limits durations by the role, and chains to an hour', async () => {
  const { cloud, assume } = await withRole(trusting({ AWS: '*' }), { hours: 4 });
  const answer = await assume({ DurationSeconds: 14_400 });
  assert.deepEqual(answer.Credentials?.Expiration, new Date(cloud.now().getTime() + 14_400_000));
  await rejected(
    assume({ DurationSeconds: 14_401 }),
    'ValidationError',
    'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
  );
  const chained = cloud.as(credentialsOf(answer));
  await rejected(
    assume({ DurationSeconds: 3601 }, chained),
    'ValidationError',
    'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
  );
  await assume({ DurationSeconds: 3600 }, chained);
});

test('AssumeRole bounds the session by its session policies', async () => {
  const { cloud, assume } = await withRole(trusting(account));
  const { PolicyArns } = { PolicyArns: [{ arn: 'arn:aws:iam::aws:policy/IAMReadOnlyAccess' }] };
  const answer = await assume({ Policy: allow('iam:List*', '*') });
  assert.equal(answer.PackedPolicySize, answer.SessionTokenUtilization);
  const session = cloud.as(credentialsOf(answer));
  await session.iam.listUsers({});
  await rejected(session.iam.getUser({ UserName: 'alice' }), 'AccessDenied', /because no session policy allows/);
  const managed = cloud.as(credentialsOf(await assume({ PolicyArns })));
  await managed.iam.listUsers({});
  await rejected(managed.iam.createUser({ UserName: 'x' }), 'AccessDenied', /session policy/);
  await rejected(assume({ Policy: '{"Version":' }), 'MalformedPolicyDocument', 'Syntax errors in policy.');
  await rejected(
    assume({ Policy: allow('iam:*', '*').padEnd(3000) }),
    'PackedPolicyTooLarge',
    'Packed policy consumes 147% of allotted space, please use smaller policy.',
  );
  const nobody = `arn:aws:iam::${ACCOUNT}:policy/none`;
  await rejected(assume({ PolicyArns: [{ arn: nobody }] }), 'InvalidParameterValue', /policy\/none/);
  await rejected(assume({ PolicyArns: Array(11).fill(PolicyArns[0]) }), 'ValidationError', /less than or equal to 10$/);
});

test('AssumeRole gives tokens of at least the size asked for, and none above 4,096', async () => {
  const { assume } = await withRole(trusting(account, ['sts:AssumeRole', 'sts:TagSession']));
  const large = await assume({ MinimumSessionTokenSize: 4096 });
  assert.equal(large.SessionTokenSize, 4096);
  assert.equal(large.SessionTokenUtilization, 100);
  await rejected(assume({ MinimumSessionTokenSize: 4097 }), 'ValidationError', /minimumSessionTokenSize/);
  const random = (n: number) => createHash('sha512').update(String(n)).digest('base64url').repeat(2);
  const Tags = Array.from({ length: 50 }, (_, n) => ({ Key: `key-${n}`, Value: random(n) }));
  await rejected(assume({ Tags }), 'PackedPolicyTooLarge', /^Packed policy consumes \d{3}% of allotted space/);
});

test('AssumeRole hands transitive tags and the source identity down a chain', async () => {
  const trust = trusting({ AWS: '*' }, ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity']);
  const { cloud, assume } = await withRole(trust, { tags: [{ Key: 'Star', Value: 'role' }] });
  const Tags = [
    { Key: 'Star', Value: '1' },
    { Key: 'Sun', Value: '2' },
  ];
  const first = cloud.as(credentialsOf(await assume({ Tags, TransitiveTagKeys: ['Star'], SourceIdentity: 'alice' })));
  const second = await assume({ RoleSessionName: 'second' }, first);
  assert.equal(second.SourceIdentity, 'alice');
  const tagged = (key: string, value: string) =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: {
        Effect: 'Allow',
        Action: 'iam:ListUsers',
        Resource: '*',
        Condition: { StringEquals: { [`aws:PrincipalTag/${key}`]: value } },
      },
    });
  const may = async (key: string, value: string) => {
    const third = cloud.as(
      credentialsOf(await assume({ Policy: tagged(key, value) }, cloud.as(credentialsOf(second)))),
    );
    return third.iam.listUsers({}).then(
      () => true,
      () => false,
    );
  };
  assert.equal(await may('Star', '1'), true);
  assert.equal(await may('Star', 'role'), false);
  assert.equal(await may('Sun', '2'), false);
  await rejected(
    assume({ Tags: [{ Key: 'star', Value: '3' }] }, first),
    'InvalidParameterValue',
    /conflicts with a transitive tag key from the calling session/,
  );
  await rejected(assume({ SourceIdentity: 'bob' }, first), 'AccessDenied', /sts:SetSourceIdentity/);
  const [record] = await records(cloud, 'AssumeRole');
  assert.deepEqual(record?.requestParameters?.incomingTransitiveTags, { Star: '1' });
});

test('AssumeRole checks its tags', async () => {
  const { assume } = await withRole(trusting(account, ['sts:AssumeRole', 'sts:TagSession']));
  const one = { Key: 'Team', Value: 'a' };
  await rejected(
    assume({ Tags: [one, { Key: 'team', Value: 'b' }] }),
    'InvalidParameterValue',
    'Duplicate tag keys found. Please note that Tag keys are case insensitive.',
  );
  await rejected(
    assume({ Tags: [one], TransitiveTagKeys: ['other'] }),
    'InvalidParameterValue',
    'The specified transitive tag key must be included in the requested tags.',
  );
  await rejected(assume({ Tags: [{ Key: 'aws:x', Value: 'a' }] }), 'InvalidParameterValue', /reserved/);
});

test('AssumeRole believes a code of the caller’s own MFA device, once', async () => {
  const { cloud, assume } = await withRole(
    trusting(account, ['sts:AssumeRole'], { Bool: { 'aws:MultiFactorAuthPresent': 'true' } }),
  );
  const SerialNumber = await giveMfa(cloud, 'alice');
  const TokenCode = totp(SEED, stepAt(cloud.now()));
  await rejected(assume(), 'AccessDenied', /sts:AssumeRole/);
  await rejected(
    assume({ SerialNumber }),
    'AccessDenied',
    /must provide both MFA serial number and one time pass code/,
  );
  await rejected(
    assume({ SerialNumber, TokenCode: TokenCode === '000000' ? '000001' : '000000' }),
    'AccessDenied',
    /^MultiFactorAuthentication failed with invalid MFA one time pass code/,
  );
  await rejected(
    assume({ SerialNumber: `${SerialNumber}x`, TokenCode }),
    'AccessDenied',
    /unable to validate MFA code/,
  );
  await assume({ SerialNumber, TokenCode });
  await rejected(assume({ SerialNumber, TokenCode }), 'AccessDenied', /invalid MFA one time pass code/);
  const records = (await cloud.deps.store.journal.read(0, 1000)).map(({ body }) => body).join('\n');
  assert.doesNotMatch(records, new RegExp(`tokenCode|"${TokenCode}"`));
});

const SEED = Buffer.from('12345678901234567890');

async function giveMfa(cloud: Cloud, name: string): Promise<string> {
  const { User } = await cloud.root.iam.getUser({ UserName: name });
  const serial = `arn:aws:iam::${ACCOUNT}:mfa/${name}`;
  const created = cloud.now().toISOString();
  const seed = cloud.deps.secrets.seal('mfa-seed', SEED, cloud.deps.random(12));
  const row = {
    account: ACCOUNT,
    serial,
    path: '/',
    name,
    seed,
    created,
    tags: [],
    owner: User!.UserId!,
    enabled: created,
  };
  await cloud.deps.store.transaction((tx) => tx.insert(mfaDevices, row));
  return serial;
}

test('AssumeRole across accounts needs both sides, and is recorded in both accounts', async () => {
  const { cloud, assume } = await withRole(trusting({ AWS: '*' }));
  const other = await cloud.memberAccount('dev');
  const bob = await other.user('bob', allow('sts:AssumeRole', ARN));
  const carol = await other.user('carol');
  await rejected(assume({}, carol), 'AccessDenied', /user\/carol is not authorized to perform: sts:AssumeRole/);
  const answer = await assume({}, bob);
  const [theirs] = await records(cloud, 'AssumeRole', other.id);
  const [ours] = await records(cloud, 'AssumeRole');
  assert.equal(theirs?.userIdentity.userName, 'bob');
  assert.equal(theirs?.readOnly, true);
  assert.deepEqual(theirs?.resources, [{ ARN, accountId: ACCOUNT, type: 'AWS::IAM::Role' }]);
  assert.deepEqual(theirs?.responseElements, {
    credentials: {
      accessKeyId: answer.Credentials?.AccessKeyId,
      sessionToken: answer.Credentials?.SessionToken,
      expiration: 'Jan 1, 2030, 1:00:00 AM',
    },
    assumedRoleUser: { assumedRoleId: answer.AssumedRoleUser?.AssumedRoleId, arn: answer.AssumedRoleUser?.Arn },
    sessionTokenSize: answer.SessionTokenSize,
    sessionTokenUtilization: answer.SessionTokenUtilization,
  });
  assert.equal(ours?.sharedEventID, theirs?.sharedEventID);
  assert.notEqual(ours?.eventID, theirs?.eventID);
  assert.equal(ours?.userIdentity.accountId, other.id);
});

test('AssumeRole trusts who a user or role is, not what it is called', async () => {
  const { cloud, alice, assume } = await withRole(trusting({ Service: 'lambda.amazonaws.com' }));
  const bob = await cloud.user('bob');
  const trust = (arn: string) =>
    cloud.root.iam.updateAssumeRolePolicy({
      RoleName: 'Deployer',
      PolicyDocument: JSON.stringify(trusting({ AWS: arn })),
    });
  await trust(`arn:aws:iam::${ACCOUNT}:user/bob`);
  const session = cloud.as(credentialsOf(await assume({}, bob)));
  await rejected(assume({}, alice), 'AccessDenied', /user\/alice is not authorized/);
  await rejected(assume({}, session), 'AccessDenied', /assumed-role\/Deployer\/deploy is not authorized/);
  await trust(ARN);
  await assume({}, session);
  await trust(`arn:aws:iam::${ACCOUNT}:user/alice`);
  await cloud.root.iam.deleteUserPolicy({ UserName: 'alice', PolicyName: 'policy-1' });
  await assume({}, alice);
  for (const key of (await cloud.root.iam.listAccessKeys({ UserName: 'alice' })).AccessKeyMetadata ?? []) {
    await cloud.root.iam.deleteAccessKey({ UserName: 'alice', AccessKeyId: key.AccessKeyId! });
  }
  await cloud.root.iam.deleteUser({ UserName: 'alice' });
  await rejected(assume({}, await cloud.user('alice')), 'AccessDenied', /user\/alice is not authorized/);
});
