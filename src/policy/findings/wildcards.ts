// Values that a wildcard or a variable opens too far: keys for which AWS accepts none, and values that mean every text.

import type { IssueCode } from './catalog.ts';
import type { Text } from './document.ts';
import type { Operator } from './operators.ts';
import { type Condition, type ConditionCheck, isWild } from './run.ts';
import { type Variable, variablesOf, withoutEscapes } from './variables.ts';

/** IAM User Guide, Global condition keys, Sensitive condition keys. */
const sensitive = new Set([
  ...['aws:principalaccount', 'aws:principalorgid', 'aws:resourceaccount', 'aws:resourceorgid', 'aws:sourceaccount'],
  ...['aws:sourceorgid', 'aws:sourcevpc', 'aws:sourcevpce', 'aws:vpceaccount', 'aws:vpceorgid'],
]);

/** Keys whose values need some text that is fixed. */
const needsText = new Set([
  ...['aws:principalorgpaths', 'aws:resourceorgpaths', 'aws:sourceorgpaths', 'aws:vpceorgpaths'],
  ...['aws:principalarn', 'aws:sourcearn', 'aws:sourceidentity'],
]);
const fixedMin = 6;

export const openValues: ConditionCheck = ({ policy, report }, condition) => {
  const { operator, key, values } = condition;
  if (operator.family !== 'String' && operator.family !== 'Arn') return;
  for (const value of values) {
    const variable = policy.variables ? variablesOf(value).find(isOpen) : undefined;
    const plain = policy.variables ? withoutEscapes(value.text) : value.text;
    const wildcard = operator.wild && isWild(plain.replaceAll(/\$\{[^}]*\}?/g, ''));
    const sentence = sentenceFor(condition, plain);
    if (sentence === undefined) continue;
    if (wildcard) report('WILDCARD_USAGE_TOO_PERMISSIVE', { key }, value, sentence);
    else if (variable) report('VARIABLE_USAGE_TOO_PERMISSIVE', { key }, variable.at, sentence);
  }
};

/** What AWS itself fills in can be no wildcard: ${aws:PrincipalAccount} is an account. */
function isOpen({ inside, isEscape }: Variable): boolean {
  return !isEscape && !sensitive.has(inside.trim().toLowerCase());
}

/** Which of the check's sentences applies to an open value under the key. */
function sentenceFor({ lowerKey }: Condition, text: string): number | undefined {
  if (sensitive.has(lowerKey)) return 1;
  const fixed = text.replaceAll(/\$\{[^}]*\}?/g, '*');
  if (needsText.has(lowerKey)) return fixed.split(/[*?]/).some((part) => part.length >= fixedMin) ? undefined : 0;
  if (lowerKey !== 'aws:userid') return undefined;
  const [left = '', right] = fixed.split(':');
  return right === undefined || (isWild(left) && left !== '*') ? 2 : undefined;
}

/** Two outcomes, when the key is there and when it is not, make an operator with the value * a test of presence. */
export const meaninglessWildcards: ConditionCheck = ({ report }, { operator, key, values, keyAt }) => {
  if (!operator.wild || !values.some(isAnything)) return;
  report(codeFor(operator), { key, operator: operator.written, recommendedKey: key }, keyAt);
};

function codeFor({ qualifier, negated, ifExists }: Operator): IssueCode {
  const whenPresent = !negated;
  const whenAbsent = qualifier === 'none' ? negated || ifExists : qualifier === 'ForAllValues' || ifExists;
  if (whenPresent) return whenAbsent ? 'REDUNDANT_KEY_DUE_TO_WILDCARD_IN_CONDITION' : 'EQUIVALENT_TO_NULL_FALSE';
  return whenAbsent ? 'EQUIVALENT_TO_NULL_TRUE' : 'REDUNDANT_STATEMENT_DUE_TO_WILDCARD_IN_CONDITION';
}

function isAnything({ text }: Text): boolean {
  return /^\*+$/.test(text);
}
