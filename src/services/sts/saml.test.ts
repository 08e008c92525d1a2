import assert from 'node:assert/strict';
import { type CipherGCM, constants, createCipheriv, generateKeyPairSync, publicEncrypt } from 'node:crypto';
import { test } from 'node:test';
import type { AssumeRoleWithSAMLCommandInput } from '@aws-sdk/client-sts';
import fc from 'fast-check';
import { SignedXml } from 'xml-crypto';
import { signedAssertion, Unbelievable } from '../../federation/samlDocuments.ts';
import { type SamlProvider, samlProviders } from '../../identity/providers.ts';
import { certificate, type Issued } from '../../testing/certificates.ts';
import { testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';
import { credentialsOf, records, trusting } from './sts.fixture.ts';

const ACCOUNT = '111122223333';
const ARN = `arn:aws:iam::${ACCOUNT}:role/Saml`;
const PROVIDER = `arn:aws:iam::${ACCOUNT}:saml-provider/Shibboleth`;
const ISSUER = 'https://idp.example.com/idp';
const signer = certificate({ name: 'idp', rsa: true });
const stranger = certificate({ name: 'idp', rsa: true });
const DSIG = 'http://www.w3.org/2000/09/xmldsig#';
const EXCLUSIVE = 'http://www.w3.org/2001/10/xml-exc-c14n#';

interface Parts {
  id?: string;
  issuer?: string;
  issued?: string;
  audience?: string;
  recipient?: string;
  notBefore?: string;
  notOnOrAfter?: string;
  subject?: string;
  status?: string;
  authn?: string;
  attributes?: Record<string, readonly string[]>;
}

const AWS = 'https://aws.amazon.com/SAML/Attributes/';
const usual = { [`${AWS}Role`]: [`${ARN},${PROVIDER}`], [`${AWS}RoleSessionName`]: ['ada@example.com'] };
const attributes = (all: Record<string, readonly string[]>) =>
  Object.entries(all)
    .map(([name, values]) => {
      const list = values.map((value) => `<saml:AttributeValue>${value}</saml:AttributeValue>`);
      return `<saml:Attribute Name="${name}">${list.join('')}</saml:Attribute>`;
    })
    .join('');

function assertion(parts: Parts = {}): string {
  const end = parts.notOnOrAfter ?? '2030-01-01T00:05:00Z';
  const confirmation =
    `<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData ` +
    `NotOnOrAfter="${end}" Recipient="${parts.recipient ?? 'https://signin.aws.amazon.com/saml'}"/></saml:SubjectConfirmation>`;
  return (
    `<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="${parts.id ?? '_a1'}" Version="2.0" ` +
    `IssueInstant="${parts.issued ?? '2030-01-01T00:00:00Z'}"><saml:Issuer>${parts.issuer ?? ISSUER}</saml:Issuer>` +
    `<saml:Subject>${parts.subject ?? '<saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">ada</saml:NameID>'}` +
    `${confirmation}</saml:Subject><saml:Conditions NotBefore="${parts.notBefore ?? '2030-01-01T00:00:00Z'}" ` +
    `NotOnOrAfter="${end}"><saml:AudienceRestriction><saml:Audience>${parts.audience ?? 'urn:amazon:webservices'}` +
    `</saml:Audience></saml:AudienceRestriction></saml:Conditions>${parts.authn ?? ''}` +
    `<saml:AttributeStatement>${attributes({ ...usual, ...parts.attributes })}</saml:AttributeStatement></saml:Assertion>`
  );
}

const response = (inner: string, status = 'urn:oasis:names:tc:SAML:2.0:status:Success') =>
  `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_r1" Version="2.0" ` +
  `IssueInstant="2030-01-01T00:00:00Z"><samlp:Status><samlp:StatusCode Value="${status}"/></samlp:Status>${inner}</samlp:Response>`;

/** Signs the element of this name, the signature inside it. */
function signed(xml: string, name: 'Assertion' | 'Response', by: Issued = signer): string {
  const xpath = `//*[local-name(.)='${name}']`;
  const signature = new SignedXml({
    privateKey: by.privateKey,
    publicCert: by.pem,
    signatureAlgorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
    canonicalizationAlgorithm: EXCLUSIVE,
  });
  const transforms = [`${DSIG}enveloped-signature`, EXCLUSIVE];
  signature.addReference({ xpath, transforms, digestAlgorithm: 'http://www.w3.org/2001/04/xmlenc#sha256' });
  signature.computeSignature(xml, { prefix: 'ds', location: { reference: xpath, action: 'append' } });
  return signature.getSignedXml();
}

const good = (parts: Parts = {}) => signed(response(assertion(parts), parts.status), 'Assertion');

async function setting(trust: { actions?: string[]; condition?: object } = {}, provider: Partial<SamlProvider> = {}) {
  const cloud = await testCloud();
  await cloud.deps.store.transaction((tx) =>
    tx.insert(samlProviders, {
      account: ACCOUNT,
      name: 'Shibboleth',
      id: 'SAMLSP4SHN3UIS2D558H46',
      created: '2030-01-01T00:00:00Z',
      validUntil: '2130-01-01T00:00:00Z',
      tags: [],
      metadata: '',
      entityId: ISSUER,
      certificates: [signer.der.toString('base64')],
      signOn: [],
      encryption: undefined,
      privateKeys: [],
      ...provider,
    }),
  );
  const condition = trust.condition ?? { StringEquals: { 'SAML:aud': 'https://signin.aws.amazon.com/saml' } };
  const document = trusting({ Federated: PROVIDER }, ['sts:AssumeRoleWithSAML', ...(trust.actions ?? [])], condition);
  await cloud.root.iam.createRole({
    RoleName: 'Saml',
    AssumeRolePolicyDocument: JSON.stringify(document),
    MaxSessionDuration: 7200,
  });
  const assume = (xml: string, more: Partial<AssumeRoleWithSAMLCommandInput> = {}) =>
    cloud.unsigned.sts.assumeRoleWithSAML({
      RoleArn: ARN,
      PrincipalArn: PROVIDER,
      SAMLAssertion: Buffer.from(xml).toString('base64'),
      ...more,
    });
  return { cloud, assume };
}

test('AssumeRoleWithSAML trades a signed assertion for a role', async () => {
  const { cloud, assume } = await setting();
  const answer = await assume(good());
  assert.deepEqual(
    [answer.Subject, answer.SubjectType, answer.Issuer, answer.Audience, answer.NameQualifier],
    ['ada', 'persistent', ISSUER, 'https://signin.aws.amazon.com/saml', 'tnf5hC+dEoYNLiHCqiAqVYqRcMc='],
  );
  const identity = await cloud.as(credentialsOf(answer)).sts.getCallerIdentity({});
  assert.equal(identity.Arn, `arn:aws:sts::${ACCOUNT}:assumed-role/Saml/ada@example.com`);
  const [record] = await records(cloud, 'AssumeRoleWithSAML');
  assert.equal(record?.userIdentity.type, 'SAMLUser');
  assert.equal(record?.userIdentity.userName, 'ada');
  assert.equal(record?.requestParameters.sAMLAssertionID, '_a1');
  assert.deepEqual(
    record?.resources.map((resource: { ARN: string }) => resource.ARN),
    [ARN, PROVIDER],
  );
});

test('AssumeRoleWithSAML takes signatures of the response, the assertion, or both', async () => {
  const { assume } = await setting();
  await assume(signed(response(assertion()), 'Response'));
  await assume(signed(signed(response(assertion()), 'Assertion'), 'Response'));
});

const INVALID = 'Response signature invalid';

test('AssumeRoleWithSAML refuses what the provider did not sign', async () => {
  const { assume } = await setting();
  const cases = {
    unsigned: response(assertion()),
    'by a stranger': signed(response(assertion()), 'Assertion', stranger),
    'signed for both, by a stranger outside': signed(good(), 'Response', stranger),
    changed: good().replace('>ada<', '>eve<'),
    'not XML': 'SAML? No.',
    'an assertion alone': signed(assertion(), 'Assertion'),
  };
  for (const [name, xml] of Object.entries(cases)) {
    await assert.rejects(assume(xml), { message: INVALID }, name);
  }
});

test('AssumeRoleWithSAML refuses wrapped signatures', async () => {
  const { assume } = await setting();
  const whole = good();
  const inner = /<saml:Assertion.*<\/saml:Assertion>/s.exec(whole)![0];
  const signature = /<ds:Signature.*<\/ds:Signature>/s.exec(inner)![0];
  const bare = inner.replace(signature, '');
  const evil = assertion({ id: '_evil' }).replace('>ada<', '>eve<');
  const withSignature = (xml: string, content: string) =>
    xml.replace('</saml:Assertion>', `${content}</saml:Assertion>`);
  const cases = {
    'evil first': response(evil + inner),
    'evil last': response(inner + evil),
    'original inside evil': response(withSignature(evil, inner)),
    'evil with the signature, original in an Object': response(
      withSignature(evil, signature.replace('</ds:Signature>', `<ds:Object>${bare}</ds:Object></ds:Signature>`)),
    ),
    'evil with the signature, original beside': response(withSignature(evil, signature) + bare),
    'original in an extension': response(`<samlp:Extensions>${inner}</samlp:Extensions>${evil}`),
    'same id': response(withSignature(evil.replace('_evil', '_a1'), signature) + inner),
    'same id, one only': response(withSignature(evil.replace('_evil', '_a1'), signature)),
    'signature moved to the response': response(`${signature}${bare}`),
    'whole document reference': signed(response(evil), 'Assertion', stranger).replace('URI="#_evil"', 'URI=""'),
  };
  for (const [name, xml] of Object.entries(cases)) {
    await assert.rejects(assume(xml), { message: INVALID }, name);
  }
});

test('AssumeRoleWithSAML reads text as it was signed: comments do not cut it', async () => {
  const { assume } = await setting();
  const xml = good({ subject: '<saml:NameID>ada@example.com.evil.example</saml:NameID>' });
  const answer = await assume(xml.replace('ada@example.com.evil', 'ada@example.com<!-- -->.evil'));
  assert.equal(answer.Subject, 'ada@example.com.evil.example');
});

test('AssumeRoleWithSAML expands no entities and follows no deep nesting', async () => {
  const { assume } = await setting();
  const file = '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>';
  const laughs = '<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>';
  const deep = response(`${'<a>'.repeat(9000)}${'</a>'.repeat(9000)}`);
  const deeper = response(`${'<!-- </a> --><a>'.repeat(3000)}${'</a>'.repeat(3000)}`);
  for (const xml of [file + good(), laughs + good(), good().replace('>ada<', '>&x;<'), deep, deeper]) {
    const from = process.hrtime.bigint();
    await rejected(assume(xml), 'InvalidIdentityToken', INVALID);
    assert.ok(Number(process.hrtime.bigint() - from) < 1e9);
  }
});

test('AssumeRoleWithSAML holds an assertion to its issuer, audience, recipient and time', async () => {
  const { cloud, assume } = await setting();
  const cases: [Parts, string, string | RegExp][] = [
    [{ issuer: 'https://other' }, 'InvalidIdentityToken', 'Issuer not present in specified provider'],
    [{ audience: 'urn:other' }, 'InvalidIdentityToken', 'Response does not contain the required audience.'],
    [{ recipient: 'https://other.example.com/saml' }, 'InvalidIdentityToken', /^Recipient/],
    [{ recipient: 'https://signin.aws.amazon.com.evil.example/saml' }, 'InvalidIdentityToken', /^Recipient/],
    [{ notOnOrAfter: '2029-12-31T23:59:59Z' }, 'ExpiredToken', /expired/],
    [{ notBefore: '2030-01-01T01:00:00Z' }, 'InvalidIdentityToken', /not yet valid/],
    [{ status: 'urn:oasis:names:tc:SAML:2.0:status:Responder' }, 'IDPRejectedClaim', /Responder/],
  ];
  for (const [parts, code, message] of cases) await rejected(assume(good(parts)), code, message);
  cloud.advance('PT5M1S');
  await rejected(
    assume(good({ notOnOrAfter: '2030-01-01T02:00:00Z' })),
    'ExpiredToken',
    'Token must be redeemed within 5 minutes of issuance',
  );
});

test('AssumeRoleWithSAML allows for clocks that differ by five minutes, and no more', async () => {
  const { assume } = await setting();
  await assume(good({ notBefore: '2030-01-01T00:05:00Z', notOnOrAfter: '2030-01-01T00:10:00Z' }));
  await assume(good({ issued: '2030-01-01T00:05:00Z' }));
  await assume(good({ issued: '2029-12-31T23:55:00Z' }));
  const cases: [Parts, string][] = [
    [{ notBefore: '2030-01-01T00:05:01Z', notOnOrAfter: '2030-01-01T00:10:00Z' }, 'InvalidIdentityToken'],
    [{ issued: '2030-01-01T00:05:01Z', notOnOrAfter: '2031-01-01T00:00:00Z' }, 'InvalidIdentityToken'],
    [{ issued: '2029-12-31T23:54:59Z' }, 'ExpiredToken'],
    [{ notOnOrAfter: '2030-01-01T00:00:00Z' }, 'ExpiredToken'],
  ];
  for (const [parts, code] of cases) await rejected(assume(good(parts)), code, /./);
});

test('AssumeRoleWithSAML refuses a replayed assertion as soon as its time is over', async () => {
  const { cloud, assume } = await setting();
  const kept = good({ notOnOrAfter: '2030-01-01T02:00:00Z' });
  await assume(kept);
  cloud.advance('PT5M1S');
  await rejected(assume(kept), 'ExpiredToken', 'Token must be redeemed within 5 minutes of issuance');
  const short = await setting();
  const brief = good({ notOnOrAfter: '2030-01-01T00:01:00Z' });
  await short.assume(brief);
  short.cloud.advance('PT1M');
  await rejected(short.assume(brief), 'ExpiredToken', /NotOnOrAfter has passed/);
});

test('AssumeRoleWithSAML takes regional sign-in addresses, with the provider’s id or without', async () => {
  const { assume } = await setting({ condition: { StringLike: { 'saml:aud': 'https://*' } } });
  const regional = 'https://eu-west-1.signin.aws.amazon.com/saml';
  await assume(good({ recipient: regional, audience: regional }));
  await assume(good({ recipient: `${regional}/acs/SAMLSP4SHN3UIS2D558H46` }));
  await rejected(assume(good({ recipient: `${regional}/acs/OTHER` })), 'InvalidIdentityToken', /^Recipient/);
});

test('AssumeRoleWithSAML needs its attributes', async () => {
  const { cloud, assume } = await setting();
  const denied = 'Not authorized to perform sts:AssumeRoleWithSAML';
  const name = `${AWS}RoleSessionName`;
  const cases: [Parts, string, string][] = [
    [{ attributes: { [name]: [] } }, 'InvalidIdentityToken', 'RoleSessionName is required in AuthnResponse'],
    [
      { attributes: { [name]: ['Ada Lovelace'] } },
      'InvalidIdentityToken',
      'RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}',
    ],
    [{ attributes: { [`${AWS}Role`]: [`${ARN}2,${PROVIDER}`] } }, 'AccessDenied', denied],
    [{ subject: ' ' }, 'AccessDenied', denied],
  ];
  for (const [parts, code, message] of cases) await rejected(assume(good(parts)), code, message);
  await assume(good({ attributes: { [`${AWS}Role`]: [`${PROVIDER},${ARN}`] } }));
  await rejected(
    assume(good(), { PrincipalArn: `${PROVIDER}2` }),
    'InvalidIdentityToken',
    "Specified provider doesn't exist",
  );
  await cloud.root.iam.deleteRole({ RoleName: 'Saml' });
  await rejected(assume(good()), 'AccessDenied', denied);
});

test('AssumeRoleWithSAML turns attributes into tags, a source identity and condition keys', async () => {
  const condition = {
    StringEquals: {
      'aws:RequestTag/Project': 'Unicorn',
      'saml:sub_type': 'persistent',
      'saml:doc': `${ACCOUNT}/Shibboleth`,
    },
    'ForAnyValue:StringEquals': { 'saml:edupersonaffiliation': 'staff' },
  };
  const actions = ['sts:TagSession', 'sts:SetSourceIdentity'];
  const { cloud, assume } = await setting({ actions, condition });
  const parts = {
    attributes: {
      [`${AWS}PrincipalTag:Project`]: ['Unicorn'],
      [`${AWS}TransitiveTagKeys`]: ['Project'],
      [`${AWS}SourceIdentity`]: ['Ada'],
      'urn:oid:1.3.6.1.4.1.5923.1.1.1.1': ['faculty', 'staff'],
    },
  };
  const answer = await assume(good(parts));
  assert.equal(answer.SourceIdentity, 'Ada');
  assert.equal(answer.PackedPolicySize, answer.SessionTokenUtilization);
  const [record] = await records(cloud, 'AssumeRoleWithSAML');
  assert.deepEqual(record?.requestParameters.principalTags, { Project: 'Unicorn' });
  await rejected(assume(good()), 'AccessDenied', /^Not authorized/);
  const plain = await setting();
  await rejected(plain.assume(good(parts)), 'AccessDenied', 'Not authorized to perform sts:TagSession');
});

test('AssumeRoleWithSAML makes sessions no longer than the assertion says', async () => {
  const { cloud, assume } = await setting();
  const seconds = async (parts: Parts, DurationSeconds?: number) => {
    const answer = await assume(good(parts), { DurationSeconds });
    return (answer.Credentials!.Expiration!.getTime() - cloud.now().getTime()) / 1000;
  };
  assert.equal(await seconds({}), 3600);
  assert.equal(await seconds({}, 7200), 7200);
  assert.equal(await seconds({ attributes: { [`${AWS}SessionDuration`]: ['1800'] } }, 7200), 1800);
  const authn = '<saml:AuthnStatement AuthnInstant="2030-01-01T00:00:00Z" SessionNotOnOrAfter="2030-01-01T00:30:00Z"/>';
  assert.equal(await seconds({ authn }), 1800);
  await rejected(
    assume(good(), { DurationSeconds: 7201 }),
    'ValidationError',
    'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
  );
});

const XENC = 'http://www.w3.org/2001/04/xmlenc#';
const XENC11 = 'http://www.w3.org/2009/xmlenc11#';
const recipientKeys = generateKeyPairSync('rsa', { modulusLength: 2048 });

interface Encryption {
  readonly cipher: 'aes-256-gcm' | 'aes-128-cbc';
  readonly hash: 'sha1' | 'sha256';
}

function encrypted(text: string, { cipher, hash }: Encryption): string {
  const gcm = cipher === 'aes-256-gcm';
  const key = Buffer.alloc(gcm ? 32 : 16, 7);
  const iv = Buffer.alloc(gcm ? 12 : 16, 9);
  const encipher = createCipheriv(cipher, key, iv) as CipherGCM;
  const bytes = Buffer.concat([iv, encipher.update(text), encipher.final(), ...(gcm ? [encipher.getAuthTag()] : [])]);
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  const wrapped = publicEncrypt({ key: recipientKeys.publicKey, padding, oaepHash: hash }, key);
  const value = (data: Buffer) =>
    `<xenc:CipherData><xenc:CipherValue>${data.toString('base64')}</xenc:CipherValue></xenc:CipherData>`;
  const transport =
    hash === 'sha1'
      ? `<xenc:EncryptionMethod Algorithm="${XENC}rsa-oaep-mgf1p"/>`
      : `<xenc:EncryptionMethod Algorithm="${XENC11}rsa-oaep"><ds:DigestMethod Algorithm="${XENC}sha256"/>` +
        `<e:MGF xmlns:e="${XENC11}" Algorithm="${XENC11}mgf1sha256"/></xenc:EncryptionMethod>`;
  return (
    `<saml:EncryptedAssertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"><xenc:EncryptedData xmlns:xenc="${XENC}">` +
    `<xenc:EncryptionMethod Algorithm="${gcm ? `${XENC11}aes256-gcm` : `${XENC}aes128-cbc`}"/><ds:KeyInfo xmlns:ds="${DSIG}">` +
    `<xenc:EncryptedKey>${transport}${value(wrapped)}</xenc:EncryptedKey></ds:KeyInfo>${value(bytes)}` +
    `</xenc:EncryptedData></saml:EncryptedAssertion>`
  );
}

test('AssumeRoleWithSAML opens encrypted assertions with the provider’s private key', async () => {
  const { cloud, assume } = await setting({ condition: { StringLike: { 'saml:aud': 'https://*' } } });
  const pem = recipientKeys.privateKey.export({ type: 'pkcs8', format: 'pem' });
  const sealed = cloud.deps.secrets.seal('saml-private-key', pem, cloud.deps.random(12));
  await cloud.deps.store.transaction(async (tx) => {
    const provider = await tx.get(samlProviders, [ACCOUNT, 'Shibboleth']);
    const privateKeys = [{ id: 'KEY', created: '2030-01-01T00:00:00Z', sealed }];
    await tx.replace(samlProviders, { ...provider!, encryption: 'Required', privateKeys });
  });
  const recipient = 'https://signin.aws.amazon.com/saml/acs/SAMLSP4SHN3UIS2D558H46';
  const inner = signed(assertion({ recipient }), 'Assertion');
  const modern = { cipher: 'aes-256-gcm', hash: 'sha256' } as const;
  assert.equal((await assume(response(encrypted(inner, modern)))).Subject, 'ada');
  await assume(response(encrypted(inner, { cipher: 'aes-128-cbc', hash: 'sha1' })));
  await assume(signed(response(encrypted(assertion({ recipient }), modern)), 'Response'));
  await assume(signed(response(encrypted(inner, modern)), 'Response'));
  const refused = {
    'signed nowhere': response(encrypted(assertion({ recipient }), modern)),
    'signed by a stranger inside': response(encrypted(signed(assertion({ recipient }), 'Assertion', stranger), modern)),
    'signed by a stranger outside': signed(response(encrypted(assertion({ recipient }), modern)), 'Response', stranger),
    changed: response(encrypted(inner, modern).replace(/(.*<xenc:CipherValue>)..../s, '$1AAAA')),
    'another beside it': response(encrypted(inner, modern) + inner),
    'a response inside': response(encrypted(response(inner), modern)),
  };
  for (const [name, xml] of Object.entries(refused)) await assert.rejects(assume(xml), { message: INVALID }, name);
  await rejected(assume(good({ recipient })), 'InvalidIdentityToken', /requires encrypted/);
  const elsewhere = signed(assertion(), 'Assertion');
  await rejected(assume(response(encrypted(elsewhere, modern))), 'InvalidIdentityToken', /^Recipient/);
});

const unencrypted = (): never => assert.fail('nothing is encrypted');

test('signedAssertion: whatever bytes change, what is read is what was signed', () => {
  const xml = signed(good(), 'Response');
  const certificates = [signer.der.toString('base64')];
  const whole = String(signedAssertion(xml, certificates, unencrypted));
  const change = fc.record({
    at: fc.nat(xml.length - 1),
    remove: fc.nat(12),
    insert: fc.oneof(
      fc.string({ maxLength: 8 }),
      fc.constantFrom('<', '>', '"', '<!-- -->', '<x/>', '</saml:Subject>', '&#0;'),
    ),
  });
  const property = fc.property(change, ({ at, remove, insert }) => {
    let read: string;
    try {
      read = String(signedAssertion(xml.slice(0, at) + insert + xml.slice(at + remove), certificates, unencrypted));
    } catch (error) {
      assert.ok(error instanceof Unbelievable, String(error));
      return;
    }
    assert.equal(read, whole);
  });
  fc.assert(property, { numRuns: 150 });
});
