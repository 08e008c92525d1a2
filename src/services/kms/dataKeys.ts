/** Data keys and data key pairs: made outside of any KMS key, what is secret of them encrypted under one. */
import type {
  GenerateDataKeyPairRequest,
  GenerateDataKeyPairResponse,
  GenerateDataKeyPairWithoutPlaintextRequest,
  GenerateDataKeyPairWithoutPlaintextResponse,
  GenerateDataKeyRequest,
  GenerateDataKeyResponse,
  GenerateDataKeyWithoutPlaintextRequest,
  GenerateDataKeyWithoutPlaintextResponse,
  GrantOperation,
  RecipientInfo,
} from '@aws-sdk/client-kms';
import type { Context } from '../../core/context.ts';
import { ValidationFailure } from '../../core/errors.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { encryptUnder, publicKeyOf } from './algorithms.ts';
import type { EncryptionContext } from './ciphertexts.ts';
import { type Conditions, contextConditions } from './conditions.ts';
import { noteUse, SYMMETRIC, usedMaterial } from './encryption.ts';
import { requireSpecHere, specOf } from './keySpecs.ts';
import { type Key, keyArn, unsupported } from './keys.ts';
import { requireNoRecipient } from './recipients.ts';
import { endDryRun, type Found, onKey } from './resolve.ts';
import { rotated } from './rotationSchedule.ts';

type KeyInput = Present<GenerateDataKeyWithoutPlaintextRequest>;
type PairInput = Present<GenerateDataKeyPairWithoutPlaintextRequest>;

interface Asked {
  readonly EncryptionContext?: EncryptionContext | undefined;
  readonly DryRun?: boolean | undefined;
  readonly Recipient?: RecipientInfo | undefined;
}

/** What is made of a request: the secret, and what the answer says beside it. */
type Made<In, Out> = (
  input: In,
  ctx: Context,
  key: Key,
) => Promise<{ readonly secret: Uint8Array; readonly open: Out }>;

/** An operation that makes a secret and encrypts it. `shape` puts secret and ciphertext into the answer. */
function generation<In extends Asked, Open extends object, Out>(
  operation: GrantOperation,
  make: Made<In, Open>,
  shape: (secret: Uint8Array, blob: Uint8Array) => Partial<Out>,
  conditions: (input: In) => Conditions = () => ({}),
): Operation<In, Out, Found> {
  return onKey<In, Out>({
    aliases: true,
    state: 'enabled',
    usage: 'ENCRYPT_DECRYPT',
    readOnly: true,
    operation,
    conditions: (input) => ({
      'kms:EncryptionAlgorithm': SYMMETRIC,
      ...conditions(input),
      ...contextConditions(input.EncryptionContext),
    }),
    async run(input, ctx, found) {
      requireNoRecipient(input);
      const key = await rotated(ctx, found);
      const use = { operation, drawn: true, context: input.EncryptionContext, dryRun: input.DryRun } as const;
      const { secret, open } = await make(input, ctx, key);
      const { plain, blob, material } = await encryptUnder(ctx, key, secret, use);
      endDryRun(input);
      noteUse(ctx, key, material);
      return { ...open, KeyId: keyArn(key), ...usedMaterial(key, material), ...shape(plain, blob) } as Out;
    },
  });
}

const SPEC_BYTES = { AES_256: 32, AES_128: 16 } as const;

const dataKey: Made<KeyInput, object> = async ({ NumberOfBytes, KeySpec }, ctx) => {
  if ((NumberOfBytes === undefined) === (KeySpec === undefined)) {
    throw new ValidationFailure('Please specify either number of bytes or key spec.');
  }
  return { secret: ctx.random(NumberOfBytes ?? SPEC_BYTES[KeySpec!]), open: {} };
};

export const GenerateDataKey = generation<Present<GenerateDataKeyRequest>, object, GenerateDataKeyResponse>(
  'GenerateDataKey',
  dataKey,
  (Plaintext, CiphertextBlob) => ({ CiphertextBlob, Plaintext }),
);

export const GenerateDataKeyWithoutPlaintext = generation<KeyInput, object, GenerateDataKeyWithoutPlaintextResponse>(
  'GenerateDataKeyWithoutPlaintext',
  dataKey,
  (secret, CiphertextBlob) => {
    secret.fill(0);
    return { CiphertextBlob };
  },
);

type Pair = Pick<GenerateDataKeyPairWithoutPlaintextResponse, 'PublicKey' | 'KeyPairSpec'>;

/** For a dry run no pair is made: some take seconds. */
const dataKeyPair: Made<PairInput, Pair> = async ({ KeyPairSpec, DryRun }, ctx, key) => {
  if (key.keyStore) unsupported(`${keyArn(key)} is in a custom key store, which has no data key pairs.`);
  requireSpecHere('KeyPairSpec', KeyPairSpec);
  if (DryRun) return { secret: new Uint8Array(1), open: { PublicKey: undefined, KeyPairSpec } };
  const spec = specOf(KeyPairSpec);
  const secret = await spec.make(ctx.random);
  const PublicKey = publicKeyOf(spec.read(secret)).export({ type: 'spki', format: 'der' });
  return { secret, open: { PublicKey, KeyPairSpec } };
};

const pairConditions = ({ KeyPairSpec }: PairInput) => ({ 'kms:DataKeyPairSpec': KeyPairSpec });

export const GenerateDataKeyPair = generation<Present<GenerateDataKeyPairRequest>, Pair, GenerateDataKeyPairResponse>(
  'GenerateDataKeyPair',
  dataKeyPair,
  (PrivateKeyPlaintext, PrivateKeyCiphertextBlob) => ({ PrivateKeyCiphertextBlob, PrivateKeyPlaintext }),
  pairConditions,
);

export const GenerateDataKeyPairWithoutPlaintext = generation<
  PairInput,
  Pair,
  GenerateDataKeyPairWithoutPlaintextResponse
>(
  'GenerateDataKeyPairWithoutPlaintext',
  dataKeyPair,
  (secret, PrivateKeyCiphertextBlob) => {
    secret.fill(0);
    return { PrivateKeyCiphertextBlob };
  },
  pairConditions,
);
