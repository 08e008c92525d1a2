/** Encryption under a key, by algorithm: a row each. */
import { constants, createPublicKey, type KeyObject, privateDecrypt, publicEncrypt } from 'node:crypto';
import {
  type EncryptionAlgorithmSpec,
  InvalidCiphertextException,
  InvalidKeyUsageException,
} from '@aws-sdk/client-kms';
import type { Context } from '../../core/context.ts';
import { fail, ValidationFailure } from '../../core/errors.ts';
import { type EncryptionContext, openBlob, sealBlob } from './ciphertexts.ts';
import { type Algorithms, algorithmsOf } from './keySpecs.ts';
import { decryptInStore, encryptInStore, type Use } from './keyStoreCiphertexts.ts';
import type { Key } from './keys.ts';
import { currentMaterial, isUsable, type Material, openKey } from './materials.ts';

interface Encryption {
  /** Whether ciphertext carries an encryption context, and the name of the material that opens it. */
  readonly selfDescribing: boolean;
  readonly encrypt: (ctx: Context, key: Key, material: Material, plain: Uint8Array, context: Given) => Uint8Array;
  /** Undefined for what is not ciphertext of this material in this context. */
  readonly decrypt: (ctx: Context, material: Material, blob: Uint8Array, context: Given) => Uint8Array | undefined;
}
type Given = EncryptionContext | undefined;

const oaep = (name: string, oaepHash: 'sha1' | 'sha256', hashBytes: number): Encryption => ({
  selfDescribing: false,
  encrypt(ctx, key, material, plain) {
    const privateKey = openKey(ctx, material);
    const most = privateKey.asymmetricKeyDetails!.modulusLength! / 8 - 2 * hashBytes - 2;
    if (plain.length > most) {
      throw new ValidationFailure(
        `Algorithm ${name} and key spec ${key.spec} cannot encrypt data larger than ${most} bytes.`,
      );
    }
    return publicEncrypt({ key: publicKeyOf(privateKey), padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, plain);
  },
  decrypt(ctx, material, blob) {
    const key = openKey(ctx, material);
    // RFC 8017 7.1.2, step 1b: OpenSSL takes a ciphertext without its leading zeros.
    if (blob.length !== key.asymmetricKeyDetails!.modulusLength! / 8) return undefined;
    try {
      return privateDecrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, blob);
    } catch {
      return undefined;
    }
  },
});

const ENCRYPTIONS: Readonly<Partial<Record<EncryptionAlgorithmSpec, Encryption>>> = {
  SYMMETRIC_DEFAULT: {
    selfDescribing: true,
    encrypt: (ctx, _key, material, plain, context) =>
      sealBlob(openKey(ctx, material), material.backing, plain, context, ctx.random),
    decrypt: (ctx, material, blob, context) => openBlob(openKey(ctx, material), blob, context),
  },
  RSAES_OAEP_SHA_1: oaep('RSAES_OAEP_SHA_1', 'sha1', 20),
  RSAES_OAEP_SHA_256: oaep('RSAES_OAEP_SHA_256', 'sha256', 32),
};

const publicKeys = new WeakMap<KeyObject, KeyObject>();

/** The public half of a private key. */
export function publicKeyOf(privateKey: KeyObject): KeyObject {
  let known = publicKeys.get(privateKey);
  if (!known) publicKeys.set(privateKey, (known = createPublicKey(privateKey)));
  return known;
}

/** Throws unless the key has the algorithm, in the list of that name. */
export function requireAlgorithm(key: Key, list: keyof Algorithms, algorithm: string): void {
  const names: readonly string[] = algorithmsOf(key.spec, key.usage)[list] ?? [];
  if (names.includes(algorithm)) return;
  fail(InvalidKeyUsageException, `Algorithm ${algorithm} is incompatible with key spec ${key.spec}.`);
}

const CONTEXT_BYTES_MAX = 8192;

/** Half a character has no bytes of its own: it would be authenticated as another one. */
function requireSound(context: EncryptionContext): void {
  let bytes = 0;
  for (const name in context) {
    const value = context[name]!;
    if (!name.isWellFormed() || !value.isWellFormed()) {
      throw new ValidationFailure('The encryption context is not valid Unicode.');
    }
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value);
  }
  if (bytes > CONTEXT_BYTES_MAX) {
    throw new ValidationFailure(`The encryption context is larger than ${CONTEXT_BYTES_MAX} bytes.`);
  }
}

function encryptionOf(key: Key, algorithm: EncryptionAlgorithmSpec, context: Given): Encryption {
  requireAlgorithm(key, 'EncryptionAlgorithms', algorithm);
  const encryption = ENCRYPTIONS[algorithm]!;
  if (context) requireSound(context);
  if (!encryption.selfDescribing && Object.keys(context ?? {}).length > 0) {
    throw new ValidationFailure(`EncryptionContext is not supported with algorithm ${algorithm}.`);
  }
  return encryption;
}

export interface Encrypted {
  /** What the ciphertext holds: not always what was given, see encryptInStore. */
  readonly plain: Uint8Array;
  readonly blob: Uint8Array;
  readonly material: Material;
}

/** Ciphertext under the key's current material. */
export async function encryptUnder(
  ctx: Context,
  key: Key,
  plain: Uint8Array,
  use: Use,
  algorithm: EncryptionAlgorithmSpec = 'SYMMETRIC_DEFAULT',
): Promise<Encrypted> {
  const encryption = encryptionOf(key, algorithm, use.context);
  const material = await currentMaterial(ctx, key);
  if (key.keyStore) return { ...(await encryptInStore(ctx, key, material, plain, use)), material };
  return { plain, blob: encryption.encrypt(ctx, key, material, plain, use.context), material };
}

/**
 * The plaintext. `named` is the material that the blob names, if it names one; without it there is nothing to try. All
 * that can be wrong with a blob or its context is one error without words.
 */
export async function decryptUnder(
  ctx: Context,
  key: Key,
  blob: { readonly bytes: Uint8Array; readonly named: Material | undefined },
  use: Use,
  algorithm: EncryptionAlgorithmSpec,
): Promise<{ readonly plain: Uint8Array; readonly material: Material }> {
  // AWS reads the blob before it asks whether the key has the algorithm.
  if (algorithm === 'SYMMETRIC_DEFAULT' && !blob.named) fail(InvalidCiphertextException, '');
  const encryption = encryptionOf(key, algorithm, use.context);
  const material = encryption.selfDescribing ? blob.named : await currentMaterial(ctx, key);
  const usable = material && isUsable(material, ctx.now);
  const open = () =>
    key.keyStore
      ? decryptInStore(ctx, key, material!, blob.bytes, use)
      : encryption.decrypt(ctx, material!, blob.bytes, use.context);
  const plain = usable ? await open() : undefined;
  if (!plain) fail(InvalidCiphertextException, '');
  return { plain, material: material! };
}
