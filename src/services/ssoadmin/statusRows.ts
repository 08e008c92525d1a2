/** Work that was asked for and what became of it: kept for thirty days. */
import type { Context } from '../../core/context.ts';
import { uuid } from '../../core/ids.ts';
import type { AssigneeType } from '../../identity/permissionSets.ts';
import { table } from '../../store/store.ts';

export type Request = 'CREATION' | 'DELETION' | 'PROVISIONING';
export type Status = 'IN_PROGRESS' | 'SUCCEEDED' | 'FAILED';

export interface StatusRow {
  readonly instance: string;
  /** Request id. */
  readonly id: string;
  readonly request: Request;
  readonly status: Status;
  readonly failureReason?: string;
  readonly created: string;
  readonly permissionSet: string;
  /** Account; absent when all accounts are provisioned. */
  readonly account?: string | undefined;
  readonly principalType?: AssigneeType;
  readonly principal?: string;
  /** Account behind which all are done, while all accounts are provisioned. */
  readonly reached?: string;
}

/** Index `request`: [instance, request]. `status`: [instance, request, status]. `created`: [moment]. */
export const statusRows = table<StatusRow>('identitycenter_status', {
  key: (row) => [row.instance, row.id],
  indexes: {
    request: (row) => [[row.instance, row.request]],
    status: (row) => [[row.instance, row.request, row.status]],
    created: (row) => [[row.created]],
  },
});

export async function newStatus(ctx: Context, asked: Omit<StatusRow, 'id' | 'status' | 'created'>): Promise<StatusRow> {
  const row: StatusRow = { ...asked, id: uuid(ctx), status: 'IN_PROGRESS', created: ctx.now.toISOString() };
  await forgetOld(ctx);
  await ctx.store.insert(statusRows, row);
  return row;
}

const KEPT_MS = 30 * 86_400_000;

/** Whoever asks makes room first. What is not done yet stays. */
async function forgetOld({ store, now }: Context): Promise<void> {
  const before = new Date(now.getTime() - KEPT_MS).toISOString();
  const { rows } = await store.list(statusRows, [], { limit: 3, index: 'created', unchecked: true });
  for (const { instance, id, status, created } of rows) {
    if (created < before && status !== 'IN_PROGRESS') await store.remove(statusRows, [instance, id]);
  }
}
