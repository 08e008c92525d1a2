/** Requests of service providers: whether one is theirs, for us and for now, and what it asks. */
import { verify, X509Certificate } from 'node:crypto';
import { inflateRawSync } from 'node:zlib';
import type { Element } from '@xmldom/xmldom';
import { refuse } from './refused.ts';
import { ASSERTION, child, PROTOCOL, parseXml, signedRoot, Unbelievable } from './samlDocuments.ts';

/** As a browser brings it. */
export interface Carried {
  readonly binding: 'redirect' | 'post';
  readonly message: string;
  /** Of the address, as it came: signatures are over its very characters. */
  readonly query: string;
}

export interface AuthnRequest {
  readonly id: string;
  readonly issuer: string;
  readonly acsUrl: string | undefined;
  /** Whoever is signed in proves it anew. */
  readonly force: boolean;
  /** The person must not be asked anything. */
  readonly passive: boolean;
}

export interface ExpectedRequest {
  /** Our address, if the request says where it was sent. */
  readonly destination: string;
  /** Base64 DER: only what its key signed is believed. Without one, signatures are not looked at. */
  readonly certificate: string | undefined;
  readonly now: Date;
}

const BYTES_MAX = 64 * 1024;
const SKEW_MS = 300_000;

/** Throws Refused on what is no request to us, of now. */
export function readAuthnRequest(carried: Carried, expected: ExpectedRequest): AuthnRequest {
  try {
    return checked(rootOf(carried, expected.certificate), expected);
  } catch (error) {
    if (error instanceof Unbelievable) return refuse('unsigned', `The request cannot be believed: ${error.message}.`);
    throw error;
  }
}

function checked(root: Element, { destination, now }: ExpectedRequest): AuthnRequest {
  if (root.namespaceURI !== PROTOCOL || root.localName !== 'AuthnRequest' || root.getAttribute('Version') !== '2.0') {
    refuse('invalid', 'It is no AuthnRequest of SAML 2.0.');
  }
  const given = root.getAttribute('Destination');
  if (given && given !== destination) refuse('invalid', 'The request was sent to another destination.');
  const issued = Date.parse(root.getAttribute('IssueInstant') ?? '');
  if (!(Math.abs(now.getTime() - issued) <= SKEW_MS)) refuse('expired', 'The request is not of now.');
  const id = root.getAttribute('ID') ?? '';
  if (!/^[A-Za-z_][\w.-]{0,255}$/.test(id)) refuse('invalid', 'The request has no ID.');
  return {
    id,
    issuer: child(root, ASSERTION, 'Issuer')?.textContent?.trim() ?? '',
    acsUrl: root.getAttribute('AssertionConsumerServiceURL') || undefined,
    force: isTrue(root.getAttribute('ForceAuthn')),
    passive: isTrue(root.getAttribute('IsPassive')),
  };
}

const isTrue = (text: string | null) => text === 'true' || text === '1';

function rootOf(carried: Carried, certificate: string | undefined): Element {
  const text = textOf(carried);
  if (certificate === undefined) return parseXml(text);
  if (carried.binding === 'post') return signedRoot(text, [certificate]);
  if (!isSignedAddress(carried.query, certificate)) refuse('unsigned', 'The request is not signed.');
  return parseXml(text);
}

function textOf({ binding, message }: Carried): string {
  const bytes = Buffer.from(message, 'base64');
  if (bytes.length > BYTES_MAX) refuse('invalid', 'The request is too long.');
  if (binding === 'post') return bytes.toString('utf8');
  try {
    return inflateRawSync(bytes, { maxOutputLength: BYTES_MAX }).toString('utf8');
  } catch {
    return refuse('invalid', 'The request is not deflated.');
  }
}

const ALGORITHMS: Readonly<Record<string, string>> = {
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256': 'sha256',
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512': 'sha512',
};

/** saml-bindings-2.0-os, 3.4.4.1: over these members in this order, each as it stands in the address. */
function isSignedAddress(query: string, certificate: string): boolean {
  const members = new Map<string, string>();
  for (const pair of query.split('&')) {
    // The name as whoever reads the address sees it: none may come a second time in another spelling.
    const [name] = new URLSearchParams(pair).keys();
    if (name === undefined || members.has(name)) return false;
    members.set(name, pair);
  }
  const value = (name: string) => new URLSearchParams(members.get(name) ?? '').get(name) ?? '';
  const hash = ALGORITHMS[value('SigAlg')];
  if (hash === undefined) return false;
  const text = ['SAMLRequest', 'RelayState', 'SigAlg'].flatMap((name) => members.get(name) ?? []).join('&');
  const key = new X509Certificate(Buffer.from(certificate, 'base64')).publicKey;
  return verify(hash, Buffer.from(text), key, Buffer.from(value('Signature'), 'base64'));
}
