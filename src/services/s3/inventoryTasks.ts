/** Inventory reports, a task for each configuration that is enabled. */
import type { InventoryConfiguration } from '@aws-sdk/client-s3';
import type { Context } from '../../core/context.ts';
import { later, notAnyMore, pauseOf, type TaskHandler } from '../../core/tasks.ts';
import { everyRow } from '../../store/everyRow.ts';
import { table } from '../../store/store.ts';
import type { Bucket } from './bucketRows.ts';

const INVENTORY = 's3.inventory';
const DAY_MS = 86_400_000;
/** 1 January 1970 was a Thursday. */
const FIRST_SUNDAY_DAY = 3;

export interface Inventory {
  readonly bucket: string;
  readonly id: string;
  readonly configuration: InventoryConfiguration;
}

export const inventories = table<Inventory>('s3_inventory', { key: ({ bucket, id }) => [bucket, id] });

/** A report that is being made: the files there are, and how far the listing has come. */
export interface ReportPosition {
  readonly bucket: string;
  readonly id: string;
  /** When it was begun, in milliseconds. */
  readonly begun: number;
  readonly phase: 'objects' | 'versions';
  readonly after?: string | undefined;
  /** The key looked at last among old versions. */
  readonly last?: string | undefined;
  readonly files: readonly { readonly key: string; readonly size: number; readonly MD5checksum: string }[];
}

export const reportPositions = table<ReportPosition>('s3_inventory_report', { key: ({ bucket, id }) => [bucket, id] });

/** Owes the next report, or takes it back. */
export async function oweReport(ctx: Context, bucket: Bucket, id: string, configuration?: InventoryConfiguration) {
  const name = `${bucket.name} ${id}`;
  await ctx.store.remove(reportPositions, [bucket.name, id]);
  if (!configuration?.IsEnabled) {
    await notAnyMore(ctx.store, INVENTORY, name);
    return;
  }
  const { account, region } = bucket;
  const due = nextReport(configuration, ctx.now);
  await later(ctx, { kind: INVENTORY, id: name, due, body: { bucket: bucket.name, id }, account, region });
}

/** Of a bucket that goes: whoever has one of its name next has none of them. */
export async function forgetInventories(ctx: Context, bucket: Bucket): Promise<void> {
  for await (const row of everyRow(ctx.store, inventories, [bucket.name])) {
    await ctx.store.remove(inventories, inventories.key(row));
    await oweReport(ctx, bucket, row.id);
  }
}

/** Milliseconds of the first report after a time: at midnight UTC, daily or on Sundays. */
function nextReport({ Schedule }: InventoryConfiguration, after: Date): number {
  const day = Math.floor(after.getTime() / DAY_MS) + 1;
  if (Schedule?.Frequency !== 'Weekly') return day * DAY_MS;
  return (day + ((((FIRST_SUNDAY_DAY - day) % 7) + 7) % 7)) * DAY_MS;
}

export const inventoryReports: TaskHandler<{ readonly bucket: string; readonly id: string }> = {
  kind: INVENTORY,
  principal: 's3.amazonaws.com',
  async settle({ body: { bucket, id } }, ctx) {
    const inventory = await ctx.store.get(inventories, [bucket, id]);
    if (!inventory?.configuration.IsEnabled) return undefined;
    const { report } = await import('./inventoryFiles.ts');
    if (await report(ctx, inventory)) return 0;
    return nextReport(inventory.configuration, ctx.now) - ctx.now.getTime();
  },
  failed: async (task) => Math.max(60_000, pauseOf(task.attempt)),
};
