/**
 * Key material, each generation of it in a row: sealed under the plane's root key, together with the name it belongs
 * to, so that a row that was moved or copied does not open. Opened keys hang on their rows, in memory only.
 */
import { createHmac, type KeyObject } from 'node:crypto';
import type { RotationType } from '@aws-sdk/client-kms';
import type { Context } from '../../core/context.ts';
import { everyRow } from '../../store/everyRow.ts';
import { table } from '../../store/store.ts';
import { specOf } from './keySpecs.ts';
import type { Key, MaterialName } from './keys.ts';

export interface Material extends MaterialName {
  readonly account: string;
  readonly region: string;
  readonly keyId: string;
  readonly spec: string;
  /** Order of the generations, from 0. */
  readonly sequence: number;
  /** Base 64 of the sealed material. Absent while imported material is deleted or expired, and of `outside`. */
  readonly sealed?: string;
  /** Base 64 of the public half (SPKI) of an imported pair: it is shown also while the private one is gone. */
  readonly publicKey?: string;
  /** The material lies in the token of a CloudHSM key store, under the backing id. */
  readonly outside?: true;
  /** Absent for a key's first material, and for imported material that waits for its rotation. */
  readonly rotated?: { readonly date: string; readonly type: RotationType };
  readonly imported?: {
    readonly description?: string;
    /** ISO 8601. */
    readonly expires?: string;
    /** Imported for a rotation that has not been made yet. */
    readonly waiting?: true;
  };
}

/**
 * By Region and backing id, which is what ciphertext names. `key` lists a key's generations in order, `expiry` what
 * is to expire.
 */
export const materials = table<Material>('kms_material', {
  key: (material) => [material.region, material.backing],
  indexes: {
    key: (m) => [[m.account, m.region, m.keyId, String(m.sequence).padStart(6, '0')]],
    expiry: (m) => (m.sealed !== undefined && m.imported?.expires ? [[m.account, m.region, m.imported.expires]] : []),
  },
});

const PURPOSE = 'kms-key';
const BACKING_BYTES = 16;

type Owner = Pick<Key, 'account' | 'region' | 'id' | 'spec'>;

/** A row that holds these bytes. The name is new unless it is given. */
export function materialOf(
  ctx: Context,
  key: Owner,
  bytes: Uint8Array,
  rest: Partial<Material> & { readonly sequence: number },
): Material {
  const backing = rest.backing ?? Buffer.from(ctx.random(BACKING_BYTES)).toString('hex');
  const named = Buffer.concat([Buffer.from(backing, 'hex'), bytes]);
  const sealed = ctx.secrets.seal(PURPOSE, named, ctx.random(12));
  named.fill(0);
  const { account, region, id: keyId, spec } = key;
  return { id: materialId(key.id, bytes), ...rest, account, region, keyId, spec, backing, sealed };
}

/** As in AWS it depends on the key's id and the material alone, so that material imported again is known again. */
export const materialId = (keyId: string, bytes: Uint8Array) =>
  createHmac('sha256', bytes).update(`KeyMaterialId ${keyId}`).digest('hex');

/** Fresh material of the key's spec, in its row. */
export async function makeMaterial(ctx: Context, key: Owner, sequence: number, rotated?: Material['rotated']) {
  const bytes = await specOf(key.spec).make(ctx.random);
  const material = materialOf(ctx, key, bytes, { sequence, ...(rotated && { rotated }) });
  bytes.fill(0);
  await ctx.store.insert(materials, material);
  return material;
}

/** The same material for another Region's key of a multi-Region key. */
export async function copyMaterial(ctx: Context, from: Material, to: Owner): Promise<void> {
  const { account, region, id: keyId } = to;
  await ctx.store.replace(materials, { ...from, account, region, keyId });
}

const opened = new WeakMap<Material, KeyObject>();

/** The key in a row. The row must hold material. */
export function openKey(ctx: Context, material: Material): KeyObject {
  const known = opened.get(material);
  if (known) return known;
  const named = ctx.secrets.open(PURPOSE, material.sealed ?? '');
  if (!named || named.toString('hex', 0, BACKING_BYTES) !== material.backing) {
    throw new Error(`The material ${material.backing} does not open under this plane's root key.`);
  }
  const key = specOf(material.spec).read(named.subarray(BACKING_BYTES));
  named.fill(0);
  opened.set(material, key);
  return key;
}

/** Whether the row holds material that may be used now. */
export const isUsable = (material: Material, now: Date) =>
  (material.sealed !== undefined || material.outside === true) &&
  (material.imported?.expires === undefined || Date.parse(material.imported.expires) > now.getTime());

/** Every generation of a key, the first one first. */
export async function materialsOf(ctx: Context, key: Pick<Key, 'account' | 'region' | 'id'>): Promise<Material[]> {
  const all: Material[] = [];
  const ofKey = [key.account, key.region, key.id];
  for await (const material of everyRow(ctx.store, materials, ofKey, 'key')) all.push(material);
  return all;
}

/** The material a key works with now; the key must be usable. */
export async function currentMaterial(ctx: Context, key: Key): Promise<Material> {
  const material = key.material && (await ctx.store.get(materials, [key.region, key.material.backing]));
  if (!material) throw new Error(`The key ${key.id} has no material.`);
  return material;
}
