/**
 * Contributor Insights, where CloudWatch and its Logs meet: the rules that are on, and what each batch of events
 * contributes to them. Logs tells it in the write set that keeps the events, so that each counts exactly once;
 * CloudWatch adds it up.
 */
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
  /** It looks at transformed events, where the group transforms them. */
  readonly transformed?: true | undefined;
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

/** Writes a rule, or takes it away, and makes the change known to Logs. */
export async function changeInsightRule(store: Transaction, key: Place & { name: string }, next?: InsightRule) {
  const { account, region } = key;
  if (next) await store.replace(insightRules, next);
  else await store.remove(insightRules, [account, region, key.name]);
  const mark = await store.get(marks, [account, region]);
  await store.replace(marks, { account, region, turn: (mark?.turn ?? 0) + 1 });
}

/**
 * The rules that are on in a place, and a row that is another one whenever they change; undefined where there never was
 * any, which costs a look at a row.
 */
export async function insightRulesOn(store: Transaction, { account, region }: Place) {
  const mark = await store.get(marks, [account, region]);
  if (!mark) return undefined;
  const list = async () => (await store.list(insightRules, [account, region], { index: 'on', limit: RULES_MAX })).rows;
  return { mark: mark as object, list };
}

const RULES_MAX = 1_000;

/** See patterns/contributors.ts. */
type Contributor = readonly [keys: readonly string[], count: number, sum: number, min: number, max: number];

export interface Contributions {
  /** Name and id of the rule. */
  readonly rule: string;
  readonly id: string;
  readonly minutes: readonly (readonly [seconds: number, contributors: readonly Contributor[]])[];
}

export interface ToldContributions extends Place {
  readonly contributions: readonly Contributions[];
}

/** Tells CloudWatch what a batch of events contributes. */
export function tellContributions(
  ctx: Pick<Measurer, 'store' | 'now'>,
  { account, region }: Place,
  contributions: readonly Contributions[],
): void {
  if (contributions.length === 0) return;
  const id = timeUuid(ctx.now, { random: (bytes) => new Uint8Array(bytes) }); // Nobody looks one up by its id.
  const body = JSON.stringify({ account, region, samples: [], contributions });
  ctx.store.append({ ...METRICS_PLACE, id, time: ctx.now.getTime(), body });
}
