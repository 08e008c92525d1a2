/**
 * Questions to OpenID Connect providers. They go only where a URL leads that an administrator registered: no redirects
 * are followed, answers are short and quick. HTTPS is believed if the machine's trust store vouches for the server, else
 * if a certificate of the chain that really signs the server's has a registered thumbprint. Plain HTTP is for loopback,
 * where tests and labs live.
 */
import { X509Certificate } from 'node:crypto';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { checkServerIdentity, type DetailedPeerCertificate, type TLSSocket } from 'node:tls';
import { Refused } from './refused.ts';

export type Verification = 'IAMTrustStore' | 'Thumbprint';

export interface Question {
  readonly url: URL;
  /** Lower-case hexadecimal SHA-1 of certificates that are believed beside the machine's trust store. */
  readonly thumbprints: readonly string[];
  readonly now: Date;
  /** Members of a form that is posted; without it the URL is read. */
  readonly form?: URLSearchParams | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  /** Undefined: it was no JSON. */
  readonly json: unknown;
  readonly verification: Verification;
}

const TIMEOUT_MS = 5000;
const BODY_BYTES_MAX = 262_144;
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** HTTPS, or HTTP to the machine itself. */
const isAskable = (url: URL) => url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.has(url.hostname));

/** Whether it is a URL that an issuer may have. */
export function isIssuerUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && isAskable(url);
}

/** Throws Refused when there is no answer, or not from whom it should be. */
export async function asked(question: Question): Promise<Answer> {
  const response = await sent(question);
  const verification = verified(question, response);
  if (verification === undefined) {
    response.destroy();
    throw new Refused('invalid', "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint");
  }
  const text = await textOf(response);
  return { status: response.statusCode ?? 0, json: jsonIn(text), verification };
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function sent({ url, form, headers }: Question): Promise<IncomingMessage> {
  if (!isAskable(url)) return Promise.reject(unreachable());
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const outgoing = request(url, {
      agent: false,
      method: form ? 'POST' : 'GET',
      // What is read is judged by verified(), before a byte of it is believed; what is posted is secret.
      rejectUnauthorized: form !== undefined,
      headers: {
        accept: 'application/json',
        ...(form && { 'content-type': 'application/x-www-form-urlencoded' }),
        ...headers,
      },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    outgoing.on('response', resolve).on('error', () => reject(unreachable()));
    outgoing.end(form?.toString());
  });
}

const unreachable = () =>
  new Refused('unreachable', 'Unable to communicate with the identity provider: it could not be reached.');

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > BODY_BYTES_MAX) break;
      chunks.push(chunk);
    }
  } catch {
    throw unreachable();
  }
  return size > BODY_BYTES_MAX ? '' : Buffer.concat(chunks).toString('utf8');
}

function verified({ url, thumbprints, now }: Question, response: IncomingMessage): Verification | undefined {
  if (url.protocol === 'http:') return 'IAMTrustStore';
  const socket = response.socket as TLSSocket;
  if (socket.authorized) return 'IAMTrustStore';
  const leaf = socket.getPeerCertificate(true);
  if (checkServerIdentity(url.hostname, leaf) !== undefined) return undefined;
  return chainHasThumbprint(leaf, thumbprints, now) ? 'Thumbprint' : undefined;
}

/** Walks from the server's certificate up, as far as each one is really signed by the next. */
function chainHasThumbprint(leaf: DetailedPeerCertificate, thumbprints: readonly string[], now: Date): boolean {
  let peer = leaf;
  for (let depth = 0; depth < 10; depth++) {
    const certificate = new X509Certificate(peer.raw);
    if (certificate.validToDate < now || certificate.validFromDate > now) return false;
    if (thumbprints.includes(certificate.fingerprint.replaceAll(':', '').toLowerCase())) return true;
    const issuer = peer.issuerCertificate;
    if (!issuer || issuer.fingerprint256 === peer.fingerprint256) return false;
    const above = new X509Certificate(issuer.raw);
    if (!certificate.checkIssued(above) || !certificate.verify(above.publicKey) || !above.ca) return false;
    peer = issuer;
  }
  return false;
}
