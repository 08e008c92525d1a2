/**
 * Wrapping keys for imports. The private half goes out to the caller inside the import token, sealed: nothing has to be
 * kept here, and a token is good for its key, its algorithm and its day only.
 */
import {
  constants,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  privateDecrypt,
} from 'node:crypto';
import type { AlgorithmSpec } from '@aws-sdk/client-kms';
import type { Context } from '../../core/context.ts';
import { type KeySpecFacts, specOf } from './keySpecs.ts';
import { rsaKey } from './rsaKeys.ts';

const PURPOSE = 'kms-import-token';
const HOURS = 24;

interface Token {
  /** ARN of the key that the import is for. */
  readonly key: string;
  readonly algorithm: AlgorithmSpec;
  /** Milliseconds. */
  readonly expires: number;
  /** PKCS #8, base 64. */
  readonly wrapping: string;
}

type Unwrap = (wrapping: KeyObject, wrapped: Uint8Array) => Uint8Array;

type Kind = KeySpecFacts['kind'];

interface Wrapping {
  /** What material may be wrapped so. */
  readonly kinds: readonly Kind[];
  readonly unwrap: Unwrap;
}

/** An RSA private key is too long for RSA alone. */
const ALONE: readonly Kind[] = ['symmetric', 'hmac', 'ec', 'ed25519'];
const TWICE: readonly Kind[] = ['rsa', 'ec', 'ed25519'];

const oaep =
  (oaepHash: 'sha1' | 'sha256'): Unwrap =>
  (key, wrapped) =>
    privateDecrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, wrapped);

/** An AES key under RSA, then the material under the AES key (RFC 5649). */
const twice =
  (oaepHash: 'sha1' | 'sha256'): Unwrap =>
  (key, wrapped) => {
    const bytes = key.asymmetricKeyDetails!.modulusLength! / 8;
    const aes = oaep(oaepHash)(key, wrapped.subarray(0, bytes));
    const iv = Buffer.from('a65959a6', 'hex');
    const decipher = createDecipheriv(`id-aes${aes.length * 8}-wrap-pad`, aes, iv);
    return Buffer.concat([decipher.update(wrapped.subarray(bytes)), decipher.final()]);
  };

/** https://docs.aws.amazon.com/kms/latest/developerguide/importing-keys-get-public-key-and-token.html */
const WRAPPINGS: Readonly<Partial<Record<AlgorithmSpec, Wrapping>>> = {
  RSAES_OAEP_SHA_1: { kinds: ALONE, unwrap: oaep('sha1') },
  RSAES_OAEP_SHA_256: { kinds: ALONE, unwrap: oaep('sha256') },
  RSA_AES_KEY_WRAP_SHA_1: { kinds: TWICE, unwrap: twice('sha1') },
  RSA_AES_KEY_WRAP_SHA_256: { kinds: TWICE, unwrap: twice('sha256') },
};

/** Whether material of the key spec fits into the wrapping. */
export function fits(algorithm: AlgorithmSpec, wrappingBits: number, spec: string): boolean {
  const kinds = WRAPPINGS[algorithm]?.kinds ?? [];
  const isTooLong = spec === 'ECC_NIST_P521' && wrappingBits === 2048 && kinds === ALONE;
  return kinds.includes(specOf(spec).kind) && !isTooLong;
}

export async function importParameters(ctx: Context, key: string, algorithm: AlgorithmSpec, modulusLength: number) {
  const document = Buffer.from(await rsaKey(modulusLength));
  const publicKey = createPublicKey(createPrivateKey({ key: document, format: 'der', type: 'pkcs8' }));
  const expires = ctx.now.getTime() + HOURS * 3_600_000;
  const wrapping = document.toString('base64');
  document.fill(0);
  const token: Token = { key, algorithm, expires, wrapping };
  return {
    token: Buffer.from(ctx.secrets.seal(PURPOSE, JSON.stringify(token), ctx.random(12))),
    publicKey: publicKey.export({ type: 'spki', format: 'der' }),
    expires: new Date(expires),
  };
}

/** Undefined for what is no token of ours. */
export function tokenIn(ctx: Context, bytes: Uint8Array): Token | undefined {
  const text = ctx.secrets.open(PURPOSE, Buffer.from(bytes).toString('latin1'));
  return text && (JSON.parse(text.toString('utf8')) as Token);
}

/** The material; undefined if it was not wrapped for this token, whatever else it is. */
export function unwrapped({ algorithm, wrapping }: Token, wrapped: Uint8Array): Uint8Array | undefined {
  const key = createPrivateKey({ key: Buffer.from(wrapping, 'base64'), format: 'der', type: 'pkcs8' });
  try {
    return WRAPPINGS[algorithm]?.unwrap(key, wrapped);
  } catch {
    return undefined;
  }
}
