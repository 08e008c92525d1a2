/** The types of resources that external and internal access analyzers know, and what can be done to each. */
import type { ResourceType } from '@aws-sdk/client-accessanalyzer';
import { actionsOf } from '../../core/facts.ts';

interface AnalyzedType {
  /** Action prefix, and the names of the resource types in the Service Authorization Reference. */
  readonly prefix: string;
  readonly resources: readonly string[];
  /** Instead of the actions on these resources. */
  readonly actions?: readonly string[];
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-resources.html */
const TYPES: Readonly<Partial<Record<ResourceType, AnalyzedType>>> = {
  'AWS::DynamoDB::Stream': { prefix: 'dynamodb', resources: ['stream'] },
  'AWS::DynamoDB::Table': { prefix: 'dynamodb', resources: ['table', 'index'] },
  'AWS::EC2::Snapshot': { prefix: 'ec2', resources: [], actions: ['ec2:CopySnapshot', 'ec2:CreateVolume'] },
  'AWS::ECR::Repository': { prefix: 'ecr', resources: ['repository'] },
  'AWS::EFS::FileSystem': { prefix: 'elasticfilesystem', resources: ['file-system'] },
  'AWS::IAM::Role': {
    prefix: 'sts',
    resources: [],
    actions: [
      'sts:AssumeRole',
      'sts:AssumeRoleWithSAML',
      'sts:AssumeRoleWithWebIdentity',
      'sts:SetSourceIdentity',
      'sts:TagSession',
    ],
  },
  'AWS::KMS::Key': { prefix: 'kms', resources: ['key'] },
  'AWS::Lambda::Function': { prefix: 'lambda', resources: ['function'] },
  'AWS::Lambda::LayerVersion': { prefix: 'lambda', resources: ['layerVersion'] },
  'AWS::RDS::DBClusterSnapshot': { prefix: 'rds', resources: [], actions: ['rds:RestoreDBClusterFromSnapshot'] },
  'AWS::RDS::DBSnapshot': { prefix: 'rds', resources: [], actions: ['rds:RestoreDBInstanceFromDBSnapshot'] },
  'AWS::S3::Bucket': { prefix: 's3', resources: ['bucket', 'object'] },
  'AWS::S3Express::DirectoryBucket': { prefix: 's3express', resources: ['bucket'] },
  'AWS::SNS::Topic': { prefix: 'sns', resources: ['topic'] },
  'AWS::SQS::Queue': { prefix: 'sqs', resources: ['queue'] },
  'AWS::SecretsManager::Secret': { prefix: 'secretsmanager', resources: ['Secret'] },
};

/** What internal access analyzers look at. Same page. */
export const INTERNAL_TYPES: ReadonlySet<string> = new Set([
  'AWS::S3::Bucket',
  'AWS::S3Express::DirectoryBucket',
  'AWS::RDS::DBSnapshot',
  'AWS::RDS::DBClusterSnapshot',
  'AWS::DynamoDB::Stream',
  'AWS::DynamoDB::Table',
]);

export const isAnalyzed = (type: string): type is ResourceType => Object.hasOwn(TYPES, type);

/** The prefix of the actions that the policies of such a resource permit. */
export const prefixOf = (type: string) => TYPES[type as ResourceType]?.prefix ?? '';

const known = new Map<string, readonly string[]>();

/** With prefix, in alphabetical order; empty for a type that no analyzer knows. */
export function actionsOn(type: string): readonly string[] {
  const found = known.get(type) ?? namesOf(TYPES[type as ResourceType]);
  known.set(type, found);
  return found;
}

function namesOf(analyzed: AnalyzedType | undefined): readonly string[] {
  if (!analyzed) return [];
  if (analyzed.actions) return analyzed.actions;
  const wanted = new Set(analyzed.resources.map((name) => name.toLowerCase()));
  return actionsOf(analyzed.prefix)
    .filter(({ resourceTypes }) => resourceTypes.some(({ name }) => wanted.has(name.toLowerCase())))
    .map(({ prefix, name }) => `${prefix}:${name}`);
}
