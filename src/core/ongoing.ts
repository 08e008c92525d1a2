/**
 * What an answer needs that goes on after its request: an event stream whose events are still to come.
 *
 * `ctx.ongoing(first, look)` is an AsyncIterable of events to return as the stream. Nothing of it happens before the
 * operation's write set has committed. Then `look` is called again and again, each time in a write set of its own
 * and with a context of that time, and says what it saw and from where to go on. It may be run again when its write
 * set loses a race, so what it knows goes through its state. It is called when the client has taken the events
 * before.
 *
 * Where there is nothing to tell it throws `Wait` (core/wait.ts), if `ctx.mayWait`; else it says so with no events.
 * It is over when a turn says so, when the client leaves, and when the plane stops. Permission was asked when the
 * stream began, and what `look` does is no call of its own: it is not recorded.
 */
import type { Context } from './context.ts';

export interface Turn<State, Event> {
  readonly state: State;
  readonly events: readonly Event[];
  /** These were the last ones. */
  readonly over?: boolean;
}

export type Look<State, Event> = (ctx: Context, state: State) => Promise<Turn<State, Event>>;
