import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rejected } from '../../testing/rejected.ts';
import { ACCOUNT, ARN, AWS, good, ISSUER, type Parts, PROVIDER, setting } from './saml.fixture.ts';
import { credentialsOf, records } from './sts.fixture.ts';

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
