/**
 * Where requests wait that have nothing to answer yet (core/wait.ts). No write set is open meanwhile, and nothing is
 * polled: the store rings when a row changes that somebody waits for, and one of those who wait looks again. Real time
 * passes here; the plane's clock, when it is moved, makes everybody look.
 */
import { Wait } from '../core/wait.ts';
import type { Store } from '../store/store.ts';

export interface WaitingRoom {
  /**
   * The answer of `attempt`, which is called again until it has one. With false it must not ask to wait any more.
   * @throws ClientGone when the client left meanwhile.
   */
  patiently<T>(attempt: (mayWait: boolean) => Promise<T>, whenGone: WhenGone | undefined): Promise<T>;
  /** Everybody looks again: the clock was moved. */
  wake(): void;
  /** How many wait. */
  waiting(): number;
  closed(): boolean;
  /** Everybody answers now, and nobody waits from here on. */
  close(): void;
}

/** Calls the listener when the client leaves without its answer. */
export type WhenGone = (listener: () => void) => void;

export class ClientGone extends Error {}

export function waitingRoom(store: Pick<Store, 'watch'>): WaitingRoom {
  const bells = new Map<string, Bell>();
  let closed = false;
  const join = (guest: Guest, wait: Wait): Bell => {
    const name = nameOf(wait);
    let bell = bells.get(name);
    if (!bell) bells.set(name, (bell = bellFor(store, wait)));
    bell.guests.add(guest);
    return bell;
  };
  const leave = (guest: Guest, bell: Bell) => {
    bell.guests.delete(guest);
    if (bell.guests.size > 0) return;
    bell.stop();
    bells.delete(bell.name);
  };
  return {
    async patiently(attempt, whenGone) {
      const first = await orWait(attempt(!closed));
      if (!(first instanceof Wait)) return first;
      const guest = guestFor(first, whenGone);
      let bell = join(guest, first);
      let answered = false;
      try {
        for (;;) {
          // Once more at once, because something may have come between the first look and the bell.
          const answer = await orWait(attempt(!guest.late && !closed));
          if (!(answer instanceof Wait)) {
            answered = true;
            return answer;
          }
          if (nameOf(answer) === bell.name) await rung(guest, answer.againMs);
          else {
            leave(guest, bell);
            bell = join(guest, answer); // It waits for another thing now, and looks again.
          }
          if (guest.gone) throw new ClientGone();
        }
      } finally {
        for (const timer of [guest.deadline, guest.again]) clearTimeout(timer);
        leave(guest, bell);
        if (!answered) ring(bell); // What it was woken for is left to another one.
      }
    },
    waiting: () => [...bells.values()].reduce((sum, { guests }) => sum + guests.size, 0),
    closed: () => closed,
    wake() {
      for (const bell of bells.values()) for (const guest of bell.guests) guest.wake();
    },
    close() {
      closed = true;
      this.wake();
    },
  };
}

const nameOf = ({ table, part }: Wait) => `${table.name} ${part}`;

interface Bell {
  readonly name: string;
  readonly everybody: boolean;
  /** Those who wait, the longest first; also while they look. */
  readonly guests: Set<Guest>;
  readonly stop: () => void;
}

function bellFor({ watch }: Pick<Store, 'watch'>, wait: Wait): Bell {
  const stop = watch(wait.table, wait.part, () => ring(bell));
  const bell: Bell = { name: nameOf(wait), everybody: wait.everybody, guests: new Set(), stop };
  return bell;
}

interface Guest {
  /** Ends the wait; without effect on one who is looking, who looks again. */
  wake: () => void;
  waiting: boolean;
  /** Something came while it looked. */
  missed: boolean;
  late: boolean;
  gone: boolean;
  deadline?: NodeJS.Timeout;
  again?: NodeJS.Timeout;
}

function guestFor(wait: Wait, whenGone: WhenGone | undefined): Guest {
  const missed = () => {
    guest.missed = true;
  };
  const guest: Guest = { wake: missed, waiting: false, missed: false, late: false, gone: false };
  guest.deadline = setTimeout(() => {
    guest.late = true;
    guest.wake();
  }, wait.seconds * 1000);
  whenGone?.(() => {
    guest.gone = true;
    guest.wake();
  });
  return guest;
}

/** Resolves when somebody or some time wakes the guest. */
async function rung(guest: Guest, againMs: number | undefined): Promise<void> {
  if (!guest.missed && !guest.gone) {
    const looking = guest.wake;
    if (againMs !== undefined) guest.again = setTimeout(() => guest.wake(), againMs);
    await new Promise<void>((resolve) => {
      guest.wake = resolve;
      guest.waiting = true;
    });
    clearTimeout(guest.again);
    guest.waiting = false;
    guest.wake = looking;
  }
  guest.missed = false;
}

/** Wakes one of those who wait, or all; if all are looking just now, perhaps at what was before, they look again. */
function ring(bell: Bell): void {
  for (const guest of bell.guests) {
    if (!guest.waiting) {
      guest.missed ||= bell.everybody;
      continue;
    }
    guest.waiting = false;
    guest.wake();
    if (!bell.everybody) return;
  }
  if (bell.everybody) return;
  for (const guest of bell.guests) guest.missed = true;
}

async function orWait<T>(attempt: Promise<T>): Promise<T | Wait> {
  try {
    return await attempt;
  } catch (error) {
    if (error instanceof Wait) return error;
    throw error;
  }
}
