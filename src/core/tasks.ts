/**
 * Work that is owed: what an acknowledged request leaves to be done after its answer, or at a later time.
 *
 * A task is a row, written in the same write set as whatever owes it, so a crash forgets none. It is worked through by
 * the handler of its kind when it is due, again with growing pauses when that fails, and removed in the same write set
 * as what the work wrote. Tasks of one lane are done one at a time, in the order in which they were given.
 */
import type { Transaction } from '../store/store.ts';
import { table } from '../store/store.ts';
import type { Context } from './context.ts';
import type { Dice } from './ids.ts';
import type { Surroundings } from './worker.ts';

export interface Task<Body = unknown> {
  /** Names the handler: `events.deliver`. */
  readonly kind: string;
  /** In time's order. */
  readonly id: string;
  /** Milliseconds since 1970: not before. */
  readonly due: number;
  /** How often it was tried. */
  readonly attempt: number;
  /** When it was given, in milliseconds. */
  readonly given: number;
  readonly account: string;
  readonly region: string;
  readonly lane?: string | undefined;
  readonly body: Body;
}

export const tasks = table<Task>('plane_task', {
  key: (task) => [task.kind, task.id],
  indexes: {
    due: (task) => [[moment(task.due)]],
    kind: (task) => [[task.kind, moment(task.due)]],
    lane: (task) => (task.lane === undefined ? [] : [[task.lane, task.id]]),
  },
});

/** A time as a key part, in time's order. */
const moment = (milliseconds: number) => String(Math.max(0, Math.ceil(milliseconds))).padStart(15, '0');

/** What giving a task needs to know of the world: a request's context has it all. */
export interface Giver extends Dice {
  readonly store: Transaction;
  readonly now: Date;
  readonly account: string;
  readonly region: string;
}

export interface Errand<Body> {
  readonly kind: string;
  readonly body: Body;
  /** Milliseconds since 1970; at once when absent. */
  readonly due?: number | undefined;
  readonly lane?: string | undefined;
  /** A fixed id makes the task the only one of its kind and id: giving it again moves and replaces it. */
  readonly id?: string | undefined;
  /** Else those of the context. */
  readonly account?: string | undefined;
  readonly region?: string | undefined;
}

let turn = 0;

/** Owes a piece of work, durable with the rest of the write set. */
export async function later<Body>(ctx: Giver, errand: Errand<Body>): Promise<void> {
  const given = ctx.now.getTime();
  await ctx.store.replace(tasks, {
    kind: errand.kind,
    id: errand.id ?? `${moment(given)}-${moment(turn++)}-${Buffer.from(ctx.random(6)).toString('hex')}`,
    due: errand.due ?? given,
    attempt: 0,
    given,
    account: errand.account ?? ctx.account,
    region: errand.region ?? ctx.region,
    ...(errand.lane !== undefined && { lane: errand.lane }),
    body: errand.body,
  });
}

/** Takes back a task with a fixed id. */
export const notAnyMore = (store: Transaction, kind: string, id: string): Promise<boolean> =>
  store.remove(tasks, [kind, id]);

/** For `settle`: the task was not tried, and is none the older for it. */
export async function putOff(store: Transaction, task: Task, due: number): Promise<undefined> {
  await store.replace(tasks, { ...task, due });
}

/** Milliseconds until the task is due again; undefined: it is done. */
export type Again = number | undefined;

/** What reaching outside may know: it reads the store in a transaction of its own. */
export interface Outside extends Pick<Surroundings, 'store' | 'blobs' | 'secrets' | 'settings' | 'random'> {
  readonly now: Date;
}

// biome-ignore lint/suspicious/noExplicitAny: a body is its handler's own affair
export interface TaskHandler<Body = any, Seen = any> {
  readonly kind: string;
  /** Service principal in whose name the work is done: `events.amazonaws.com`. */
  readonly principal: string;
  /**
   * What has effects outside the store (an HTTP request to a subscriber), before the write set begins: at least once,
   * perhaps twice after a crash. What it returns (or throws) is handed to `settle` (or `failed`).
   */
  readonly reach?: (task: Task<Body>, around: Outside) => Promise<Seen>;
  /** Inside the write set that removes the task; `ctx.call(…)` is made as the principal. */
  readonly settle: (task: Task<Body>, ctx: Context, seen: Seen) => Promise<Again>;
  /**
   * After `reach` or `settle` threw: when to try again (nothing else of the failed try is left), or undefined when all
   * is lost; then it must have put the work somewhere else (a dead-letter queue). Without it: again after `pauseOf`,
   * for a day.
   */
  readonly failed?: (task: Task<Body>, ctx: Context, error: unknown) => Promise<Again>;
}

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 3_600_000;

/** The growing pause after a failed attempt (0 is the first), in milliseconds. */
export const pauseOf = (attempt: number): number =>
  Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(attempt, 12));
