// Public access, as S3 defines it and the other services follow: a policy is public unless it grants access only to
// fixed values (no wildcard, no variable) of principals, networks or sources. So everything that the policy fixes is
// taken out of the world first, and what a statement still allows in the rest is public: to anonymous callers,
// accounts that it does not name, services that it does not name.
// Source: S3 User Guide, The meaning of "public"; EFS User Guide, The meaning of "public"; IAM Access Analyzer API
// Reference, CheckNoPublicAccess.

import type { CompiledPolicy } from '../compile.ts';
import { parseOperator } from '../conditions.ts';
import type { ConditionElement, PrincipalElement } from '../document.ts';
import { readIpRange } from '../values.ts';
import { type Analysis, analysisOf, assertedBoxes, literalFor, type Means } from './boxes.ts';
import { type CheckResult, conclude, excluded, leftOver, type Wording } from './checks.ts';
import { demandOf } from './demands.ts';
import { type Glob, textGlob } from './globs.ts';
import { type KeyDemand, literalOf } from './literals.ts';
import { addressTest } from './ordered.ts';
import { kinds, principalGlobs } from './principals.ts';
import type { Box } from './search.ts';
import { isShared, isTenancyKey, namesTenant } from './sharedProviders.ts';
import { clauseOf } from './strings.ts';

export const resourceTypes = [
  'AWS::ApiGateway::RestApi',
  'AWS::Backup::BackupVault',
  'AWS::CloudTrail::Dashboard',
  'AWS::CloudTrail::EventDataStore',
  'AWS::CodeArtifact::Domain',
  'AWS::DynamoDB::Stream',
  'AWS::DynamoDB::Table',
  'AWS::EFS::FileSystem',
  'AWS::IAM::AssumeRolePolicyDocument',
  'AWS::KMS::Key',
  'AWS::Kinesis::Stream',
  'AWS::Kinesis::StreamConsumer',
  'AWS::Lambda::Function',
  'AWS::OpenSearchService::Domain',
  'AWS::S3::AccessPoint',
  'AWS::S3::Bucket',
  'AWS::S3::Glacier',
  'AWS::S3Express::AccessPoint',
  'AWS::S3Express::DirectoryBucket',
  'AWS::S3Outposts::AccessPoint',
  'AWS::S3Outposts::Bucket',
  'AWS::S3Tables::Table',
  'AWS::S3Tables::TableBucket',
  'AWS::SNS::Topic',
  'AWS::SQS::Queue',
  'AWS::SecretsManager::Secret',
] as const;

export type PublicResourceType = (typeof resourceTypes)[number];

const wording: Wording = {
  pass: 'The resource policy does not grant public access for the given resource type.',
  fail: 'The resource policy grants public access for the given resource type.',
  might: 'The resource policy might allow public access for the given resource type.',
  statement: 'Public access granted in the following statement with',
  stop: '.',
};

/** Whether the policy allows the public anything. Pure. */
export function checkNoPublicAccess(
  policy: CompiledPolicy,
  resourceType: PublicResourceType,
  means: Means = {},
): CheckResult {
  const analysis = analysisOf('RESOURCE_POLICY', [policy], means);
  const world = publicWorld(analysis, policy, resourceType);
  const denies = excluded(analysis, policy, 'Deny');
  return conclude(wording, analysis, policy, (index, show) => {
    for (const box of assertedBoxes(analysis, policy, index)) {
      if (leftOver(analysis, [...box, ...world], denies, show, () => true)) return;
    }
  });
}

/** Everybody and everything that the policy does not fix. */
function publicWorld(analysis: Analysis, policy: CompiledPolicy, resourceType: PublicResourceType): Box {
  const { statements } = policy.body.document;
  const elements = statements
    .flatMap(({ principal, notPrincipal }) => [principal, notPrincipal])
    .filter((element) => element !== undefined);
  const conditions = statements.flatMap((statement) => statement.conditions);
  const shared = elements.flatMap(({ Federated }) => Federated).filter(isShared);
  const strangers = [kinds.anonymous, kinds.aws, kinds.service, ...shared.map((name) => textGlob(`federated:${name}`))];
  return [
    literalOf(analysis.literals, 'principal', { clause: clauseOf(strangers) }),
    literalOf(analysis.literals, 'principal', {
      clause: clauseOf(
        elements.flatMap((element) => fixedPrincipals(element, analysis.roles)),
        true,
      ),
    }),
    ...conditions.flatMap((condition) => {
      const key = condition.key.toLowerCase();
      const fixed = fixedValues(analysis, condition, resourceType, policy.body.document.variables);
      return fixed ? [literalFor(analysis, `key:${key}`, key, undefined, fixed).opposite()] : [];
    }),
  ];
}

function fixedPrincipals(element: PrincipalElement, roles: readonly string[]): readonly Glob[] {
  const fixed = (names: readonly string[]) => names.filter((name) => !name.includes('*') && !isShared(name));
  const { AWS, Service, Federated, CanonicalUser } = element;
  return principalGlobs(
    {
      any: false,
      AWS: fixed(AWS),
      Service: fixed(Service),
      Federated: fixed(Federated),
      CanonicalUser: fixed(CanonicalUser),
    },
    roles,
  );
}

type Fixes = (value: string, resourceType: PublicResourceType) => boolean;

const literal: Fixes = (value) => !/[*?]/.test(value);
const network: Fixes = (value) => {
  const range = readIpRange(value);
  return range !== undefined && range.bits >= (range.groups.length === 2 ? 8 : 32);
};
/** Wildcards may follow a fixed organization. */
const organizationPath: Fixes = (value) => /^o-[a-z0-9]+\//.test(value);
/** In a bucket policy wildcards may stand for the access point; in an access point's policy the key fixes nothing. */
const accessPoint: Fixes = (value, type) =>
  type !== 'AWS::S3::AccessPoint' && (literal(value, type) || /^arn:[^:*?]+:s3:[^:]*:[0-9]{12}:/.test(value));
const mountTarget: Fixes = (value, type) => type === 'AWS::EFS::FileSystem' && value.toLowerCase() === 'true';

/** The keys by which a policy may fix who is meant, and which of their values do. */
const fixingKeys: Readonly<Record<string, Fixes>> = {
  'aws:principalaccount': literal,
  'aws:principalarn': literal,
  'aws:principalorgid': literal,
  'aws:principalorgpaths': organizationPath,
  'aws:principalservicename': literal,
  'aws:sourceaccount': literal,
  'aws:sourcearn': literal,
  'aws:sourceip': network,
  'aws:sourceorgid': literal,
  'aws:sourceorgpaths': organizationPath,
  'aws:sourceowner': literal,
  'aws:sourcevpc': literal,
  'aws:sourcevpce': literal,
  'aws:userid': literal,
  'aws:vpceaccount': literal,
  'aws:vpceorgid': literal,
  'aws:vpceorgpaths': organizationPath,
  'elasticfilesystem:accessedviamounttarget': mountTarget,
  'elasticfilesystem:accesspointarn': literal,
  'kms:calleraccount': literal,
  's3:dataaccesspointaccount': literal,
  's3:dataaccesspointarn': accessPoint,
};
/** The demand that the key has some value that the condition fixes; undefined when it fixes none. */
function fixedValues(
  analysis: Analysis,
  condition: ConditionElement,
  resourceType: PublicResourceType,
  variables: boolean,
): KeyDemand | undefined {
  const key = condition.key.toLowerCase();
  const fixes = Object.hasOwn(fixingKeys, key) ? fixingKeys[key] : isTenancyKey(key) ? namesTenant : undefined;
  const parsed = parseOperator(condition.operator);
  if (!fixes || !parsed || parsed === 'Null') return undefined;
  const isOpen = (value: string) => variables && value.includes('${');
  const values = condition.values.filter((value) => !isOpen(value) && fixes(value, resourceType));
  if (values.length === 0) return undefined;
  const demand = demandOf({ ...condition, values }, variables, analysis.symbols);
  if (!demand) return undefined;
  const some = { some: true, multiple: demand.multiple, whenAbsent: false, whenBlank: false };
  if ('clause' in demand.test) return { ...some, test: { clause: { ...demand.test.clause, negated: false } } };
  const addresses = addressTest(values);
  return addresses && { ...some, test: { ordered: addresses } };
}
