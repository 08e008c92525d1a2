/** Assertions that we make, as a SAML 2.0 identity provider, and sign. */
import type { KeyObject } from 'node:crypto';
import { SignedXml } from 'xml-crypto';
import { escaped } from './samlRequests.ts';

export interface Statement {
  readonly responseId: string;
  readonly assertionId: string;
  readonly now: Date;
  readonly issuer: string;
  readonly acsUrl: string;
  readonly audience: string;
  readonly inResponseTo: string | undefined;
  readonly subject: string;
  readonly subjectFormat: string;
  /** When the person signed in; ISO 8601. */
  readonly authenticated: string;
  readonly sessionEnd: Date;
  readonly attributes: readonly {
    readonly name: string;
    readonly format: string;
    readonly values: readonly string[];
  }[];
}

const VALID_MS = 300_000;
const SAML = 'xmlns:saml2="urn:oasis:names:tc:SAML:2.0:assertion"';
const NAMES = `xmlns:saml2p="urn:oasis:names:tc:SAML:2.0:protocol" ${SAML}`;
const ENTITY = 'urn:oasis:names:tc:SAML:2.0:nameid-format:entity';

const issuerOf = ({ issuer }: Pick<Statement, 'issuer'>) =>
  `<saml2:Issuer Format="${ENTITY}">${escaped(issuer)}</saml2:Issuer>`;

/** The response, signed as a whole and in its assertion. `certificate`: PEM. */
export function signedResponse(said: Statement, by: { readonly key: KeyObject; readonly certificate: string }): string {
  const status = 'urn:oasis:names:tc:SAML:2.0:status:Success';
  const assertion = signed(assertionOf(said), by);
  return signed(
    `<saml2p:Response ${NAMES} ID="${said.responseId}" Version="2.0" IssueInstant="${said.now.toISOString()}"` +
      `${replyOf(said)} Destination="${escaped(said.acsUrl)}">${issuerOf(said)}<saml2p:Status>` +
      `<saml2p:StatusCode Value="${status}"/></saml2p:Status>${assertion}</saml2p:Response>`,
    by,
  );
}

/** To a request that must not ask the person anything, when nobody is signed in. */
export const passiveRefusal = (
  said: Pick<Statement, 'responseId' | 'now' | 'issuer' | 'acsUrl' | 'inResponseTo'>,
  by: { readonly key: KeyObject; readonly certificate: string },
) =>
  signed(
    `<saml2p:Response ${NAMES} ID="${said.responseId}" Version="2.0" IssueInstant="${said.now.toISOString()}"` +
      `${replyOf(said)} Destination="${escaped(said.acsUrl)}">${issuerOf(said)}<saml2p:Status>` +
      '<saml2p:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Responder"><saml2p:StatusCode ' +
      'Value="urn:oasis:names:tc:SAML:2.0:status:NoPassive"/></saml2p:StatusCode></saml2p:Status></saml2p:Response>',
    by,
  );

const replyOf = ({ inResponseTo }: Pick<Statement, 'inResponseTo'>) =>
  inResponseTo === undefined ? '' : ` InResponseTo="${escaped(inResponseTo)}"`;

function assertionOf(said: Statement): string {
  const issued = said.now.toISOString();
  const end = new Date(said.now.getTime() + VALID_MS).toISOString();
  return [
    `<saml2:Assertion ${SAML} ID="${said.assertionId}" IssueInstant="${issued}" Version="2.0">${issuerOf(said)}`,
    `<saml2:Subject><saml2:NameID Format="${escaped(said.subjectFormat)}">${escaped(said.subject)}</saml2:NameID>`,
    '<saml2:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml2:SubjectConfirmationData',
    `${replyOf(said)} NotOnOrAfter="${end}" Recipient="${escaped(said.acsUrl)}"/></saml2:SubjectConfirmation>`,
    `</saml2:Subject><saml2:Conditions NotBefore="${issued}" NotOnOrAfter="${end}"><saml2:AudienceRestriction>`,
    `<saml2:Audience>${escaped(said.audience)}</saml2:Audience></saml2:AudienceRestriction></saml2:Conditions>`,
    `<saml2:AuthnStatement AuthnInstant="${said.authenticated}" SessionIndex="${said.assertionId}"`,
    ` SessionNotOnOrAfter="${said.sessionEnd.toISOString()}"><saml2:AuthnContext><saml2:AuthnContextClassRef>`,
    'urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified</saml2:AuthnContextClassRef></saml2:AuthnContext>',
    `</saml2:AuthnStatement>${attributesOf(said)}</saml2:Assertion>`,
  ].join('');
}

function attributesOf({ attributes }: Statement): string {
  if (attributes.length === 0) return '';
  const each = attributes.map(({ name, format, values }) => {
    const texts = values.map((value) => `<saml2:AttributeValue>${escaped(value)}</saml2:AttributeValue>`);
    return `<saml2:Attribute Name="${escaped(name)}" NameFormat="${escaped(format)}">${texts.join('')}</saml2:Attribute>`;
  });
  return `<saml2:AttributeStatement>${each.join('')}</saml2:AttributeStatement>`;
}

const EXCLUSIVE = 'http://www.w3.org/2001/10/xml-exc-c14n#';

/** The text with a signature of its root element, behind the Issuer as the schema wants it. */
function signed(xml: string, { key, certificate }: { readonly key: KeyObject; readonly certificate: string }): string {
  const signature = new SignedXml({
    privateKey: key,
    publicCert: certificate,
    signatureAlgorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
    canonicalizationAlgorithm: EXCLUSIVE,
  });
  signature.addReference({
    xpath: '/*',
    transforms: ['http://www.w3.org/2000/09/xmldsig#enveloped-signature', EXCLUSIVE],
    digestAlgorithm: 'http://www.w3.org/2001/04/xmlenc#sha256',
  });
  const location = { reference: "/*/*[local-name(.)='Issuer']", action: 'after' } as const;
  signature.computeSignature(xml, { prefix: 'ds', location });
  return signature.getSignedXml();
}
