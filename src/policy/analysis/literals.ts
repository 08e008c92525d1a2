// What a statement asks of one side of a request: its action, its resource, its principal, or the values of one
// condition key. A literal is one such demand; its opposite is a literal too. Demands on different sides never bear
// on each other, so a set of literals can be met if, side by side, each side's can.
//
// A key's values are a set: none (the key is absent), one, or several. A demand on them is "some value lies in S" or
// "every value lies in S", and says for itself what holds when there is no value. All demands of the second kind meet
// in one set; each of the first needs a value in it: that decides them together.

import { type Budget, spend } from './automata.ts';
import { isPlain } from './globs.ts';
import { type OrderedTest, valueOn } from './ordered.ts';
import { type Clause, complement, exampleOf, type Hints } from './strings.ts';

export type KeyTest = { readonly clause: Clause } | { readonly ordered: OrderedTest } | { readonly always: boolean };

export interface KeyDemand {
  /** Some value satisfies the test; else every value does. */
  readonly some: boolean;
  /** The request may have several values. */
  readonly multiple: boolean;
  readonly test: KeyTest;
  readonly whenAbsent: boolean;
  /** What holds for one empty text, which set operators take for no value. */
  readonly whenBlank: boolean;
}

export interface Literal {
  readonly id: number;
  /** `action`, `resource`, `principal`, or `key:` and a condition key in lower case. */
  readonly side: string;
  readonly clause: Clause | undefined;
  readonly demand: KeyDemand | undefined;
  readonly heads: readonly string[] | undefined;
  readonly opposite: () => Literal;
}

/** Literals with the same content are one, so that answers about them can be remembered by their numbers. */
export interface Literals {
  readonly known: Map<string, Literal>;
  readonly answers: Map<string, boolean>;
  readonly budget: Budget;
  /** What every value on a side fits: actions look like actions, resources like ARNs. */
  readonly universes: Map<string, Clause>;
}

export function literalOf(literals: Literals, side: string, content: { clause?: Clause; demand?: KeyDemand }): Literal {
  const text = `${side} ${JSON.stringify(content)}`;
  const found = literals.known.get(text);
  if (found) return found;
  let opposite: Literal | undefined;
  const literal: Literal = {
    id: literals.known.size,
    side,
    clause: content.clause,
    demand: content.demand,
    heads: headsOf(content.clause),
    opposite: () => {
      opposite ??= literalOf(literals, side, negatedContent(content));
      return opposite;
    },
  };
  literals.known.set(text, literal);
  return literal;
}

function negatedContent({ clause, demand }: { clause?: Clause; demand?: KeyDemand }): {
  clause?: Clause;
  demand?: KeyDemand;
} {
  if (clause) return { clause: complement(clause) };
  if (!demand) return {};
  const { some, multiple, test, whenAbsent, whenBlank } = demand;
  return {
    demand: { some: !some, multiple, test: negatedTest(test), whenAbsent: !whenAbsent, whenBlank: !whenBlank },
  };
}

function negatedTest(test: KeyTest): KeyTest {
  if ('clause' in test) return { clause: complement(test.clause) };
  if ('always' in test) return { always: !test.always };
  return { ordered: { ...test.ordered, negated: !test.ordered.negated } };
}

/** Whether two literals visibly exclude each other: no beginning of the one goes with one of the other. */
export function areApart({ answers }: Literals, a: Literal, b: Literal): boolean {
  if (!a.heads || !b.heads) return false;
  const key = a.id < b.id ? `${a.id}|${b.id}` : `${b.id}|${a.id}`;
  const known = answers.get(key);
  if (known !== undefined) return known;
  const [few, many] = a.heads.length < b.heads.length ? [a.heads, b.heads] : [b.heads, a.heads];
  const answer = !few.some((head) => many.some((other) => head.startsWith(other) || other.startsWith(head)));
  answers.set(key, answer);
  return answer;
}

const headsMax = 200;

/** How the texts of a set may begin; undefined when that is not worth knowing. */
function headsOf(clause: Clause | undefined): readonly string[] | undefined {
  if (!clause || clause.negated || clause.open.length + clause.rough.length > 0) return undefined;
  if (clause.globs.length > headsMax) return undefined;
  return clause.globs.map((glob) => {
    const end = glob.findIndex((token) => !isPlain(token));
    return String.fromCharCode(...(end < 0 ? glob : glob.slice(0, end)));
  });
}

/** Whether the demands on one side can be met together. Throws AnalysisBound. */
export function canMeet(literals: Literals, side: string, demands: readonly Literal[]): boolean {
  const key = `${side} ${demands.map(({ id }) => id).sort((a, b) => a - b)}`;
  const known = literals.answers.get(key);
  if (known !== undefined) return known;
  spend(literals.budget, 1);
  const answer = exampleOn(literals, side, demands) !== undefined;
  literals.answers.set(key, answer);
  return answer;
}

/** What a side can be: a text or, for keys, also a list or nothing. */
export interface Example {
  readonly value: string | readonly string[] | undefined;
}

export interface Closing {
  readonly close: (clause: Clause) => Clause;
  readonly hints: Hints;
}

const asWritten: Closing = { close: (clause) => clause, hints: [] };

/** An example that meets all demands on a side; undefined when none can. Throws AnalysisBound. */
export function exampleOn(
  literals: Literals,
  side: string,
  demands: readonly Literal[],
  closing: Closing = asWritten,
): Example | undefined {
  const universe = literals.universes.get(side);
  if (side.startsWith('key:')) {
    const asked = demands.map(({ demand }) => demand).filter((demand) => demand !== undefined);
    return keyExample(universe ? [...asked, within(universe)] : asked, literals, closing);
  }
  const clauses = demands.map(({ clause }) => clause).filter((clause) => clause !== undefined);
  const value = exampleOf(
    (universe ? [universe, ...clauses] : clauses).map(closing.close),
    literals.budget,
    closing.hints,
  );
  return value === undefined ? undefined : { value };
}

const within = (clause: Clause): KeyDemand => ({
  some: false,
  multiple: false,
  test: { clause },
  whenAbsent: true,
  whenBlank: false,
});

function keyExample(demands: readonly KeyDemand[], literals: Literals, closing: Closing): Example | undefined {
  const present = valuesFor(demands, literals, closing);
  if (present) return { value: present };
  if (demands.every(({ whenAbsent }) => whenAbsent)) return { value: undefined };
  return demands.every(({ whenBlank }) => whenBlank) ? { value: '' } : undefined;
}

function valuesFor(
  demands: readonly KeyDemand[],
  literals: Literals,
  closing: Closing,
): string | readonly string[] | undefined {
  const one = (tests: readonly KeyTest[]) => oneValue(tests, literals, closing);
  if (!demands.some(({ multiple }) => multiple)) return one(demands.map(({ test }) => test));
  const every = demands.filter(({ some }) => !some).map(({ test }) => test);
  const values = new Set<string>();
  for (const { some, test } of demands) {
    if (!some) continue;
    const value = one([...every, test]);
    if (value === undefined) return undefined;
    values.add(value);
  }
  if (values.size > 0) return [...values];
  const value = one(every);
  return value === undefined ? undefined : [value];
}

/** One value for all tests. Tests of different kinds are taken apart: the answer is then wider than the truth. */
function oneValue(tests: readonly KeyTest[], { budget }: Literals, closing: Closing): string | undefined {
  if (tests.some((test) => 'always' in test && !test.always)) return undefined;
  const clauses = tests.flatMap((test) => ('clause' in test ? [closing.close(test.clause)] : []));
  const ordered = tests.flatMap((test) => ('ordered' in test ? [test.ordered] : []));
  let example: string | undefined;
  for (const line of new Set(ordered.map((test) => test.line))) {
    const value = valueOn(
      line,
      ordered.filter((test) => test.line === line),
      budget,
    );
    if (value === undefined) return undefined;
    example ??= value;
  }
  if (clauses.length === 0) return example ?? closing.hints[0] ?? 'x';
  const hints = example === undefined ? closing.hints : [example, ...closing.hints];
  return exampleOf([...clauses, notBlank], budget, hints);
}

const notBlank: Clause = { negated: true, globs: [[]], open: [], rough: [] };
