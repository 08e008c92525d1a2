import assert from 'node:assert/strict';
import { test } from 'node:test';
import { certificate } from '../../testing/certificates.ts';
import { testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';
import { ENTITY, samlProvider, type Wish } from '../../testing/samlProvider.ts';
import { credentialsOf, records, trusting } from './sts.fixture.ts';

const ROLE = 'arn:aws:iam::111122223333:role/Saml';
const PROVIDER = 'arn:aws:iam::111122223333:saml-provider/samlify';
const AWS = 'https://aws.amazon.com/SAML/Attributes/';

/** An identity provider that IAM knows by its metadata, and a role that trusts it. */
async function world(
  more: object = {},
  condition: object = { StringLike: { 'saml:aud': 'https://signin.aws.amazon.com/saml*' } },
) {
  const idp = samlProvider();
  const cloud = await testCloud({ now: new Date() });
  const { iam } = cloud.root;
  await iam.createSAMLProvider({ Name: 'samlify', SAMLMetadataDocument: idp.metadata(), ...more });
  const actions = ['sts:AssumeRoleWithSAML', 'sts:TagSession', 'sts:SetSourceIdentity'];
  const trust = trusting({ Federated: PROVIDER }, actions, condition);
  await iam.createRole({ RoleName: 'Saml', AssumeRolePolicyDocument: JSON.stringify(trust) });
  const respond = (wish: Partial<Wish> = {}) => idp.respond({ role: ROLE, provider: PROVIDER, ...wish });
  const assume = async (SAMLAssertion: string) =>
    cloud.unsigned.sts.assumeRoleWithSAML({ RoleArn: ROLE, PrincipalArn: PROVIDER, SAMLAssertion });
  return { cloud, iam, respond, assume };
}

for (const sign of ['assertion', 'response', 'both'] as const) {
  test(`samlify: a response whose ${sign} is signed is traded for a role`, async () => {
    const { cloud, respond, assume } = await world();
    const answer = await assume(await respond({ sign }));
    assert.deepEqual(
      [answer.Subject, answer.SubjectType, answer.Issuer, answer.Audience],
      [
        'ada@example.com',
        'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress',
        ENTITY,
        'https://signin.aws.amazon.com/saml',
      ],
    );
    const { Arn } = await cloud.as(credentialsOf(answer)).sts.getCallerIdentity({});
    assert.equal(Arn, 'arn:aws:sts::111122223333:assumed-role/Saml/ada@example.com');
  });
}

test('samlify: attributes become session tags and the source identity', async () => {
  const { cloud, respond, assume } = await world(
    {},
    { StringEquals: { 'aws:RequestTag/CostCenter': '12345', 'sts:SourceIdentity': 'ada' } },
  );
  const attributes = {
    [`${AWS}PrincipalTag:CostCenter`]: '12345',
    [`${AWS}SourceIdentity`]: 'ada',
    [`${AWS}SessionDuration`]: '1800',
  };
  const answer = await assume(await respond({ attributes }));
  assert.equal(answer.SourceIdentity, 'ada');
  assert.equal(
    answer.Credentials!.Expiration!.getTime(),
    cloud.now().getTime() - (cloud.now().getTime() % 1000) + 1_800_000,
  );
  const [record] = await records(cloud, 'AssumeRoleWithSAML');
  assert.deepEqual(record!.requestParameters.principalTags, { CostCenter: '12345' });
  const other = { ...attributes, [`${AWS}PrincipalTag:CostCenter`]: '1' };
  await rejected(assume(await respond({ attributes: other })), 'AccessDenied', /^Not authorized to perform/);
});

test('samlify: encrypted assertions are opened with the key that IAM was given, and wanted where they are required', async () => {
  const recipientKey = certificate({ name: 'aws', rsa: true });
  const { iam, respond, assume } = await world({
    AssertionEncryptionMode: 'Required',
    AddPrivateKey: recipientKey.privateKey.export({ type: 'pkcs8', format: 'pem' }),
  });
  const { SAMLProviderUUID } = await iam.getSAMLProvider({ SAMLProviderArn: PROVIDER });
  const recipient = `https://signin.aws.amazon.com/saml/acs/${SAMLProviderUUID}`;
  for (const sign of ['assertion', 'response', 'both'] as const) {
    const answer = await assume(await respond({ sign, recipient, encryptFor: recipientKey.pem }));
    assert.equal(answer.Subject, 'ada@example.com', sign);
  }
  await rejected(assume(await respond({ recipient })), 'InvalidIdentityToken', /requires encrypted/);
  const stranger = certificate({ name: 'other', rsa: true });
  await assert.rejects(assume(await respond({ recipient, encryptFor: stranger.pem })), {
    name: 'InvalidIdentityTokenException',
  });
});

test('samlify: what another provider signed, or is for another recipient or role, is refused', async () => {
  const { cloud, respond, assume } = await world();
  const stranger = await samlProvider().respond({ role: ROLE, provider: PROVIDER });
  await rejected(assume(stranger), 'InvalidIdentityToken', 'Response signature invalid');
  await rejected(
    assume(await respond({ recipient: 'https://evil.example/saml' })),
    'InvalidIdentityToken',
    /^Recipient/,
  );
  await assert.rejects(assume(await respond({ role: 'arn:aws:iam::111122223333:role/Other' })));
  const response = await respond();
  const changed = Buffer.from(response, 'base64').toString().replaceAll('ada@example.com', 'eve@example.com');
  await assert.rejects(assume(Buffer.from(changed).toString('base64')), /signature invalid/);
  cloud.advance('PT11M');
  await assert.rejects(assume(response), { name: 'ExpiredTokenException' });
});
