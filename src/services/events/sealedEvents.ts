/**
 * What cannot be done while the journal is followed, since it takes keys: finding the rules that an encrypted event
 * matches, and filling an archive that has a key of its own.
 */
import type { TaskHandler } from '../../core/tasks.ts';
import { archivedEvents, archives } from './archiveRows.ts';
import { encrypted } from './encryption.ts';
import { openHappening } from './happenings.ts';
import { ARCHIVE_SEALED, distributed, grown, keptAs, OPEN, type OwedArchiving, type OwedOpening } from './matching.ts';

export const openEvent: TaskHandler<OwedOpening> = {
  kind: OPEN,
  principal: 'events.amazonaws.com',
  async settle({ body }, ctx) {
    const [entry] = await ctx.journal.read(body.sequence - 1, 1);
    const happening = entry?.sequence === body.sequence ? await openHappening(ctx, entry) : undefined;
    if (entry && happening) await distributed(ctx.store, entry, happening);
    return undefined;
  },
};

export const archiveSealed: TaskHandler<OwedArchiving> = {
  kind: ARCHIVE_SEALED,
  principal: 'events.amazonaws.com',
  async settle({ body }, ctx) {
    const archive = await ctx.store.get(archives, [body.account, body.region, body.archive]);
    if (!archive) return undefined;
    let bytes = 0;
    let events = 0;
    for (const sequence of body.sequences) {
      const [entry] = await ctx.journal.read(sequence - 1, 1);
      const happening = entry?.sequence === sequence ? await openHappening(ctx, entry) : undefined;
      if (!entry || !happening) continue;
      const row = keptAs(archive, archive.name, entry, happening);
      const size = Buffer.byteLength(row.event);
      const kept =
        archive.kmsKey === undefined
          ? row
          : {
              ...row,
              event: '',
              bytes: size,
              sealed: await encrypted(ctx, { ...archive, name: archive.bus }, archive.kmsKey, row.event),
            };
      await ctx.store.replace(archivedEvents, kept);
      bytes += size;
      events++;
    }
    await grown(ctx.store, archive, { events, bytes });
    return undefined;
  },
};
