/**
 * Attributes of people that become session tags: what an instance of IAM Identity Center is set to. Where the instance
 * has a key of its own, they lie under it.
 */
import { type Transaction, table } from '../store/store.ts';
import { openedText, rowKeyOf, sealedText } from './instanceKeys.ts';

export interface AccessControlAttributes {
  /** Id of the instance. */
  readonly instance: string;
  /** Tag key → sources: `${path:userName}`, `${path:enterprise.costCenter}`. The first that has a value counts. */
  readonly attributes: readonly { readonly key: string; readonly sources: readonly string[] }[];
}

type Row = AccessControlAttributes | { readonly instance: string; readonly sealed: string };

/** Key: [instance]. */
export const accessControlAttributes = table<Row>('identitycenter_attributes', { key: (row) => [row.instance] });

export async function attributesOf(tx: Transaction, instance: string): Promise<AccessControlAttributes | undefined> {
  const row = await tx.get(accessControlAttributes, [instance]);
  return row && 'sealed' in row ? openedText(tx, instance, row.sealed) : row;
}

type Writing = { readonly store: Transaction; readonly random: (bytes: number) => Uint8Array };

export async function keepAttributes({ store, random }: Writing, row: AccessControlAttributes): Promise<void> {
  const { instance } = row;
  const key = rowKeyOf(store, instance);
  const kept = key?.writes ? { instance, sealed: sealedText(key, row, random(12)) } : row;
  await store.replace(accessControlAttributes, kept);
}
