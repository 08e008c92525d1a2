/** What may be done to a stream so often in a rolling day. */
import type { Context } from '../../core/context.ts';
import { inWords, tooMany } from './errors.ts';
import { HOUR_MS } from './shardRows.ts';
import type { Rationed, Stream } from './streamRows.ts';

/** The stream's `changes` with this one among them. @throws LimitExceededException: `what` too often */
export function rationed(ctx: Context, stream: Stream, of: Rationed, max: number, what: string): Stream['changes'] {
  const since = ctx.now.getTime() - 24 * HOUR_MS;
  const recent = (stream.changes[of] ?? []).filter((time) => time > since);
  if (recent.length >= max)
    tooMany(`${what} more than ${max} times in a rolling 24-hour period for ${inWords(stream)}.`);
  return { ...stream.changes, [of]: [...recent, ctx.now.getTime()] };
}
