/** Carries out replays: a hundred events a turn, in the order of their times, with the replay's name in each. */
import type { Context } from '../../core/context.ts';
import type { TaskHandler } from '../../core/tasks.ts';
import { type Archive, archivedEvents, archives } from './archiveRows.ts';
import { type Bus, findBus } from './busRows.ts';
import { openerByKms } from './encryption.ts';
import type { BusEvent } from './happenings.ts';
import { type Replay, replays } from './replayRows.ts';

export const REPLAY = 'events.replay';

const EVENTS_A_TURN = 100;
const DAY_MS = 86_400_000;
/** AWS forgets replays after 90 days. */
const KEPT_DAYS = 90;

interface Body {
  readonly account: string;
  readonly region: string;
  readonly name: string;
}

export const replayEvents: TaskHandler<Body> = {
  kind: REPLAY,
  principal: 'events.amazonaws.com',
  async settle({ body }, ctx) {
    const key = [body.account, body.region, body.name];
    const replay = await ctx.store.get(replays, key);
    if (!replay) return undefined;
    if (replay.ended !== undefined) {
      await ctx.store.remove(replays, key);
      return undefined;
    }
    const next = await advanced(ctx, replay);
    const running = next.state === 'RUNNING';
    await ctx.store.replace(replays, running ? next : { ...next, ended: ctx.now.toISOString() });
    return running ? 0 : KEPT_DAYS * DAY_MS;
  },
};

/** The replay after one more turn. */
async function advanced(ctx: Context, replay: Replay): Promise<Replay> {
  if (replay.state === 'CANCELLING') return { ...replay, state: 'CANCELLED' };
  const archive = await ctx.store.get(archives, [replay.account, replay.region, replay.archive]);
  if (!archive) return { ...replay, state: 'FAILED', reason: `Archive ${replay.archive} does not exist.` };
  const oldest = archive.retentionDays === 0 ? 0 : ctx.now.getTime() - archive.retentionDays * DAY_MS;
  const target = await findBus(ctx.store, { ...replay, name: replay.bus });
  if (!target) return { ...replay, state: 'FAILED', reason: `Event bus ${replay.bus} does not exist.` };
  const { done, ...reached } = await replayed(ctx, replay, { oldest, archive, target });
  const ended = 'reason' in reached ? 'FAILED' : 'COMPLETED';
  return { ...replay, ...reached, state: done ? ended : 'RUNNING' };
}

interface Between {
  /** Milliseconds: what was kept before is past its retention. */
  readonly oldest: number;
  readonly archive: Archive;
  readonly target: Bus;
}

async function replayed(ctx: Context, replay: Replay, { oldest, archive, target }: Between) {
  const { account, region, from, to, name } = replay;
  const beginning = String(from).padStart(15, '0');
  const { rows, next } = await ctx.store.list(archivedEvents, [account, region, archive.name], {
    limit: EVENTS_A_TURN,
    ...(replay.cursor === undefined ? { from: beginning } : { after: replay.cursor }),
  });
  let { last } = replay;
  const within = rows.filter(({ time }) => time < to);
  const { putOnBus } = await import('./arrivals.ts');
  const open = openerByKms(ctx, { ...archive, name: archive.bus });
  for (const { time, kept, event, sealed } of within) {
    if (kept < oldest || time < from) continue;
    const text = sealed ? await open(sealed) : event;
    if (typeof text !== 'string') return { done: true, reason: text.refused };
    const put = { event: { ...(JSON.parse(text) as BusEvent), 'replay-name': name } };
    await putOnBus(ctx, target, replay.rules ? { ...put, only: replay.rules } : put);
    last = time;
  }
  const done = next === undefined || within.length < rows.length;
  return { done, ...(next !== undefined && { cursor: next }), ...(last !== undefined && { last }) };
}
