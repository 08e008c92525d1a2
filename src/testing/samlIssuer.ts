/** A SAML 2.0 identity provider that signs whatever a test wants signed. */
import { SignedXml } from 'xml-crypto';
import { certificate, type Issued } from './certificates.ts';

const DSIG = 'http://www.w3.org/2000/09/xmldsig#';
const EXCLUSIVE = 'http://www.w3.org/2001/10/xml-exc-c14n#';
export const ISSUER = 'https://idp.example.com/saml';
export const SIGN_ON = 'https://idp.example.com/sso';

export interface Parts {
  readonly id?: string;
  readonly issuer?: string;
  readonly issued: Date;
  readonly audience: string;
  readonly recipient: string;
  readonly destination?: string;
  readonly inResponseTo?: string | undefined;
  readonly subject: string;
  readonly format?: string;
  readonly minutes?: number;
  readonly sessionEnd?: Date;
  /** Whole `Attribute` elements. */
  readonly attributes?: string;
}

export const EMAIL = 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress';

export const samlIssuer = (name = 'idp') => certificate({ name, rsa: true });

export const metadataOf = (signers: readonly Issued[], binding = 'HTTP-Redirect', location = SIGN_ON) => {
  const keys = signers.map(
    ({ der }) =>
      `<KeyDescriptor use="signing"><KeyInfo xmlns="${DSIG}"><X509Data><X509Certificate>${der.toString('base64')}` +
      '</X509Certificate></X509Data></KeyInfo></KeyDescriptor>',
  );
  return (
    `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${ISSUER}"><IDPSSODescriptor ` +
    `protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">${keys.join('')}<SingleSignOnService ` +
    `Binding="urn:oasis:names:tc:SAML:2.0:bindings:${binding}" Location="${location}"/></IDPSSODescriptor></EntityDescriptor>`
  );
};

/** `value`: text, or elements. */
export const attribute = (name: string, ...values: readonly string[]) =>
  `<saml:Attribute Name="${name}">${values
    .map((value) => `<saml:AttributeValue>${value}</saml:AttributeValue>`)
    .join('')}</saml:Attribute>`;

export function assertionText(parts: Parts): string {
  const issued = parts.issued.toISOString();
  const end = new Date(parts.issued.getTime() + (parts.minutes ?? 5) * 60_000).toISOString();
  const reply = parts.inResponseTo === undefined ? '' : ` InResponseTo="${parts.inResponseTo}"`;
  const until = parts.sessionEnd ? ` SessionNotOnOrAfter="${parts.sessionEnd.toISOString()}"` : '';
  const statement = parts.attributes ? `<saml:AttributeStatement>${parts.attributes}</saml:AttributeStatement>` : '';
  return (
    `<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="${parts.id ?? '_a1'}" Version="2.0" ` +
    `IssueInstant="${issued}"><saml:Issuer>${parts.issuer ?? ISSUER}</saml:Issuer><saml:Subject><saml:NameID Format="` +
    `${parts.format ?? EMAIL}">${parts.subject}</saml:NameID><saml:SubjectConfirmation ` +
    `Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData NotOnOrAfter="${end}" ` +
    `Recipient="${parts.recipient}"${reply}/></saml:SubjectConfirmation></saml:Subject><saml:Conditions ` +
    `NotBefore="${issued}" NotOnOrAfter="${end}"><saml:AudienceRestriction><saml:Audience>${parts.audience}` +
    `</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement AuthnInstant="${issued}"${until}>` +
    '<saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password' +
    `</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>${statement}</saml:Assertion>`
  );
}

export const responseText = (inner: string, parts: Pick<Parts, 'destination' | 'inResponseTo' | 'issued'>) =>
  `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_r1" Version="2.0" IssueInstant="` +
  `${parts.issued.toISOString()}"${parts.destination ? ` Destination="${parts.destination}"` : ''}` +
  `${parts.inResponseTo ? ` InResponseTo="${parts.inResponseTo}"` : ''}><samlp:Status><samlp:StatusCode ` +
  `Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>${inner}</samlp:Response>`;

/** Signs the element of this name, the signature inside it. */
export function signed(xml: string, name: 'Assertion' | 'Response' | 'AuthnRequest', by: Issued): string {
  const reference = `//*[local-name(.)='${name}']`;
  const signature = new SignedXml({
    privateKey: by.privateKey,
    publicCert: by.pem,
    signatureAlgorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
    canonicalizationAlgorithm: EXCLUSIVE,
  });
  const transforms = [`${DSIG}enveloped-signature`, EXCLUSIVE];
  const digestAlgorithm = 'http://www.w3.org/2001/04/xmlenc#sha256';
  signature.addReference({ xpath: reference, transforms, digestAlgorithm });
  const location = { reference: `${reference}/*[local-name(.)='Issuer']`, action: 'after' } as const;
  signature.computeSignature(xml, {
    prefix: 'ds',
    location: name === 'Assertion' ? location : { reference, action: 'append' },
  });
  return signature.getSignedXml();
}

export const signedResponse = (parts: Parts, by: Issued) =>
  signed(responseText(assertionText(parts), parts), 'Assertion', by);
