/** How answers go on after their request (core/ongoing.ts): one write set a turn, none open between them. */
import type { Context } from '../core/context.ts';
import type { Look, Turn } from '../core/ongoing.ts';
import { ClientGone, type WaitingRoom } from './waiting.ts';

const OVER = { done: true, value: undefined } as const;

/** `inTurn` does the work of a turn in a write set. */
export function ongoing<State, Event>(
  waiting: WaitingRoom,
  inTurn: <T>(work: (ctx: Context) => Promise<T>) => Promise<T>,
  first: State,
  look: Look<State, Event>,
): AsyncIterable<Event> {
  return { [Symbol.asyncIterator]: iterator };

  function iterator(): AsyncIterator<Event> {
    let state = first;
    let events: readonly Event[] = [];
    let at = 0;
    let over = false;
    let leave = () => {};
    const turn = (): Promise<Turn<State, Event>> =>
      waiting.patiently(
        (mayWait) => inTurn((ctx) => look({ ...ctx, mayWait }, state)),
        (listener) => {
          leave = listener;
        },
      );
    return {
      async next() {
        while (at === events.length) {
          if (over || waiting.closed()) return OVER;
          try {
            ({ state, events, over = false } = await turn());
          } catch (error) {
            over = true;
            if (error instanceof ClientGone) return OVER;
            throw error;
          }
          at = 0;
        }
        return { done: false, value: events[at++]! };
      },
      async return() {
        over = true;
        events = [];
        at = 0;
        leave();
        return OVER;
      },
    };
  }
}
