// What a policy of its type must have, may not have, and how large it may be.

import type { IssueCode } from './catalog.ts';
import type { Kind, PolicyCheck, Run, Statement, StatementCheck } from './run.ts';

export const missingVersion: PolicyCheck = ({ policy, report }) => {
  if (policy.root.json.members.some(({ key }) => key === 'Version')) return;
  if (policy.root.json.kind === 'object') report('MISSING_VERSION', {}, policy.root);
};

export const missingElements: StatementCheck = ({ report, kind }, { at, elements }) => {
  const lacks = (name: string) => !elements.has(name) && !elements.has(`Not${name}`);
  if (!elements.has('Effect')) report('MISSING_EFFECT', {}, at);
  if (lacks('Action')) report('MISSING_ACTION', {}, at);
  if (lacks('Resource') && kind !== 'trust') report('MISSING_RESOURCE', {}, at);
  if (lacks('Principal') && kind !== 'identity' && kind !== 'scp') report('MISSING_PRINCIPAL', {}, at);
};

export const principalElement: StatementCheck = ({ report, kind, policyType }, { elements }) => {
  for (const name of ['Principal', 'NotPrincipal']) {
    const key = elements.get(name)?.key;
    if (!key) continue;
    if (kind === 'identity') report('UNSUPPORTED_PRINCIPAL', { policy_type: policyType }, key);
    if (kind === 'scp') report('SCP_SYNTAX_ERROR_PRINCIPAL', {}, key);
  }
};

/** The Sid is free text where the service that keeps the policy makes nothing of it. */
const strictSids: ReadonlySet<Kind> = new Set<Kind>(['identity', 'trust', 'scp', 'rcp']);

export const sids: PolicyCheck = ({ policy, kind, report }) => {
  const strict = strictSids.has(kind);
  const seen = new Set<string>();
  for (const { sid } of policy.statements) {
    if (!sid) continue;
    if (sid.text === '') report('EMPTY_SID_VALUE', {}, sid);
    else if (seen.has(sid.text)) report(strict ? 'UNIQUE_SIDS_REQUIRED' : 'UNIQUE_SIDS_RECOMMENDED', {}, sid);
    else if (strict && !/^[0-9A-Za-z]+$/.test(sid.text)) report('UNSUPPORTED_SID', {}, sid);
    seen.add(sid.text);
  }
};

interface Quota {
  readonly code: IssueCode;
  /** Characters. */
  readonly max: number;
  readonly whitespace: boolean;
}

/** IAM User Guide, IAM and STS quotas; Organizations User Guide, Quotas; S3 and DynamoDB guides (20 KB). */
const quotas: Readonly<Record<Kind, Quota>> = {
  identity: { code: 'POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA', max: 6144, whitespace: false },
  resource: { code: 'POLICY_SIZE_EXCEEDS_RESOURCE_POLICY_QUOTA', max: 20_480, whitespace: true },
  trust: { code: 'POLICY_SIZE_EXCEEDS_ROLE_TRUST_POLICY_QUOTA', max: 2048, whitespace: false },
  scp: { code: 'POLICY_SIZE_EXCEEDS_SCP_QUOTA', max: 10_240, whitespace: true },
  rcp: { code: 'POLICY_SIZE_EXCEEDS_RCP_QUOTA', max: 5120, whitespace: true },
};

export const size: PolicyCheck = ({ text, kind, policy, report }) => {
  const { code, max, whitespace } = quotas[kind];
  const policySize = whitespace ? text.length : text.replace(/\s+/g, '').length;
  if (policySize > max) report(code, { policySize, policySizeQuota: max }, policy.root);
};

const emptyValues: Readonly<Record<string, IssueCode>> = {
  ForAllValues: 'EMPTY_ARRAY_CONDITION_FORALLVALUES',
  ForAnyValue: 'EMPTY_ARRAY_CONDITION_FORANYVALUE',
};

export const emptyConditions: StatementCheck = ({ report }, { conditions }) => {
  for (const { operator, key, at } of conditions) {
    if (at.json.kind !== 'array' || at.json.items.length > 0) continue;
    const { qualifier, ifExists } = operator;
    const code = emptyValues[qualifier] ?? (ifExists ? 'EMPTY_ARRAY_CONDITION_IFEXISTS' : 'EMPTY_ARRAY_CONDITION');
    report(code, { key }, at);
  }
};

export const redundantStatements: PolicyCheck = ({ policy, report }) => {
  const seen = new Map<string, Statement>();
  for (const statement of policy.statements) {
    const meaning = meaningOf(statement);
    const first = seen.get(meaning);
    if (first) report('REDUNDANT_STATEMENT', {}, [first.at, statement.at]);
    else seen.set(meaning, statement);
  }
};

/** What a statement says, whatever its Sid and the order of its lists. */
function meaningOf({ elements, action, notAction }: Statement): string {
  const actions = [action, notAction].map((list) => list.map(({ text }) => JSON.stringify(text.toLowerCase())).sort());
  const others = ['Effect', 'Resource', 'NotResource', 'Principal', 'NotPrincipal', 'Condition'];
  return [...actions.map(String), ...others.map((name) => canonical(elements.get(name)?.value.json))].join(';');
}

type Json = Run['policy']['root']['json'];

/** A list of one is its item. */
function canonical(json: Json | undefined): string {
  if (!json) return '';
  if (json.kind === 'array') return json.items.map(canonical).sort().join(',');
  if (json.kind !== 'object') return JSON.stringify(json.text);
  const members = json.members.map(({ key, value }) => `${JSON.stringify(key)}:${canonical(value)}`);
  return `{${members.sort().join(',')}}`;
}
