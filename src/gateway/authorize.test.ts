/** Conditions and sessions, by what callers get through the front door. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import type { Session } from '../core/context.ts';
import { sealSession } from '../identity/sessions.ts';
import { ADMIN, testCloud } from '../testing/cloud.ts';
import { form, signed } from '../testing/signed.ts';
import { bytesOf, isWhole, listening, raw, statusOf } from '../testing/socket.ts';
import { testCertificate } from '../testing/x509.ts';
import { allowed, allowIf, credentialsOf } from './authorize.fixture.ts';

const ACCOUNT = '111122223333';
const LIST = form('Action=ListUsers&Version=2010-05-08');

/** Whether a user with long-term keys may list users at 2030-01-01T00:00:00Z, from 127.0.0.1, without TLS. */
const OF_A_USER: readonly [condition: object, boolean][] = [
  [{ IpAddress: { 'aws:SourceIp': '127.0.0.0/8' } }, true],
  [{ IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }, false],
  [{ Bool: { 'aws:SecureTransport': 'false' } }, true],
  [{ Bool: { 'aws:SecureTransport': 'true' } }, false],
  [{ StringLike: { 'aws:UserAgent': 'aws-sdk-js/3*' } }, true],
  [{ StringLike: { 'aws:UserAgent': 'curl*' } }, false],
  [{ DateEquals: { 'aws:CurrentTime': '2030-01-01T00:00:00Z' } }, true],
  [{ DateGreaterThan: { 'aws:CurrentTime': '2030-01-01T00:00:00Z' } }, false],
  [{ NumericEquals: { 'aws:EpochTime': '1893456000' } }, true],
  [{ DateLessThan: { 'aws:EpochTime': '1893456001' } }, true],
  [{ StringEquals: { 'aws:RequestedRegion': 'us-east-1' } }, true],
  [{ StringEquals: { 'aws:RequestedRegion': 'eu-west-1' } }, false],
  [{ ArnEquals: { 'aws:PrincipalArn': `arn:aws:iam::${ACCOUNT}:user/alice` } }, true],
  [{ ArnLike: { 'aws:PrincipalArn': `arn:aws:iam::${ACCOUNT}:role/*` } }, false],
  [{ StringEquals: { 'aws:PrincipalAccount': ACCOUNT } }, true],
  [{ StringEquals: { 'aws:PrincipalType': 'User' } }, true],
  [{ StringEquals: { 'aws:username': 'alice' } }, true],
  [{ StringLike: { 'aws:userid': 'AIDA*' } }, true],
  [{ StringEquals: { 'aws:ResourceAccount': ACCOUNT } }, true],
  [{ Bool: { 'aws:PrincipalIsAWSService': 'false' } }, true],
  [{ Bool: { 'aws:ViaAWSService': 'false' } }, true],
  [{ StringEquals: { 'aws:PrincipalTag/team': 'blue' } }, false],
  ...[
    'aws:MultiFactorAuthPresent',
    'aws:MultiFactorAuthAge',
    'aws:TokenIssueTime',
    'aws:PrincipalOrgID',
    'aws:PrincipalOrgPaths',
    'aws:ResourceOrgID',
    'aws:SourceIdentity',
    'aws:FederatedProvider',
    'aws:CalledVia',
    'aws:CalledViaFirst',
    'aws:PrincipalServiceName',
    'aws:SourceVpc',
    'aws:SourceVpce',
    'aws:SourceArn',
    'aws:SourceAccount',
    'aws:AssumedRoot',
    'aws:SignInSessionArn',
    'aws:referer',
    'aws:TagKeys',
    'aws:PrincipalTag/team',
  ].map((key): [object, boolean] => [{ Null: { [key]: 'true' } }, true]),
];

for (const [condition, expected] of OF_A_USER) {
  test(`${JSON.stringify(condition)} ${expected ? 'holds' : 'does not hold'} for a user with long-term keys`, async () => {
    const cloud = await testCloud();
    const alice = await cloud.user('alice', allowIf(condition));
    assert.equal(await allowed(alice.iam.listUsers({})), expected);
  });
}

// biome-ignore lint/suspicious/noTemplateCurlyInString: a policy variable
const VARIABLE = '${aws:PrincipalTag/team}';

test('tags of the user and of what it acts on are conditions', async () => {
  const cloud = await testCloud();
  const alice = await cloud.user('alice', allowIf({ StringEquals: { 'aws:ResourceTag/team': VARIABLE } }));
  await cloud.root.iam.createUser({ UserName: 'bob', Tags: [{ Key: 'team', Value: 'blue' }] });
  assert.equal(await allowed(alice.iam.getUser({ UserName: 'bob' })), false);
  await cloud.root.iam.tagUser({ UserName: 'alice', Tags: [{ Key: 'Team', Value: 'blue' }] });
  assert.equal(await allowed(alice.iam.getUser({ UserName: 'bob' })), true);
  await cloud.root.iam.tagUser({ UserName: 'bob', Tags: [{ Key: 'team', Value: 'red' }] });
  assert.equal(await allowed(alice.iam.getUser({ UserName: 'bob' })), false);
});

/** Of a session from GetSessionToken without a second factor. */
const OF_A_SESSION: readonly [condition: object, boolean][] = [
  [{ Bool: { 'aws:MultiFactorAuthPresent': 'false' } }, true],
  [{ Null: { 'aws:MultiFactorAuthAge': 'true' } }, true],
  [{ DateEquals: { 'aws:TokenIssueTime': '2030-01-01T00:00:00Z' } }, true],
  [{ StringEquals: { 'aws:username': 'alice', 'aws:PrincipalType': 'User' } }, true],
];

/** Of a session of the role /ci/deployer, tagged, with a source identity. */
const OF_A_ROLE: readonly [condition: object, boolean][] = [
  [{ ArnEquals: { 'aws:PrincipalArn': `arn:aws:iam::${ACCOUNT}:role/ci/deployer` } }, true],
  [{ StringEquals: { 'aws:PrincipalType': 'AssumedRole' } }, true],
  [{ StringLike: { 'aws:userid': 'AROA*:build' } }, true],
  [{ Null: { 'aws:username': 'true' } }, true],
  [{ StringEquals: { 'aws:SourceIdentity': 'alice' } }, true],
  [{ StringEquals: { 'aws:PrincipalTag/stage': 'test', 'aws:PrincipalTag/owner': 'session' } }, true],
  [{ Bool: { 'aws:MultiFactorAuthPresent': 'false' } }, true],
  [{ Null: { 'aws:FederatedProvider': 'true', 'aws:AssumedRoot': 'true' } }, true],
];

for (const [condition, expected] of OF_A_ROLE) {
  test(`${JSON.stringify(condition)} ${expected ? 'holds' : 'does not hold'} for a session of a role`, async () => {
    const cloud = await testCloud();
    const alice = await cloud.user('alice', ADMIN);
    const trust = {
      Effect: 'Allow',
      Principal: { AWS: ACCOUNT },
      Action: ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'],
    };
    const { Role } = await alice.iam.createRole({
      RoleName: 'deployer',
      Path: '/ci/',
      AssumeRolePolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: trust }),
      Tags: [
        { Key: 'stage', Value: 'test' },
        { Key: 'owner', Value: 'role' },
      ],
    });
    await alice.iam.putRolePolicy({ RoleName: 'deployer', PolicyName: 'p', PolicyDocument: allowIf(condition) });
    const assumed = await alice.sts.assumeRole({
      RoleArn: Role!.Arn!,
      RoleSessionName: 'build',
      SourceIdentity: 'alice',
      Tags: [{ Key: 'Owner', Value: 'session' }],
    });
    assert.equal(await allowed(cloud.as(credentialsOf(assumed)).iam.listRoles({})), expected);
  });
}

for (const [condition, expected] of OF_A_SESSION) {
  test(`${JSON.stringify(condition)} ${expected ? 'holds' : 'does not hold'} for a session of a user`, async () => {
    const cloud = await testCloud();
    const alice = await cloud.user('alice', allowIf(condition));
    const session = cloud.as(credentialsOf(await alice.sts.getSessionToken({})));
    assert.equal(await allowed(session.cloudtrail.lookupEvents({})), expected);
  });
}

/** What a session can say of itself, and the keys that come of it an hour later. */
const TELLING: readonly [what: string, Partial<Session>, condition: object][] = [
  [
    'a second factor',
    { mfa: true, mfaTime: Date.parse('2030-01-01T00:00:00Z') },
    { Bool: { 'aws:MultiFactorAuthPresent': 'true' }, NumericEquals: { 'aws:MultiFactorAuthAge': '3600' } },
  ],
  [
    'an OpenID provider',
    {
      federation: {
        provider: 'arn:aws:iam::1:oidc-provider/id.test',
        type: 'WebIdentity',
        claims: { 'id.test:sub': 'x' },
      },
    },
    {
      StringEquals: { 'aws:FederatedProvider': 'arn:aws:iam::1:oidc-provider/id.test', 'id.test:sub': 'x' },
      Null: { 'aws:MultiFactorAuthPresent': 'true' },
    },
  ],
  [
    'a SAML provider',
    { federation: { provider: 'arn:aws:iam::1:saml-provider/p', type: 'SAML', claims: { 'saml:sub': 'x' } } },
    {
      StringEquals: { 'saml:sub': 'x' },
      Null: { 'aws:FederatedProvider': 'true', 'aws:MultiFactorAuthPresent': 'true' },
    },
  ],
];

for (const [what, said, condition] of TELLING) {
  test(`a session with ${what} has the keys of one`, async () => {
    const cloud = await testCloud();
    const trust = { Effect: 'Allow', Principal: { AWS: ACCOUNT }, Action: 'sts:AssumeRole' };
    const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: trust });
    const { Role } = await cloud.root.iam.createRole({ RoleName: 'r', AssumeRolePolicyDocument });
    await cloud.root.iam.putRolePolicy({ RoleName: 'r', PolicyName: 'p', PolicyDocument: allowIf(condition) });
    const key = { accessKeyId: 'ASIASEALEDSEALEDSEAL', secretAccessKey: 'sealed' };
    const issued = cloud.now().getTime();
    const sessionToken = sealSession(
      cloud.deps.secrets,
      {
        ...key,
        kind: 'AssumedRole',
        account: ACCOUNT,
        issued,
        expires: issued + 7_200_000,
        name: 'session',
        principalId: Role!.RoleId!,
        principalName: 'r',
        principalArn: Role!.Arn!,
        ...said,
      },
      cloud.deps.random(12),
    );
    cloud.advance('PT1H');
    assert.equal(await allowed(cloud.as({ ...key, sessionToken }).iam.listRoles({})), true);
  });
}

test('aws:SecureTransport is true over TLS, and the record tells the cipher', async (t) => {
  const cloud = await testCloud();
  await cloud.user('alice', allowIf({ Bool: { 'aws:SecureTransport': 'true' } }));
  const key = await cloud.keyFor(ACCOUNT, 'alice');
  const request = bytesOf(signed(LIST, { ...key, service: 'iam' }));
  const plain = await listening(t, cloud);
  assert.equal(statusOf((await raw(plain, request, isWhole)).text), 403);
  const { pem, privateKey } = testCertificate('cloud.test');
  const port = await listening(t, cloud, { cert: pem, key: privateKey });
  const { request: ask } = await import('node:https');
  const whole = signed(LIST, { ...key, service: 'iam' });
  const status = await new Promise((resolve, reject) => {
    const sent = ask(
      { port, host: '127.0.0.1', method: 'POST', path: '/', headers: whole.headers, rejectUnauthorized: false },
      (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      },
    );
    sent.on('error', reject);
    sent.end(whole.body);
  });
  assert.equal(status, 200);
  const last = (await cloud.deps.store.journal.read(0, 1000)).filter((row) => row.kind === 'api').at(-1);
  const { tlsDetails } = JSON.parse(last!.body);
  assert.match(tlsDetails.tlsVersion, /^TLSv1\.[23]$/);
  assert.match(tlsDetails.cipherSuite, /^TLS_/);
  assert.equal(tlsDetails.clientProvidedHostHeader, 'cloud.test');
});

test('a global service is asked in us-east-1, wherever the client says it is', async () => {
  const cloud = await testCloud();
  await cloud.user('alice', allowIf({ StringEquals: { 'aws:RequestedRegion': 'us-east-1' } }));
  const key = await cloud.keyFor(ACCOUNT, 'alice');
  assert.equal(await allowed(cloud.as(key, 'eu-central-1').iam.listUsers({})), true);
  assert.equal(await allowed(cloud.as(key, 'eu-central-1').cloudtrail.lookupEvents({})), false);
});

test('a user made anew under the same name has none of the rights of the first', async () => {
  const cloud = await testCloud();
  await cloud.root.iam.createUser({ UserName: 'alice' });
  await cloud.root.iam.putUserPolicy({ UserName: 'alice', PolicyName: 'p', PolicyDocument: ADMIN });
  const first = cloud.as(await cloud.keyFor(ACCOUNT, 'alice'));
  assert.equal(await allowed(first.iam.listUsers({})), true);
  await cloud.root.iam.deleteUserPolicy({ UserName: 'alice', PolicyName: 'p' });
  const { AccessKeyMetadata } = await cloud.root.iam.listAccessKeys({ UserName: 'alice' });
  await cloud.root.iam.deleteAccessKey({ UserName: 'alice', AccessKeyId: AccessKeyMetadata![0]!.AccessKeyId! });
  await cloud.root.iam.deleteUser({ UserName: 'alice' });
  await assert.rejects(first.sts.send(new GetCallerIdentityCommand({})), { name: 'InvalidClientTokenId' });
  await cloud.root.iam.createUser({ UserName: 'alice' });
  const second = cloud.as(await cloud.keyFor(ACCOUNT, 'alice'));
  assert.equal(await allowed(second.iam.listUsers({})), false);
});
