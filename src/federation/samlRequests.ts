/**
 * Requests to a SAML 2.0 identity provider, and how a browser carries them: in an address, deflated, or in a form
 * (OASIS saml-bindings-2.0-os, 3.4 and 3.5).
 */
import { deflateRawSync } from 'node:zlib';

export const REDIRECT = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect';
export const POST = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST';
export const EMAIL_FORMAT = 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress';

/** Text as it stands in XML, also within quotes. */
export const escaped = (text: string) => text.replace(/[&<>"'\t\n\r]/g, (char) => `&#${char.charCodeAt(0)};`);

export interface Wanted {
  readonly id: string;
  readonly now: Date;
  /** Where the provider takes it. */
  readonly destination: string;
  /** Who asks, and where the answer goes. */
  readonly entityId: string;
  readonly acsUrl: string;
}

/** As AWS sends it: not signed, and with the name in the form of an e-mail address. */
export const authnRequest = ({ id, now, destination, entityId, acsUrl }: Wanted) =>
  [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<saml2p:AuthnRequest xmlns:saml2p="urn:oasis:names:tc:SAML:2.0:protocol"',
    ` AssertionConsumerServiceURL="${escaped(acsUrl)}" Destination="${escaped(destination)}" ID="${escaped(id)}"`,
    ` IssueInstant="${now.toISOString()}" ProtocolBinding="${POST}" Version="2.0">`,
    '<saml2:Issuer xmlns:saml2="urn:oasis:names:tc:SAML:2.0:assertion"',
    ` Format="urn:oasis:names:tc:SAML:2.0:nameid-format:entity">${escaped(entityId)}</saml2:Issuer>`,
    `<saml2p:NameIDPolicy Format="${EMAIL_FORMAT}"/></saml2p:AuthnRequest>`,
  ].join('');

/** The address that carries a message. */
export function addressOf(location: string, xml: string, relayState: string | undefined): string {
  const url = new URL(location);
  url.searchParams.set('SAMLRequest', deflateRawSync(Buffer.from(xml)).toString('base64'));
  if (relayState !== undefined) url.searchParams.set('RelayState', relayState);
  return url.href;
}

/** What an identity provider must know of us; the first address is the one it answers unless told another. */
export const serviceProviderMetadata = ({ entityId, acsUrls }: { entityId: string; acsUrls: readonly string[] }) =>
  [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${escaped(entityId)}">`,
    '<SPSSODescriptor AuthnRequestsSigned="false" WantAssertionsSigned="true"',
    ' protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">',
    `<NameIDFormat>${EMAIL_FORMAT}</NameIDFormat>`,
    ...acsUrls.map(
      (url, i) =>
        `<AssertionConsumerService Binding="${POST}" Location="${escaped(url)}" index="${i + 1}"${i === 0 ? ' isDefault="true"' : ''}/>`,
    ),
    '</SPSSODescriptor></EntityDescriptor>',
  ].join('');
