/** What an archive has kept long enough goes, once a day; all of it when the archive is gone. */
import type { TaskHandler } from '../../core/tasks.ts';
import { archivedEvents, archiveSizes, archives } from './archiveRows.ts';

export const EXPIRE = 'events.expire';

const DAY_MS = 86_400_000;
const EVENTS_A_TURN = 500;

interface Body {
  readonly account: string;
  readonly region: string;
  readonly name: string;
}

export const expireArchive: TaskHandler<Body> = {
  kind: EXPIRE,
  principal: 'events.amazonaws.com',
  async settle({ body }, ctx) {
    const key = [body.account, body.region, body.name];
    const archive = await ctx.store.get(archives, key);
    const days = archive?.retentionDays;
    if (days === 0) return DAY_MS;
    const { rows } = await ctx.store.list(archivedEvents, key, { limit: EVENTS_A_TURN, index: 'kept' });
    const oldest = days === undefined ? Number.POSITIVE_INFINITY : ctx.now.getTime() - days * DAY_MS;
    const expired = rows.filter(({ kept }) => kept < oldest);
    for (const event of expired) await ctx.store.remove(archivedEvents, archivedEvents.key(event));
    const size = await ctx.store.get(archiveSizes, key);
    if (size && expired.length > 0) {
      const bytes = expired.reduce((sum, { event, bytes: size }) => sum + (size ?? Buffer.byteLength(event)), 0);
      await ctx.store.replace(archiveSizes, {
        ...size,
        events: size.events - expired.length,
        bytes: size.bytes - bytes,
      });
    }
    if (expired.length === EVENTS_A_TURN) return 0;
    return archive ? DAY_MS : undefined;
  },
};
