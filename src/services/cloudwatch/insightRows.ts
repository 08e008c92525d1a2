/**
 * What Contributor Insights has added up: a row for each rule and minute. It loads with the plane. Of a minute with
 * very many contributors the greatest are kept by name; the others count together: AWS's figures are approximate, too.
 */
import type { ToldContributions } from '../../core/contributions.ts';
import { addContributor, type Contributor, joined } from '../../patterns/contributors.ts';
import { type Transaction, table } from '../../store/store.ts';
import { moment } from './metricRows.ts';

export interface InsightMinute {
  /** Of the rule. */
  readonly id: string;
  /** Seconds. */
  readonly time: number;
  readonly contributors: readonly Contributor[];
  /** Contributors that are not kept by name, and what they contributed; its keys are empty. */
  readonly others?: { readonly count: number; readonly all: Contributor };
}

export const insightMinutes = table<InsightMinute>('cw_insight_minute', {
  key: ({ id, time }) => [id, moment(time)],
  indexes: { age: ({ time }) => [[moment(time)]] },
});

const NAMED_MAX = 1_000;

/** Adds what a batch of journal entries tells. */
export async function keepContributions(tx: Transaction, told: readonly ToldContributions[]): Promise<void> {
  const news = new Map<string, { id: string; time: number; all: Map<string, Contributor> }>();
  for (const { id, minutes } of told.flatMap(({ contributions }) => contributions)) {
    for (const [time, contributors] of minutes) {
      const key = `${id} ${time}`;
      const known = news.get(key) ?? { id, time, all: new Map() };
      news.set(key, known);
      for (const contributor of contributors) addContributor(known.all, contributor);
    }
  }
  for (const { id, time, all } of news.values()) {
    const there = await tx.get(insightMinutes, [id, moment(time)]);
    for (const contributor of there?.contributors ?? []) addContributor(all, contributor);
    await tx.replace(insightMinutes, bounded({ id, time, ...(there?.others && { others: there.others }) }, all));
  }
}

function bounded(row: Omit<InsightMinute, 'contributors'>, all: ReadonlyMap<string, Contributor>): InsightMinute {
  const contributors = [...all.values()];
  if (contributors.length <= NAMED_MAX) return { ...row, contributors };
  contributors.sort((a, b) => b[2] - a[2]);
  const rest = contributors.splice(NAMED_MAX);
  const nameless = rest.map(([, ...figures]): Contributor => [[], ...figures]);
  const together = [...(row.others ? [row.others.all] : []), ...nameless].reduce(joined);
  return { ...row, contributors, others: { count: (row.others?.count ?? 0) + rest.length, all: together } };
}

const KEPT_SECONDS = 15 * 86_400;
const ROWS_A_TURN = 500;

/** Minutes that are 15 days old go. Whether there may be more. */
export async function forgottenMinutes(tx: Transaction, now: Date): Promise<boolean> {
  const { rows } = await tx.list(insightMinutes, [], { index: 'age', limit: ROWS_A_TURN, unchecked: true });
  const oldest = Math.floor(now.getTime() / 1000) - KEPT_SECONDS;
  const old = rows.filter(({ time }) => time < oldest);
  for (const row of old) await tx.remove(insightMinutes, insightMinutes.key(row));
  return old.length === ROWS_A_TURN;
}
