/** The languages that queries are written in. */
import { InvalidParameterException, type QueryLanguage } from '@aws-sdk/client-cloudwatch-logs';
import { fail } from '../../core/errors.ts';
import type { Clock } from './insights/expressions.ts';
import type { Plan } from './insights/plan.ts';

type Planner = (text: string, clock: Clock, limitMax?: number) => Plan;

const PLANNERS: Readonly<Partial<Record<QueryLanguage, () => Promise<Planner>>>> = {
  CWLI: async () => (await import('./insights/plan.ts')).planOf,
  PPL: async () => (await import('./openSearch/ppl/plan.ts')).pplPlan,
};

/** @throws MalformedQueryException */
export async function planIn(language: QueryLanguage = 'CWLI', ...asked: Parameters<Planner>): Promise<Plan> {
  const planner = await PLANNERS[language]?.();
  if (!planner) fail(InvalidParameterException, `The query language ${language} is not supported.`);
  return planner(...asked);
}
