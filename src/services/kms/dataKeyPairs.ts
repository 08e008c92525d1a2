/** Data key pairs: made outside of any KMS key, the private key encrypted under one. */
import type {
  GenerateDataKeyPairRequest,
  GenerateDataKeyPairResponse,
  GenerateDataKeyPairWithoutPlaintextRequest,
  GenerateDataKeyPairWithoutPlaintextResponse,
} from '@aws-sdk/client-kms';
import type { Context } from '../../core/context.ts';
import { notImplemented } from '../../core/errors.ts';
import type { Present } from '../../core/operation.ts';
import { encryptUnder, publicKeyOf } from './algorithms.ts';
import { contextConditions } from './conditions.ts';
import { noteUse, SYMMETRIC } from './encryption.ts';
import { specOf } from './keySpecs.ts';
import { type Key, keyArn } from './keys.ts';
import { endDryRun, onKey } from './resolve.ts';
import { rotated } from './rotationSchedule.ts';

type Asked = Present<GenerateDataKeyPairWithoutPlaintextRequest>;

const rules = {
  aliases: true,
  state: 'enabled',
  usage: 'ENCRYPT_DECRYPT',
  readOnly: true,
  conditions: (input: Asked) => ({
    'kms:EncryptionAlgorithm': SYMMETRIC,
    'kms:DataKeyPairSpec': input.KeyPairSpec,
    ...contextConditions(input.EncryptionContext),
  }),
} as const;

export const GenerateDataKeyPair = onKey<Present<GenerateDataKeyPairRequest>, GenerateDataKeyPairResponse>({
  ...rules,
  operation: 'GenerateDataKeyPair',
  async run(input, ctx, key) {
    if (input.Recipient) notImplemented('Recipient (cryptographic attestation)');
    const { plain, ...answer } = await dataKeyPair(ctx, key, input);
    return { ...answer, PrivateKeyPlaintext: plain };
  },
});

export const GenerateDataKeyPairWithoutPlaintext = onKey<Asked, GenerateDataKeyPairWithoutPlaintextResponse>({
  ...rules,
  operation: 'GenerateDataKeyPairWithoutPlaintext',
  async run(input, ctx, key) {
    const { plain, ...answer } = await dataKeyPair(ctx, key, input);
    plain.fill(0);
    return answer;
  },
});

async function dataKeyPair(ctx: Context, found: Key, input: Asked) {
  const spec = specOf(input.KeyPairSpec);
  const key = await rotated(ctx, found);
  if (input.DryRun) {
    await encryptUnder(ctx, key, new Uint8Array(1), input.EncryptionContext);
    endDryRun(input);
  }
  const plain = await spec.make(ctx.random);
  const publicKey = publicKeyOf(spec.read(plain)).export({ type: 'spki', format: 'der' });
  const { blob, material } = await encryptUnder(ctx, key, plain, input.EncryptionContext);
  noteUse(ctx, key, { keyMaterialId: material.id });
  return {
    PrivateKeyCiphertextBlob: blob,
    PublicKey: publicKey,
    KeyId: keyArn(key),
    KeyPairSpec: input.KeyPairSpec,
    KeyMaterialId: material.id,
    plain,
  };
}
