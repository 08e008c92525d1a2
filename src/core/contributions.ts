/**
 * Contributor Insights, where CloudWatch and its Logs meet: the rules that are on, and what each batch of events
 * contributes to them. Logs tells it in the write set that keeps the events, so that each counts exactly once;
 * CloudWatch adds it up.
 */
import { type ContributorRule, compileContributorRule } from '../patterns/contributors.ts';
import type { Transaction } from '../store/store.ts';
import { table } from '../store/store.ts';
import { timeUuid } from './ids.ts';
import { METRICS_PLACE, type Measurer } from './metrics.ts';
import type { Tag } from './operation.ts';

export interface InsightRule {
  readonly account: string;
  readonly region: string;
  readonly name: string;
  /** Of its data: another definition begins anew. */
  readonly id: string;
  readonly enabled: boolean;
  /** JSON, as it was put. */
  readonly definition: string;
  readonly tags: readonly Tag[];
}

/** Index `on`: [account, region], those that are enabled. */
export const insightRules = table<InsightRule>('cw_insight_rule', {
  key: ({ account, region, name }) => [account, region, name],
  indexes: {
    place: ({ account, region }) => [[account, region]],
    on: ({ account, region, name, enabled }) => (enabled ? [[account, region, name]] : []),
  },
});

/** That a place has rules that are on; another row whenever one of them changes. */
interface Mark {
  readonly account: string;
  readonly region: string;
  readonly turn: number;
}

const marks = table<Mark>('cw_insight_mark', { key: ({ account, region }) => [account, region] });

type Place = Pick<Mark, 'account' | 'region'>;

interface Asked {
  readonly name: string;
  readonly id: string;
  readonly rule: ContributorRule;
}

const compiled = new WeakMap<Mark, readonly Asked[]>();
const RULES_MAX = 1_000;

/** Writes a rule, or takes it away, and makes the change known to Logs. */
export async function changeInsightRule(store: Transaction, key: Place & { name: string }, next?: InsightRule) {
  const { account, region } = key;
  if (next) await store.replace(insightRules, next);
  else await store.remove(insightRules, [account, region, key.name]);
  const mark = await store.get(marks, [account, region]);
  await store.replace(marks, { account, region, turn: (mark?.turn ?? 0) + 1 });
}

/** The rules that are on for a log group. A place without any costs a look at a row. */
export async function insightRulesOf(store: Transaction, { account, region, name }: Place & { name: string }) {
  const mark = await store.get(marks, [account, region]);
  if (!mark) return [];
  let asked = compiled.get(mark);
  if (!asked) {
    const { rows } = await store.list(insightRules, [account, region], { index: 'on', limit: RULES_MAX });
    asked = rows.map((row) => ({ name: row.name, id: row.id, rule: compileContributorRule(row.definition) }));
    compiled.set(mark, asked);
  }
  return asked.filter(({ rule }) => rule.groups.some((group) => isOf(group, name)));
}

const isOf = (group: string, name: string) =>
  group.endsWith('*') ? name.startsWith(group.slice(0, -1)) : name === group;

/** What somebody contributed in a minute: how many values, their sum, the least and the greatest. */
export type Contributor = readonly [keys: readonly string[], count: number, sum: number, min: number, max: number];

export interface Contributions {
  /** Name and id of the rule. */
  readonly rule: string;
  readonly id: string;
  readonly minutes: readonly (readonly [seconds: number, contributors: readonly Contributor[]])[];
}

export interface ToldContributions extends Place {
  readonly contributions: readonly Contributions[];
}

const MINUTE_MS = 60_000;

/** Tells CloudWatch what a batch of events contributes. `times` in milliseconds. */
export function tellContributions(
  ctx: Pick<Measurer, 'store' | 'now'>,
  place: Place,
  rules: readonly Asked[],
  events: { readonly times: readonly number[]; readonly messages: readonly string[] },
): void {
  const contributions = rules
    .map((asked) => contributionsTo(asked, events))
    .filter(({ minutes }) => minutes.length > 0);
  if (contributions.length === 0) return;
  const { account, region } = place;
  const id = timeUuid(ctx.now, { random: (bytes) => new Uint8Array(bytes) }); // Nobody looks one up by its id.
  const body = JSON.stringify({ account, region, samples: [], contributions });
  ctx.store.append({ ...METRICS_PLACE, id, time: ctx.now.getTime(), body });
}

function contributionsTo(
  { name, id, rule }: Asked,
  { times, messages }: { readonly times: readonly number[]; readonly messages: readonly string[] },
): Contributions {
  const minutes = new Map<number, Map<string, Contributor>>();
  for (const [at, message] of messages.entries()) {
    const found = rule.read(message);
    if (!found) continue;
    const seconds = (Math.floor(times[at]! / MINUTE_MS) * MINUTE_MS) / 1000;
    const contributors = minutes.get(seconds) ?? new Map<string, Contributor>();
    minutes.set(seconds, contributors);
    addContributor(contributors, [found.keys, 1, found.value, found.value, found.value]);
  }
  return { rule: name, id, minutes: [...minutes].map(([seconds, all]) => [seconds, [...all.values()]]) };
}

export function addContributor(all: Map<string, Contributor>, more: Contributor): void {
  const key = JSON.stringify(more[0]);
  const known = all.get(key);
  all.set(key, known ? joined(known, more) : more);
}

export const joined = (a: Contributor, b: Contributor): Contributor => [
  a[0],
  a[1] + b[1],
  a[2] + b[2],
  Math.min(a[3], b[3]),
  Math.max(a[4], b[4]),
];
