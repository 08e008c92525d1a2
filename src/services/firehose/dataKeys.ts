/** Data keys of streams that are encrypted under a customer's key, and the end of the grants they were made by. */
import { servicePrincipal } from '../../core/context.ts';
import type { TaskHandler } from '../../core/tasks.ts';
import { table } from '../../store/store.ts';
import { parcels } from './parcels.ts';
import { SERVICE, type StreamName, streamArn } from './streamRows.ts';

export interface DataKey {
  /** Id of the stream. */
  readonly stream: string;
  readonly name: string;
  readonly keyArn: string;
  /** As KMS encrypted it, base 64. */
  readonly blob: string;
}

export const dataKeys = table<DataKey>('firehose_data_key', { key: ({ stream, name }) => [stream, name] });

export const RETIRE = 'firehose.retire';

export interface Retirement extends StreamName {
  readonly id: string;
  readonly keyArn: string;
  readonly grant: string;
  readonly dataKey: string;
}

const LOOKED_AT_EVERY_MS = 60_000;

export const retireGrant: TaskHandler<Retirement> = {
  kind: RETIRE,
  principal: SERVICE,
  async settle({ body }, ctx) {
    const { rows } = await ctx.store.list(parcels, [body.id, body.dataKey], { limit: 1, index: 'key' });
    if (rows.length > 0) return LOOKED_AT_EVERY_MS;
    await ctx.store.remove(dataKeys, [body.id, body.dataKey]);
    const inOwnName = servicePrincipal(SERVICE, { arn: streamArn(body), account: body.account });
    await ctx.call('kms', 'RetireGrant', { KeyId: body.keyArn, GrantId: body.grant }, inOwnName);
    return undefined;
  },
};
