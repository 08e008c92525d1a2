// biome-ignore-all lint/suspicious/noTemplateCurlyInString: AWS writes placeholders so
// Tag conditions on actions that know no such tag: the condition never holds for them, so a Deny does not deny them and
// an Allow does not allow them.

import { supportsKey } from './actionKeys.ts';
import { actionExists } from './actions.ts';
import { type Condition, distinct, isWild, prefixOf, type Run, type Statement, type StatementCheck } from './run.ts';

/** `aws:ResourceTag/…` and `aws:RequestTag/…` by their names in the reference. */
const tagKeys: readonly (readonly [start: string, name: string])[] = [
  ['aws:resourcetag/', 'aws:ResourceTag/${TagKey}'],
  ['aws:requesttag/', 'aws:RequestTag/${TagKey}'],
];

export const tagConditions: StatementCheck = (run, statement) => {
  const seen = new Set<string>();
  const actions = statement.conditions.length > 0 ? distinct(statement.action) : [];
  for (const condition of statement.conditions) {
    const { operator, lowerKey } = condition;
    const name = tagKeys.find(([start]) => lowerKey.startsWith(start))?.[1];
    const neverHolds = !operator.negated && !operator.ifExists && operator.qualifier === 'none';
    if (!name || !neverHolds || operator.family === 'Null' || seen.has(lowerKey)) continue;
    seen.add(lowerKey);
    reportTag(run, { ...statement, action: actions }, condition, name);
  }
};

function reportTag(run: Run, statement: Statement, { key, keyAt }: Condition, name: string): void {
  const { effect, elements, action } = statement;
  const notAction = elements.get('NotAction')?.key;
  if (!effect) return;
  if (notAction) {
    const code =
      effect === 'Deny'
        ? 'DENY_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE'
        : 'ALLOW_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE';
    run.report(code, { conditionKeyName: key }, [notAction, keyAt]);
    return;
  }
  const unsupported = action.filter(({ text }) => run.spend(100) && isUnsupported(run, text, name));
  if (unsupported.length === 0) return;
  const serviceNames = [...new Set(unsupported.map(({ text }) => prefixOf(text)))].join(', ');
  const code =
    effect === 'Deny'
      ? 'DENY_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE'
      : 'ALLOW_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE';
  run.report(code, { conditionKeyName: key, serviceNames }, [...unsupported, keyAt]);
}

/** An action by name; of a pattern, when nothing in the whole service knows the tag. */
function isUnsupported(run: Run, text: string, name: string): boolean {
  const prefix = prefixOf(text);
  const { facts } = run;
  if (isWild(prefix) || facts.serviceName(prefix) === undefined) return false;
  const action = text.slice(prefix.length + 1);
  if (!isWild(action)) {
    const fact = facts.actionFact(prefix, action);
    return fact !== undefined && !supportsKey(facts, fact, name);
  }
  if (!actionExists(run, prefix, action)) return false;
  const onTypes = facts.resourceTypesOf(prefix).some(({ conditionKeys }) => conditionKeys.includes(name));
  return !onTypes && run.spend(2000) && !facts.actionsOf(prefix).some((fact) => supportsKey(facts, fact, name));
}
