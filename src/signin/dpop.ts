/**
 * Proofs of possession (RFC 9449): with each request a client shows that it holds the key that its tokens are bound to.
 * A proof is of one request, of now, and used once.
 */
import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import type { Context } from '../core/context.ts';
import type { WireRequest } from '../core/wire.ts';
import { digestOf } from '../identity/portalSessions.ts';
import { table } from '../store/store.ts';

export interface Proof {
  /** SHA-256 thumbprint of the key (RFC 7638). */
  readonly thumbprint: string;
  readonly id: string;
  /** Milliseconds of the real clock: until when a copy of it would be taken. */
  readonly until: number;
}

const WINDOW_SECONDS = 300;
const ID_MAX = 256;
const TEXT_MAX = 4096;

/** The proof in a request; undefined when there is none that holds. `wallClock`: the real clock, in milliseconds. */
export function proofIn(request: WireRequest, secure: boolean, wallClock: number): Proof | undefined {
  const text = request.headers.dpop ?? '';
  const [head, body, signature, ...more] = text.length <= TEXT_MAX ? text.split('.') : [];
  if (head === undefined || body === undefined || signature === undefined || more.length > 0) return undefined;
  const header = objectIn(head);
  const claims = objectIn(body);
  const key = header && keyIn(header);
  if (!key || !claims || !isSigned(`${head}.${body}`, signature, key)) return undefined;
  const { htm, htu, iat, jti } = claims;
  if (htm !== request.method || !isPlaceOf(htu, request, secure)) return undefined;
  if (typeof iat !== 'number' || Math.abs(wallClock / 1000 - iat) > WINDOW_SECONDS) return undefined;
  if (typeof jti !== 'string' || jti === '' || jti.length > ID_MAX) return undefined;
  return { thumbprint: thumbprintOf(key), id: jti, until: (iat + WINDOW_SECONDS + 1) * 1000 };
}

function objectIn(part: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** The public key that the header brings along, of the one kind that is taken. */
function keyIn({ typ, alg, jwk, crit }: Readonly<Record<string, unknown>>): KeyObject | undefined {
  if (typ !== 'dpop+jwt' || alg !== 'ES256' || crit !== undefined) return undefined;
  if (typeof jwk !== 'object' || jwk === null || 'd' in jwk) return undefined;
  const { kty, crv, x, y } = jwk as Readonly<Record<string, unknown>>;
  if (kty !== 'EC' || crv !== 'P-256' || typeof x !== 'string' || typeof y !== 'string') return undefined;
  try {
    return createPublicKey({ format: 'jwk', key: { kty, crv, x, y } });
  } catch {
    return undefined;
  }
}

const isSigned = (text: string, signature: string, key: KeyObject): boolean =>
  verify('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'));

/** Query and fragment do not count. Behind a proxy that ends TLS the plane does not know the scheme. */
function isPlaceOf(htu: unknown, { headers, path }: WireRequest, secure: boolean): boolean {
  const given = typeof htu === 'string' ? URL.parse(htu) : undefined;
  if (!given || (given.protocol !== 'https:' && (secure || given.protocol !== 'http:'))) return false;
  const own = URL.parse(`${given.protocol}//${headers.host ?? ''}${path}`);
  return own !== null && given.origin === own.origin && given.pathname === own.pathname;
}

function thumbprintOf(key: KeyObject): string {
  const { crv, kty, x, y } = key.export({ format: 'jwk' });
  return createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
}

interface UsedProof {
  /** Digest of key and id. */
  readonly proof: string;
  /** Milliseconds of the real clock. */
  readonly until: number;
}

export const usedProofs = table<UsedProof>('signin_proof', {
  key: (row) => [row.proof],
  indexes: { until: (row) => [[String(row.until).padStart(15, '0')]] },
});

/** Uses a proof up; false: somebody has already. Proofs that nobody would take any more are forgotten on the way. */
export async function usedFirst({ store }: Context, { thumbprint, id, until }: Proof, wallClock: number) {
  const { rows } = await store.list(usedProofs, [], { limit: 3, index: 'until', unchecked: true });
  for (const row of rows) if (row.until <= wallClock) await store.remove(usedProofs, [row.proof]);
  return store.insert(usedProofs, { proof: digestOf(`${thumbprint}.${id}`), until });
}
