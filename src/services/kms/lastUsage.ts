/** When a key was last used: read off the audit journal, behind the requests. */
import {
  type GetKeyLastUsageRequest,
  type GetKeyLastUsageResponse,
  KeyLastUsageTrackingOperation,
} from '@aws-sdk/client-kms';
import type { Context } from '../../core/context.ts';
import type { Present } from '../../core/operation.ts';
import type { Conditions } from './conditions.ts';
import { type Key, keyArn } from './keys.ts';
import { keyLastUses } from './lastUses.ts';
import { onKey } from './resolve.ts';

export const GetKeyLastUsage = onKey<Present<GetKeyLastUsageRequest>, GetKeyLastUsageResponse>({
  state: 'any',
  async run(_input, ctx, key) {
    await ctx.journal.catchUp();
    const use = await ctx.store.get(keyLastUses, [keyArn(key)]);
    const operation = Object.values(KeyLastUsageTrackingOperation).find((name) => name === use?.operation);
    return {
      KeyId: key.id,
      ...(use &&
        operation && {
          KeyLastUsage: {
            Operation: operation,
            Timestamp: new Date(use.time),
            CloudTrailEventId: use.eventId,
            KmsRequestId: use.requestId,
          },
        }),
      // A key is followed from its first day.
      TrackingStartDate: new Date(key.created),
      KeyCreationDate: new Date(key.created),
    };
  },
});

const DAY_MILLISECONDS = 86_400_000;

/** `kms:TrailingDaysWithoutKeyUsage`: whole days since the last use, or since a key was made that never was used. */
export async function daysWithoutUse(ctx: Context, key: Key): Promise<Conditions> {
  await ctx.journal.catchUp();
  const use = await ctx.store.get(keyLastUses, [keyArn(key)]);
  const idle = ctx.now.getTime() - Date.parse(use?.time ?? key.created);
  return { 'kms:TrailingDaysWithoutKeyUsage': String(Math.max(0, Math.floor(idle / DAY_MILLISECONDS))) };
}
