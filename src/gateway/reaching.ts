/**
 * Asking outside from within an operation (`ctx.reach`): a proxy over HTTP, a token. Who waits holds nothing, so the
 * write set is given up, the question is asked without one, and the operation runs again, authentication, permission
 * and all, with the answer at hand. Answers are known by their place in the order of questions and by their names.
 */
import type { Context } from '../core/context.ts';
import type { Transaction } from '../store/store.ts';
import type { Journey } from './invocation.ts';

/** What one request has asked outside. */
export interface Reached {
  readonly answers: Answer[];
  /** How many questions this run has come by. */
  turn: number;
  /** What this run cannot go on without. */
  pending: Question | undefined;
}

interface Question {
  readonly turn: number;
  readonly name: string;
  readonly ask: () => Promise<unknown>;
}

interface Answer {
  readonly name: string;
  readonly value?: unknown;
  readonly error?: unknown;
}

/** Ends a run that has to ask. Whoever catches it on the way changes nothing: the run's end asks `pending`. */
export class Asking extends Error {}

/** More than the entries of any batch ask. */
const QUESTIONS_MAX = 64;

export function reachFrom(journey: Journey): Context['reach'] {
  return async <T>(name: string, ask: () => Promise<T>): Promise<T> => {
    journey.reached ??= { answers: [], turn: 0, pending: undefined };
    const { reached } = journey;
    const turn = reached.turn++;
    const answer = reached.answers[turn];
    if (answer?.name !== name) {
      reached.pending ??= { turn, name, ask };
      throw new Asking(name);
    }
    if ('error' in answer) throw answer.error;
    return answer.value as T;
  };
}

/** A write set that may reach outside, run as often as it has to ask. */
export async function reaching<T>(journey: Journey, work: (tx: Transaction) => Promise<T>): Promise<T> {
  const run = (tx: Transaction) => {
    const { reached } = journey;
    if (!reached) return work(tx);
    reached.turn = 0;
    reached.pending = undefined;
    return work(tx);
  };
  journey.reached = undefined;
  for (let asked = 0; ; asked++) {
    try {
      return await journey.deps.store.transaction(async (tx) => {
        const value = await run(tx);
        if (journey.reached?.pending) throw new Asking();
        return value;
      });
    } catch (error) {
      if (!(await answered(journey))) throw error;
      if (asked === QUESTIONS_MAX) throw new Error(`A request asked outside more than ${QUESTIONS_MAX} times.`);
    }
  }
}

/** Asks what is still to be asked; false if there is nothing. */
async function answered({ reached }: Journey): Promise<boolean> {
  if (!reached?.pending) return false;
  const { turn, name, ask } = reached.pending;
  try {
    reached.answers[turn] = { name, value: await ask() };
  } catch (error) {
    reached.answers[turn] = { name, error };
  }
  reached.pending = undefined;
  return true;
}
