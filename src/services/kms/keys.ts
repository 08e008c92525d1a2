/**
 * KMS keys. A row holds what DescribeKey tells and the key policy; the key material lies sealed in rows of its own
 * (materials.ts). Time changes a key's state without a write: imported material expires, a waiting period ends.
 */
import {
  DisabledException,
  type KeyState,
  type KeyUsageType,
  KMSInvalidStateException,
  UnsupportedOperationException,
} from '@aws-sdk/client-kms';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import type { Tag } from '../../core/operation.ts';
import { table } from '../../store/store.ts';

export interface Key {
  readonly account: string;
  readonly region: string;
  /** A UUID, or `mrk-` and 32 hexadecimal digits. */
  readonly id: string;
  /** ISO 8601. */
  readonly created: string;
  readonly description: string;
  readonly spec: string;
  readonly usage: KeyUsageType;
  readonly origin: 'AWS_KMS' | 'EXTERNAL' | 'AWS_CLOUDHSM' | 'EXTERNAL_KEY_STORE';
  readonly manager: 'CUSTOMER' | 'AWS';
  readonly enabled: boolean;
  readonly policy: string;
  /** As it was given, where there are statements in it that have no effect. */
  readonly policyGiven?: string | undefined;
  readonly tags: readonly Tag[];
  /** Names of the aliases that point here, as `alias/…`. */
  readonly aliases: readonly string[];
  /** The material that encrypts and signs. Absent until material is imported. */
  readonly material?: MaterialName;
  /** How many generations of material the key has had. */
  readonly generations: number;
  /** Of an EXTERNAL key: whether all its material is there, and until when (ISO 8601). */
  readonly imported?: { readonly whole: boolean; readonly expires?: string };
  /**
   * Absent: not scheduled for deletion. The waiting period of a primary key begins (`from`) when its last replica is
   * gone; until it is known when that will be, there is no date.
   */
  readonly deletion?: { readonly windowDays: number; readonly from?: string; readonly date?: string };
  /** Automatic rotation: the period, and when the next one is due (ISO 8601). */
  readonly rotation?: { readonly periodDays: number; readonly next: string };
  /** How many rotations were asked for by RotateKeyOnDemand. */
  readonly rotationsOnDemand: number;
  readonly multiRegion?: { readonly type: 'PRIMARY' | 'REPLICA'; readonly primaryRegion: string };
  /** The custom key store that the key is in, and the id of its external key there. */
  readonly keyStore?: { readonly id: string; readonly xksKeyId?: string };
  /** Set with the first grant: a key that never had one is not searched for grants. */
  readonly granted?: true;
}

export interface MaterialName {
  /** 32 hexadecimal digits: the name that ciphertext carries. */
  readonly backing: string;
  /** 64 hexadecimal digits: the KeyMaterialId that AWS shows. */
  readonly id: string;
}

/**
 * `deletion` lists by the date on which the key goes; `multiRegion` all keys of one multi-Region key; `keyStore` those of
 * a custom key store, by their external keys.
 */
export const keys = table<Key>('kms_key', {
  key: (key) => [key.account, key.region, key.id],
  indexes: {
    deletion: (key) => (key.deletion?.date ? [[key.account, key.region, key.deletion.date]] : []),
    multiRegion: (key) => (key.multiRegion ? [[key.account, key.id]] : []),
    keyStore: ({ account, region, keyStore }) =>
      keyStore ? [[account, region, keyStore.id, keyStore.xksKeyId ?? '']] : [],
    managed: (key) => (key.manager === 'CUSTOMER' ? [[key.account, key.region]] : []),
  },
});

export const keyArn = (key: { readonly account: string; readonly region: string; readonly id: string }) =>
  `arn:aws:kms:${key.region}:${key.account}:key/${key.id}`;

/** Undefined once the waiting period of a deletion is over: the key is gone. */
export function stateOf(key: Key, now: Date): KeyState | undefined {
  if (key.deletion) {
    const { from, date } = key.deletion;
    if (date === undefined || (from !== undefined && Date.parse(from) > now.getTime())) return 'PendingReplicaDeletion';
    return Date.parse(date) <= now.getTime() ? undefined : 'PendingDeletion';
  }
  if (key.origin === 'EXTERNAL' && !isMaterialThere(key, now)) return 'PendingImport';
  return key.enabled ? 'Enabled' : 'Disabled';
}

function isMaterialThere({ imported }: Key, now: Date): boolean {
  if (!imported?.whole) return false;
  return imported.expires === undefined || Date.parse(imported.expires) > now.getTime();
}

const PENDING: Readonly<Partial<Record<KeyState, string>>> = {
  PendingDeletion: 'pending deletion',
  PendingReplicaDeletion: 'pending replica deletion',
  PendingImport: 'pending import',
};

/**
 * What an operation asks of a key's state. `enabled`: fit for use. `available`: not pending anything. `kept`: not
 * pending deletion. https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
 */
export type Required = 'enabled' | 'available' | 'kept' | 'any';

export function requireState(ctx: Context, key: Key, required: Required): void {
  if (required === 'any') return;
  const state = stateOf(key, ctx.now) ?? 'PendingDeletion';
  const pending = PENDING[state];
  if (pending !== undefined && !(state === 'PendingImport' && required === 'kept')) {
    fail(KMSInvalidStateException, `${keyArn(key)} is ${pending}.`);
  }
  if (state === 'Disabled' && required === 'enabled') fail(DisabledException, `${keyArn(key)} is disabled.`);
}

export const unsupported = (message: string): never => fail(UnsupportedOperationException, message);
