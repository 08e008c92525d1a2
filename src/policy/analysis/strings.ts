// Sets of texts as policies write them: patterns, some with variables, some known only roughly. Every question is
// asked so that "no" is certain: what must hold is taken as wide as it could be, what must not hold as narrow.
//
// A pattern with variables is wide as its wildcard and narrow as nothing, unless the same variables stand in what
// must hold: then both are compared with symbols in the variables' places, and equal symbols are equal text.

import { type Budget, type Constraint, shortestText, testOf } from './automata.ts';
import { filled, type Glob, type OpenGlob, symbolsIn } from './globs.ts';

export interface Clause {
  readonly negated: boolean;
  readonly globs: readonly Glob[];
  readonly open: readonly OpenGlob[];
  /** Patterns that the set reaches at most: parts of it when it must hold, not when it must not. */
  readonly rough: readonly Glob[];
}

export const clauseOf = (globs: readonly Glob[], negated = false): Clause => ({ negated, globs, open: [], rough: [] });

export const complement = (clause: Clause): Clause => ({ ...clause, negated: !clause.negated });

/** Texts tried before any other, so that an example reads like real life. */
export type Hints = readonly string[];

/** A text that may lie in all clauses; undefined when none does, whatever the variables hold. Throws AnalysisBound. */
export function exampleOf(clauses: readonly Clause[], budget: Budget, hints: Hints = []): string | undefined {
  for (const clause of clauses) {
    if (!clause.negated && clause.open.length > 0 && !symbolsFit(clause, clauses, budget)) return undefined;
  }
  const constraints = clauses.map(constraintOf);
  const tests = hints.length > 0 ? constraints.map((constraint) => testOf(constraint, budget)) : [];
  return hints.find((text) => tests.every((test) => test(text))) ?? shortestText(constraints, budget);
}

function constraintOf({ negated, globs, open, rough }: Clause): Constraint {
  if (negated || (open.length === 0 && rough.length === 0)) return { negated, globs };
  return { negated, globs: [...globs, ...open.map(({ over }) => over), ...rough] };
}

/** Whether anything is left of a clause when all that is excluded is taken away, symbol against symbol. */
function symbolsFit(clause: Clause, clauses: readonly Clause[], budget: Budget): boolean {
  const constraints: Constraint[] = [{ negated: false, globs: [...symbolic(clause), ...clause.rough] }];
  for (const other of clauses) if (other.negated) constraints.push({ negated: true, globs: symbolic(other) });
  return shortestText(constraints, budget) !== undefined;
}

const symbolic = ({ globs, open }: Clause) => [...globs, ...open.map(({ symbols }) => symbols)];

/** The clauses with their variables filled in: exact, where nothing is rough. */
export function closed(clause: Clause, variable: (symbol: number) => string | undefined): Clause {
  if (clause.open.length === 0) return clause;
  const globs = clause.open.map((open) => filled(open, variable)).filter((glob) => glob !== undefined);
  return { ...clause, globs: [...clause.globs, ...globs], open: [] };
}

/** The numbers of the variables in a clause. */
export function variablesOf({ open }: Clause): readonly number[] {
  return open.flatMap(({ symbols }) => symbolsIn(symbols));
}
