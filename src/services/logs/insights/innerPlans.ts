/** The queries within a plan, without what reads queries: this is light to import. */
import type { Inner } from './inner.ts';
import type { Plan } from './plan.ts';

/** All of a plan's, those within others before them. */
export const innersOf = ({ inners }: Pick<Plan, 'inners'>): Inner[] =>
  inners.flatMap((inner) => [...innersOf(inner.plan), inner]);
