/** Signing algorithms, a row each: which kinds of message they take, how they sign and how they verify. */
import { constants, type KeyObject, sign, verify } from 'node:crypto';
import { promisify } from 'node:util';
import type { MessageType, SigningAlgorithmSpec } from '@aws-sdk/client-kms';
import { ml_dsa44, ml_dsa65, ml_dsa87 } from '@noble/post-quantum/ml-dsa.js';
import {
  HASH_BYTES,
  type Hash,
  signEcdsa,
  signEd25519ph,
  signPkcs1,
  signPss,
  verifyEcdsa,
  verifyEd25519ph,
  verifyPkcs1,
  verifyPss,
} from './prehashed.ts';

type Random = (bytes: number) => Uint8Array;
type Sign = (key: KeyObject, message: Uint8Array, random: Random) => Uint8Array | Promise<Uint8Array>;
type Verify = (key: KeyObject, message: Uint8Array, signature: Uint8Array) => boolean | Promise<boolean>;

interface Scheme {
  /** How long the message must be. */
  readonly bytes?: number;
  readonly sign: Sign;
  /** `key` is the public key. */
  readonly verify: Verify;
}

/** Message type → scheme; a type that is not there does not go with the algorithm. */
export type Schemes = Readonly<Partial<Record<MessageType, Scheme>>>;

// On the thread pool: an RSA signature would hold the event loop for milliseconds.
const signAside = promisify(sign) as (hash: string, data: Uint8Array, key: object) => Promise<Buffer>;

/**
 * RFC 8017 8.1.2 and 8.2.2, step 1: a signature is as long as the modulus. OpenSSL takes one without its leading zeros.
 */
const whole =
  (verifies: Verify): Verify =>
  (key, message, signature) =>
    signature.length === key.asymmetricKeyDetails!.modulusLength! / 8 && verifies(key, message, signature);

const pkcs1 = (hash: Hash): Schemes => ({
  RAW: {
    sign: (key, message) => signAside(hash, message, { key, padding: constants.RSA_PKCS1_PADDING }),
    verify: whole((key, message, signature) => verify(hash, message, key, signature)),
  },
  DIGEST: {
    bytes: HASH_BYTES[hash],
    sign: (key, digest) => signPkcs1(key, hash, digest),
    verify: whole((key, digest, signature) => verifyPkcs1(key, hash, digest, signature)),
  },
});

function pss(hash: Hash): Schemes {
  const options = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: HASH_BYTES[hash] };
  return {
    RAW: {
      sign: (key, message) => signAside(hash, message, { key, ...options }),
      verify: whole((key, message, signature) => verify(hash, message, { key, ...options }, signature)),
    },
    DIGEST: {
      bytes: HASH_BYTES[hash],
      sign: (key, digest, random) => signPss(key, hash, digest, random(HASH_BYTES[hash])),
      verify: (key, digest, signature) => verifyPss(key, hash, digest, signature),
    },
  };
}

/** Signatures are DER (ANSI X9.62). */
const ecdsa = (hash: Hash): Schemes => ({
  RAW: {
    sign: (key, message) => sign(hash, message, key),
    verify: (key, message, signature) => verify(hash, message, key, signature),
  },
  DIGEST: { bytes: HASH_BYTES[hash], sign: signEcdsa, verify: verifyEcdsa },
});

const LATTICES: Readonly<Record<string, typeof ml_dsa44>> = {
  'ml-dsa-44': ml_dsa44,
  'ml-dsa-65': ml_dsa65,
  'ml-dsa-87': ml_dsa87,
};
const latticeOf = (key: KeyObject) => LATTICES[key.asymmetricKeyType as string]!;

/** FIPS 204's pure form without a context; EXTERNAL_MU is the 64 bytes that the caller has hashed the message to. */
const MLDSA: Schemes = {
  RAW: {
    sign: (key, message) => sign(null, message, key),
    verify: (key, message, signature) => verify(null, message, key, signature),
  },
  EXTERNAL_MU: {
    bytes: 64,
    sign: (key, mu, random) =>
      latticeOf(key).internal.sign(mu, latticeSecret(key), { externalMu: true, extraEntropy: random(32) }),
    verify: (key, mu, signature) =>
      latticeOf(key).internal.verify(signature, mu, latticePublic(key), { externalMu: true }),
  },
};

const SEED_BYTES = 32;

/** A PKCS #8 document of ML-DSA ends in the seed; the secret key follows from it. */
function latticeSecret(key: KeyObject): Uint8Array {
  const document = key.export({ type: 'pkcs8', format: 'der' });
  const { secretKey } = latticeOf(key).keygen(document.subarray(-SEED_BYTES));
  document.fill(0);
  return secretKey;
}

const latticePublic = (key: KeyObject) =>
  key.export({ type: 'spki', format: 'der' }).subarray(-latticeOf(key).lengths.publicKey!);

const SCHEMES: Readonly<Partial<Record<SigningAlgorithmSpec, Schemes>>> = {
  RSASSA_PKCS1_V1_5_SHA_256: pkcs1('sha256'),
  RSASSA_PKCS1_V1_5_SHA_384: pkcs1('sha384'),
  RSASSA_PKCS1_V1_5_SHA_512: pkcs1('sha512'),
  RSASSA_PSS_SHA_256: pss('sha256'),
  RSASSA_PSS_SHA_384: pss('sha384'),
  RSASSA_PSS_SHA_512: pss('sha512'),
  ECDSA_SHA_256: ecdsa('sha256'),
  ECDSA_SHA_384: ecdsa('sha384'),
  ECDSA_SHA_512: ecdsa('sha512'),
  ED25519_SHA_512: {
    RAW: {
      sign: (key, message) => sign(null, message, key),
      verify: (key, message, signature) => verify(null, message, key, signature),
    },
  },
  ED25519_PH_SHA_512: { DIGEST: { bytes: 64, sign: signEd25519ph, verify: verifyEd25519ph } },
  ML_DSA_SHAKE_256: MLDSA,
};

export const schemesOf = (algorithm: SigningAlgorithmSpec): Schemes => SCHEMES[algorithm] ?? {};
