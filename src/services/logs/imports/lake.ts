/** CloudTrail Lake, asked in the role that an import names. */
import type { Context } from '../../../core/context.ts';
import { servicePrincipal } from '../../../core/context.ts';
import { assumedByService } from '../../../identity/serviceRoles.ts';
import type { Import } from './rows.ts';

/** What `cloudtrail:GetEventDataStoreData` answers. */
interface Data {
  /** Milliseconds: what is older is past the store's retention. */
  readonly Oldest: number;
  readonly Batch?: string;
  readonly Events: readonly (readonly [time: number, event: string])[];
  readonly Next?: string;
}

type Asked = Pick<Import, 'source' | 'role' | 'from' | 'to' | 'account' | 'region'>;

/** It is CloudTrail that the role trusts. */
export const importRole = (ctx: Context, { source, role, account }: Asked) =>
  assumedByService(ctx, role, servicePrincipal('cloudtrail.amazonaws.com', { arn: source, account }));

export async function dataOf(ctx: Context, asked: Asked, more: { After?: string | undefined; Probe?: true }) {
  const { source: EventDataStore, from: From, to: To, region } = asked;
  const input = { EventDataStore, From, To, ...more };
  return ctx.call<Data>('cloudtrail', 'GetEventDataStoreData', input, await importRole(ctx, asked), region);
}
