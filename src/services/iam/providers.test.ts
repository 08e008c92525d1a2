import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { readSamlMetadata } from '../../federation/samlMetadata.ts';
import { testCloud } from '../../testing/cloud.ts';
import { promptly } from '../../testing/promptly.ts';
import { rejected } from '../../testing/rejected.ts';

/** Of a key that nobody has. */
const CERTIFICATE =
  'MIIBczCCARmgAwIBAgIUZB/f4xK7fg+6olIbXHLFHn9hMbwwCgYIKoZIzj0EAwIwDjEMMAoGA1UEAwwDaWRwMCAXDTI2MTEyMjE1MzcwMloYDz' +
  'IxMjYxMDI5MTUzNzAyWjAOMQwwCgYDVQQDDANpZHAwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARtWtkwsXEPiFZ/GpSPLoqYdE4w82uaiGAJ' +
  'Y9SuYT+aHmOteLAOCSLFBAKBKj+3i9afK7ilJ7RverfpG9ECSmAeo1MwUTAdBgNVHQ4EFgQUxYD980c+ZpgQJi6UvimfF7C/1QAwHwYDVR0jBB' +
  'gwFoAUxYD980c+ZpgQJi6UvimfF7C/1QAwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiARLD0F4LC4DuqSZpYNBiZbhoh9yTUw' +
  'B4IteLRCltV4DwIhAKHVhMFlqwnvFQK5P2sQ6gF35h9WjaeV7LrInVlKUty8';

const metadata = (attributes = '') => `<?xml version="1.0"?>
<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.example.com/"${attributes}>
  <md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <md:KeyDescriptor use="signing">
      <ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#">
        <ds:X509Data><ds:X509Certificate>${CERTIFICATE.replace(/(.{64})/g, '$1\n')}</ds:X509Certificate></ds:X509Data>
      </ds:KeyInfo>
    </md:KeyDescriptor>
    <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp.example.com/sso"/>
  </md:IDPSSODescriptor>
  <!-- ${'padding '.repeat(60)} -->
</md:EntityDescriptor>`;

test('An OpenID Connect provider reads back what was written', async () => {
  const { root, managementAccount, now } = await testCloud();
  const { iam } = root;
  const made = await iam.createOpenIDConnectProvider({
    Url: 'https://token.example.com/tenant',
    ClientIDList: ['sts.amazonaws.com', 'other'],
    ThumbprintList: ['A'.repeat(40)],
    Tags: [{ Key: 'a', Value: 'b' }],
  });
  const arn = `arn:aws:iam::${managementAccount}:oidc-provider/token.example.com/tenant`;
  assert.deepEqual([made.OpenIDConnectProviderArn, made.Tags], [arn, [{ Key: 'a', Value: 'b' }]]);
  const OpenIDConnectProviderArn = arn;
  await iam.addClientIDToOpenIDConnectProvider({ OpenIDConnectProviderArn, ClientID: 'third' });
  await iam.addClientIDToOpenIDConnectProvider({ OpenIDConnectProviderArn, ClientID: 'third' });
  await iam.removeClientIDFromOpenIDConnectProvider({ OpenIDConnectProviderArn, ClientID: 'other' });
  await iam.removeClientIDFromOpenIDConnectProvider({ OpenIDConnectProviderArn, ClientID: 'other' });
  const ThumbprintList = ['b'.repeat(40), 'c'.repeat(40)];
  await iam.updateOpenIDConnectProviderThumbprint({ OpenIDConnectProviderArn, ThumbprintList });
  await iam.untagOpenIDConnectProvider({ OpenIDConnectProviderArn, TagKeys: ['a'] });
  const { $metadata, ...got } = await iam.getOpenIDConnectProvider({ OpenIDConnectProviderArn });
  assert.deepEqual(got, {
    Url: 'token.example.com/tenant',
    ClientIDList: ['sts.amazonaws.com', 'third'],
    ThumbprintList,
    CreateDate: now(),
    Tags: [],
  });
  assert.deepEqual((await iam.listOpenIDConnectProviders({})).OpenIDConnectProviderList, [{ Arn: arn }]);
  await iam.deleteOpenIDConnectProvider({ OpenIDConnectProviderArn });
  await rejected(
    iam.getOpenIDConnectProvider({ OpenIDConnectProviderArn }),
    'NoSuchEntity',
    `OpenIDConnect Provider not found for arn ${arn}`,
  );
});

test('CreateOpenIDConnectProvider refuses what is no provider', async () => {
  const { iam } = (await testCloud()).root;
  const create = (Url: string, more = {}) => iam.createOpenIDConnectProvider({ Url, ...more });
  await create('https://a.example.com');
  await create('http://127.0.0.1:8080');
  await rejected(
    create('https://a.example.com'),
    'EntityAlreadyExists',
    'Provider with url https://a.example.com already exists.',
  );
  for (const url of ['http://b.example.com', 'b.example.com', 'https://b.example.com?x=1', 'https://u@b.example.com']) {
    await rejected(create(url), 'ValidationError', 'Invalid Open ID Connect Provider URL');
  }
  const thumbprints = { ThumbprintList: Array.from({ length: 6 }, () => 'a'.repeat(40)) };
  await rejected(create('https://b.example.com', thumbprints), 'InvalidInput', /Thumbprint list/);
  const clients = { ClientIDList: Array.from({ length: 101 }, (_, n) => `c${n}`) };
  await rejected(create('https://b.example.com', clients), 'LimitExceeded', /ClientIdsPerOpenIdConnectProvider: 100/);
});

test('A SAML provider reads back what was written', async () => {
  const { root, managementAccount, now } = await testCloud();
  const { iam } = root;
  const document = metadata(' validUntil="2031-02-03T04:05:06Z"');
  const { SAMLProviderArn } = await iam.createSAMLProvider({ Name: 'idp', SAMLMetadataDocument: document });
  assert.equal(SAMLProviderArn, `arn:aws:iam::${managementAccount}:saml-provider/idp`);
  const got = await iam.getSAMLProvider({ SAMLProviderArn });
  assert.equal(got.SAMLMetadataDocument, document);
  assert.match(got.SAMLProviderUUID ?? '', /^[A-Z0-9]{22,64}$/);
  assert.deepEqual([got.CreateDate, got.ValidUntil, got.Tags], [now(), new Date('2031-02-03T04:05:06Z'), []]);
  await iam.updateSAMLProvider({ SAMLProviderArn, SAMLMetadataDocument: metadata() });
  await iam.tagSAMLProvider({ SAMLProviderArn, Tags: [{ Key: 'a', Value: 'b' }] });
  const { SAMLProviderList } = await iam.listSAMLProviders({});
  const century = new Date('2130-01-01T00:00:00Z');
  assert.deepEqual(SAMLProviderList, [{ Arn: SAMLProviderArn, ValidUntil: century, CreateDate: now() }]);
  await rejected(
    iam.createSAMLProvider({ Name: 'idp', SAMLMetadataDocument: document }),
    'EntityAlreadyExists',
    /already exists/,
  );
  await iam.deleteSAMLProvider({ SAMLProviderArn });
  await rejected(
    iam.getSAMLProvider({ SAMLProviderArn }),
    'NoSuchEntity',
    `Manifest not found for arn ${SAMLProviderArn}`,
  );
});

test('readSamlMetadata reads issuer, certificates and sign-on, and nothing else passes', () => {
  assert.deepEqual(readSamlMetadata(metadata()), {
    entityId: 'https://idp.example.com/',
    certificates: [CERTIFICATE],
    signOn: [{ binding: 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST', location: 'https://idp.example.com/sso' }],
    validUntil: undefined,
  });
  const wrong = [
    'x'.repeat(1000),
    metadata().replace('</md:EntityDescriptor>', ''),
    metadata().replaceAll('IDPSSODescriptor', 'SPSSODescriptor'),
    metadata().replace('entityID', 'id'),
    metadata().replace(CERTIFICATE.slice(0, 64), 'A'.repeat(64)),
    metadata().replace('<md:Entity', '<!DOCTYPE x [<!ENTITY a "b">]><md:Entity'),
    metadata().replace('SAML:2.0:metadata', 'SAML:1.0:metadata'),
  ];
  for (const text of wrong) assert.equal(readSamlMetadata(text), undefined);
});

test('CreateSAMLProvider says so when metadata is none', async () => {
  const { iam } = (await testCloud()).root;
  const SAMLMetadataDocument = metadata().replaceAll('IDPSSODescriptor', 'SPSSODescriptor');
  await rejected(
    iam.createSAMLProvider({ Name: 'x', SAMLMetadataDocument }),
    'InvalidInput',
    'Could not parse metadata',
  );
});

test('Private keys of a SAML provider: two at most, never shown', async () => {
  const { iam } = (await testCloud()).root;
  const pem = () =>
    generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  const base = { Name: 'x', SAMLMetadataDocument: metadata() };
  const required = { AssertionEncryptionMode: 'Required' as const };
  await rejected(iam.createSAMLProvider({ ...base, ...required }), 'InvalidInput', /private key is required/);
  await rejected(iam.createSAMLProvider({ ...base, AddPrivateKey: 'no key' }), 'InvalidInput', /PEM/);
  const { SAMLProviderArn } = await iam.createSAMLProvider({ ...base, ...required, AddPrivateKey: pem() });
  await iam.updateSAMLProvider({ SAMLProviderArn, AddPrivateKey: pem() });
  await rejected(iam.updateSAMLProvider({ SAMLProviderArn, AddPrivateKey: pem() }), 'LimitExceeded', /2$/);
  const { PrivateKeyList, AssertionEncryptionMode } = await iam.getSAMLProvider({ SAMLProviderArn });
  assert.equal(AssertionEncryptionMode, 'Required');
  assert.deepEqual(
    PrivateKeyList?.map((key) => Object.keys(key)),
    [
      ['KeyId', 'Timestamp'],
      ['KeyId', 'Timestamp'],
    ],
  );
  await iam.updateSAMLProvider({ SAMLProviderArn, RemovePrivateKey: PrivateKeyList?.[0]?.KeyId });
  const last = { SAMLProviderArn, RemovePrivateKey: PrivateKeyList?.[1]?.KeyId };
  await rejected(iam.updateSAMLProvider(last), 'InvalidInput', /private key is required/);
});

test('A trust policy may name a SAML provider that exists', async () => {
  const { root } = await testCloud();
  const { SAMLProviderArn } = await root.iam.createSAMLProvider({ Name: 'idp', SAMLMetadataDocument: metadata() });
  const trust = (provider = SAMLProviderArn) =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { Federated: provider }, Action: 'sts:AssumeRoleWithSAML' }],
    });
  await root.iam.createRole({ RoleName: 'r', AssumeRolePolicyDocument: trust() });
  const none = `${SAMLProviderArn}x`;
  await rejected(
    root.iam.createRole({ RoleName: 's', AssumeRolePolicyDocument: trust(none) }),
    'MalformedPolicyDocument',
    `Invalid principal in policy: "FEDERATED":"${none}"`,
  );
});

test('A trust policy says whose tokens of a shared provider it takes', async () => {
  const { managementAccount, root } = await testCloud();
  const { iam } = root;
  const HOST = 'token.actions.githubusercontent.com';
  for (const Url of [`https://${HOST}`, 'https://oidc.vercel.com', 'https://own.example']) {
    await iam.createOpenIDConnectProvider({ Url, ClientIDList: ['sts.amazonaws.com'] });
  }
  const trust = (url: string, Condition: object, Action = 'sts:AssumeRoleWithWebIdentity') =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: {
        ...{ Effect: 'Allow', Action, Condition },
        Principal: { Federated: `arn:aws:iam::${managementAccount}:oidc-provider/${url}` },
      },
    });
  const aud = { [`${HOST}:aud`]: 'sts.amazonaws.com' };
  const sub = `${HOST}:sub`;
  const refused = [
    trust(HOST, { StringEquals: aud }),
    trust(HOST, { StringEquals: aud }, 'sts:*'),
    trust(HOST, { StringEquals: aud, StringLike: { [sub]: '*' } }),
    trust(HOST, { StringEquals: aud, StringLike: { [sub]: ['repo:acme/*', '?*'] } }),
    trust(HOST, { Null: { [sub]: 'false' } }),
    trust('oidc.vercel.com', { StringEquals: { 'oidc.vercel.com:sub': 'x' } }),
  ];
  for (const AssumeRolePolicyDocument of refused) {
    await assert.rejects(iam.createRole({ RoleName: 'ci', AssumeRolePolicyDocument }), {
      name: 'MalformedPolicyDocumentException',
      message: /must evaluate the condition key (token\.actions\.githubusercontent\.com:sub|oidc\.vercel\.com:aud)/,
    });
  }
  const good = trust(HOST, { StringEquals: aud, StringLike: { [sub.toUpperCase()]: 'repo:acme/*' } });
  await iam.createRole({ RoleName: 'ci', AssumeRolePolicyDocument: good });
  await assert.rejects(iam.updateAssumeRolePolicy({ RoleName: 'ci', PolicyDocument: refused[0]! }), {
    name: 'MalformedPolicyDocumentException',
  });
  for (const PolicyDocument of [
    trust(HOST, { StringEquals: aud }, 'sts:TagSession'),
    trust('oidc.vercel.com', { StringEquals: { 'oidc.vercel.com:aud': 'https://vercel.com/acme' } }),
    trust('own.example', {}),
  ]) {
    await iam.updateAssumeRolePolicy({ RoleName: 'ci', PolicyDocument });
  }
});

test('Outbound web identity federation is on or off, its issuer the same for ever', async () => {
  const { iam } = (await testCloud()).root;
  await rejected(iam.getOutboundWebIdentityFederationInfo({}), 'FeatureDisabled', /disabled/);
  await rejected(iam.disableOutboundWebIdentityFederation({}), 'FeatureDisabled', /disabled/);
  const { IssuerIdentifier } = await iam.enableOutboundWebIdentityFederation({});
  await rejected(iam.enableOutboundWebIdentityFederation({}), 'FeatureEnabled', /enabled/);
  const info = await iam.getOutboundWebIdentityFederationInfo({});
  assert.deepEqual([info.IssuerIdentifier, info.JwtVendingEnabled], [IssuerIdentifier, true]);
  await iam.disableOutboundWebIdentityFederation({});
  assert.equal((await iam.enableOutboundWebIdentityFederation({})).IssuerIdentifier, IssuerIdentifier);
});

test('Metadata that would keep the parser busy is refused', () => {
  const hostile = [
    '<a xmlns:b="c">'.repeat(50_000) + '</a>'.repeat(50_000),
    '<a>'.repeat(150_000) + '</a>'.repeat(150_000),
    `<a ${Array.from({ length: 40_000 }, (_, n) => `xmlns:a${n}="b"`).join(' ')}/>`,
    '<a xmlns:b="c">'.repeat(990) + '<a>'.repeat(8000),
    '<'.repeat(1_000_000),
  ];
  for (const text of hostile)
    assert.equal(
      promptly(() => readSamlMetadata(text)),
      undefined,
    );
});
