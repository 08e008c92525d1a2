/** Signatures over certificates and revocation lists: what signs them may be no weaker than SHA-256. */
import { constants, type KeyObject, verify } from 'node:crypto';
import { childrenOf, type Der, MalformedDer, octetsOf, oidOf, sequenceOf } from './der.ts';

interface Algorithm {
  readonly keys: readonly string[];
  /** Null: the algorithm has its own. */
  readonly digest: string | null;
}

/** What is not here is refused: MD5 and SHA-1 among it. */
const ALGORITHMS: Readonly<Record<string, Algorithm>> = {
  '1.2.840.113549.1.1.11': { keys: ['rsa'], digest: 'sha256' },
  '1.2.840.113549.1.1.12': { keys: ['rsa'], digest: 'sha384' },
  '1.2.840.113549.1.1.13': { keys: ['rsa'], digest: 'sha512' },
  '1.2.840.10045.4.3.2': { keys: ['ec'], digest: 'sha256' },
  '1.2.840.10045.4.3.3': { keys: ['ec'], digest: 'sha384' },
  '1.2.840.10045.4.3.4': { keys: ['ec'], digest: 'sha512' },
  '2.16.840.1.101.3.4.3.17': { keys: ['ml-dsa-44'], digest: null },
  '2.16.840.1.101.3.4.3.18': { keys: ['ml-dsa-65'], digest: null },
  '2.16.840.1.101.3.4.3.19': { keys: ['ml-dsa-87'], digest: null },
};

const PSS = '1.2.840.113549.1.1.10';
const PSS_DIGESTS: Readonly<Record<string, string>> = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

/** What an issuer signed: a certificate, a revocation list. */
export interface Signed {
  readonly content: Buffer;
  /** The algorithm's identifier, with its parameters. */
  readonly algorithm: Der;
  readonly signature: Buffer;
}

/** The three parts of `SEQUENCE { content, algorithm, signature }`. */
export function signedOf(value: Der): Signed & { readonly body: Der } {
  const [body, algorithm, signature, ...rest] = sequenceOf(value);
  if (!body || !algorithm || rest.length > 0) throw new MalformedDer('parts');
  return { body, content: body.whole, algorithm, signature: octetsOf(signature) };
}

function pssDigest({ algorithm }: Signed): string | undefined {
  const [, parameters] = sequenceOf(algorithm);
  const hash = parameters && childrenOf(parameters).find(({ tag }) => tag === 0xa0);
  return hash && PSS_DIGESTS[oidOf(sequenceOf(childrenOf(hash)[0])[0])];
}

/** Whether the algorithm is one that is strong enough. */
export function isStrong(signed: Signed): boolean {
  const oid = oidOf(sequenceOf(signed.algorithm)[0]);
  return oid === PSS ? pssDigest(signed) !== undefined : ALGORITHMS[oid] !== undefined;
}

export function isSignedBy(signed: Signed, key: KeyObject): boolean {
  const oid = oidOf(sequenceOf(signed.algorithm)[0]);
  const type = key.asymmetricKeyType ?? '';
  if (oid === PSS) {
    const digest = pssDigest(signed);
    if (digest === undefined || !/^rsa/.test(type)) return false;
    const padded = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_AUTO };
    return verify(digest, signed.content, padded, signed.signature);
  }
  const algorithm = ALGORITHMS[oid];
  return algorithm?.keys.includes(type) === true && verify(algorithm.digest, signed.content, key, signed.signature);
}
