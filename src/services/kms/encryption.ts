/**
 * Encrypt, Decrypt, ReEncrypt. The key of a ciphertext is found by the name in its header; permission is asked on that
 * key, and only a tag that holds makes anything in the header true.
 */
import {
  type DecryptRequest,
  type DecryptResponse,
  type EncryptionAlgorithmSpec,
  type EncryptRequest,
  type EncryptResponse,
  IncorrectKeyException,
  InvalidCiphertextException,
  type ReEncryptRequest,
  type ReEncryptResponse,
} from '@aws-sdk/client-kms';
import type { Context } from '../../core/context.ts';
import { awsError, fail, ValidationFailure } from '../../core/errors.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { decryptUnder, encryptUnder } from './algorithms.ts';
import { backingOf } from './ciphertexts.ts';
import { contextConditions } from './conditions.ts';
import type { Use } from './keyStoreCiphertexts.ts';
import { type Key, keyArn, requireState } from './keys.ts';
import { type Material, materials } from './materials.ts';
import { requireNoRecipient } from './recipients.ts';
import {
  endDryRun,
  type Found,
  findKey,
  findUsedKey,
  keyAccess,
  onKey,
  presentKey,
  requireTokens,
  requireUsage,
  withGrants,
} from './resolve.ts';
import { rotated } from './rotationSchedule.ts';

export const SYMMETRIC = 'SYMMETRIC_DEFAULT';

const encryption = onKey<Present<EncryptRequest>, EncryptResponse>({
  operation: 'Encrypt',
  aliases: true,
  state: 'enabled',
  usage: 'ENCRYPT_DECRYPT',
  readOnly: true,
  conditions: (input) => ({
    'kms:EncryptionAlgorithm': input.EncryptionAlgorithm ?? SYMMETRIC,
    ...contextConditions(input.EncryptionContext),
  }),
  async run(input, ctx, found) {
    const algorithm = input.EncryptionAlgorithm ?? SYMMETRIC;
    const key = await rotated(ctx, found);
    const use = { operation: 'Encrypt', context: input.EncryptionContext, dryRun: input.DryRun };
    const { blob, material } = await encryptUnder(ctx, key, input.Plaintext, use, algorithm);
    endDryRun(input);
    noteUse(ctx, key, material);
    return { KeyId: keyArn(key), CiphertextBlob: blob, EncryptionAlgorithm: algorithm };
  },
});

/** The record names the algorithm even if the request did not, also of one that is denied. */
export const Encrypt: typeof encryption = {
  ...encryption,
  load(input, ctx) {
    ctx.audit.requestParameters = { encryptionAlgorithm: input.EncryptionAlgorithm ?? SYMMETRIC };
    return encryption.load!(input, ctx);
  },
};

/** What a ciphertext is about, before anybody may know. */
interface Enciphered {
  readonly found: Found;
  readonly algorithm: EncryptionAlgorithmSpec;
  readonly bytes: Uint8Array | undefined;
  /** The material that the header names. */
  readonly named: Material | undefined;
  readonly fromOtherKey: boolean;
}

export const Decrypt: Operation<Present<DecryptRequest>, DecryptResponse, Enciphered> = {
  readOnly: true,
  load(input, ctx) {
    const algorithm = input.EncryptionAlgorithm ?? SYMMETRIC;
    ctx.audit.requestParameters = { encryptionAlgorithm: algorithm };
    return enciphered(ctx, 'Decrypt', input, input.KeyId, algorithm);
  },
  access: (input, ctx, { found, algorithm }) =>
    keyAccess(ctx, found, {
      'kms:EncryptionAlgorithm': algorithm,
      ...contextConditions(input.EncryptionContext),
    }),
  async run(input, ctx, target) {
    requireNoRecipient(input);
    const key = decryptionKey(ctx, input, target, 'Decrypt');
    const use = { operation: 'Decrypt', context: input.EncryptionContext, dryRun: input.DryRun };
    const opened = await open(ctx, key, target, use);
    endDryRun(input);
    noteUse(ctx, key, target.algorithm === SYMMETRIC ? opened.material : undefined);
    return {
      KeyId: keyArn(key),
      Plaintext: opened.plain,
      EncryptionAlgorithm: target.algorithm,
      ...(target.algorithm === SYMMETRIC && usedMaterial(key, opened.material)),
    };
  },
};

interface ReEnciphered {
  readonly source: Enciphered;
  readonly destination: Found;
}

export const ReEncrypt: Operation<Present<ReEncryptRequest>, ReEncryptResponse, ReEnciphered> = {
  readOnly: true,
  async load(input, ctx) {
    const algorithm = input.SourceEncryptionAlgorithm ?? SYMMETRIC;
    const to = input.DestinationEncryptionAlgorithm ?? SYMMETRIC;
    ctx.audit.requestParameters = { sourceEncryptionAlgorithm: algorithm, destinationEncryptionAlgorithm: to };
    const source = await enciphered(ctx, 'ReEncryptFrom', input, input.SourceKeyId, algorithm);
    const found = await findUsedKey(ctx, input.DestinationKeyId, true);
    const destination = found.key ? await withGrants(ctx, found, found.key, 'ReEncryptTo') : found;
    return { source, destination };
  },
  access(input, ctx, { source, destination }) {
    const same = { 'kms:ReEncryptOnSameKey': String(source.found.arn === destination.arn) };
    const to = input.DestinationEncryptionAlgorithm ?? SYMMETRIC;
    return [
      {
        ...keyAccess(ctx, source.found, {
          'kms:EncryptionAlgorithm': source.algorithm,
          ...same,
          ...contextConditions(input.SourceEncryptionContext),
        }),
        action: 'kms:ReEncryptFrom',
      },
      {
        ...keyAccess(ctx, destination, {
          'kms:EncryptionAlgorithm': to,
          ...same,
          ...contextConditions(input.DestinationEncryptionContext),
        }),
        action: 'kms:ReEncryptTo',
      },
    ];
  },
  async run(input, ctx, { source, destination }) {
    const to = input.DestinationEncryptionAlgorithm ?? SYMMETRIC;
    const key = decryptionKey(ctx, input, source, 'ReEncrypt');
    const target = presentKey(ctx, destination);
    requireState(ctx, target, 'enabled');
    requireUsage(target, 'ENCRYPT_DECRYPT', 'ReEncrypt');
    const use = { operation: 'ReEncrypt', dryRun: input.DryRun };
    const opened = await open(ctx, key, source, { ...use, context: input.SourceEncryptionContext });
    const fresh = await rotated(ctx, target);
    const within = { ...use, context: input.DestinationEncryptionContext };
    const sealed = await encryptUnder(ctx, fresh, opened.plain, within, to);
    opened.plain.fill(0);
    endDryRun(input);
    const [from, into] = [usedMaterial(key, opened.material), usedMaterial(target, sealed.material)];
    const ids = {
      ...(source.algorithm === SYMMETRIC && from && { SourceKeyMaterialId: from.KeyMaterialId }),
      ...(to === SYMMETRIC && into && { DestinationKeyMaterialId: into.KeyMaterialId }),
    };
    ctx.audit.responseElements = null;
    ctx.audit.additionalEventData = {
      ...ctx.audit.additionalEventData,
      sourceKeyMaterialId: ids.SourceKeyMaterialId,
      destinationKeyMaterialId: ids.DestinationKeyMaterialId,
    };
    return {
      CiphertextBlob: sealed.blob,
      SourceKeyId: keyArn(key),
      KeyId: keyArn(target),
      SourceEncryptionAlgorithm: source.algorithm,
      DestinationEncryptionAlgorithm: to,
      ...ids,
    };
  },
};

type Ciphered = Pick<DecryptRequest, 'CiphertextBlob' | 'DryRun' | 'DryRunModifiers' | 'GrantTokens'>;

async function enciphered(
  ctx: Context,
  operation: 'Decrypt' | 'ReEncryptFrom',
  input: Ciphered,
  keyId: string | undefined,
  algorithm: EncryptionAlgorithmSpec,
): Promise<Enciphered> {
  const bytes = input.CiphertextBlob;
  const backing = algorithm === SYMMETRIC && bytes ? backingOf(bytes) : undefined;
  const named = backing === undefined ? undefined : await ctx.store.get(materials, [ctx.region, backing]);
  const namedArn = named && keyArn({ ...named, id: named.keyId });
  // The short id of another account's key will do, since the ciphertext says whose it is.
  const wanted = named && keyId === named.keyId ? namedArn : keyId;
  const sought = wanted === undefined ? await foundBy(ctx, namedArn) : await findUsedKey(ctx, wanted, true);
  const found = sought.key ? await withGrants(ctx, sought, sought.key, operation) : sought;
  const fromOtherKey = namedArn !== undefined && found.key !== undefined && keyArn(found.key) !== namedArn;
  return { found, algorithm, bytes, named, fromOtherKey };
}

/** A blob that names no key there is: permission is asked on the account's keys. */
async function foundBy(ctx: Context, arn: string | undefined): Promise<Found> {
  const found = arn === undefined ? undefined : await findKey(ctx, arn, false);
  if (found?.key) return found;
  return { arn: keyArn({ ...ctx, id: '*' }), absent: awsError(InvalidCiphertextException, '') };
}

function decryptionKey(ctx: Context, input: Ciphered, target: Enciphered, operation: string): Key {
  const isKeyNamed = 'KeyId' in input ? input.KeyId !== undefined : 'SourceKeyId' in input;
  if (target.algorithm !== SYMMETRIC && !isKeyNamed) {
    throw new ValidationFailure('You must specify a KeyId to decrypt with an asymmetric KMS key.');
  }
  const key = presentKey(ctx, target.found);
  requireTokens(ctx, input);
  requireState(ctx, key, 'enabled');
  requireUsage(key, 'ENCRYPT_DECRYPT', operation);
  if (target.fromOtherKey) {
    fail(IncorrectKeyException, 'The key ID in the request does not identify a CMK that can perform this operation.');
  }
  if (input.DryRun && input.DryRunModifiers?.includes('IGNORE_CIPHERTEXT')) endDryRun(input);
  return key;
}

function open(ctx: Context, key: Key, { bytes, named, algorithm }: Enciphered, use: Use) {
  if (!bytes)
    throw new ValidationFailure(
      "1 validation error detected: Value null at 'ciphertextBlob' failed to satisfy constraint: Member must not be null",
    );
  return decryptUnder(ctx, key, { bytes, named }, use, algorithm);
}

/** A use of a key leaves no answer in the record, but which material it was. */
export function noteUse(ctx: Context, key: Key, material?: Material): void {
  ctx.audit.responseElements = null;
  if (material && !key.keyStore) ctx.audit.additionalEventData = { keyMaterialId: material.id };
}

/** Keys in custom key stores have no material that AWS would name. */
export const usedMaterial = (key: Key, material: Material) =>
  key.keyStore ? undefined : { KeyMaterialId: material.id };
