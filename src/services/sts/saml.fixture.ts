/** What the tests of SAML share: assertions as text, who signs them, and a provider and role that they are for. */
import type { AssumeRoleWithSAMLCommandInput } from '@aws-sdk/client-sts';
import { SignedXml } from 'xml-crypto';
import { type SamlProvider, samlProviders } from '../../identity/providers.ts';
import { certificate, type Issued } from '../../testing/certificates.ts';
import { testCloud } from '../../testing/cloud.ts';
import { trusting } from './sts.fixture.ts';

export const ACCOUNT = '111122223333';
export const ARN = `arn:aws:iam::${ACCOUNT}:role/Saml`;
export const PROVIDER = `arn:aws:iam::${ACCOUNT}:saml-provider/Shibboleth`;
export const ISSUER = 'https://idp.example.com/idp';
export const signer = certificate({ name: 'idp', rsa: true });
export const stranger = certificate({ name: 'idp', rsa: true });
export const DSIG = 'http://www.w3.org/2000/09/xmldsig#';
const EXCLUSIVE = 'http://www.w3.org/2001/10/xml-exc-c14n#';

export interface Parts {
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

export const AWS = 'https://aws.amazon.com/SAML/Attributes/';
const usual = { [`${AWS}Role`]: [`${ARN},${PROVIDER}`], [`${AWS}RoleSessionName`]: ['ada@example.com'] };
const attributes = (all: Record<string, readonly string[]>) =>
  Object.entries(all)
    .map(([name, values]) => {
      const list = values.map((value) => `<saml:AttributeValue>${value}</saml:AttributeValue>`);
      return `<saml:Attribute Name="${name}">${list.join('')}</saml:Attribute>`;
    })
    .join('');

export function assertion(parts: Parts = {}): string {
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

export const response = (inner: string, status = 'urn:oasis:names:tc:SAML:2.0:status:Success') =>
  `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_r1" Version="2.0" ` +
  `IssueInstant="2030-01-01T00:00:00Z"><samlp:Status><samlp:StatusCode Value="${status}"/></samlp:Status>${inner}</samlp:Response>`;

/** Signs the element of this name, the signature inside it. */
export function signed(xml: string, name: 'Assertion' | 'Response', by: Issued = signer): string {
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

export const good = (parts: Parts = {}) => signed(response(assertion(parts), parts.status), 'Assertion');

export async function setting(
  trust: { actions?: string[]; condition?: object } = {},
  provider: Partial<SamlProvider> = {},
) {
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

export const INVALID = 'Response signature invalid';
