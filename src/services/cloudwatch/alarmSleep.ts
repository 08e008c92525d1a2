/**
 * Which alarms need not be looked at: one whose metrics have no data in all of its evaluation range stays as it is
 * until they have some. It has no task then, and lies here under each of its metrics; the follower that adds data wakes
 * it.
 */
import { later } from '../../core/tasks.ts';
import { type Transaction, table } from '../../store/store.ts';

export const EVALUATE = 'cloudwatch.evaluate';

interface Sleeper {
  readonly metric: string;
  readonly account: string;
  readonly region: string;
  readonly alarm: string;
}

const sleepers = table<Sleeper>('cw_sleeper', {
  key: ({ metric, account, region, alarm }) => [metric, account, region, alarm],
});

/** That alarms sleep on a metric: one look at a row in memory for the many metrics on which none does. */
const marks = table<{ readonly metric: string }>('cw_sleeper_mark', { key: ({ metric }) => [metric] });

export interface AlarmPlace {
  readonly account: string;
  readonly region: string;
  readonly alarm: string;
}

export async function sleep(tx: Transaction, place: AlarmPlace, metrics: readonly string[]): Promise<void> {
  for (const metric of metrics) {
    await tx.replace(sleepers, { metric, ...place });
    if (!(await tx.get(marks, [metric]))) await tx.replace(marks, { metric });
  }
}

export async function sleepNoMore(tx: Transaction, place: AlarmPlace, metrics: readonly string[]): Promise<void> {
  for (const metric of metrics) await tx.remove(sleepers, sleepers.key({ metric, ...place }));
}

const WOKEN_MAX = 1000;

/** The metric has news. An alarm is evaluated now, or when the time has come that data from the future belong to. */
export async function wake(tx: Transaction, metric: string, { now, newest }: { now: number; newest: number }) {
  if (!(await tx.get(marks, [metric]))) return;
  const { rows, next } = await tx.list(sleepers, [metric], { limit: WOKEN_MAX });
  if (next === undefined) await tx.remove(marks, [metric]);
  for (const { account, region, alarm } of rows) {
    await tx.remove(sleepers, [metric, account, region, alarm]);
    await evaluateLater({ store: tx, now: new Date(now), account, region }, alarm, Math.max(now, newest));
  }
}

interface Where {
  readonly store: Transaction;
  readonly now: Date;
  readonly account: string;
  readonly region: string;
}

/** One task an alarm: giving it again moves it. */
export const evaluateLater = (where: Where, alarm: string, due: number): Promise<void> =>
  later({ ...where, random: NO_DICE }, { kind: EVALUATE, id: evaluationId(where, alarm), body: { alarm }, due });

export const evaluationId = ({ account, region }: Omit<Where, 'store' | 'now'>, alarm: string) =>
  `${account}/${region}/${alarm}`;

/** The task has an id of its own. */
const NO_DICE = (bytes: number) => new Uint8Array(bytes);
