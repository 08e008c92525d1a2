/** Data keys: random bytes, and the same bytes encrypted under a KMS key. */
import type {
  GenerateDataKeyRequest,
  GenerateDataKeyResponse,
  GenerateDataKeyWithoutPlaintextRequest,
  GenerateDataKeyWithoutPlaintextResponse,
  GenerateRandomRequest,
  GenerateRandomResponse,
} from '@aws-sdk/client-kms';
import type { Context } from '../../core/context.ts';
import { notImplemented, ValidationFailure } from '../../core/errors.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { encryptUnder } from './algorithms.ts';
import { contextConditions } from './conditions.ts';
import { noteUse, SYMMETRIC } from './encryption.ts';
import { type Key, keyArn } from './keys.ts';
import { endDryRun, onKey } from './resolve.ts';
import { rotated } from './rotationSchedule.ts';

type Asked = Present<GenerateDataKeyWithoutPlaintextRequest>;

const rules = {
  aliases: true,
  state: 'enabled',
  usage: 'ENCRYPT_DECRYPT',
  readOnly: true,
  conditions: (input: Asked) => ({
    'kms:EncryptionAlgorithm': SYMMETRIC,
    ...contextConditions(input.EncryptionContext),
  }),
} as const;

export const GenerateDataKey = onKey<Present<GenerateDataKeyRequest>, GenerateDataKeyResponse>({
  ...rules,
  operation: 'GenerateDataKey',
  async run(input, ctx, key) {
    if (input.Recipient) notImplemented('Recipient (cryptographic attestation)');
    const { plain, ...answer } = await dataKey(ctx, key, input);
    return { ...answer, Plaintext: plain };
  },
});

export const GenerateDataKeyWithoutPlaintext = onKey<Asked, GenerateDataKeyWithoutPlaintextResponse>({
  ...rules,
  operation: 'GenerateDataKeyWithoutPlaintext',
  async run(input, ctx, key) {
    const { plain, ...answer } = await dataKey(ctx, key, input);
    plain.fill(0);
    return answer;
  },
});

async function dataKey(ctx: Context, found: Key, input: Asked) {
  const plain = ctx.random(bytesAsked(input));
  const key = await rotated(ctx, found);
  const { blob, material } = await encryptUnder(ctx, key, plain, input.EncryptionContext);
  endDryRun(input);
  noteUse(ctx, key, { keyMaterialId: material.id });
  return { CiphertextBlob: blob, KeyId: keyArn(key), KeyMaterialId: material.id, plain };
}

const SPEC_BYTES = { AES_256: 32, AES_128: 16 } as const;

function bytesAsked({ NumberOfBytes, KeySpec }: Asked): number {
  if ((NumberOfBytes === undefined) === (KeySpec === undefined)) {
    throw new ValidationFailure('Please specify either number of bytes or key spec.');
  }
  return NumberOfBytes ?? SPEC_BYTES[KeySpec!];
}

export const GenerateRandom: Operation<Present<GenerateRandomRequest>, GenerateRandomResponse> = {
  readOnly: true,
  access: () => ({ resource: '*' }),
  async run(input, ctx) {
    if (input.Recipient) notImplemented('Recipient (cryptographic attestation)');
    if (input.CustomKeyStoreId !== undefined) notImplemented('A custom key store');
    if (input.NumberOfBytes === undefined) throw new ValidationFailure('NumberOfBytes is required.');
    ctx.audit.responseElements = null;
    return { Plaintext: ctx.random(input.NumberOfBytes) };
  },
};
