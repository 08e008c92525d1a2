/** Restored copies that are ready, and those that are gone again: told to whom wants it told. */
import type { TaskHandler } from '../../core/tasks.ts';

export const RESTORED = 's3.restored';

export interface Restored {
  readonly bucket: string;
  readonly key: string;
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly ready: number;
  readonly until: number;
}

export const restores: TaskHandler<Restored> = {
  kind: RESTORED,
  principal: 's3.amazonaws.com',
  async settle({ body: { bucket: name, key, version: id, ready, until } }, ctx) {
    const { findBucket } = await import('./bucketRows.ts');
    const { targetOf } = await import('./access.ts');
    const { findVersion, replaceVersion } = await import('./versionStore.ts');
    const { objectEvent } = await import('./notifications.ts');
    const bucket = await findBucket(ctx, name);
    if (!bucket) return undefined;
    const version = await findVersion(ctx, bucket, key, id);
    const target = await targetOf(ctx, bucket);
    if (version?.thaw?.ready === ready) {
      await objectEvent(ctx, target, { name: 'ObjectRestore:Completed', version, reason: '' });
      return undefined;
    }
    if (version?.restore?.ready !== ready || version.restore.until !== until) return undefined;
    if (ctx.now.getTime() < until) {
      await objectEvent(ctx, target, { name: 'ObjectRestore:Completed', version, reason: '' });
      return undefined;
    }
    const { restore: _, ...rest } = version;
    await replaceVersion(ctx, rest);
    await objectEvent(ctx, target, { name: 'ObjectRestore:Delete', version: rest, reason: '' });
    return undefined;
  },
};
