/**
 * Buses and archives under keys of their own. What an event says (`detail`) is encrypted before it is written, under a
 * data key that EventBridge asks of KMS in its own name on behalf of the bus, and uses for five minutes. The data key
 * lies in the journal as KMS encrypted it; in clear, sealed, only for as long as deliveries of its events are tried.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-encryption-event-bus-cmkey.html
 */
import { createHash } from 'node:crypto';
import { type Context, servicePrincipal } from '../../core/context.ts';
import { decryptDataKey, decryptUnder, encryptUnder, generateDataKey, kmsKeyArn } from '../../core/dataKeys.ts';
import type { Secrets } from '../../core/secrets.ts';
import { later, type TaskHandler } from '../../core/tasks.ts';
import { type Transaction, table } from '../../store/store.ts';
import { type BusName, busArn } from './names.ts';

/** A text under a data key. */
export interface Encrypted {
  readonly text: string;
  /** The data key as KMS encrypted it, base 64. */
  readonly blob: string;
}

interface DataKey {
  /** Hash of the blob. */
  readonly id: string;
  readonly blob: string;
  /** In clear, sealed under the plane's root key. */
  readonly sealed: string;
}

const dataKeys = table<DataKey>('events_data_key', { key: ({ id }) => [id] });

/** The data key that a bus uses now. */
const currentKeys = table<{
  readonly bus: string;
  readonly keyId: string;
  readonly id: string;
  readonly until: number;
}>('events_bus_key', { key: ({ bus, keyId }) => [bus, keyId] });

const PURPOSE = 'events-data-key';
const REUSE_MS = 300_000;
/** Longer than any delivery is tried. */
const KEPT_MS = 25 * 3_600_000;
const FORGET_KEY = 'events.forget-key';

const idOf = (blob: string) => createHash('sha256').update(blob).digest('base64url');

export const useFor = (bus: BusName) => ({
  encryptionContext: { 'aws:events:event-bus:arn': busArn(bus) },
  as: servicePrincipal('events.amazonaws.com', { arn: busArn(bus), account: bus.account }),
  region: bus.region,
});

/** @throws what KMS answers EventBridge */
export async function encrypted(ctx: Context, bus: BusName, keyId: string, text: string): Promise<Encrypted> {
  const { blob, sealed } = await currentKey(ctx, bus, keyId);
  return { text: encryptUnder(ctx.secrets.open(PURPOSE, sealed)!, text, ctx.random(12)), blob };
}

async function currentKey(ctx: Context, bus: BusName, keyId: string): Promise<DataKey> {
  const { store } = ctx;
  const now = ctx.now.getTime();
  const arn = busArn(bus);
  const current = await store.get(currentKeys, [arn, keyId]);
  const known = current && current.until > now ? await store.get(dataKeys, [current.id]) : undefined;
  if (known) return known;
  const { plain, blob } = await generateDataKey(ctx, kmsKeyArn(keyId, bus), useFor(bus));
  await decryptDataKey(ctx, blob, useFor(bus));
  const key = { id: idOf(blob), blob, sealed: ctx.secrets.seal(PURPOSE, plain, ctx.random(12)) };
  await store.replace(dataKeys, key);
  await store.replace(currentKeys, { bus: arn, keyId, id: key.id, until: now + REUSE_MS });
  await later(ctx, { kind: FORGET_KEY, id: key.id, due: now + REUSE_MS + KEPT_MS, body: {} });
  return key;
}

export const forgetKey: TaskHandler = {
  kind: FORGET_KEY,
  principal: 'events.amazonaws.com',
  async settle({ id }, { store }) {
    await store.remove(dataKeys, [id]);
    return undefined;
  },
};

/** Of an event that is on its way; undefined when its time is past. */
export async function openedOnTheWay(
  { store, secrets }: { readonly store: Pick<Transaction, 'get'>; readonly secrets: Secrets },
  { text, blob }: Encrypted,
): Promise<string | undefined> {
  const key = await store.get(dataKeys, [idOf(blob)]);
  const plain = key && secrets.open(PURPOSE, key.sealed);
  return plain && decryptUnder(plain, text);
}

/** Opens what is kept: KMS must open each data key. What it refuses is told with its reason. */
export function openerByKms(ctx: Context, bus: BusName) {
  const keys = new Map<string, Uint8Array>();
  return async ({ text, blob }: Encrypted): Promise<string | { readonly refused: string }> => {
    let key = keys.get(blob);
    try {
      key ??= await decryptDataKey(ctx, blob, useFor(bus));
    } catch (error) {
      if (!REFUSED.test((error as Error).name)) throw error;
      return { refused: (error as Error).message };
    }
    keys.set(blob, key);
    return decryptUnder(key, text);
  };
}

/** What KMS answers where no retry helps. */
export const REFUSED =
  /^(AccessDenied|DisabledException|NotFoundException|InvalidKeyUsageException|KMSInvalidStateException)$/;
