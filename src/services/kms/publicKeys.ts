/** Public keys, and the secrets that two parties share by them: ECDH and ML-KEM. */
import { createPublicKey, decapsulate, diffieHellman, encapsulate, type KeyObject } from 'node:crypto';
import {
  type CustomerMasterKeySpec,
  type DecapsulateRequest,
  type DecapsulateResponse,
  type DeriveSharedSecretRequest,
  type DeriveSharedSecretResponse,
  type EncapsulateRequest,
  type EncapsulateResponse,
  type GetPublicKeyRequest,
  type GetPublicKeyResponse,
  InvalidCiphertextException,
  type KeySpec,
} from '@aws-sdk/client-kms';
import type { Context } from '../../core/context.ts';
import { fail, ValidationFailure } from '../../core/errors.ts';
import type { Present } from '../../core/operation.ts';
import { publicKeyOf, requireAlgorithm } from './algorithms.ts';
import { noteUse } from './encryption.ts';
import { algorithmsOf, specOf } from './keySpecs.ts';
import { type Key, keyArn, requireState, unsupported } from './keys.ts';
import { currentMaterial, isUsable, openKey } from './materials.ts';
import { requireNoRecipient } from './recipients.ts';
import { endDryRun, onKey } from './resolve.ts';

const SECRET_KINDS = new Set(['symmetric', 'hmac']);

export const GetPublicKey = onKey<Present<GetPublicKeyRequest>, GetPublicKeyResponse>({
  operation: 'GetPublicKey',
  aliases: true,
  state: 'kept',
  async run(_input, ctx, key) {
    if (SECRET_KINDS.has(specOf(key.spec).kind)) {
      unsupported(`${keyArn(key)} key spec is ${key.spec} which is not valid for GetPublicKey.`);
    }
    const PublicKey = await publicHalf(ctx, key);
    ctx.audit.responseElements = null;
    return {
      KeyId: keyArn(key),
      PublicKey,
      CustomerMasterKeySpec: key.spec as CustomerMasterKeySpec,
      KeySpec: key.spec as KeySpec,
      KeyUsage: key.usage,
      ...(algorithmsOf(key.spec, key.usage) as Partial<GetPublicKeyResponse>),
    };
  },
});

/** SPKI. Of a pair that was imported it outlasts the private half. */
async function publicHalf(ctx: Context, key: Key): Promise<Uint8Array> {
  const material = key.material && (await currentMaterial(ctx, key));
  const isGone = !material || !isUsable(material, ctx.now);
  if (isGone && material?.publicKey !== undefined) return Buffer.from(material.publicKey, 'base64');
  if (isGone) requireState(ctx, key, 'available');
  return publicKeyOf(openKey(ctx, material!)).export({ type: 'spki', format: 'der' });
}

export const DeriveSharedSecret = onKey<Present<DeriveSharedSecretRequest>, DeriveSharedSecretResponse>({
  operation: 'DeriveSharedSecret',
  aliases: true,
  state: 'enabled',
  usage: 'KEY_AGREEMENT',
  readOnly: true,
  conditions: (input) => ({ 'kms:KeyAgreementAlgorithm': input.KeyAgreementAlgorithm }),
  async run(input, ctx, key) {
    requireNoRecipient(input);
    requireAlgorithm(key, 'KeyAgreementAlgorithms', input.KeyAgreementAlgorithm);
    const privateKey = openKey(ctx, await currentMaterial(ctx, key));
    const publicKey = peerKey(input.PublicKey, privateKey);
    const SharedSecret = sharedSecret(privateKey, publicKey);
    endDryRun(input);
    noteUse(ctx, key);
    return {
      KeyId: keyArn(key),
      SharedSecret,
      KeyAgreementAlgorithm: input.KeyAgreementAlgorithm,
      KeyOrigin: key.origin,
    };
  },
});

/** The point at infinity is a point of the curve, but shares no secret. */
function sharedSecret(privateKey: KeyObject, publicKey: KeyObject): Uint8Array {
  try {
    return diffieHellman({ privateKey, publicKey });
  } catch {
    throw new ValidationFailure('');
  }
}

/** A point of the same curve; OpenSSL refuses points that are not on it. */
function peerKey(bytes: Uint8Array, own: KeyObject): KeyObject {
  let peer: KeyObject | undefined;
  try {
    peer = createPublicKey({ key: Buffer.from(bytes), type: 'spki', format: 'der' });
  } catch {
    peer = undefined;
  }
  const isSame = peer && peer.asymmetricKeyDetails?.namedCurve === own.asymmetricKeyDetails?.namedCurve;
  if (!peer || !isSame) throw new ValidationFailure('');
  return peer;
}

const encapsulation = { aliases: true, state: 'enabled', usage: 'ENCAPSULATE_DECAPSULATE', readOnly: true } as const;

export const Encapsulate = onKey<Present<EncapsulateRequest>, EncapsulateResponse>({
  ...encapsulation,
  operation: 'Encapsulate',
  async run(input, ctx, key) {
    requireAlgorithm(key, 'EncapsulationAlgorithms', input.EncapsulationAlgorithm);
    const publicKey = publicKeyOf(openKey(ctx, await currentMaterial(ctx, key)));
    endDryRun(input);
    const { sharedKey, ciphertext } = encapsulate(publicKey);
    noteUse(ctx, key);
    return {
      KeyId: keyArn(key),
      SharedSecret: sharedKey,
      SharedSecretCiphertextBlob: ciphertext,
      EncapsulationAlgorithm: input.EncapsulationAlgorithm,
    };
  },
});

/** A ciphertext that is wrong in any way but its length gives a secret that nobody shares, as FIPS 203 has it. */
export const Decapsulate = onKey<Present<DecapsulateRequest>, DecapsulateResponse>({
  ...encapsulation,
  operation: 'Decapsulate',
  async run(input, ctx, key) {
    requireAlgorithm(key, 'EncapsulationAlgorithms', input.EncapsulationAlgorithm);
    const privateKey = openKey(ctx, await currentMaterial(ctx, key));
    if (input.SharedSecretCiphertextBlob.length !== CIPHERTEXT_BYTES[key.spec]) fail(InvalidCiphertextException, '');
    endDryRun(input);
    noteUse(ctx, key);
    return {
      KeyId: keyArn(key),
      SharedSecret: decapsulate(privateKey, input.SharedSecretCiphertextBlob),
      EncapsulationAlgorithm: input.EncapsulationAlgorithm,
    };
  },
});

/** FIPS 203, table 3. */
const CIPHERTEXT_BYTES: Readonly<Record<string, number>> = { ML_KEM_512: 768, ML_KEM_768: 1088, ML_KEM_1024: 1568 };
