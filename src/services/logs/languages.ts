/** The languages that queries are written in. */
import type { QueryLanguage } from '@aws-sdk/client-cloudwatch-logs';
import type { Clock } from './insights/expressions.ts';
import type { Plan } from './insights/plan.ts';

type Planner = (text: string, clock: Clock, limitMax?: number) => Plan;

const PLANNERS: Readonly<Record<QueryLanguage, () => Promise<Planner>>> = {
  CWLI: async () => (await import('./insights/plan.ts')).planOf,
  PPL: async () => (await import('./openSearch/ppl/plan.ts')).pplPlan,
  SQL: async () => (await import('./openSearch/sql/plan.ts')).sqlPlan,
};

/** @throws MalformedQueryException */
export async function planIn(language: QueryLanguage = 'CWLI', ...asked: Parameters<Planner>): Promise<Plan> {
  const planner = await PLANNERS[language]();
  return planner(...asked);
}
