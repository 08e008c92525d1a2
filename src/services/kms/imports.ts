/**
 * Key material of one's own. Material that was deleted, or has expired, leaves its row and its name: the same material
 * can come back, and opens what it had encrypted. Other material can only join a symmetric key as its next generation.
 * https://docs.aws.amazon.com/kms/latest/developerguide/importing-keys.html
 */
import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import {
  type DeleteImportedKeyMaterialRequest,
  type DeleteImportedKeyMaterialResponse,
  ExpiredImportTokenException,
  type GetParametersForImportRequest,
  type GetParametersForImportResponse,
  type ImportKeyMaterialRequest,
  type ImportKeyMaterialResponse,
  IncorrectKeyMaterialException,
  InvalidCiphertextException,
  InvalidImportTokenException,
  KMSInvalidStateException,
} from '@aws-sdk/client-kms';
import type { Context } from '../../core/context.ts';
import { fail, ValidationFailure } from '../../core/errors.ts';
import type { Present } from '../../core/operation.ts';
import { watchEnd } from './endings.ts';
import { fits, importParameters, tokenIn, unwrapped } from './importTokens.ts';
import { relatedKeys } from './keyMetadata.ts';
import { specOf } from './keySpecs.ts';
import { type Key, keyArn, keys, unsupported } from './keys.ts';
import { type Material, materialId, materialOf, materials, materialsOf } from './materials.ts';
import { onKey } from './resolve.ts';

export const GetParametersForImport = onKey<Present<GetParametersForImportRequest>, GetParametersForImportResponse>({
  state: 'kept',
  conditions: (input) => ({
    'kms:WrappingAlgorithm': input.WrappingAlgorithm,
    'kms:WrappingKeySpec': input.WrappingKeySpec,
  }),
  async run(input, ctx, key) {
    requireExternal(key);
    const bits = Number(input.WrappingKeySpec.slice('RSA_'.length));
    if (!fits(input.WrappingAlgorithm, bits, key.spec)) {
      unsupported(
        `Wrapping algorithm ${input.WrappingAlgorithm} with wrapping key spec ${input.WrappingKeySpec} is not supported for key spec ${key.spec}.`,
      );
    }
    const { token, publicKey, expires } = await importParameters(ctx, keyArn(key), input.WrappingAlgorithm, bits);
    ctx.audit.responseElements = null;
    return { KeyId: keyArn(key), ImportToken: token, PublicKey: publicKey, ParametersValidTo: expires };
  },
});

type Import = Present<ImportKeyMaterialRequest>;

export const ImportKeyMaterial = onKey<Import, ImportKeyMaterialResponse>({
  state: 'kept',
  conditions: (input) => ({
    'kms:ExpirationModel': input.ExpirationModel ?? 'KEY_MATERIAL_EXPIRES',
    'kms:ValidTo': input.ValidTo && String(input.ValidTo.getTime() / 1000),
  }),
  async run(input, ctx, key) {
    requireExternal(key);
    requireOwnSettings(key, input);
    const expires = expiryAsked(ctx, input);
    const { bytes, publicKey } = materialIn(ctx, key, input);
    const id = materialId(key.id, bytes);
    const known = await materialsOf(ctx, key);
    const earlier = earlierMaterial(key, known, id, input);
    const description = input.KeyMaterialDescription ?? earlier?.imported?.description;
    const waiting = earlier ? earlier.imported?.waiting : known.length > 0 ? (true as const) : undefined;
    const imported = {
      ...(description !== undefined && { description }),
      ...(expires !== undefined && { expires }),
      ...(waiting && { waiting }),
    };
    const kept = { ...(earlier ?? { sequence: known.length }), ...(publicKey && { publicKey }), id, imported };
    const material = materialOf(ctx, key, bytes, kept);
    bytes.fill(0);
    await ctx.store.replace(materials, material);
    await announce(ctx, key, material, earlier === undefined);
    return { KeyId: keyArn(key), ...(key.spec === 'SYMMETRIC_DEFAULT' && { KeyMaterialId: id }) };
  },
});

function requireExternal(key: Key): void {
  if (key.origin !== 'EXTERNAL') {
    unsupported(`${keyArn(key)} origin is ${key.origin} which is not valid for this operation.`);
  }
}

/** Keys that are not symmetric have one material for good; a replica's is described where its primary key is. */
function requireOwnSettings({ spec, multiRegion }: Key, input: Import): void {
  if (multiRegion?.type === 'REPLICA' && input.KeyMaterialDescription !== undefined) {
    throw new ValidationFailure('KeyMaterialDescription can be set on the primary key only');
  }
  if (spec === 'SYMMETRIC_DEFAULT') return;
  for (const name of ['ImportType', 'KeyMaterialDescription', 'KeyMaterialId'] as const) {
    if (input[name] === undefined) continue;
    throw new ValidationFailure(`${name} is supported for symmetric encryption keys only`);
  }
}

const YEAR_MILLISECONDS = 365 * 86_400_000;

function expiryAsked(ctx: Context, { ExpirationModel = 'KEY_MATERIAL_EXPIRES', ValidTo }: Import): string | undefined {
  if (ExpirationModel === 'KEY_MATERIAL_DOES_NOT_EXPIRE') {
    if (ValidTo) throw new ValidationFailure('A validTo date cannot be set if the key material does not expire');
    return undefined;
  }
  if (!ValidTo) {
    throw new ValidationFailure('A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES');
  }
  const ahead = ValidTo.getTime() - ctx.now.getTime();
  if (!(ahead > 0 && ahead <= YEAR_MILLISECONDS)) {
    throw new ValidationFailure('The validTo date must be in the future, and not more than 365 days from now');
  }
  return ValidTo.toISOString();
}

/** The material that the request carries, in the one form in which we keep it. */
function materialIn(ctx: Context, key: Key, { ImportToken, EncryptedKeyMaterial }: Import) {
  const token = tokenIn(ctx, ImportToken);
  if (!token || token.key !== keyArn(key)) fail(InvalidImportTokenException, '');
  if (token.expires <= ctx.now.getTime()) fail(ExpiredImportTokenException, '');
  const bytes = unwrapped(token, EncryptedKeyMaterial);
  if (!bytes) fail(InvalidCiphertextException, '');
  let read: KeyObject;
  try {
    read = specOf(key.spec).read(bytes);
    requirePair(read);
  } catch {
    return fail(IncorrectKeyMaterialException, '');
  }
  if (read.type !== 'private') return { bytes: read.export() };
  const publicKey = createPublicKey(read).export({ type: 'spki', format: 'der' }).toString('base64');
  return { bytes: read.export({ type: 'pkcs8', format: 'der' }), publicKey };
}

/** A document may hold a public key that is not the private key's. */
function requirePair(key: KeyObject): void {
  if (key.type !== 'private') return;
  const hash = key.asymmetricKeyType === 'ed25519' ? null : 'sha256';
  const message = Buffer.alloc(1);
  if (!verify(hash, message, createPublicKey(key), sign(hash, message, key))) throw new TypeError('No pair.');
}

/** The generation that this material is of; undefined for a new one, if there may be a new one. */
function earlierMaterial(key: Key, known: readonly Material[], id: string, input: Import): Material | undefined {
  const type = input.ImportType ?? (known.length === 0 ? 'NEW_KEY_MATERIAL' : 'EXISTING_KEY_MATERIAL');
  const earlier = known.find((material) => material.id === id);
  if (type === 'EXISTING_KEY_MATERIAL' || (known.length > 0 && key.spec !== 'SYMMETRIC_DEFAULT')) {
    if (!earlier || (input.KeyMaterialId ?? id) !== id) fail(IncorrectKeyMaterialException, '');
    return earlier;
  }
  if (input.KeyMaterialId !== undefined) {
    throw new ValidationFailure('KeyMaterialId cannot be specified when ImportType is NEW_KEY_MATERIAL');
  }
  if (earlier) fail(IncorrectKeyMaterialException, '');
  if (key.multiRegion?.type === 'REPLICA') {
    unsupported(`${keyArn(key)} is a replica key. Import new key material into the primary key first.`);
  }
  if (known.some((material) => material.imported?.waiting)) {
    fail(KMSInvalidStateException, `${keyArn(key)} already has key material that is pending rotation.`);
  }
  return undefined;
}

/** Tells the key, and its replicas, of material that has come, or is described in other words. */
async function announce(ctx: Context, key: Key, material: Material, isNew: boolean): Promise<void> {
  const { backing, id, sequence, imported } = material;
  const isFirst = isNew && !imported?.waiting;
  const change = {
    ...(isFirst && { material: { backing, id } }),
    generations: Math.max(key.generations, sequence + 1),
  };
  await refresh(ctx, { ...key, ...change });
  if (key.multiRegion?.type !== 'PRIMARY') return;
  for (const replica of await relatedKeys(ctx, key)) {
    if (replica.region === key.region) continue;
    if (!isNew) await describe(ctx, replica, material);
    else {
      const { sealed: _, ...name } = material;
      await ctx.store.replace(materials, { ...name, region: replica.region });
      await refresh(ctx, { ...replica, ...change });
    }
  }
}

async function describe(ctx: Context, { region }: Key, { backing, imported }: Material): Promise<void> {
  const there = await ctx.store.get(materials, [region, backing]);
  const description = imported?.description;
  if (!there || description === undefined || there.imported?.description === description) return;
  await ctx.store.replace(materials, { ...there, imported: { ...there.imported, description } });
}

/** Writes the key with what its rows of material say: whether all is there, and until when. */
async function refresh(ctx: Context, key: Key): Promise<void> {
  const bound = (await materialsOf(ctx, key)).filter((material) => !material.imported?.waiting);
  const dates = bound.flatMap((material) => material.imported?.expires ?? []).sort();
  const whole = bound.length > 0 && bound.every((material) => material.sealed !== undefined);
  const imported = { whole, ...(dates[0] !== undefined && { expires: dates[0] }) };
  await ctx.store.replace(keys, { ...key, imported });
  if (dates.length > 0) await watchEnd(ctx, key);
}

export const DeleteImportedKeyMaterial = onKey<
  Present<DeleteImportedKeyMaterialRequest>,
  DeleteImportedKeyMaterialResponse
>({
  state: 'any',
  async run(input, ctx, key) {
    requireExternal(key);
    const id = input.KeyMaterialId ?? key.material?.id;
    const material = (await materialsOf(ctx, key)).find((row) => row.id === id);
    if (!material) {
      if (input.KeyMaterialId !== undefined) fail(IncorrectKeyMaterialException, '');
      return { KeyId: keyArn(key) };
    }
    if (material.imported?.waiting && key.multiRegion?.type !== 'REPLICA') await forgetWaiting(ctx, key, material);
    else {
      const { sealed: _, ...name } = material;
      await ctx.store.replace(materials, name);
      await refresh(ctx, key);
    }
    return { KeyId: keyArn(key), KeyMaterialId: material.id };
  },
});

/** Material that was never used to encrypt leaves nothing behind, in no Region. */
async function forgetWaiting(ctx: Context, key: Key, { backing }: Material): Promise<void> {
  for (const related of await relatedKeys(ctx, key)) {
    await ctx.store.remove(materials, [related.region, backing]);
  }
}
