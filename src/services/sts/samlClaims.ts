/**
 * SAML attributes as condition keys. They are there when the role is assumed; only the subject's stay with the session.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-saml
 */
import type { SamlProvider } from '../../identity/providers.ts';
import type { Assertion } from './samlTrust.ts';

type Values = Readonly<Record<string, string | readonly string[]>>;

const EDU_PERSON = 'urn:oid:1.3.6.1.4.1.5923.1.1.1.';
const EDU_ORG = 'urn:oid:1.3.6.1.4.1.5923.1.2.1.';
const WS = 'http://schemas.xmlsoap.org/';

/** Attribute name → key; a key with `[]` takes all values. */
const keys: Readonly<Record<string, string>> = {
  [`${EDU_PERSON}1`]: 'edupersonaffiliation[]',
  [`${EDU_PERSON}2`]: 'edupersonnickname[]',
  [`${EDU_PERSON}3`]: 'edupersonorgdn',
  [`${EDU_PERSON}4`]: 'edupersonorgunitdn[]',
  [`${EDU_PERSON}5`]: 'edupersonprimaryaffiliation',
  [`${EDU_PERSON}6`]: 'edupersonprincipalname',
  [`${EDU_PERSON}7`]: 'edupersonentitlement[]',
  [`${EDU_PERSON}8`]: 'edupersonprimaryorgunitdn',
  [`${EDU_PERSON}9`]: 'edupersonscopedaffiliation[]',
  [`${EDU_PERSON}10`]: 'edupersontargetedid[]',
  [`${EDU_PERSON}11`]: 'edupersonassurance[]',
  [`${EDU_ORG}2`]: 'eduorghomepageuri[]',
  [`${EDU_ORG}3`]: 'eduorgidentityauthnpolicyuri[]',
  [`${EDU_ORG}4`]: 'eduorglegalname[]',
  [`${EDU_ORG}5`]: 'eduorgsuperioruri[]',
  [`${EDU_ORG}6`]: 'eduorgwhitepagesuri[]',
  'urn:oid:2.5.4.3': 'cn[]',
  [`${WS}ws/2005/05/identity/claims/name`]: 'name',
  [`${WS}claims/CommonName`]: 'commonName',
  [`${WS}ws/2005/05/identity/claims/givenname`]: 'givenName',
  [`${WS}ws/2005/05/identity/claims/surname`]: 'surname',
  [`${WS}ws/2005/05/identity/claims/emailaddress`]: 'mail',
  'http://schemas.microsoft.com/ws/2008/06/identity/claims/primarygroupsid': 'uid',
  '2.5.4.3': 'commonName',
  '2.5.4.4': 'surname',
  '2.4.5.42': 'givenName',
  '2.5.4.45': 'x500UniqueIdentifier',
  '0.9.2342.19200300100.1.1': 'uid',
  '0.9.2342.19200300100.1.3': 'mail',
  '0.9.2342.19200300.100.1.45': 'organizationStatus',
};

export function samlConditions(assertion: Assertion, provider: SamlProvider): Values {
  const conditions: Record<string, string | readonly string[]> = {
    'saml:aud': assertion.recipient,
    'saml:iss': assertion.issuer,
    'saml:doc': `${provider.account}/${provider.name}`,
    ...samlSessionClaims(assertion),
  };
  for (const [name, values] of assertion.attributes) {
    const key = Object.hasOwn(keys, name) ? keys[name] : undefined;
    if (key === undefined || values[0] === undefined) continue;
    if (key.endsWith('[]')) conditions[`saml:${key.slice(0, -2)}`] = values;
    else conditions[`saml:${key}`] = values[0];
  }
  return conditions;
}

export const samlSessionClaims = ({ subject, subjectType, nameQualifier }: Assertion): Values => ({
  ...(subject === undefined ? {} : { 'saml:sub': subject }),
  'saml:sub_type': subjectType,
  'saml:namequalifier': nameQualifier,
});
