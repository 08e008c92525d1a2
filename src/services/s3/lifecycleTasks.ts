/** Lifecycle rules carried out once a day, at midnight UTC: a task for each bucket that has rules. */
import type { Context } from '../../core/context.ts';
import { later, notAnyMore, pauseOf, type TaskHandler } from '../../core/tasks.ts';
import { table } from '../../store/store.ts';
import type { Bucket } from './bucketRows.ts';

const LIFECYCLE = 's3.lifecycle';
const DAY_MS = 86_400_000;

/** How far a run has come; gone when it is over. */
export interface LifecyclePosition {
  readonly bucket: string;
  readonly phase: 'objects' | 'versions' | 'uploads';
  /** Cursor in the phase's table. */
  readonly after?: string | undefined;
  /** The version looked at last, as far as the next one of its key needs it. */
  readonly last?: { readonly key: string; readonly modified: number; readonly noncurrent: number } | undefined;
}

export const lifecyclePositions = table<LifecyclePosition>('s3_lifecycle_position', { key: ({ bucket }) => [bucket] });

/** Owes the next run, or takes it back. */
export async function oweLifecycle(ctx: Context, { name, account, region }: Bucket, some: boolean): Promise<void> {
  if (!some) {
    await notAnyMore(ctx.store, LIFECYCLE, name);
    await ctx.store.remove(lifecyclePositions, [name]);
    return;
  }
  const due = ctx.now.getTime() + untilMidnight(ctx.now);
  await later(ctx, { kind: LIFECYCLE, id: name, due, body: { bucket: name }, account, region });
}

/** Milliseconds. */
export const untilMidnight = (now: Date): number => DAY_MS - (now.getTime() % DAY_MS);

export const lifecycles: TaskHandler<{ readonly bucket: string }> = {
  kind: LIFECYCLE,
  principal: 's3.amazonaws.com',
  async settle(task, ctx) {
    const { carryOut } = await import('./lifecycleRuns.ts');
    const outcome = await carryOut(ctx, task.body.bucket);
    if (outcome === 'over') return undefined;
    return outcome === 'more' ? 0 : untilMidnight(ctx.now);
  },
  failed: async (task) => pauseOf(task.attempt),
};
