// Condition keys against the actions of their statement: keys that an action never has, and actions that a key needs.

import { matchesPattern } from '../match.ts';
import { isClaim, keyFact } from './conditionKeys.ts';
import type { Text } from './document.ts';
import type { ActionFact, Facts } from './facts.ts';
import { type Condition, distinct, isWild, prefixOf, type Run, type StatementCheck } from './run.ts';

/** Whether requests for the action carry the key, named as in the reference. */
export function supportsKey(facts: Facts, action: ActionFact, name: string): boolean {
  if (action.conditionKeys.includes(name)) return true;
  return action.resourceTypes.some(
    (type) =>
      type.conditionKeys.includes(name) || facts.resourceType(action.prefix, type.name)?.conditionKeys.includes(name),
  );
}

/** Keys that requests of other services carry, too. IAM User Guide, Global condition keys, cross-service keys. */
const crossService = new Set([
  ...['ec2:roledelivery', 'ec2:sourceinstancearn', 'glue:roleassumedby', 'glue:credentialissuingservice'],
  ...['lambda:sourcefunctionarn', 'ssm:sourceinstancearn', 'identitystore:userid'],
]);

/** Services whose reference does not say which action has which of their keys. */
const undocumented = new Set(['saml', 'cognito-identity-auth', 'cognito-identity-unauth', 'identitycenter']);

export const keysOfActions: StatementCheck = (run, { action, conditions }) => {
  const named = distinct(action).filter(({ text }) => !isWild(text) && text.includes(':'));
  if (named.length === 0) return;
  const seen = new Set<string>();
  for (const condition of conditions) {
    // With IfExists the author has thought of requests without the key.
    if (condition.operator.ifExists || seen.has(condition.lowerKey) || !run.spend(named.length * 100)) continue;
    seen.add(condition.lowerKey);
    const without = named.filter((text) => lacks(run, text, condition));
    if (without.length === 0) continue;
    const actions = without.map(({ text }) => text).join(', ');
    run.report('UNSUPPORTED_ACTION_FOR_CONDITION_KEY', { actions, key: condition.key }, [...without, condition.at]);
  }
};

function lacks({ facts }: Run, { text }: Text, { key, lowerKey }: Condition): boolean {
  const prefix = prefixOf(lowerKey);
  if (prefix === 'aws' || crossService.has(lowerKey) || undocumented.has(prefix)) return false;
  const action = facts.actionFact(prefixOf(text), text.slice(text.indexOf(':') + 1));
  if (!action) return false;
  const name = keyFact(facts, key)?.name;
  if (isClaim(key)) {
    const offered = action.prefix === 'sts' && action.name === 'AssumeRoleWithWebIdentity';
    return !offered && (name === undefined || !supportsKey(facts, action, name));
  }
  return name !== undefined && !supportsKey(facts, action, name);
}

/** Keys whose values are set by an action of their own. STS API reference: session tags, source identity, context. */
const setBy: readonly (readonly [key: RegExp, action: string])[] = [
  [/^sts:sourceidentity$/, 'sts:SetSourceIdentity'],
  [/^(sts:transitivetagkeys|aws:requesttag\/.*|aws:tagkeys)$/, 'sts:TagSession'],
  [/^sts:requestcontext(providers|\/.*)$/, 'sts:SetContext'],
];

export const actionsOfKeys: StatementCheck = ({ report, spend }, { effect, action, conditions }) => {
  const assumes = action.some(({ text }) => /^sts:assumerole/i.test(text));
  if (effect !== 'Allow' || !assumes || !action.every(({ text }) => /^sts:/i.test(text))) return;
  const patterns = [...new Set(action.map(({ text }) => text.toLowerCase()))];
  for (const { lowerKey, key, operator, keyAt } of conditions) {
    const actionName = setBy.find(([pattern]) => pattern.test(lowerKey))?.[1];
    if (actionName === undefined || operator.family === 'Null' || !spend(patterns.length * 10)) continue;
    if (patterns.some((pattern) => matchesPattern(pattern, actionName.toLowerCase()))) continue;
    report('MISSING_ACTION_FOR_CONDITION_KEY', { actionName, keyName: key }, keyAt);
  }
};
