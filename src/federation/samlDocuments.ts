/**
 * SAML responses as XML from strangers: parsed without document types or entities, bounded, and read only where a
 * signature of the provider covers it.
 *
 * Against signature wrapping: the response holds one assertion, right below its root; signatures stand only right below
 * the response or the assertion, and sign just that element; each one there must be good. What is read afterwards is
 * not the document that came, but the canonical text that the signature was computed over.
 */
import { X509Certificate } from 'node:crypto';
import { DOMParser, type Element, type Node } from '@xmldom/xmldom';
import { SignedXml } from 'xml-crypto';

export const ASSERTION = 'urn:oasis:names:tc:SAML:2.0:assertion';
export const PROTOCOL = 'urn:oasis:names:tc:SAML:2.0:protocol';
export const SIGNATURE = 'http://www.w3.org/2000/09/xmldsig#';

/** Why a document is not believed; the message is for the log, not for the stranger. */
export class Unbelievable extends Error {}

const TAGS_MAX = 10_000;
const DEPTH_MAX = 50;

/** The root element. Throws Unbelievable on anything that is not plain, well-formed XML. */
export function parseXml(text: string): Element {
  if (/<!(DOCTYPE|ENTITY)/i.test(text)) throw new Unbelievable('document type declaration');
  if (text.split('<').length > TAGS_MAX) throw new Unbelievable('too large');
  const parser = new DOMParser({
    onError: (_level, message) => {
      throw new Unbelievable(message);
    },
  });
  let root: Element | null;
  try {
    root = parser.parseFromString(text, 'text/xml').documentElement;
  } catch (error) {
    throw new Unbelievable('not well-formed', { cause: error });
  }
  if (!root) return unbelievable('empty');
  requireShallow(root);
  return root;
}

/** Bounds the nesting, so that what reads a document recursively (canonicalization) can. */
function requireShallow(root: Element): void {
  let depth = 0;
  let node: Node = root;
  while (true) {
    const next: Node | null = node.firstChild;
    if (next) {
      if (++depth > DEPTH_MAX) unbelievable('too deep');
      node = next;
      continue;
    }
    while (node !== root && !node.nextSibling) {
      node = node.parentNode!;
      depth--;
    }
    if (node === root) return;
    node = node.nextSibling!;
  }
}

const unbelievable = (why: string): never => {
  throw new Unbelievable(why);
};

/** Element children with this name. */
export function children(parent: Element, namespace: string, name: string): Element[] {
  const found: Element[] = [];
  for (let node = parent.firstChild; node; node = node.nextSibling) {
    if (node.nodeType !== node.ELEMENT_NODE) continue;
    const element = node as Element;
    if (element.namespaceURI === namespace && element.localName === name) found.push(element);
  }
  return found;
}

/** The child with this name, if there is one. Two are one too many. */
export function child(parent: Element, namespace: string, name: string): Element | undefined {
  const found = children(parent, namespace, name);
  return found.length > 1 ? unbelievable(`several ${name}`) : found[0];
}

/** Opens an EncryptedAssertion: the text inside. `isVouched`: the response around it is signed. */
export type Decrypt = (encrypted: Element, isVouched: boolean) => string;

/**
 * The assertion of a response, out of text that a key of these certificates (base64 DER) has signed: the response with
 * all that is in it, or the assertion. An encrypted one may be signed outside or inside.
 */
export function signedAssertion(text: string, certificates: readonly string[], decrypt: Decrypt): Element {
  const response = parseXml(text);
  if (response.namespaceURI !== PROTOCOL || response.localName !== 'Response') unbelievable('not a response');
  requireDistinctIds(response);
  if (!child(response, ASSERTION, 'EncryptedAssertion')) return signedWithin(text, response, certificates);
  if (count(response, ASSERTION, 'EncryptedAssertion') !== 1 || count(response, ASSERTION, 'Assertion') !== 0) {
    unbelievable('not one assertion');
  }
  const outer = isSigned(response) ? parseXml(signedText(text, response, certificates)) : undefined;
  if (count(response, SIGNATURE, 'Signature') !== (outer ? 1 : 0)) unbelievable('signatures');
  const encrypted = child(outer ?? response, ASSERTION, 'EncryptedAssertion') ?? unbelievable('not encrypted');
  const inner = decrypt(encrypted, outer !== undefined);
  const assertion = parseXml(inner);
  if (assertion.namespaceURI !== ASSERTION || assertion.localName !== 'Assertion') unbelievable('not an assertion');
  requireDistinctIds(assertion);
  const signatures = count(assertion, SIGNATURE, 'Signature');
  if (signatures === 0 && outer) return assertion;
  if (signatures !== 1 || !isSigned(assertion)) unbelievable('signatures');
  return parseXml(signedText(inner, assertion, certificates));
}

/** The root element, out of text that its own signature covers. */
export function signedRoot(text: string, certificates: readonly string[]): Element {
  const root = parseXml(text);
  requireDistinctIds(root);
  if (count(root, SIGNATURE, 'Signature') !== 1 || !isSigned(root)) unbelievable('signatures');
  return parseXml(signedText(text, root, certificates));
}

const isSigned = (element: Element) => child(element, SIGNATURE, 'Signature') !== undefined;

function signedWithin(text: string, response: Element, certificates: readonly string[]): Element {
  const assertion = onlyAssertion(response);
  const signed = [response, assertion].filter(isSigned);
  if (signed.length === 0 || count(response, SIGNATURE, 'Signature') !== signed.length) unbelievable('signatures');
  // The innermost comes last: of an assertion that is signed itself, its own signed text is read.
  const texts = signed.map((element) => signedText(text, element, certificates));
  const root = parseXml(texts.at(-1)!);
  return root.localName === 'Assertion' && root.namespaceURI === ASSERTION ? root : onlyAssertion(root);
}

function onlyAssertion(response: Element): Element {
  const assertion = child(response, ASSERTION, 'Assertion');
  if (!assertion || count(response, ASSERTION, 'Assertion') !== 1) return unbelievable('not one assertion');
  return assertion;
}

const count = (root: Element, namespace: string, name: string) => root.getElementsByTagNameNS(namespace, name).length;

function requireDistinctIds(root: Element): void {
  const seen = new Set<string>();
  const all = [root, ...Array.from(root.getElementsByTagName('*'))];
  for (const element of all) {
    for (const name of ['ID', 'Id', 'id']) {
      const id = element.getAttribute(name);
      if (!id) continue;
      if (seen.has(id)) unbelievable('an id twice');
      seen.add(id);
    }
  }
}

/** The canonical text of an element, as its own signature covers it. */
function signedText(text: string, element: Element, certificates: readonly string[]): string {
  const signature = child(element, SIGNATURE, 'Signature')!;
  requirePlainSignature(signature, element);
  const source = signature.toString();
  for (const certificate of certificates) {
    const signed = verified(text, source, certificate);
    if (signed !== undefined) return signed;
  }
  return unbelievable('no certificate fits the signature');
}

/** One SignedInfo with one Reference, to the element that the signature stands in; no Object to hide things in. */
function requirePlainSignature(signature: Element, element: Element): void {
  const info = child(signature, SIGNATURE, 'SignedInfo');
  const reference = info && child(info, SIGNATURE, 'Reference');
  const id = element.getAttribute('ID');
  if (!id || reference?.getAttribute('URI') !== `#${id}`) unbelievable('the signature is of something else');
  if (!child(signature, SIGNATURE, 'SignatureValue')) unbelievable('no signature value');
  const allowed = ['SignedInfo', 'SignatureValue', 'KeyInfo'];
  for (let node = signature.firstChild; node; node = node.nextSibling) {
    if (node.nodeType === node.ELEMENT_NODE && !allowed.includes((node as Element).localName ?? '')) {
      unbelievable('more than a signature');
    }
  }
}

const EXCLUSIVE = 'http://www.w3.org/2001/10/xml-exc-c14n#';
const algorithms = {
  CanonicalizationAlgorithms: [
    EXCLUSIVE,
    'http://www.w3.org/TR/2001/REC-xml-c14n-20010315',
    `${SIGNATURE}enveloped-signature`,
  ],
  HashAlgorithms: ['http://www.w3.org/2001/04/xmlenc#sha256', 'http://www.w3.org/2001/04/xmlenc#sha512'],
  SignatureAlgorithms: [
    'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
    'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512',
    'http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1',
  ],
} as const;

function verified(text: string, signature: string, certificate: string): string | undefined {
  try {
    const publicCert = new X509Certificate(Buffer.from(certificate, 'base64')).publicKey;
    const check = new SignedXml({ publicCert, getCertFromKeyInfo: () => null });
    for (const [table, names] of Object.entries(algorithms) as [keyof typeof algorithms, readonly string[]][]) {
      check[table] = Object.fromEntries(Object.entries(check[table]).filter(([name]) => names.includes(name))) as never;
    }
    check.loadSignature(signature);
    if (!check.checkSignature(text)) return undefined;
    const signed = check.getSignedReferences();
    return signed.length === 1 ? signed[0] : undefined;
  } catch {
    return undefined;
  }
}
