/**
 * The keys of OpenID Connect providers, fetched from where the provider's URL says and kept for a while.
 *
 * These are the only outbound connections of this service, and they go only to the host of a URL that an administrator
 * registered: no redirects are followed, and keys on another host are refused. HTTPS is believed if the machine's trust
 * store vouches for the server, else if a certificate of the chain that really signs the server's has a registered
 * thumbprint. Plain HTTP is for loopback, where tests and labs live.
 */

import { X509Certificate } from 'node:crypto';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { checkServerIdentity, type DetailedPeerCertificate, type TLSSocket } from 'node:tls';
import { IDPCommunicationErrorException, InvalidIdentityTokenException } from '@aws-sdk/client-sts';
import type { JSONWebKeySet } from 'jose';
import { awsError } from '../../core/errors.ts';
import type { OpenIdProvider } from '../../identity/providers.ts';

export type Verification = 'IAMTrustStore' | 'Thumbprint';

export interface ProviderKeys {
  readonly keys: JSONWebKeySet;
  readonly verification: Verification;
}

interface Kept {
  readonly answer: Promise<ProviderKeys>;
  /** Milliseconds. */
  readonly fetched: number;
  failed: boolean;
}

const KEEP_MS = 3_600_000;
/** A provider that failed, or whose keys did not fit, is not asked again sooner. */
const RETRY_MS = 10_000;
const KEPT_MAX = 1000;
const TIMEOUT_MS = 5000;
const BODY_BYTES_MAX = 262_144;

const kept = new Map<string, Kept>();

/**
 * The provider's keys. `issuer`: its URL, with the scheme. `fresh`: keys that were kept do not fit; ask again, unless
 * that was done just now.
 */
export function providerKeys(
  issuer: string,
  provider: OpenIdProvider,
  now: Date,
  fresh = false,
): Promise<ProviderKeys> {
  const id = `${issuer} ${provider.thumbprints.join(' ')}`;
  const known = kept.get(id);
  const age = known ? Math.abs(now.getTime() - known.fetched) : Infinity;
  if (known && age < (fresh || known.failed ? RETRY_MS : KEEP_MS)) return known.answer;
  const made: Kept = { answer: fetchKeys(issuer, provider, now), fetched: now.getTime(), failed: false };
  made.answer.catch(() => {
    made.failed = true;
  });
  kept.delete(id);
  kept.set(id, made);
  if (kept.size > KEPT_MAX) kept.delete(kept.keys().next().value!);
  return made.answer;
}

export const couldNotRetrieve = () =>
  awsError(
    InvalidIdentityTokenException,
    "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity " +
      'documentation for requirements',
  );

async function fetchKeys(issuer: string, provider: OpenIdProvider, now: Date): Promise<ProviderKeys> {
  const base = new URL(issuer);
  const discovery = await fetchJson(
    new URL(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`),
    provider,
    now,
  );
  const uri = member(discovery.json, 'jwks_uri');
  if (member(discovery.json, 'issuer') !== issuer || typeof uri !== 'string' || !URL.canParse(uri))
    throw couldNotRetrieve();
  const location = new URL(uri);
  if (location.hostname !== base.hostname || location.protocol !== base.protocol) throw couldNotRetrieve();
  const { json, verification } = await fetchJson(location, provider, now);
  if (!Array.isArray(member(json, 'keys'))) throw couldNotRetrieve();
  return { keys: json as JSONWebKeySet, verification };
}

const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;

async function fetchJson(url: URL, provider: OpenIdProvider, now: Date) {
  const response = await get(url);
  const verification = verified(url, response, provider, now);
  if (verification === undefined) {
    response.destroy();
    throw awsError(
      InvalidIdentityTokenException,
      "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint",
    );
  }
  if (response.statusCode !== 200) {
    response.destroy();
    throw couldNotRetrieve();
  }
  try {
    return { json: JSON.parse(await textOf(response)) as unknown, verification };
  } catch (error) {
    throw error instanceof SyntaxError ? couldNotRetrieve() : error;
  }
}

function get(url: URL): Promise<IncomingMessage> {
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const refused = () => reject(unreachable());
    // The certificate is judged by verified(), before a byte of the answer is believed.
    const sent = request(url, {
      agent: false,
      rejectUnauthorized: false,
      headers: { accept: 'application/json' },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    sent.on('response', resolve).on('error', refused).end();
  });
}

const unreachable = () =>
  awsError(
    IDPCommunicationErrorException,
    'Unable to communicate with the identity provider: it could not be reached.',
  );

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
  if (size > BODY_BYTES_MAX) throw couldNotRetrieve();
  return Buffer.concat(chunks).toString('utf8');
}

function verified(url: URL, response: IncomingMessage, provider: OpenIdProvider, now: Date): Verification | undefined {
  if (url.protocol === 'http:') return 'IAMTrustStore';
  const socket = response.socket as TLSSocket;
  if (socket.authorized) return 'IAMTrustStore';
  const leaf = socket.getPeerCertificate(true);
  if (checkServerIdentity(url.hostname, leaf) !== undefined) return undefined;
  return chainHasThumbprint(leaf, provider.thumbprints, now) ? 'Thumbprint' : undefined;
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
