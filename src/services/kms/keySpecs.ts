/**
 * Key specs, a row each: what material a key of the spec has, which usages it may be made for, and the algorithms of
 * each usage. Nothing else in this folder knows a spec by name.
 * https://docs.aws.amazon.com/kms/latest/developerguide/symm-asymm-choose-key-spec.html
 */
import { createPrivateKey, createSecretKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import {
  type EncapsulationAlgorithmSpec,
  type EncryptionAlgorithmSpec,
  type KeyAgreementAlgorithmSpec,
  type KeyUsageType,
  type MacAlgorithmSpec,
  type SigningAlgorithmSpec,
  UnsupportedOperationException,
} from '@aws-sdk/client-kms';
import { awsError } from '../../core/errors.ts';
import { rsaKey } from './rsaKeys.ts';

type Random = (bytes: number) => Uint8Array;

/** The algorithms of a spec, under the names that DescribeKey lists them by. */
export interface Algorithms {
  readonly EncryptionAlgorithms?: readonly EncryptionAlgorithmSpec[];
  readonly SigningAlgorithms?: readonly SigningAlgorithmSpec[];
  readonly MacAlgorithms?: readonly MacAlgorithmSpec[];
  readonly KeyAgreementAlgorithms?: readonly KeyAgreementAlgorithmSpec[];
  readonly EncapsulationAlgorithms?: readonly EncapsulationAlgorithmSpec[];
}

export interface KeySpecFacts {
  readonly kind: 'symmetric' | 'hmac' | 'rsa' | 'ec' | 'ed25519' | 'mldsa' | 'mlkem';
  readonly usages: Readonly<Partial<Record<KeyUsageType, Algorithms>>>;
  /** Whether key material of one's own may be imported. */
  readonly importable: boolean;
  /** Makes secret material: raw bytes, or a PKCS #8 document. */
  readonly make: (random: Random) => Promise<Uint8Array>;
  /** The key in that material; throws if the bytes are not of this spec. */
  readonly read: (material: Uint8Array) => KeyObject;
}

const OAEP: Algorithms = { EncryptionAlgorithms: ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'] };
const RSA_SIGNING: Algorithms = {
  SigningAlgorithms: [
    'RSASSA_PKCS1_V1_5_SHA_256',
    'RSASSA_PKCS1_V1_5_SHA_384',
    'RSASSA_PKCS1_V1_5_SHA_512',
    'RSASSA_PSS_SHA_256',
    'RSASSA_PSS_SHA_384',
    'RSASSA_PSS_SHA_512',
  ],
};
const ECDH: Algorithms = { KeyAgreementAlgorithms: ['ECDH'] };

const pairOf = promisify(generateKeyPair) as (type: string, options: object) => Promise<{ privateKey: KeyObject }>;

const pkcs8 = async (type: string, options: object = {}) =>
  (await pairOf(type, options)).privateKey.export({ type: 'pkcs8', format: 'der' });

/** A private key that is what its spec says. */
function privateKey(material: Uint8Array, fits: (key: KeyObject) => boolean): KeyObject {
  const key = createPrivateKey({ key: Buffer.from(material), format: 'der', type: 'pkcs8' });
  if (!fits(key)) throw new TypeError('The key material is of another spec.');
  return key;
}

function secretKey(material: Uint8Array, isLong: (bytes: number) => boolean): KeyObject {
  if (!isLong(material.length)) throw new TypeError('The key material is of another spec.');
  return createSecretKey(material);
}

const rsa = (bits: number): KeySpecFacts => ({
  kind: 'rsa',
  usages: { ENCRYPT_DECRYPT: OAEP, SIGN_VERIFY: RSA_SIGNING },
  importable: true,
  make: () => rsaKey(bits),
  read: (material) =>
    privateKey(material, (key) => key.asymmetricKeyType === 'rsa' && key.asymmetricKeyDetails?.modulusLength === bits),
});

const curve = (namedCurve: string, algorithm: SigningAlgorithmSpec, agreement: boolean): KeySpecFacts => ({
  kind: 'ec',
  usages: { SIGN_VERIFY: { SigningAlgorithms: [algorithm] }, ...(agreement && { KEY_AGREEMENT: ECDH }) },
  importable: true,
  make: () => pkcs8('ec', { namedCurve }),
  read: (material) => privateKey(material, (key) => key.asymmetricKeyDetails?.namedCurve === namedCurve),
});

/** HMAC keys are made as long as the hash; imported ones may be up to 1,024 bits, and no shorter than the hash. */
const hmac = (bits: 224 | 256 | 384 | 512): KeySpecFacts => ({
  kind: 'hmac',
  usages: { GENERATE_VERIFY_MAC: { MacAlgorithms: [`HMAC_SHA_${bits}`] } },
  importable: true,
  make: async (random) => random(bits / 8),
  read: (material) => secretKey(material, (bytes) => bytes >= bits / 8 && bytes <= 128),
});

const lattice = (type: string, kind: 'mldsa' | 'mlkem', usage: KeyUsageType, names: Algorithms): KeySpecFacts => ({
  kind,
  usages: { [usage]: names },
  importable: false,
  make: () => pkcs8(type),
  read: (material) => privateKey(material, (key) => (key.asymmetricKeyType as string) === type),
});

const mldsa = (type: string) => lattice(type, 'mldsa', 'SIGN_VERIFY', { SigningAlgorithms: ['ML_DSA_SHAKE_256'] });
const mlkem = (type: string) =>
  lattice(type, 'mlkem', 'ENCAPSULATE_DECAPSULATE', { EncapsulationAlgorithms: ['ML_KEM'] });

const SPECS: Readonly<Record<string, KeySpecFacts>> = {
  SYMMETRIC_DEFAULT: {
    kind: 'symmetric',
    usages: { ENCRYPT_DECRYPT: { EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'] } },
    importable: true,
    make: async (random) => random(32),
    read: (material) => secretKey(material, (bytes) => bytes === 32),
  },
  RSA_2048: rsa(2048),
  RSA_3072: rsa(3072),
  RSA_4096: rsa(4096),
  ECC_NIST_P256: curve('prime256v1', 'ECDSA_SHA_256', true),
  ECC_NIST_P384: curve('secp384r1', 'ECDSA_SHA_384', true),
  ECC_NIST_P521: curve('secp521r1', 'ECDSA_SHA_512', true),
  ECC_SECG_P256K1: curve('secp256k1', 'ECDSA_SHA_256', false),
  ECC_NIST_EDWARDS25519: {
    kind: 'ed25519',
    usages: { SIGN_VERIFY: { SigningAlgorithms: ['ED25519_SHA_512', 'ED25519_PH_SHA_512'] } },
    importable: true,
    make: () => pkcs8('ed25519'),
    read: (material) => privateKey(material, (key) => key.asymmetricKeyType === 'ed25519'),
  },
  HMAC_224: hmac(224),
  HMAC_256: hmac(256),
  HMAC_384: hmac(384),
  HMAC_512: hmac(512),
  ML_DSA_44: mldsa('ml-dsa-44'),
  ML_DSA_65: mldsa('ml-dsa-65'),
  ML_DSA_87: mldsa('ml-dsa-87'),
  ML_KEM_512: mlkem('ml-kem-512'),
  ML_KEM_768: mlkem('ml-kem-768'),
  ML_KEM_1024: mlkem('ml-kem-1024'),
};

/** Throws for a spec that AWS has in other Regions only. `member` is the request's name for it. */
export function requireSpecHere(member: string, name: string): void {
  if (name !== 'SM2') return;
  throw awsError(UnsupportedOperationException, `${member} ${name} is not supported in this Region`);
}

/** The facts of a spec that the API model admits. */
export function specOf(name: string): KeySpecFacts {
  const facts = Object.hasOwn(SPECS, name) ? SPECS[name] : undefined;
  if (!facts) throw new TypeError(`There is no key spec ${name}.`);
  return facts;
}

/** What a key of the spec can do in the usage it was made for. */
export const algorithmsOf = (spec: string, usage: KeyUsageType): Algorithms => specOf(spec).usages[usage] ?? {};
