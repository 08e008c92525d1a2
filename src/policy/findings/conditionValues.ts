// Condition values: whether operator and key are of one type, and whether the values are of that type.

import { readDate, readIpRange, readNumber } from '../values.ts';
import type { IssueCode, Values } from './catalog.ts';
import { keyFact } from './conditionKeys.ts';
import type { Text } from './document.ts';
import type { ConditionKeyFact } from './facts.ts';
import type { Family, Operator } from './operators.ts';
import { isRegion } from './regions.ts';
import { type Condition, type ConditionCheck, isWild, type Run } from './run.ts';
import { withoutEscapes } from './variables.ts';

type KeyType = ConditionKeyFact['type'];

/** Operators for a type of key; the first is the one to recommend. */
const familiesFor: Readonly<Record<KeyType, readonly Family[]>> = {
  String: ['String'],
  ARN: ['Arn', 'String'],
  Bool: ['Bool'],
  Date: ['Date'],
  IPAddress: ['IpAddress'],
  Numeric: ['Numeric'],
};
const names: Readonly<Record<KeyType, string>> = {
  String: 'String',
  ARN: 'ARN',
  Bool: 'Boolean',
  Date: 'Date',
  IPAddress: 'IP address',
  Numeric: 'Numeric',
};

/** Keys that the reference gives one type and that are also compared as another. */
const alsoComparedAs: Readonly<Record<string, readonly Family[]>> = {
  'aws:epochtime': ['Numeric'],
};

/** Families that keys of any type are compared as. */
const general: ReadonlySet<Family> = new Set<Family>(['Binary', 'Null']);

export const operatorType: ConditionCheck = ({ facts, report }, { operator, key, lowerKey, keyAt, values }) => {
  const fact = keyFact(facts, key);
  if (!fact || general.has(operator.family)) return;
  const { type } = fact;
  if (type === 'ARN' && operator.family === 'String' && operator.wild) {
    const allowed = operator.negated ? 'ArnNotLike' : 'ArnLike';
    report('STRING_LIKE_OPERATOR_WITH_ARN_CONDITION_KEYS', { allowed, operator: operator.written, key }, keyAt);
  }
  if ([...familiesFor[type], ...(alsoComparedAs[lowerKey] ?? [])].includes(operator.family)) return;
  // Not every key that holds ARNs is of type ARN in the reference.
  const arns = values.length > 0 && values.every(({ text }) => /^(arn:|\*|\$\{)/.test(text));
  if (type === 'String' && operator.family === 'Arn' && arns) return;
  report('TYPE_MISMATCH', { allowed: names[type], operator: operator.written, key }, keyAt);
};

/** Reports what is wrong with a value of the operator's family. */
type ValueCheck = (run: Run, operator: Operator, value: Text, condition: Condition) => void;

const isBoolean = (text: string) => /^(true|false)$/i.test(text);

const booleans: ValueCheck = ({ report }, { written }, value) => {
  if (!isBoolean(value.text)) report('TYPE_MISMATCH_BOOLEAN', { operator: written }, value);
};

const valueChecks: Readonly<Partial<Record<Family, ValueCheck>>> = {
  Bool: booleans,
  Null: booleans,
  Numeric: ({ report }, { written }, value) => {
    if (readNumber(value.text) === undefined) report('TYPE_MISMATCH_NUMBER', { operator: written }, value);
  },
  Date: ({ report }, _operator, value, { lowerKey }) => {
    if (readDate(value.text) === undefined) report('TYPE_MISMATCH_DATE', {}, value);
    else if (/^[-\d.]+$/.test(value.text) && !/^\d{4}-\d\d/.test(value.text) && lowerKey !== 'aws:epochtime') {
      report('INVALID_DATE_VALUE', { date: value.text }, value);
    }
  },
  Binary: ({ report }, { written }, value) => {
    const whole = value.text.length % 4 === 0 && /^[0-9A-Za-z+/]*={0,2}$/.test(value.text);
    if (!whole) report('TYPE_MISMATCH_STRING', { operator: written }, value);
  },
  IpAddress: ({ report }, { written }, value) => {
    if (readIpRange(value.text) === undefined) report('TYPE_MISMATCH_IP_RANGE', { operator: written }, value);
  },
  String: ({ report, policy }, { wild }, value) => {
    const text = policy.variables ? withoutEscapes(value.text) : value.text;
    if (!wild && isWild(text)) report('WILDCARD_WITHOUT_LIKE_OPERATOR', {}, value);
  },
};

export const valueTypes: ConditionCheck = (run, condition) => {
  const { operator, values, at } = condition;
  const { family } = operator;
  const check = valueChecks[family];
  for (const value of values) {
    if (family !== 'String' && run.policy.variables && value.text.includes('${')) continue;
    check?.(run, operator, value, condition);
  }
  if ((family === 'Bool' || family === 'Null') && values.length > 1) {
    run.report('INVALID_CONDITION_MULTIPLE_BOOLEAN', {}, at);
  }
};

/** Of several bounds only the widest matters. */
export const redundantNumbers: ConditionCheck = ({ report }, { operator, key, values, at }) => {
  const [, bound] = /^Numeric(Less|Greater)Than/.exec(operator.name) ?? [];
  if (bound === undefined || values.length < 2) return;
  const which = bound === 'Less' ? 'greatest' : 'least';
  report('REDUNDANT_CONDITION_VALUE_NUM', { operator: operator.written, 'greatest/least': which, key }, at);
};

/** Values whose form depends on the key. */
interface Form {
  readonly code: IssueCode;
  /** In lower case. */
  readonly keys: ReadonlySet<string>;
  readonly fits: (text: string) => boolean;
  readonly values: (text: string) => Values;
}

/** As a service names itself: `s3.amazonaws.com`, `logs.us-east-1.amazonaws.com`. */
export function isServicePrincipal(text: string): boolean {
  return /^[a-z0-9-]+(\.[a-z0-9-]+)*\.(amazonaws\.com(\.cn)?|amazon\.com|amazonaws\.eu|aws\.internal|aws)$/.test(text);
}

export const SERVICE_FORMAT = 'service-name.amazonaws.com';

const forms: readonly Form[] = [
  {
    code: 'INVALID_REGION',
    keys: new Set([
      ...['aws:requestedregion', 'ec2:region', 'kms:primaryregion', 'kms:replicaregion'],
      ...['cloudformation:targetregion', 'account:targetregion'],
    ]),
    fits: isRegion,
    values: (region) => ({ region }),
  },
  {
    code: 'INVALID_VPC_FORMAT',
    keys: new Set(['aws:sourcevpc', 'aws:ec2instancesourcevpc']),
    fits: (text) => /^vpc-([0-9a-z]{8}|[0-9a-z]{17})$/.test(text),
    values: () => ({}),
  },
  {
    code: 'INVALID_VPCE_FORMAT',
    keys: new Set(['aws:sourcevpce']),
    fits: (text) => /^vpce-([0-9a-z]{8}|[0-9a-z]{17})$/.test(text),
    values: () => ({}),
  },
  {
    code: 'INVALID_SERVICE_PRINCIPAL_FORMAT',
    keys: new Set([
      ...['aws:principalservicename', 'aws:principalservicenameslist', 'aws:calledvia', 'aws:calledviafirst'],
      ...['aws:calledvialast', 'iam:passedtoservice', 'iam:awsservicename', 'sts:awsservicename'],
      ...['kms:granteeserviceprincipal', 'kms:retiringserviceprincipal', 'organizations:serviceprincipal'],
    ]),
    fits: isServicePrincipal,
    values: () => ({ expectedFormat: SERVICE_FORMAT }),
  },
  {
    code: 'INVALID_SERVICE_PRINCIPAL_FORMAT',
    keys: new Set(['kms:viaservice']),
    fits: (text) => /^[a-z0-9-]+\.[a-z0-9-]+\.amazonaws\.com(\.cn)?$/.test(text),
    values: () => ({ expectedFormat: 'service-name.AWS_region.amazonaws.com' }),
  },
];

/** Wildcards and variables may stand for anything right. */
export const valueForms: ConditionCheck = (run, condition) => {
  const { operator, lowerKey, values, key } = condition;
  if (operator.family !== 'String' && operator.family !== 'Arn') return;
  const form = forms.find(({ keys }) => keys.has(lowerKey));
  const kms = isKmsKey(run, condition);
  for (const value of values) {
    const { text } = value;
    const open = text.includes('${') || isWild(text);
    if (form && !open && !form.fits(text)) run.report(form.code, form.values(text), value);
    if (kms && !/^(\*|\$\{)/.test(text) && !kmsKeyArn.test(text)) run.report('INVALID_KMS_KEY_VALUE', { key }, value);
  }
};

const kmsKeyArn = /^arn:[^:]*:kms:[^:]*:[^:]*:(key\/.+|\*)$/;

/** Keys of type ARN that hold the ARN of a KMS key. */
function isKmsKey({ facts }: Run, { key, lowerKey }: Condition): boolean {
  return /kms-?key/.test(lowerKey) && !lowerKey.startsWith('kms:') && keyFact(facts, key)?.type === 'ARN';
}
