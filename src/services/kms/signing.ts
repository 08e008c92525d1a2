/** Sign, Verify, GenerateMac, VerifyMac. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import {
  type GenerateMacRequest,
  type GenerateMacResponse,
  KMSInvalidMacException,
  KMSInvalidSignatureException,
  type MacAlgorithmSpec,
  type SignRequest,
  type SignResponse,
  type VerifyMacRequest,
  type VerifyMacResponse,
  type VerifyRequest,
  type VerifyResponse,
} from '@aws-sdk/client-kms';
import type { Context } from '../../core/context.ts';
import { fail, ValidationFailure } from '../../core/errors.ts';
import type { Present } from '../../core/operation.ts';
import { publicKeyOf, requireAlgorithm } from './algorithms.ts';
import { noteUse } from './encryption.ts';
import { type Key, keyArn } from './keys.ts';
import { currentMaterial, openKey } from './materials.ts';
import { endDryRun, onKey } from './resolve.ts';
import { schemesOf } from './signatures.ts';

type Asked = Pick<Present<SignRequest>, 'SigningAlgorithm' | 'MessageType' | 'Message'>;

const signing = {
  aliases: true,
  state: 'enabled',
  usage: 'SIGN_VERIFY',
  readOnly: true,
  conditions: (input: Asked) => ({
    'kms:SigningAlgorithm': input.SigningAlgorithm,
    'kms:MessageType': input.MessageType ?? 'RAW',
  }),
} as const;

export const Sign = onKey<Present<SignRequest>, SignResponse>({
  ...signing,
  operation: 'Sign',
  async run(input, ctx, key) {
    const scheme = schemeFor(key, input);
    const privateKey = openKey(ctx, await currentMaterial(ctx, key));
    endDryRun(input);
    const Signature = await scheme.sign(privateKey, input.Message, ctx.random);
    noteUse(ctx, key);
    return { KeyId: keyArn(key), Signature, SigningAlgorithm: input.SigningAlgorithm };
  },
});

export const Verify = onKey<Present<VerifyRequest>, VerifyResponse>({
  ...signing,
  operation: 'Verify',
  async run(input, ctx, key) {
    const scheme = schemeFor(key, input);
    const publicKey = publicKeyOf(openKey(ctx, await currentMaterial(ctx, key)));
    const isValid = await scheme.verify(publicKey, input.Message, input.Signature);
    noteUse(ctx, key);
    if (!isValid) fail(KMSInvalidSignatureException, '');
    endDryRun(input);
    return { KeyId: keyArn(key), SignatureValid: true, SigningAlgorithm: input.SigningAlgorithm };
  },
});

function schemeFor(key: Key, { SigningAlgorithm, MessageType = 'RAW', Message }: Asked) {
  requireAlgorithm(key, 'SigningAlgorithms', SigningAlgorithm);
  const scheme = schemesOf(SigningAlgorithm)[MessageType];
  if (!scheme) {
    const what = key.spec.startsWith('ML_DSA') ? `key spec ${key.spec}` : `algorithm ${SigningAlgorithm}`;
    throw new ValidationFailure(`Message type ${MessageType} is incompatible with ${what}.`);
  }
  if (scheme.bytes !== undefined && Message.length !== scheme.bytes) {
    throw new ValidationFailure(`Digest is invalid length for algorithm ${SigningAlgorithm}.`);
  }
  return scheme;
}

const authentication = {
  aliases: true,
  state: 'enabled',
  usage: 'GENERATE_VERIFY_MAC',
  readOnly: true,
  conditions: (input: { readonly MacAlgorithm: MacAlgorithmSpec }) => ({ 'kms:MacAlgorithm': input.MacAlgorithm }),
} as const;

export const GenerateMac = onKey<Present<GenerateMacRequest>, GenerateMacResponse>({
  ...authentication,
  operation: 'GenerateMac',
  async run(input, ctx, key) {
    const Mac = await macOf(ctx, key, input.MacAlgorithm, input.Message);
    endDryRun(input);
    noteUse(ctx, key);
    return { KeyId: keyArn(key), Mac, MacAlgorithm: input.MacAlgorithm };
  },
});

export const VerifyMac = onKey<Present<VerifyMacRequest>, VerifyMacResponse>({
  ...authentication,
  operation: 'VerifyMac',
  async run(input, ctx, key) {
    const mac = await macOf(ctx, key, input.MacAlgorithm, input.Message);
    noteUse(ctx, key);
    if (mac.length !== input.Mac.length || !timingSafeEqual(mac, input.Mac)) fail(KMSInvalidMacException, '');
    endDryRun(input);
    return { KeyId: keyArn(key), MacValid: true, MacAlgorithm: input.MacAlgorithm };
  },
});

async function macOf(ctx: Context, key: Key, algorithm: MacAlgorithmSpec, message: Uint8Array): Promise<Buffer> {
  requireAlgorithm(key, 'MacAlgorithms', algorithm);
  const secret = openKey(ctx, await currentMaterial(ctx, key));
  return createHmac(`sha${algorithm.slice('HMAC_SHA_'.length)}`, secret)
    .update(message)
    .digest();
}
