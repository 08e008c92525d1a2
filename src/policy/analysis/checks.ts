// The checks themselves. Each asks, for every statement of the policy that allows, whether some request that it
// allows is one that it should not: a search for a request in the statement's box outside other boxes. What the
// search finds is shown as a witness that the evaluator confirms. PASS means that the search has ended and found
// nothing; when it may not end, or finds only what cannot be confirmed, the answer is FAIL, "might".
// Source: IAM Access Analyzer API Reference, CheckNoNewAccess and CheckAccessNotGranted.

import type { CompiledPolicy } from '../compile.ts';
import { resourceTemplateOf } from '../variables.ts';
import { AnalysisBound } from './automata.ts';
import {
  type Analysis,
  actionClause,
  analysisOf,
  assertedBoxes,
  excludedBox,
  type Means,
  type PolicyType,
} from './boxes.ts';
import { classes, templateGlob } from './globs.ts';
import { literalOf } from './literals.ts';
import { type Box, type State, search, stateOf } from './search.ts';
import { clauseOf } from './strings.ts';
import { isAllowedBy, manners, type Witness, witnessIn } from './witness.ts';

/** Why a check failed, as the API says it: a statement of the policy, counted from 0, and its Sid if it has one. */
export interface Reason {
  readonly description: string;
  readonly statementIndex: number;
  readonly statementId?: string;
}

export interface CheckResult {
  readonly result: 'PASS' | 'FAIL';
  readonly message: string;
  /** Empty for PASS. */
  readonly reasons: readonly Reason[];
  /** A request that shows the FAIL, decided by the evaluator; undefined when the answer is only "might". */
  readonly witness: Witness | undefined;
}

/** Access that should not be granted: some of the actions on some of the resources; without a list, any. */
export interface ListedAccess {
  readonly actions?: readonly string[] | undefined;
  readonly resources?: readonly string[] | undefined;
}

/** The sentences of a check. */
export interface Wording {
  readonly pass: string;
  readonly fail: string;
  readonly might: string;
  /** What comes before "sid: …" or "index: …". */
  readonly statement: string;
  /** What comes behind it. */
  readonly stop: string;
}

const newAccess: Wording = {
  pass: 'The modified permissions do not grant new access compared to your existing policy.',
  fail: 'The modified permissions grant new access compared to your existing policy.',
  might: 'The modified permissions might allow new access compared to your existing policy.',
  statement: 'New access in the statement with',
  stop: '.',
};

const listedAccess: Wording = {
  pass: 'The policy document does not grant access to perform the listed actions or resources.',
  fail: 'The policy document grants access to perform one or more of the listed actions or resources.',
  might: 'The policy document might allow access to perform one or more of the listed actions or resources.',
  statement: 'One or more of the listed actions or resources in the statement with',
  stop: '.',
};

/** Whether `updated` allows any request that `existing` does not. Pure. Documents compile first: compilePolicy. */
export function checkNoNewAccess(
  existing: CompiledPolicy,
  updated: CompiledPolicy,
  type: PolicyType,
  means: Means = {},
): CheckResult {
  const analysis = analysisOf(type, [existing, updated], means);
  const denies = excluded(analysis, updated, 'Deny');
  const allows = excluded(analysis, existing, 'Allow');
  const once = indicesOf(existing, 'Deny').flatMap((deny) => assertedBoxes(analysis, existing, deny));
  const confirmed = (witness: Witness) => !isAllowedBy(existing, type, witness);
  return conclude(newAccess, analysis, updated, (index, show) => {
    for (const box of assertedBoxes(analysis, updated, index)) {
      if (leftOver(analysis, box, [...denies, ...allows], show, confirmed)) return;
      for (const deny of once) if (leftOver(analysis, [...box, ...deny], denies, show, confirmed)) return;
    }
  });
}

/** Whether the policy allows any of the access. Pure. An empty list asks nothing. */
export function checkAccessNotGranted(
  policy: CompiledPolicy,
  access: readonly ListedAccess[],
  type: PolicyType,
  means: Means = {},
): CheckResult {
  const analysis = analysisOf(type, [policy], means);
  const listed = access.map((one) => accessBox(analysis, one)).filter((box) => box.length > 0);
  const denies = excluded(analysis, policy, 'Deny');
  return conclude(listedAccess, analysis, policy, (index, show) => {
    for (const box of assertedBoxes(analysis, policy, index)) {
      for (const one of listed) if (leftOver(analysis, [...box, ...one], denies, show, () => true)) return;
    }
  });
}

function accessBox(analysis: Analysis, { actions, resources }: ListedAccess): Box {
  const box = [];
  if (actions && actions.length > 0)
    box.push(literalOf(analysis.literals, 'action', { clause: actionClause(actions) }));
  if (resources && resources.length > 0) {
    const globs = resources.map((text) =>
      templateGlob(resourceTemplateOf(text, false, false), analysis.symbols, classes.any),
    );
    const clause = clauseOf(globs.flatMap((found) => ('glob' in found ? [found.glob] : [])));
    box.push(literalOf(analysis.literals, 'resource', { clause }));
  }
  return box;
}

export function indicesOf({ body }: CompiledPolicy, effect: 'Allow' | 'Deny'): readonly number[] {
  return body.document.statements.filter((statement) => statement.effect === effect).map(({ index }) => index);
}

/** The boxes of all statements of one effect, as those that are not to apply. */
export function excluded(analysis: Analysis, policy: CompiledPolicy, effect: 'Allow' | 'Deny'): readonly Box[] {
  return indicesOf(policy, effect)
    .map((index) => excludedBox(analysis, policy, index))
    .filter((box) => box !== undefined);
}

/** Takes what a search shows. Returns true when that is enough. */
export type Show = (state: State, confirmed: (witness: Witness) => boolean) => boolean;

/** Shows what is left of a box outside others, until that is enough. */
export function leftOver(
  analysis: Analysis,
  box: Box,
  boxes: readonly Box[],
  show: Show,
  confirmed: (witness: Witness) => boolean,
): boolean {
  const state = stateOf(analysis.literals, box);
  return state !== undefined && search(analysis.literals, state, boxes, (left) => show(left, confirmed));
}

/** What a search may put aside because the evaluator did not confirm them, before it gives up on the statement. */
const doubtsMax = 24;

/** Runs a check on every statement that allows, and says what came of it. */
export function conclude(
  wording: Wording,
  analysis: Analysis,
  policy: CompiledPolicy,
  check: (index: number, show: Show) => void,
): CheckResult {
  const failed: number[] = [];
  let witness: Witness | undefined;
  for (const index of indicesOf(policy, 'Allow')) {
    let shown = 0;
    const show: Show = (state, confirmed) => {
      shown++;
      for (const manner of manners) {
        const one = witnessIn(analysis, state, manner);
        if (!one || !isAllowedBy(policy, analysis.type, one) || !confirmed(one)) continue;
        witness ??= one;
        return true;
      }
      return shown >= doubtsMax;
    };
    try {
      check(index, show);
    } catch (error) {
      if (!(error instanceof AnalysisBound)) throw error;
      shown++;
    }
    if (shown > 0) failed.push(index);
  }
  return resultOf(wording, policy, failed, witness);
}

function resultOf(
  { pass, fail, might, statement, stop }: Wording,
  { body }: CompiledPolicy,
  failed: readonly number[],
  witness: Witness | undefined,
): CheckResult {
  if (failed.length === 0) return { result: 'PASS', message: pass, reasons: [], witness: undefined };
  const reasons = failed.map((statementIndex): Reason => {
    const sid = body.document.statements[statementIndex]?.sid;
    const name = sid === undefined || sid === '' ? `index: ${statementIndex}` : `sid: ${sid}`;
    const description = `${statement} ${name}${stop}`;
    return sid === undefined || sid === ''
      ? { description, statementIndex }
      : { description, statementIndex, statementId: sid };
  });
  return { result: 'FAIL', message: witness ? fail : might, reasons, witness };
}
