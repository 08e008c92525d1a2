/**
 * What a SAML 2.0 metadata document says of an identity provider: who it is, which certificates sign its assertions,
 * where it signs users in, how long that holds (OASIS saml-metadata-2.0-os). Document types are refused, and with them
 * entities.
 */
import { X509Certificate } from 'node:crypto';
import { DOMParser, type Element, onErrorStopParsing } from '@xmldom/xmldom';

export interface SamlMetadata {
  readonly entityId: string;
  /** Base64 DER. */
  readonly certificates: readonly string[];
  readonly signOn: readonly { readonly binding: string; readonly location: string }[];
  readonly validUntil: Date | undefined;
}

const METADATA = 'urn:oasis:names:tc:SAML:2.0:metadata';
const SIGNATURE = 'http://www.w3.org/2000/09/xmldsig#';

/** Undefined if the text is not the metadata of an identity provider. */
export function readSamlMetadata(text: string): SamlMetadata | undefined {
  const root = rootOf(text);
  const entity = root && entityIn(root);
  const provider = entity && childOf(entity, 'IDPSSODescriptor');
  const entityId = entity?.getAttribute('entityID');
  if (!provider || !entityId) return undefined;
  const certificates = signingCertificates(provider);
  if (certificates.length === 0 || !certificates.every(isCertificate)) return undefined;
  return { entityId, certificates, signOn: signOnOf(provider), validUntil: earliest([root, entity, provider]) };
}

export interface ServiceProviderMetadata {
  readonly entityId: string;
  /** Where assertions are posted. */
  readonly acsUrl: string;
  /** That signs its requests: base64 DER. */
  readonly certificate: string | undefined;
}

const POST = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST';

/** Undefined if the text is not the metadata of a service provider that takes assertions by POST. */
export function readServiceProviderMetadata(text: string): ServiceProviderMetadata | undefined {
  const root = rootOf(text);
  const provider = root && childOf(root, 'SPSSODescriptor');
  const entityId = root?.getAttribute('entityID');
  if (!provider || !entityId || root?.namespaceURI !== METADATA) return undefined;
  const services = childrenOf(provider, METADATA, 'AssertionConsumerService').filter(
    (service) => service.getAttribute('Binding') === POST,
  );
  const service = services.find((each) => each.getAttribute('isDefault') === 'true') ?? services[0];
  const acsUrl = service?.getAttribute('Location');
  if (!acsUrl) return undefined;
  return { entityId, acsUrl, certificate: signingCertificates(provider).find(isCertificate) };
}

/** The parser's work grows with their squares. AD FS writes about 3,000 tags and a dozen namespaces. */
const TAGS_MAX = 20_000;
const NAMESPACES_MAX = 1000;

function rootOf(text: string): Element | undefined {
  if (/<!DOCTYPE/i.test(text)) return undefined;
  if (countOf(text, '<') > TAGS_MAX || countOf(text, 'xmlns') > NAMESPACES_MAX) return undefined;
  try {
    return (
      new DOMParser({ onError: onErrorStopParsing }).parseFromString(text, 'text/xml').documentElement ?? undefined
    );
  } catch {
    return undefined;
  }
}

const countOf = (text: string, part: string) => text.split(part).length - 1;

/** The document is one entity, or a collection in which the first identity provider counts. */
function entityIn(root: Element): Element | undefined {
  if (root.namespaceURI !== METADATA) return undefined;
  if (root.localName === 'EntityDescriptor') return root;
  if (root.localName !== 'EntitiesDescriptor') return undefined;
  return childrenOf(root, METADATA, 'EntityDescriptor').find((entity) => childOf(entity, 'IDPSSODescriptor'));
}

function signingCertificates(provider: Element): string[] {
  return childrenOf(provider, METADATA, 'KeyDescriptor')
    .filter((key) => key.getAttribute('use') !== 'encryption')
    .flatMap((key) => [...key.getElementsByTagNameNS(SIGNATURE, 'X509Certificate')])
    .map((certificate) => (certificate.textContent ?? '').replace(/\s/g, ''));
}

function isCertificate(base64: string): boolean {
  try {
    return new X509Certificate(Buffer.from(base64, 'base64')).raw.length > 0;
  } catch {
    return false;
  }
}

const signOnOf = (provider: Element) =>
  childrenOf(provider, METADATA, 'SingleSignOnService').map((service) => ({
    binding: service.getAttribute('Binding') ?? '',
    location: service.getAttribute('Location') ?? '',
  }));

function earliest(elements: readonly Element[]): Date | undefined {
  const times = elements.map((element) => Date.parse(element.getAttribute('validUntil') ?? ''));
  const known = times.filter((time) => !Number.isNaN(time));
  return known.length > 0 ? new Date(Math.min(...known)) : undefined;
}

const childOf = (parent: Element, name: string) => childrenOf(parent, METADATA, name)[0];

function childrenOf(parent: Element, namespace: string, name: string): Element[] {
  const children: Element[] = [];
  for (let node = parent.firstChild; node; node = node.nextSibling) {
    const element = node as Element;
    if (element.namespaceURI === namespace && element.localName === name) children.push(element);
  }
  return children;
}
