// Statements as boxes: the conjunction of what a statement asks of action, resource, principal and condition keys.
// A statement that is to apply is taken as wide as it could be, one that is not to apply as narrow (strings.ts).
// Where a list that is to apply mixes patterns with variables and without, the box is split, so that each part has
// at most one pattern with variables on a side: that can be compared exactly.

import { type CompiledPolicy, type Statement, statementAt } from '../compile.ts';
import { parseOperator } from '../conditions.ts';
import type { Budget } from './automata.ts';
import { demandOf, presence } from './demands.ts';
import { classes, oneOf, type Symbols, starOf, symbolsIn, templateGlob, textGlob, wildGlob } from './globs.ts';
import { type KeyDemand, type Literal, type Literals, literalOf } from './literals.ts';
import { callerClause, exceptedGlobs, principalGlobs, principalUniverse, rolesIn } from './principals.ts';
import type { Box } from './search.ts';
import { type Clause, clauseOf } from './strings.ts';

/** Whose policy it is: attached to an identity, or to a resource and then naming principals. */
export type PolicyType = 'IDENTITY_POLICY' | 'RESOURCE_POLICY';

/** One analysis: what its policies have in common. */
export interface Analysis {
  readonly type: PolicyType;
  readonly literals: Literals;
  readonly symbols: Symbols;
  /** Condition keys as the policies spell them, by their lower-case names; actions with `action ` before theirs. */
  readonly spellings: Map<string, string>;
  /** The roles that the policies name as principals. */
  readonly roles: readonly string[];
  /** Actions that AWS has, by their lower-case names. */
  readonly actions: () => ReadonlyMap<string, string>;
}

const partsMax = 64;

/** What an analysis may spend, and the actions that AWS has, for its examples to use. */
export interface Means {
  readonly budget?: Budget | undefined;
  readonly actions?: (() => readonly string[]) | undefined;
}

/** A second or two of work; a policy as people write them needs a thousandth. */
const budgetOf = (): Budget => ({ steps: 3_000_000, nodes: 20_000 });

export function analysisOf(type: PolicyType, policies: readonly CompiledPolicy[], means: Means): Analysis {
  const budget = means.budget ?? budgetOf();
  const statements = policies.flatMap(({ body }) => body.document.statements);
  const principals = statements
    .flatMap(({ principal, notPrincipal }) => [principal, notPrincipal])
    .filter((one) => one !== undefined);
  const universes = new Map<string, Clause>([
    ['action', actionUniverse],
    ['resource', resourceUniverse],
    ['principal', principalUniverse(principals)],
  ]);
  const spellings = new Map<string, string>();
  for (const pattern of statements.flatMap(({ action, notAction }) => action ?? notAction ?? [])) {
    if (!/[*?]/.test(pattern)) spellings.set(`action ${pattern.toLowerCase()}`, pattern);
  }
  const texts = new Set<string>();
  const truths = new Set<string>();
  for (const { key, operator } of statements.flatMap(({ conditions }) => conditions)) {
    const lower = key.toLowerCase();
    if (!spellings.has(lower)) spellings.set(lower, key);
    const parsed = parseOperator(operator);
    if (parsed && parsed !== 'Null') (parsed.operator.name === 'Bool' ? truths : texts).add(lower);
  }
  for (const key of truths) if (!texts.has(key)) universes.set(`key:${key}`, truthValues);
  const literals: Literals = { known: new Map(), answers: new Map(), budget, universes };
  let known: ReadonlyMap<string, string> | undefined;
  const actions = () => {
    known ??= new Map((means.actions?.() ?? []).map((name) => [name.toLowerCase(), name]));
    return known;
  };
  return { type, literals, symbols: { variables: [] }, spellings, roles: rolesIn(principals), actions };
}

const segment = starOf(classes.notColon);
const filledSegment = [oneOf(classes.notColon), segment];
const word = [oneOf(classes.word), starOf(classes.word)];
const actionUniverse = clauseOf([[oneOf(classes.wordOrDash), starOf(classes.wordOrDash), 58, ...word]]);
const resourceUniverse = clauseOf([
  textGlob('*'),
  [
    ...[...textGlob('arn:'), ...filledSegment, 58, ...filledSegment, 58, segment, 58, segment, 58],
    ...[oneOf(classes.any), starOf(classes.any)],
  ],
]);
/** A key that is only ever asked whether it is true or false is one or the other. */
const truthValues = clauseOf([textGlob('true'), textGlob('false')]);

/** The boxes of a statement that is to apply: any of them. */
export function assertedBoxes(analysis: Analysis, policy: CompiledPolicy, index: number): readonly Box[] {
  const sides = sidesOf(analysis, policy, index, true);
  if (!sides) return [];
  let boxes: readonly Box[] = [[]];
  for (const { side, clause, demand, key } of sides) {
    const clauses = clause && boxes.length * (clause.open.length + 1) <= partsMax ? partsOf(clause) : [clause];
    const literals = clauses.map((part) => {
      const asked = part && demand ? { ...demand, test: { clause: part } } : demand;
      return [literalFor(analysis, side, key, part, asked), ...presences(analysis, part)];
    });
    boxes = boxes.flatMap((box) => literals.map((more) => [...box, ...more]));
  }
  return boxes;
}

/** The box of a statement that is not to apply; undefined when it never does for certain. */
export function excludedBox(analysis: Analysis, policy: CompiledPolicy, index: number): Box | undefined {
  return sidesOf(analysis, policy, index, false)?.map(({ side, clause, demand, key }) =>
    literalFor(analysis, side, key, clause, demand),
  );
}

/** What a statement asks of one side, before it is a literal. */
interface Side {
  readonly side: string;
  readonly clause: Clause | undefined;
  readonly demand?: KeyDemand | undefined;
  readonly key?: string | undefined;
}

function sidesOf(analysis: Analysis, policy: CompiledPolicy, index: number, asserted: boolean): Side[] | undefined {
  const statement = statementAt(policy.body, index);
  const { element } = statement;
  const sides: Side[] = [
    { side: 'action', clause: actionClause(element.action ?? element.notAction ?? [], !element.action) },
  ];
  const resource = resourceClause(analysis, statement);
  if (resource) sides.push({ side: 'resource', clause: resource });
  else if (!element.principal && !element.notPrincipal) return undefined;
  if (analysis.type === 'RESOURCE_POLICY') {
    const principal = principalClause(analysis, statement, asserted);
    if (!principal) return undefined;
    sides.push({ side: 'principal', clause: principal });
  }
  for (const condition of element.conditions) {
    const demand = demandOf(condition, policy.body.document.variables, analysis.symbols);
    if (!demand) return undefined;
    const key = condition.key.toLowerCase();
    sides.push({ side: `key:${key}`, key, demand, clause: 'clause' in demand.test ? demand.test.clause : undefined });
  }
  return sides;
}

export function actionClause(patterns: readonly string[], negated = false): Clause {
  return clauseOf(
    patterns.map((pattern) => wildGlob(pattern.toLowerCase())),
    negated,
  );
}

function resourceClause({ symbols }: Analysis, { resources, notResources }: Statement): Clause | undefined {
  const templates = resources ?? notResources;
  if (!templates) return undefined;
  const found = templates.map((template) => templateGlob(template, symbols, classes.any));
  return {
    negated: resources === undefined,
    globs: found.flatMap((one) => ('glob' in one ? [one.glob] : [])),
    open: found.flatMap((one) => ('open' in one ? [one.open] : [])),
    rough: [],
  };
}

/**
 * Whom a statement means. NotPrincipal with Allow is nothing that AWS supports: it may mean everybody else, and
 * surely means nobody.
 */
function principalClause({ roles }: Analysis, { element }: Statement, asserted: boolean): Clause | undefined {
  const { principal, notPrincipal, effect } = element;
  if (principal) return clauseOf(principalGlobs(principal, roles));
  if (!notPrincipal) return undefined;
  if (effect === 'Allow') return asserted ? clauseOf(principalGlobs(notPrincipal, roles), true) : undefined;
  const byId =
    notPrincipal.AWS.some((name) => /^A[A-Z]{3}[A-Z0-9]+(:|$)/.test(name)) || notPrincipal.CanonicalUser.length > 0;
  return byId && !asserted ? undefined : clauseOf(exceptedGlobs(notPrincipal), true);
}

/** One clause for all patterns without variables, and one for each with. */
function partsOf(clause: Clause): readonly Clause[] {
  const { negated, globs, open, rough } = clause;
  if (negated || open.length === 0 || open.length + globs.length + rough.length === 1) return [clause];
  const closed = globs.length + rough.length > 0 ? [{ negated, globs, open: [], rough }] : [];
  return [...closed, ...open.map((one) => ({ negated, globs: [], open: [one], rough: [] }))];
}

/** A pattern with variables fits only where they have values. */
function presences(analysis: Analysis, clause: Clause | undefined): readonly Literal[] {
  const [only, ...more] = clause && !clause.negated ? clause.open : [];
  if (!only || more.length > 0 || (clause && clause.globs.length + clause.rough.length > 0)) return [];
  return symbolsIn(only.symbols).flatMap((symbol) => {
    const variable = analysis.symbols.variables[symbol];
    if (!variable || variable.fallback !== undefined) return [];
    const key = variable.key.name.toLowerCase();
    if (!analysis.spellings.has(key)) analysis.spellings.set(key, variable.key.name);
    return [literalFor(analysis, `key:${key}`, key, undefined, presence)];
  });
}

/** The literal for a demand; one on a key that only says who calls is about the principal. */
export function literalFor(
  { type, literals }: Analysis,
  side: string,
  key: string | undefined,
  clause: Clause | undefined,
  demand: KeyDemand | undefined,
): Literal {
  if (!demand || key === undefined) return literalOf(literals, side, clause ? { clause } : {});
  const caller = type === 'RESOURCE_POLICY' ? callerClause(key, demand) : undefined;
  return caller ? literalOf(literals, 'principal', { clause: caller }) : literalOf(literals, side, { demand });
}
