// Role trust policies: who may assume the role, by which call, under which claims.

import { matchesPattern } from '../match.ts';
import { isClaim } from './conditionKeys.ts';
import type { Text } from './document.ts';
import { distinct, hasKey, isWild, type PolicyCheck, type Run, type Statement, type StatementCheck } from './run.ts';

/** The actions that a trust policy can grant. */
export const trustActions: ReadonlySet<string> = new Set([
  ...['sts:assumerole', 'sts:assumerolewithsaml', 'sts:assumerolewithwebidentity', 'sts:tagsession'],
  ...['sts:setsourceidentity', 'sts:setcontext'],
]);

export const trustElements: StatementCheck = ({ report, kind }, { elements, principal }) => {
  if (kind !== 'trust') return;
  for (const name of ['Resource', 'NotResource']) {
    const key = elements.get(name)?.key;
    if (key) report('ROLE_TRUST_POLICY_SYNTAX_ERROR_RESOURCE', {}, key);
  }
  const value = elements.get('Principal')?.value;
  if (principal?.everyone && value) report('ROLE_TRUST_POLICY_UNSUPPORTED_WILDCARD_IN_PRINCIPAL', {}, value);
};

type Provider = 'saml' | 'oidc' | 'none' | 'unknown';

function providerOf({ text }: Text): Provider {
  if (/^arn:[^:]*:iam::[^:]*:saml-provider\/./.test(text)) return 'saml';
  if (/^arn:[^:]*:iam::[^:]*:oidc-provider\/./.test(text)) return 'oidc';
  if (/^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(\/[^\s]*)?$/.test(text)) return 'oidc';
  return 'unknown';
}

/** The principals that each call is for. */
const callers: Readonly<Record<string, readonly Provider[]>> = {
  'sts:assumerole': ['none'],
  'sts:assumerolewithsaml': ['saml'],
  'sts:assumerolewithwebidentity': ['oidc'],
};

export const federatedPrincipals: StatementCheck = (run, statement) => {
  const { principal, action, effect } = statement;
  if (run.kind !== 'trust' || !principal) return;
  const named = principalsOf(principal);
  for (const { text, provider } of named) {
    if (provider !== 'unknown' || isWild(text.text) || text.text.includes('${')) continue;
    run.report('INVALID_FEDERATED_PRINCIPAL_SYNTAX_IN_ROLE_TRUST_POLICY', {}, text);
  }
  for (const call of distinct(action)) {
    const right = callers[call.text.toLowerCase()];
    const wrong = named.filter(({ provider }) => right && provider !== 'unknown' && !right.includes(provider));
    if (wrong.length === 0) continue;
    const principalNames = wrong.map(({ text }) => text.text).join(', ');
    const places = [call, ...wrong.map(({ text }) => text)];
    run.report('MISMATCHED_ACTION_FOR_PRINCIPAL', { actionName: call.text, principalNames }, places);
  }
  if (effect === 'Allow') checkClaims(run, statement, principal.Federated);
};

function principalsOf({ AWS, Service, Federated }: NonNullable<Statement['principal']>) {
  const plain = [...AWS, ...Service].map((text) => ({ text, provider: 'none' as Provider }));
  return [...plain, ...Federated.map((text) => ({ text, provider: providerOf(text) }))];
}

const github = 'token.actions.githubusercontent.com';

function checkClaims({ report }: Run, statement: Statement, principals: readonly Text[]): void {
  const claims = statement.conditions.filter(({ key }) => isClaim(key)).map(({ lowerKey }) => lowerKey);
  for (const principal of principals) {
    if (providerOf(principal) !== 'oidc') continue;
    const host = hostOf(principal);
    if (!claims.some((claim) => claim.startsWith(`${host}:`))) {
      report('MISSING_CONDITION_KEY_FOR_OIDC_PRINCIPAL', {}, principal);
    }
    if (host === github && !hasKey(statement, `${github}:sub`)) {
      report('MISSING_GITHUB_REPO_CONDITION_KEY', {}, principal);
    }
  }
}

function hostOf({ text }: Text): string {
  return text.replace(/^arn:[^:]*:iam::[^:]*:oidc-provider\//, '').toLowerCase();
}

export const githubSubjects: StatementCheck = ({ report, kind }, { conditions, effect }) => {
  if (kind !== 'trust' || effect !== 'Allow') return;
  for (const { lowerKey, operator, values } of conditions) {
    if (lowerKey !== `${github}:sub` || !operator.wild) continue;
    for (const value of values) {
      if (isWild(value.text)) report('SPECIFIC_GITHUB_REPO_AND_BRANCH_RECOMMENDED', {}, value);
    }
  }
};

const rolesAnywhere = ['sts:assumerole', 'sts:setsourceidentity', 'sts:tagsession'];

/** The three may be granted by several statements. */
export const rolesAnywhereActions: PolicyCheck = ({ policy, kind, report }) => {
  if (kind !== 'trust') return;
  const trusting = policy.statements.flatMap((statement) => {
    const service = statement.principal?.Service.find(({ text }) => text === 'rolesanywhere.amazonaws.com');
    return service && statement.effect === 'Allow' ? [{ statement, service }] : [];
  });
  const [first] = trusting;
  if (!first) return;
  const granted = trusting.flatMap(({ statement }) => statement.action.map(({ text }) => text.toLowerCase()));
  const patterns = [...new Set(granted)];
  if (rolesAnywhere.every((wanted) => patterns.some((pattern) => matchesPattern(pattern, wanted)))) return;
  report('MISSING_ACTION_FOR_ROLES_ANYWHERE_TRUST_POLICY', {}, first.service);
};

export const redundantSessions: StatementCheck = ({ report, kind }, { principal }) => {
  if (kind !== 'trust' || !principal) return;
  const roles = new Map<string, string>();
  for (const { text } of principal.AWS) {
    const [, account, name] = /^arn:[^:]*:iam::(\d+):role\/(?:.*\/)?([^/]+)$/.exec(text) ?? [];
    if (account && name) roles.set(`${account}/${name}`, text);
  }
  for (const text of principal.AWS) {
    const [, account, name] = /^arn:[^:]*:(?:sts|iam)::(\d+):assumed-role\/([^/]+)\/./.exec(text.text) ?? [];
    const parent_role = roles.get(`${account}/${name}`);
    if (parent_role === undefined) continue;
    report('REDUNDANT_PRINCIPAL_IN_ROLE_TRUST_POLICY', { redundant_principal: text.text, parent_role }, text);
  }
};
