// Service and resource control policies. Source: Organizations User Guide, SCP syntax and RCP syntax.

import type { Condition, Run, Statement, StatementCheck } from './run.ts';
import { hasKey, isWild, prefixOf } from './run.ts';

export const scpActions: StatementCheck = ({ kind, report }, { action, notAction }) => {
  if (kind !== 'scp') return;
  for (const text of [...action, ...notAction]) {
    const wild = text.text.search(/[*?]/);
    if (wild < 0 || (wild === text.text.length - 1 && text.text.endsWith('*'))) continue;
    report('SCP_SYNTAX_ERROR_ACTION_WILDCARD', { action: text.text }, text);
  }
};

export const rcpSyntax: StatementCheck = (run, statement) => {
  const { kind, report, facts } = run;
  if (kind !== 'rcp') return;
  const { elements, effect, action } = statement;
  const notAction = elements.get('NotAction')?.key;
  const notPrincipal = elements.get('NotPrincipal')?.key;
  const principal = elements.get('Principal')?.value;
  if (notAction) report('RCP_SYNTAX_ERROR_NOTACTION', {}, notAction);
  if (notPrincipal) report('RCP_SYNTAX_ERROR_PRINCIPAL', {}, notPrincipal);
  if (principal && !namesEveryone(statement)) report('RCP_SYNTAX_ERROR_PRINCIPAL', {}, principal);
  if (effect === 'Allow' && !allowsEverything(statement)) report('RCP_SYNTAX_ERROR_ALLOW', {}, statement.at);
  for (const text of action) {
    const prefix = prefixOf(text.text);
    if (text.text === '*' && effect === 'Allow') continue;
    if (prefix !== '' && !isWild(prefix) && facts.supportsResourceControl(prefix)) continue;
    report('RCP_SYNTAX_ERROR_ACTION', {}, text);
  }
};

function namesEveryone({ principal }: Statement): boolean {
  if (!principal) return false;
  const { everyone, AWS, Service, Federated, CanonicalUser } = principal;
  const others = Service.length + Federated.length + CanonicalUser.length;
  return everyone || (others === 0 && AWS.length === 1 && AWS[0]?.text === '*');
}

function allowsEverything(statement: Statement): boolean {
  const { resource, elements } = statement;
  const everything = resource.length === 1 && resource[0]?.text === '*';
  return namesEveryone(statement) && everything && !elements.has('Condition');
}

const principalKeys = /^aws:(principal(account|arn|orgid|orgpaths|tag\/.*|type)|username|userid)$/;
const sourceKeys = /^aws:source(account|arn|orgid|orgpaths)$/;

/** A Deny on everyone meets people and services alike: the conditions must tell them apart. */
export const rcpConditions: StatementCheck = ({ kind, report }, statement) => {
  if (kind !== 'rcp' || statement.effect !== 'Deny') return;
  const used = statement.conditions.filter(({ operator }) => operator.family !== 'Null');
  const toldApart = hasKey(statement, 'aws:principalisawsservice');
  const checked = statement.conditions.some(({ operator, lowerKey }) => {
    return operator.family === 'Null' && (lowerKey === 'aws:sourceaccount' || lowerKey === 'aws:sourcearn');
  });
  const tell = (code: Parameters<Run['report']>[0], { key, keyAt }: Condition) => {
    report(code, { conditionKeyName: key }, keyAt);
  };
  for (const condition of used) {
    const isSource = sourceKeys.test(condition.lowerKey);
    if (principalKeys.test(condition.lowerKey) && !toldApart) {
      tell('RCP_MISSING_RELATED_PRINCIPAL_CONDITION_KEY', condition);
    }
    if (isSource && !toldApart) tell('RCP_MISSING_RELATED_SERVICE_PRINCIPAL_CONDITION_KEY', condition);
    if (isSource && !checked) tell('RCP_MISSING_SERVICE_CONDITION_KEY_NULL_CHECK', condition);
  }
};
