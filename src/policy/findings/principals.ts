// Principals: how they are written, and what services as principals need beside them.

import { isServicePrincipal, SERVICE_FORMAT } from './conditionValues.ts';
import type { Text } from './document.ts';
import { hasKey, isWild, type Principal, type Run, type Statement, type StatementCheck } from './run.ts';

const keys = ['AWS', 'Service', 'Federated', 'CanonicalUser'] as const;

export const principalValues: StatementCheck = (run, { principal, notPrincipal }) => {
  for (const element of [principal, notPrincipal]) {
    if (element) checkValues(run, element);
  }
};

function checkValues({ report }: Run, principal: Principal): void {
  for (const principal_key of keys) {
    for (const value of principal[principal_key]) {
      if (principal_key === 'AWS' && value.text === '*') continue;
      if (isWild(value.text)) report('UNSUPPORTED_WILDCARD_IN_PRINCIPAL', { principal_key }, value);
    }
  }
  for (const value of principal.AWS) {
    if (/^AROA[0-9A-Z]{12,}$/.test(value.text)) report('INVALID_ROLE_REFERENCE', { roleid: value.text }, value);
    if (/^AIDA[0-9A-Z]{12,}$/.test(value.text)) report('INVALID_USER_REFERENCE', { userid: value.text }, value);
  }
  for (const value of principal.Service) {
    if (isWild(value.text) || isServicePrincipal(value.text) || value.text.includes('${')) continue;
    report('INVALID_SERVICE_PRINCIPAL_FORMAT', { expectedFormat: SERVICE_FORMAT }, value);
  }
}

export const notPrincipal: StatementCheck = ({ report, kind }, { effect, elements }) => {
  const key = elements.get('NotPrincipal')?.key;
  if (!key || kind === 'identity' || kind === 'scp') return;
  if (effect === 'Allow') report('ALLOW_WITH_NOT_PRINCIPAL', {}, key);
  if (kind === 'trust') report('ROLE_TRUST_POLICY_SYNTAX_ERROR_NOTPRINCIPAL', {}, key);
};

export const federated: StatementCheck = ({ report, kind }, { principal, notPrincipal: excluded }) => {
  if (kind !== 'resource') return;
  for (const value of [...(principal?.Federated ?? []), ...(excluded?.Federated ?? [])]) {
    report('FEDERATED_PRINCIPAL_NOT_SUPPORTED', {}, value);
  }
};

/** Keys that say on whose behalf a service calls. */
const sources = ['aws:sourcearn', 'aws:sourceaccount', 'aws:sourceorgid', 'aws:sourceorgpaths'];

/** Keys that are set by whoever calls the service. */
const weakSources = ['aws:referer', 'aws:useragent', 'aws:sourceowner'];

export const servicePrincipals: StatementCheck = (run, statement) => {
  const services = statement.principal?.Service ?? [];
  if (run.kind !== 'resource' || services.length === 0) return;
  reportForeignKeys(run, statement);
  if (statement.effect !== 'Allow' || hasKey(statement, ...sources)) return;
  const weak = statement.conditions.find(({ lowerKey }) => weakSources.includes(lowerKey));
  for (const service of services) {
    if (!weak) run.report('RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL', {}, service);
    else {
      const values = { servicePrincipalPrefix: nameOf(service), key: weak.key };
      run.report('RECOMMENDED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL', values, [service, weak.keyAt]);
    }
  }
};

function nameOf({ text }: Text): string {
  const [name = text] = text.split('.amazonaws.com', 1);
  return name;
}

/** Keys about people, roles and organizations: a service that calls as itself has none of them. */
const personal = new Set([
  ...['aws:principalorgid', 'aws:principalorgpaths', 'aws:principaltype', 'aws:username', 'aws:userid'],
  ...['aws:multifactorauthage', 'aws:multifactorauthpresent', 'aws:federatedprovider', 'aws:sourceidentity'],
  ...['aws:tokenissuetime'],
]);

function reportForeignKeys({ report }: Run, { effect, conditions }: Statement): void {
  if (effect !== 'Allow') return;
  const foreign = conditions.filter(
    ({ lowerKey, operator }) =>
      (personal.has(lowerKey) || lowerKey.startsWith('aws:principaltag/')) &&
      !operator.ifExists &&
      !operator.negated &&
      operator.family !== 'Null',
  );
  if (foreign.length === 0) return;
  const conditionKeys = [...new Set(foreign.map(({ key }) => key))].join(', ');
  report(
    'UNSUPPORTED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL',
    { conditionKeys },
    foreign.map(({ keyAt }) => keyAt),
  );
}
