/** What an analyzer looks at: the age of unused access, and the rules that leave entities out or take resources in. */
import type {
  AnalysisRuleCriteria,
  AnalyzerConfiguration,
  InternalAccessAnalysisRuleCriteria,
  Type,
} from '@aws-sdk/client-accessanalyzer';
import { INTERNAL_TYPES } from './analyzedTypes.ts';
import { failField, failNotSupported } from './errors.ts';

export const isUnused = (type: Type) => type.endsWith('_UNUSED_ACCESS');
export const isInternal = (type: Type) => type.endsWith('_INTERNAL_ACCESS');
export const isExternal = (type: Type) => type === 'ACCOUNT' || type === 'ORGANIZATION';
export const isOrganization = (type: Type) => type.startsWith('ORGANIZATION');

/** Days, where the request names none. */
const AGE_STANDARD = 90;
const ACCOUNTS_MAX = 2000;
const RULES_MAX = 100;

/** The configuration as it is kept, with AWS's defaults; undefined for an external access analyzer. */
export function configurationOf(
  type: Type,
  asked: AnalyzerConfiguration | undefined,
  owner: string,
): AnalyzerConfiguration | undefined {
  if (isUnused(type)) return unusedConfiguration(type, asked, owner);
  if (isInternal(type)) return internalConfiguration(type, asked);
  if (asked) failNotSupported('Configuration is not supported for external access analyzers.');
  return undefined;
}

function unusedConfiguration(type: Type, asked: AnalyzerConfiguration | undefined, owner: string) {
  if (asked && !asked.unusedAccess) failField('configuration', `Invalid configuration for analyzer of type ${type}.`);
  const { unusedAccessAge = AGE_STANDARD, analysisRule } = asked?.unusedAccess ?? {};
  if (unusedAccessAge < 1 || unusedAccessAge > 365) {
    failField('configuration.unusedAccess.unusedAccessAge', 'unusedAccessAge must be between 1 and 365.');
  }
  const exclusions = analysisRule?.exclusions ?? [];
  if (exclusions.length > RULES_MAX) failField('exclusions', `At most ${RULES_MAX} exclusions are allowed.`);
  for (const exclusion of exclusions) checkExclusion(type, exclusion, owner);
  return { unusedAccess: { unusedAccessAge, ...(analysisRule && { analysisRule }) } };
}

function checkExclusion(type: Type, { accountIds = [], resourceTags = [] }: AnalysisRuleCriteria, owner: string): void {
  if (accountIds.length > 0 && !isOrganization(type)) {
    failField('accountIds', 'Account IDs can only be applied to organization-level analyzers.');
  }
  if (accountIds.length > ACCOUNTS_MAX) failField('accountIds', `At most ${ACCOUNTS_MAX} account IDs are allowed.`);
  if (accountIds.includes(owner)) {
    failField('accountIds', 'The accounts cannot include the organization analyzer owner account.');
  }
  checkAccountIds(accountIds);
  for (const [key, value] of resourceTags.flatMap((tags) => Object.entries(tags))) {
    if (key.length < 1 || key.length > 128 || /^aws:/i.test(key)) failField('resourceTags', `Invalid tag key: ${key}`);
    if (value.length > 256) failField('resourceTags', `Invalid tag value: ${value}`);
  }
}

function checkAccountIds(ids: readonly string[]): void {
  const wrong = ids.find((id) => !/^\d{12}$/.test(id));
  if (wrong !== undefined) failField('accountIds', `Invalid account ID: ${wrong}`);
}

function internalConfiguration(type: Type, asked: AnalyzerConfiguration | undefined) {
  if (asked && !asked.internalAccess) failField('configuration', `Invalid configuration for analyzer of type ${type}.`);
  const inclusions = asked?.internalAccess?.analysisRule?.inclusions ?? [];
  if (inclusions.length > RULES_MAX) failField('inclusions', `At most ${RULES_MAX} inclusions are allowed.`);
  for (const inclusion of inclusions) checkInclusion(type, inclusion);
  return { internalAccess: asked?.internalAccess ?? {} };
}

const INVALID = 'Invalid InternalAccessAnalysisRuleCriteria: ';

function checkInclusion(type: Type, criteria: InternalAccessAnalysisRuleCriteria): void {
  const { accountIds = [], resourceTypes = [], resourceArns = [] } = criteria;
  if (accountIds.length > 0 && !isOrganization(type)) {
    failField('accountIds', 'Account IDs can only be applied to organization-level analyzers.');
  }
  checkAccountIds(accountIds);
  if (resourceTypes.some((name) => !INTERNAL_TYPES.has(name))) {
    failField('resourceTypes', `${INVALID}the provided resourceType is invalid`);
  }
  if (resourceArns.some((arn) => !/^arn:[^:]*:[^:]*:[^:]*:[^:]*:.+$/.test(arn))) {
    failField('resourceArns', `${INVALID}the provided resourceArn is invalid`);
  }
}
