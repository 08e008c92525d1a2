import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { webIdentityPage } from '../../gateway/pages/webIdentity.ts';
import { type Cloud, testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';
import { allow, credentialsOf, trusting } from './sts.fixture.ts';

const ACCOUNT = '111122223333';
const request = { Audience: ['https://api.example.com'], SigningAlgorithm: 'ES384' };

async function document(cloud: Cloud, url: string) {
  const whole = { method: 'GET', path: new URL(url).pathname, query: '', headers: {}, body: new Uint8Array() };
  const { status, body } = await webIdentityPage(whole, cloud.deps);
  return { status, json: JSON.parse(String(body)) };
}

/** Verifies a token as a service elsewhere would: by the issuer's published documents. */
async function verified(cloud: Cloud, issuer: string, token: string) {
  const { json: discovery } = await document(cloud, `${issuer}/.well-known/openid-configuration`);
  assert.equal(discovery.issuer, issuer);
  const { json: keys } = await document(cloud, discovery.jwks_uri);
  const options = { issuer, audience: 'https://api.example.com', currentDate: cloud.now() };
  return (await jwtVerify(token, createLocalJWKSet(keys as JSONWebKeySet), options)).payload;
}

test('GetWebIdentityToken gives a token that others can check', async () => {
  const cloud = await testCloud();
  const { IssuerIdentifier: issuer } = await cloud.root.iam.enableOutboundWebIdentityFederation({});
  const alice = await cloud.user('alice', allow('sts:*', '*'));
  await cloud.root.iam.tagUser({ UserName: 'alice', Tags: [{ Key: 'team', Value: 'data' }] });
  for (const SigningAlgorithm of ['ES384', 'RS256']) {
    const Tags = [{ Key: 'job', Value: '1' }];
    const answer = await alice.sts.getWebIdentityToken({ ...request, SigningAlgorithm, Tags });
    assert.deepEqual(answer.Expiration, new Date(cloud.now().getTime() + 300_000));
    const claims = await verified(cloud, issuer!, answer.WebIdentityToken!);
    assert.equal(claims.sub, `arn:aws:iam::${ACCOUNT}:user/alice`);
    assert.deepEqual(claims['https://sts.amazonaws.com/'], {
      aws_account: ACCOUNT,
      source_region: 'us-east-1',
      principal_tags: { team: 'data' },
      request_tags: { job: '1' },
    });
  }
  const { json } = await document(cloud, `${issuer}/.well-known/jwks.json`);
  assert.deepEqual(
    json.keys.map((key: { alg: string }) => key.alg),
    ['ES384', 'RS256'],
  );
  assert.ok(
    json.keys.every((key: object) => !('d' in key)),
    'only public halves are published',
  );
  assert.equal((await document(cloud, 'http://x/web-identity/none/.well-known/jwks.json')).status, 404);
});

test('GetWebIdentityToken names the role behind a session, and does not outlive it', async () => {
  const cloud = await testCloud();
  const { IssuerIdentifier: issuer } = await cloud.root.iam.enableOutboundWebIdentityFederation({});
  const alice = await cloud.user('alice', allow('sts:*', '*'));
  const trust = JSON.stringify(trusting({ AWS: ACCOUNT }, ['sts:AssumeRole', 'sts:SetSourceIdentity']));
  await cloud.root.iam.createRole({ RoleName: 'Job', AssumeRolePolicyDocument: trust });
  await cloud.root.iam.putRolePolicy({ RoleName: 'Job', PolicyName: 'x', PolicyDocument: allow('sts:*', '*') });
  const RoleArn = `arn:aws:iam::${ACCOUNT}:role/Job`;
  const session = cloud.as(
    credentialsOf(
      await alice.sts.assumeRole({ RoleArn, RoleSessionName: 'run', DurationSeconds: 900, SourceIdentity: 'alice' }),
    ),
  );
  const { WebIdentityToken } = await session.sts.getWebIdentityToken(request);
  const claims = await verified(cloud, issuer!, WebIdentityToken!);
  assert.equal(claims.sub, RoleArn);
  assert.deepEqual(claims['https://sts.amazonaws.com/'], {
    aws_account: ACCOUNT,
    source_region: 'us-east-1',
    original_session_exp: '2030-01-01T00:15:00Z',
    source_identity: 'alice',
  });
  await rejected(
    session.sts.getWebIdentityToken({ ...request, DurationSeconds: 901 }),
    'SessionDurationEscalation',
    /beyond its original expiration time/,
  );
});

test('GetWebIdentityToken is bound by policies on audience, duration and algorithm', async () => {
  const cloud = await testCloud();
  const alice = await cloud.user('alice', {
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Action: 'sts:GetWebIdentityToken',
      Resource: '*',
      Condition: {
        'ForAllValues:StringEquals': { 'sts:IdentityTokenAudience': 'https://api.example.com' },
        NumericLessThanEquals: { 'sts:DurationSeconds': '300' },
        StringEquals: { 'sts:SigningAlgorithm': 'ES384' },
      },
    },
  });
  await rejected(alice.sts.getWebIdentityToken(request), 'OutboundWebIdentityFederationDisabled', /not enabled/);
  await cloud.root.iam.enableOutboundWebIdentityFederation({});
  await alice.sts.getWebIdentityToken(request);
  const changes = [{ Audience: ['other'] }, { DurationSeconds: 301 }, { SigningAlgorithm: 'RS256' }];
  for (const change of changes) {
    const call = alice.sts.getWebIdentityToken({ ...request, ...change });
    await rejected(call, 'AccessDenied', /sts:GetWebIdentityToken/);
  }
  const tagged = alice.sts.getWebIdentityToken({ ...request, Tags: [{ Key: 'a', Value: 'b' }] });
  await rejected(tagged, 'AccessDenied', /sts:TagGetWebIdentityToken/);
  const wrong = alice.sts.getWebIdentityToken({ ...request, SigningAlgorithm: 'HS256' });
  await rejected(wrong, 'ValidationError', /enum value set/);
});
