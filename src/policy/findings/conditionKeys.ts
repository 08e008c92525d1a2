// Condition keys: whether there is such a key, whether it has one value or several, and what AWS advises about it.

import type { ConditionKeyFact, Facts } from './facts.ts';
import type { ConditionCheck, StatementCheck } from './run.ts';
import { hasKey, prefixOf } from './run.ts';

/** A key of the reference by the name a policy uses, tag keys of any name included. */
export function keyFact(facts: Facts, key: string): ConditionKeyFact | undefined {
  const found = facts.conditionKey(key);
  if (found) return found;
  const slash = key.indexOf('/');
  if (slash < 0 || slash === key.length - 1) return undefined;
  const head = key.slice(0, slash + 1);
  return facts.conditionKey(`${head}tag-key`) ?? facts.conditionKey(head);
}

/** A claim of an identity provider: `token.actions.githubusercontent.com:sub`. */
export function isClaim(key: string): boolean {
  const [provider = '', claim] = key.split(/:(?=[^:]*$)/);
  return claim !== undefined && provider.includes('.');
}

export const existence: ConditionCheck = ({ facts, report }, { key, lowerKey, keyAt }) => {
  const prefix = prefixOf(key);
  const colon = key.indexOf(':');
  if (isClaim(key)) return;
  if (colon <= 0 || colon === key.length - 1 || /\s/.test(key.slice(0, colon))) {
    report('INVALID_CONDITION_KEY_FORMAT', {}, keyAt);
  } else if (lowerKey === 'aws:arn') {
    report('UNSUPPORTED_GLOBAL_CONDITION_KEY', {}, keyAt);
    report('DEPRECATED_GLOBAL_CONDITION_KEY', {}, keyAt);
  } else if (keyFact(facts, key) === undefined) {
    const bare = key.endsWith('/') ? key.slice(0, -1) : key;
    if (facts.conditionKey(`${bare}/tag-key`) !== undefined) {
      report('MISSING_TAG_KEY_IN_CONDITION', { conditionKeyName: `${bare}/` }, keyAt);
    } else if (prefix === 'aws') report('INVALID_GLOBAL_CONDITION_KEY', { key }, keyAt);
    else if (facts.serviceName(prefix) === undefined && !providers.has(prefix)) {
      report('INVALID_SERVICE', { service: prefix }, keyAt);
    } else report('INVALID_SERVICE_CONDITION_KEY', { key, service: prefix }, keyAt);
  }
};

/** Prefixes of condition keys that are not of a service. */
const providers = new Set(['saml', 'identitycenter', 'catalog', 'cognito-identity-auth', 'cognito-identity-unauth']);

export const multiplicity: ConditionCheck = ({ facts, report }, { operator, key, keyAt, lowerKey }) => {
  const { family, qualifier } = operator;
  if (family === 'Null') {
    if (operator.ifExists) report('NULL_WITH_IF_EXISTS', {}, keyAt.parent ?? keyAt);
    if (qualifier !== 'none') report('NULL_WITH_QUALIFIER', {}, keyAt.parent ?? keyAt);
    return;
  }
  const fact = keyFact(facts, key);
  const audience = isClaim(key) && lowerKey.endsWith(':aud');
  if (fact?.multivalued && qualifier === 'none') report('MISSING_QUALIFIER', { key }, keyAt);
  if (fact && !fact.multivalued && !audience && qualifier === 'ForAllValues') {
    report('FORALLVALUES_WITH_SINGLE_VALUED_KEY', { key }, keyAt);
  }
  if (audience && qualifier !== 'none') reportAudience(report, key, qualifier, keyAt, fact !== undefined);
};

/** Whether `aud` is one value or several is up to the provider; of those that IAM knows it is one. */
function reportAudience(
  report: Parameters<ConditionCheck>[0]['report'],
  key: string,
  qualifier: string,
  keyAt: Parameters<ConditionCheck>[1]['keyAt'],
  known: boolean,
): void {
  if (qualifier === 'ForAnyValue') report('FORANYVALUE_WITH_AUDIENCE_CLAIM_TYPE', { key }, keyAt);
  else if (known) report('FORALLVALUES_WITH_SINGLE_VALUED_KEY', { key }, keyAt);
  report('CONFIRM_AUDIENCE_CLAIM_TYPE', { key, audienceType: 'audience' }, keyAt);
}

/** IAM User Guide, Global condition keys: what callers choose themselves. */
const untrustworthy = new Set(['aws:referer', 'aws:useragent']);

export const untrustworthyKeys: ConditionCheck = ({ report }, { operator, key, keyAt, lowerKey }) => {
  if (untrustworthy.has(lowerKey) && operator.family !== 'Null') report('UNTRUSTWORTHY_CONDITION_KEY', { key }, keyAt);
};

/** A key → keys of which one should stand beside it. */
const paired: Readonly<Record<string, readonly string[]>> = {
  'aws:vpcsourceip': ['aws:SourceVpc', 'aws:SourceVpce', 'aws:SourceVpcArn'],
  'aws:ec2instancesourceprivateipv4': ['aws:Ec2InstanceSourceVpc'],
};

export const pairedKeys: ConditionCheck = ({ report }, { operator, key, keyAt, lowerKey }, statement) => {
  const wanted = paired[lowerKey];
  const [first = ''] = wanted ?? [];
  if (!wanted || operator.family === 'Null' || hasKey(statement, ...wanted.map((each) => each.toLowerCase()))) return;
  report('MISSING_PAIRED_CONDITION_KEYS', { conditionKeyName: key, recommendedKeys: first }, keyAt);
};

const vpceKeys = new Set(['aws:vpceaccount', 'aws:vpceorgid', 'aws:vpceorgpaths']);

/** IAM User Guide, Global condition keys, aws:VpceAccount: the services that support it. */
const vpceServices = new Set([
  ...['apprunner', 'discovery', 'athena', 'servicediscovery', 'applicationinsights', 'cloudformation', 'datasync'],
  ...['comprehendmedical', 'compute-optimizer', 'ebs', 'scheduler', 'firehose', 'medical-imaging', 'healthlake'],
  ...['omics', 'iam', 'iotfleetwise', 'iotwireless', 'kms', 'lambda', 'payment-cryptography', 'polly', 'acm-pca'],
  ...['rbin', 'rekognition', 'servicequotas', 's3', 'storagegateway', 'ssm-contacts', 'textract', 'transcribe'],
  ...['transfer'],
]);

export const vpceSupport: StatementCheck = ({ report }, statement) => {
  const { action, notAction, conditions } = statement;
  const used = conditions.filter(({ lowerKey }) => vpceKeys.has(lowerKey));
  if (used.length === 0) return;
  const fits = (text: string) => vpceServices.has(prefixOf(text)) && text.toLowerCase() !== 'iam:passrole';
  if (notAction.length === 0 && action.every(({ text }) => fits(text))) return;
  for (const { key, keyAt } of used) report('USE_CONDITION_KEY_ONLY_WITH_SUPPORTED_SERVICES', { key }, keyAt);
};
