/**
 * The keys an account signs its web identity tokens with, and the public documents by which others check them. A key is
 * made when the first token in its algorithm is asked for; its private half is sealed.
 */
import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { Context, Settings } from '../core/context.ts';
import { uuid } from '../core/ids.ts';
import { type Transaction, table } from '../store/store.ts';
import { outboundFederations, outboundIssuer } from './providers.ts';

export type OutboundAlgorithm = 'RS256' | 'ES384';

export interface OutboundKey {
  readonly account: string;
  readonly algorithm: OutboundAlgorithm;
  /** `kid` of the tokens. */
  readonly id: string;
  readonly created: string;
  /** JWK. */
  readonly publicKey: Readonly<Record<string, unknown>>;
  /** PKCS #8 PEM, sealed for the purpose `outbound-key`. */
  readonly sealed: string;
}

export const outboundKeys = table<OutboundKey>('sts_outbound_key', { key: (k) => [k.account, k.algorithm] });

const PURPOSE = 'outbound-key';
const generate = promisify(generateKeyPair);
const makers: Readonly<Record<OutboundAlgorithm, () => Promise<{ readonly privateKey: KeyObject }>>> = {
  RS256: () => generate('rsa', { modulusLength: 2048 }),
  ES384: () => generate('ec', { namedCurve: 'P-384' }),
};

/** The account's signing key, made with this request's write set if there is none yet. */
export async function signingKey(ctx: Context, algorithm: OutboundAlgorithm): Promise<{ id: string; key: KeyObject }> {
  const row = (await ctx.store.get(outboundKeys, [ctx.account, algorithm])) ?? (await newKey(ctx, algorithm));
  const pem = ctx.secrets.open(PURPOSE, row.sealed);
  if (!pem) throw new Error(`The outbound key ${row.id} was sealed under another root key.`);
  return { id: row.id, key: createPrivateKey(pem) };
}

async function newKey(ctx: Context, algorithm: OutboundAlgorithm): Promise<OutboundKey> {
  const { privateKey } = await makers[algorithm]();
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  const key: OutboundKey = {
    account: ctx.account,
    algorithm,
    id: uuid(ctx),
    created: ctx.now.toISOString(),
    publicKey: { ...createPublicKey(privateKey).export({ format: 'jwk' }) },
    sealed: ctx.secrets.seal(PURPOSE, pem, ctx.random(12)),
  };
  await ctx.store.replace(outboundKeys, key);
  return key;
}

/** Below this path the plane answers `ISSUER-ID/.well-known/openid-configuration` and `…/jwks.json`, unsigned. */
export const WEB_IDENTITY_PREFIX = '/web-identity/';

/**
 * The public document at a path, undefined if there is none. Documents stay when the feature is disabled: tokens that
 * were given out can be checked until they expire.
 */
export async function webIdentityDocument(
  tx: Transaction,
  settings: Settings,
  path: string,
): Promise<object | undefined> {
  const [, issuerId, document] = /^\/web-identity\/([0-9a-f-]{36})\/\.well-known\/([\w.-]+)$/.exec(path) ?? [];
  if (issuerId === undefined) return undefined;
  const federation = (await tx.list(outboundFederations, [issuerId], { index: 'issuer', limit: 1 })).rows[0];
  if (!federation) return undefined;
  const issuer = outboundIssuer(federation, settings);
  if (document === 'openid-configuration') return discovery(issuer);
  return document === 'jwks.json' ? { keys: await publicKeys(tx, federation.account) } : undefined;
}

const discovery = (issuer: string) => ({
  issuer,
  jwks_uri: `${issuer}/.well-known/jwks.json`,
  response_types_supported: ['id_token'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['RS256', 'ES384'],
  claims_supported: ['sub', 'aud', 'exp', 'iat', 'iss', 'jti'],
});

async function publicKeys(tx: Transaction, account: string): Promise<readonly object[]> {
  const { rows } = await tx.list(outboundKeys, [account], { limit: 10 });
  return rows.map(({ publicKey, id, algorithm }) => ({ ...publicKey, kid: id, alg: algorithm, use: 'sig' }));
}
