import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import type { AssumeRoleWithWebIdentityCommandInput } from '@aws-sdk/client-sts';
import fc from 'fast-check';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { openIdProviders } from '../../identity/providers.ts';
import { testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';
import { credentialsOf, records, trusting } from './sts.fixture.ts';

const ACCOUNT = '111122223333';
const ARN = `arn:aws:iam::${ACCOUNT}:role/Web`;
const servers: Server[] = [];
after(() => {
  for (const server of servers) server.close();
});

interface Answers {
  keys: JWK[];
  requests: string[];
  jwksUri?: string;
  issuer?: string;
  body?: string;
  status?: number;
}

/** An OpenID Connect provider on loopback. */
async function provider() {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  const answers: Answers = { keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256' }], requests: [] };
  const server = createServer((request, response) => {
    answers.requests.push(request.url ?? '');
    const discovery = { issuer: answers.issuer ?? issuer, jwks_uri: answers.jwksUri ?? `${issuer}/keys` };
    const body = answers.body ?? JSON.stringify(request.url === '/keys' ? { keys: answers.keys } : discovery);
    response.writeHead(answers.status ?? 200, { 'content-type': 'application/json' }).end(body);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const issuer = `http://${url}`;
  return { url, issuer, answers, privateKey };
}

async function setting(trustMore: { actions?: string[]; condition?: object } = {}) {
  const idp = await provider();
  const cloud = await testCloud();
  const created = cloud.now().toISOString();
  const row = { account: ACCOUNT, url: idp.url, clientIds: ['sts.amazonaws.com'], thumbprints: [], tags: [], created };
  await cloud.deps.store.transaction((tx) => tx.insert(openIdProviders, row));
  const actions = ['sts:AssumeRoleWithWebIdentity', ...(trustMore.actions ?? [])];
  const arn = `arn:aws:iam::${ACCOUNT}:oidc-provider/${idp.url}`;
  const condition = trustMore.condition ?? { StringEquals: { [`${idp.url}:sub`]: 'repo:org/app:ref:refs/heads/main' } };
  const trust = trusting({ Federated: arn }, actions, condition);
  await cloud.root.iam.createRole({ RoleName: 'Web', AssumeRolePolicyDocument: JSON.stringify(trust) });
  const seconds = () => Math.floor(cloud.now().getTime() / 1000);
  const token = (claims: Record<string, unknown> = {}, key: CryptoKey = idp.privateKey, header = {}) =>
    new SignJWT({
      iss: idp.issuer,
      aud: 'sts.amazonaws.com',
      sub: 'repo:org/app:ref:refs/heads/main',
      iat: seconds(),
      exp: seconds() + 300,
      ...claims,
    })
      .setProtectedHeader({ alg: 'ES256', kid: 'one', ...header })
      .sign(key);
  const assume = (WebIdentityToken: string, more: Partial<AssumeRoleWithWebIdentityCommandInput> = {}) =>
    cloud.unsigned.sts.assumeRoleWithWebIdentity({ RoleArn: ARN, RoleSessionName: 'web', WebIdentityToken, ...more });
  return { cloud, idp, arn, token, assume, seconds };
}

test('AssumeRoleWithWebIdentity trades a provider’s token for a role', async () => {
  const { cloud, idp, arn, token, assume } = await setting();
  const text = await token();
  const answer = await assume(text);
  assert.equal(answer.SubjectFromWebIdentityToken, 'repo:org/app:ref:refs/heads/main');
  assert.equal(answer.Provider, arn);
  assert.equal(answer.Audience, 'sts.amazonaws.com');
  const identity = await cloud.as(credentialsOf(answer)).sts.getCallerIdentity({});
  assert.equal(identity.Arn, `arn:aws:sts::${ACCOUNT}:assumed-role/Web/web`);
  assert.deepEqual(idp.answers.requests, ['/.well-known/openid-configuration', '/keys']);
  await assume(text);
  assert.equal(idp.answers.requests.length, 2, 'keys are kept');
  const [record] = await records(cloud, 'AssumeRoleWithWebIdentity');
  assert.equal(record?.userIdentity.type, 'WebIdentityUser');
  assert.equal(record?.userIdentity.identityProvider, arn);
  assert.equal(record?.additionalEventData.identityProviderConnectionVerificationMethod, 'IAMTrustStore');
  assert.equal(record?.resources[0].ARN, ARN);
  assert.ok(!JSON.stringify(record).includes(text));
});

test('AssumeRoleWithWebIdentity asks the trust policy about the token’s claims', async () => {
  const { assume, token } = await setting();
  await rejected(
    assume(await token({ sub: 'repo:org/other:ref:refs/heads/main' })),
    'AccessDenied',
    'Not authorized to perform sts:AssumeRoleWithWebIdentity',
  );
  await rejected(
    assume(await token(), { RoleArn: `arn:aws:iam::${ACCOUNT}:role/None` }),
    'AccessDenied',
    'Not authorized to perform sts:AssumeRoleWithWebIdentity',
  );
});

test('AssumeRoleWithWebIdentity refuses tokens that are not good', async () => {
  const { cloud, assume, token, seconds, idp } = await setting();
  const { privateKey: foreign } = await generateKeyPair('ES256');
  const now = seconds();
  const unsecured = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${(await token()).split('.')[1]}.`;
  const notJwt = 'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)';
  const cases: [string, string, string | RegExp][] = [
    ['nonsense', 'InvalidIdentityToken', notJwt],
    [unsecured, 'InvalidIdentityToken', notJwt],
    [await token({ aud: 'other' }), 'InvalidIdentityToken', 'Incorrect token audience'],
    [await token({ azp: 'other' }), 'InvalidIdentityToken', 'Incorrect token audience'],
    [
      await token({ iss: 'https://idp.example.com' }),
      'InvalidIdentityToken',
      'No OpenIDConnect provider found in your account for https://idp.example.com',
    ],
    [
      await token({ exp: now - 1 }),
      'ExpiredToken',
      `Token expired: current date/time ${now} must be before the expiration date/time${now - 1}`,
    ],
    [await token({ exp: undefined }), 'InvalidIdentityToken', 'Missing a required claim: exp'],
    [await token({ iat: undefined }), 'InvalidIdentityToken', 'Missing a required claim: iat'],
    [await token({ sub: undefined }), 'InvalidIdentityToken', 'Missing a required claim: sub'],
    [await token({ nbf: now + 3600 }), 'InvalidIdentityToken', /not yet valid/],
    [await token({}, foreign), 'InvalidIdentityToken', 'Invalid token signature'],
    [await token({}, foreign, { kid: 'two' }), 'InvalidIdentityToken', /^Couldn't retrieve verification key/],
  ];
  for (const [text, code, message] of cases) await rejected(assume(text), code, message);
  assert.deepEqual(await records(cloud, 'AssumeRoleWithWebIdentity'), [], 'strangers do not fill the journal');
  assert.equal(idp.answers.requests.length, 2, 'a stranger cannot make us ask again and again');
});

test('AssumeRoleWithWebIdentity refuses tokens that bring their own key, or make a secret of the public one', async () => {
  const { assume, token, idp, seconds } = await setting();
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = await exportJWK(publicKey);
  const claims = { iss: idp.issuer, aud: 'sts.amazonaws.com', sub: 'repo:org/app:ref:refs/heads/main' };
  const published = JSON.stringify(idp.answers.keys[0]);
  const symmetric = await new SignJWT({ ...claims, exp: seconds() + 300 })
    .setProtectedHeader({ alg: 'HS256', kid: 'one' })
    .sign(Buffer.from(published));
  const cases: [string, string | RegExp][] = [
    [symmetric, /not a valid JWT/],
    [await token({}, privateKey, { jwk }), 'Invalid token signature'],
    [await token({}, privateKey, { jku: `${idp.issuer}/mine`, x5u: `${idp.issuer}/mine` }), 'Invalid token signature'],
    [await token({}, privateKey, { kid: '../../keys' }), /verification key/],
    [await token({}, privateKey, { kid: undefined, jwk }), 'Invalid token signature'],
    [`${(await token()).split('.').slice(0, 2).join('.')}.`, /./],
    [(await token()).replace(/\.[^.]+$/, `.${Buffer.alloc(64).toString('base64url')}`), 'Invalid token signature'],
  ];
  for (const [text, message] of cases) await rejected(assume(text), 'InvalidIdentityToken', message);
  assert.ok(!idp.answers.requests.includes('/mine'), 'addresses in a token are not visited');
});

test('AssumeRoleWithWebIdentity allows for clocks that differ by five minutes, and for no replay after the end', async () => {
  const { cloud, assume, token, seconds } = await setting();
  await assume(await token({ nbf: seconds() + 300, iat: seconds() + 300 }));
  await rejected(assume(await token({ nbf: seconds() + 301 })), 'InvalidIdentityToken', /not yet valid/);
  await rejected(assume(await token({ iat: seconds() + 301 })), 'InvalidIdentityToken', /not yet valid/);
  const kept = await token();
  await assume(kept);
  cloud.advance('PT299S');
  await assume(kept);
  cloud.advance('PT1S');
  await rejected(assume(kept), 'ExpiredToken', /^Token expired/);
});

test('AssumeRoleWithWebIdentity reads lists of audiences, and no text that looks like one', async () => {
  const { assume, token } = await setting();
  await assume(await token({ aud: ['other', 'sts.amazonaws.com'] }));
  await assume(await token({ aud: ['other'], azp: 'sts.amazonaws.com' }));
  const cases = [{ aud: ['other'] }, { aud: 'sts.amazonaws.com,other' }, { aud: [] }, { aud: [['sts.amazonaws.com']] }];
  for (const claims of cases) await rejected(assume(await token(claims)), 'InvalidIdentityToken', /aud/);
});

test('AssumeRoleWithWebIdentity takes up keys that the provider has changed', async () => {
  const { cloud, assume, token, idp } = await setting();
  await assume(await token());
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  idp.answers.keys = [{ ...(await exportJWK(publicKey)), kid: 'two' }];
  cloud.advance('PT1M');
  await assume(await token({}, privateKey, { kid: 'two' }));
  await rejected(assume(await token()), 'InvalidIdentityToken', /verification key/);
});

test('AssumeRoleWithWebIdentity takes no more than a hundred keys of a kind', async () => {
  const { cloud, assume, token, idp } = await setting();
  const [own] = idp.answers.keys as [JWK];
  const others = Array.from({ length: 99 }, (_, i) => ({ ...own, kid: `other-${i}` }));
  const rsa = { kty: 'RSA', n: own.x!, e: 'AQAB' };
  idp.answers.keys = [own, ...others, ...others.map(({ kid }) => ({ ...rsa, kid: `rsa-${kid}` }))];
  await assume(await token());
  idp.answers.keys = [own, ...others, { ...own, kid: 'one too many' }];
  cloud.advance('PT2H');
  await rejected(assume(await token()), 'InvalidIdentityToken', /^Couldn't retrieve verification key/);
});

test('AssumeRoleWithWebIdentity connects only to the provider’s own host, and within bounds', async () => {
  const bad: [Partial<Answers>, string][] = [
    [{ jwksUri: 'http://127.0.0.2:1/keys' }, 'InvalidIdentityToken'],
    [{ issuer: 'http://127.0.0.1:1' }, 'InvalidIdentityToken'],
    [{ status: 302 }, 'InvalidIdentityToken'],
    [{ body: 'not json' }, 'InvalidIdentityToken'],
    [{ body: `"${'x'.repeat(300_000)}"` }, 'InvalidIdentityToken'],
  ];
  for (const [answers, code] of bad) {
    const { assume, token, idp } = await setting();
    Object.assign(idp.answers, answers);
    await rejected(assume(await token()), code, /^Couldn't retrieve verification key from your identity provider/);
  }
  const { assume, token } = await setting();
  await new Promise((resolve) => servers.at(-1)!.close(resolve));
  await rejected(assume(await token()), 'IDPCommunicationError', /could not be reached/);
});

test('AssumeRoleWithWebIdentity takes tags and the source identity from the token', async () => {
  const claims = {
    'https://aws.amazon.com/tags': { principal_tags: { Team: ['a'] }, transitive_tag_keys: ['Team'] },
    'https://aws.amazon.com/source_identity': 'octocat',
  };
  const { cloud, assume, token } = await setting({
    actions: ['sts:TagSession', 'sts:SetSourceIdentity'],
    condition: { StringEquals: { 'aws:RequestTag/Team': 'a', 'sts:SourceIdentity': 'octocat' } },
  });
  assert.equal((await assume(await token(claims))).SourceIdentity, 'octocat');
  const [record] = await records(cloud, 'AssumeRoleWithWebIdentity');
  assert.deepEqual(record?.requestParameters.principalTags, { Team: 'a' });
  const flat = {
    'https://aws.amazon.com/tags/principal_tags/Team': 'a',
    'https://aws.amazon.com/source_identity': 'octocat',
  };
  await assume(await token(flat));
  const strict = await setting();
  await rejected(strict.assume(await strict.token(claims)), 'AccessDenied', 'Not authorized to perform sts:TagSession');
});

test('AssumeRoleWithWebIdentity holds a token to the roles that it names', async () => {
  const { cloud, assume, token } = await setting({ condition: { Bool: { 'sts:RoleAuthorizedByIdp': 'true' } } });
  const named = { 'https://aws.amazon.com/roles': [ARN, `${ARN}2`] };
  await assume(await token(named));
  const [record] = await records(cloud, 'AssumeRoleWithWebIdentity');
  assert.equal(record?.additionalEventData.RoleAuthorizedByIdp, true);
  await rejected(assume(await token()), 'AccessDenied', /sts:AssumeRoleWithWebIdentity/);
  await rejected(
    assume(await token({ 'https://aws.amazon.com/roles': `${ARN}2` })),
    'InvalidIdentityToken',
    'The target role ARN is not present in the roles claim of the identity token',
  );
});

test('AssumeRoleWithWebIdentity keeps aud, sub and amr as keys of the session', async () => {
  const { cloud, assume, token, idp } = await setting({ condition: { StringEquals: {} } });
  const policy = (claim: string, value: string) =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: {
        Effect: 'Allow',
        Action: 'iam:ListUsers',
        Resource: '*',
        Condition: { StringEquals: { [`${idp.url}:${claim}`]: value } },
      },
    });
  const may = async (claim: string, value: string) => {
    await cloud.root.iam.putRolePolicy({ RoleName: 'Web', PolicyName: 'x', PolicyDocument: policy(claim, value) });
    const answer = await assume(await token({ email: 'a@example.com' }));
    return cloud
      .as(credentialsOf(answer))
      .iam.listUsers({})
      .then(
        () => true,
        () => false,
      );
  };
  assert.equal(await may('aud', 'sts.amazonaws.com'), true);
  assert.equal(await may('email', 'a@example.com'), false);
});

test('AssumeRoleWithWebIdentity believes no token that was changed', async () => {
  const { assume, token } = await setting();
  const text = await token();
  const change = fc.record({ at: fc.nat(text.length - 1), insert: fc.string({ maxLength: 3 }), remove: fc.nat(3) });
  const property = fc.asyncProperty(change, async ({ at, insert, remove }) => {
    const changed = text.slice(0, at) + insert + text.slice(at + remove);
    // Bits that base 64 does not use may change: then nothing has.
    const same = (a: string, b: string) => Buffer.from(a, 'base64url').equals(Buffer.from(b, 'base64url'));
    const parts = changed.split('.');
    if (parts.length === 3 && text.split('.').every((part, i) => same(part, parts[i]!))) return;
    await assert.rejects(assume(changed), { name: /^(InvalidIdentityToken|ExpiredToken|IDPCommunicationError)/ });
  });
  await fc.assert(property, { numRuns: 80 });
});
