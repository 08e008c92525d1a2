/**
 * A proposed configuration, as a resource that could be analyzed. What it leaves out, an existing resource supplies.
 */
import type {
  AclPermission,
  Configuration,
  KmsKeyConfiguration,
  S3BucketConfiguration,
} from '@aws-sdk/client-accessanalyzer';
import type { AccessGrant, Resource } from '../../posture/inventory.ts';
import { failField } from './errors.ts';

/** What a configuration proposes; absent members are not proposed. */
interface Proposal {
  readonly type: string;
  readonly policy?: string | undefined;
  /** A policy of no length proposes to delete it, where the service allows that. */
  readonly mustHavePolicy?: true;
  readonly grants?: readonly AccessGrant[] | undefined;
  readonly blocksPublicAccess?: boolean | undefined;
}

/** The resource as it would be. `account` owns it when its ARN names nobody. */
export function proposedResource(
  arn: string,
  configuration: Configuration,
  existing: Resource | undefined,
  account: string,
): Resource {
  const { mustHavePolicy, ...proposal } = proposalOf(configuration);
  if (existing && existing.type !== proposal.type)
    failField('configurations', `${arn} is not of type ${proposal.type}.`);
  if (mustHavePolicy && (proposal.policy === '' || (!existing && proposal.policy === undefined))) {
    failField('configurations', 'The policy cannot be empty.');
  }
  const owner = existing?.account ?? (arn.split(':')[4] || account);
  const policy = proposal.policy ?? existing?.policy;
  return {
    ...existing,
    arn,
    account: owner,
    type: proposal.type,
    policy: policy === '' ? undefined : policy,
    grants: proposal.grants ?? existing?.grants,
    blocksPublicAccess: proposal.blocksPublicAccess ?? existing?.blocksPublicAccess,
  };
}

function proposalOf(configuration: Configuration): Proposal {
  const { iamRole, kmsKey, s3Bucket, s3ExpressDirectoryBucket: directory, ebsSnapshot: volume } = configuration;
  if (iamRole) return { type: 'AWS::IAM::Role', policy: iamRole.trustPolicy, mustHavePolicy: true };
  if (kmsKey) return keyProposal(kmsKey);
  if (s3Bucket) return bucketProposal(s3Bucket);
  if (directory) {
    refuseAccessPoints(directory.accessPoints);
    return { type: 'AWS::S3Express::DirectoryBucket', policy: directory.bucketPolicy };
  }
  if (volume) {
    const isOpen = volume.groups?.includes('all') === true && !volume.kmsKeyId;
    const shared = volume.userIds || volume.groups ? [...(volume.userIds ?? []), ...(isOpen ? ['*'] : [])] : undefined;
    return { type: 'AWS::EC2::Snapshot', grants: sharing(shared, ['ec2:CopySnapshot', 'ec2:CreateVolume']) };
  }
  return policyProposal(configuration) ?? snapshotProposal(configuration) ?? failField('configurations', UNKNOWN);
}

const UNKNOWN = 'The configuration must contain exactly one element of a known type.';

/** Types that have a policy and nothing else. */
function policyProposal(configuration: Configuration): Proposal | undefined {
  const { sqsQueue, snsTopic, secretsManagerSecret: secret, ecrRepository: repository } = configuration;
  const { efsFileSystem: system, dynamodbTable, dynamodbStream } = configuration;
  if (sqsQueue) return { type: 'AWS::SQS::Queue', policy: sqsQueue.queuePolicy };
  if (snsTopic) return { type: 'AWS::SNS::Topic', policy: snsTopic.topicPolicy };
  if (secret) return { type: 'AWS::SecretsManager::Secret', policy: secret.secretPolicy };
  if (repository) return { type: 'AWS::ECR::Repository', policy: repository.repositoryPolicy };
  if (system) return { type: 'AWS::EFS::FileSystem', policy: system.fileSystemPolicy };
  if (dynamodbTable) return { type: 'AWS::DynamoDB::Table', policy: dynamodbTable.tablePolicy };
  return dynamodbStream && { type: 'AWS::DynamoDB::Stream', policy: dynamodbStream.streamPolicy };
}

function snapshotProposal({ rdsDbSnapshot, rdsDbClusterSnapshot }: Configuration): Proposal | undefined {
  const configuration = rdsDbSnapshot ?? rdsDbClusterSnapshot;
  if (!configuration) return undefined;
  const ids = configuration.attributes?.restore?.accountIds;
  const open = ids?.map((id) => (id === 'all' ? '*' : id)).filter((id) => id !== '*' || !configuration.kmsKeyId);
  return rdsDbSnapshot
    ? { type: 'AWS::RDS::DBSnapshot', grants: sharing(open, ['rds:RestoreDBInstanceFromDBSnapshot']) }
    : { type: 'AWS::RDS::DBClusterSnapshot', grants: sharing(open, ['rds:RestoreDBClusterFromSnapshot']) };
}

const sharing = (principals: readonly string[] | undefined, actions: readonly string[]) =>
  principals?.map((principal) => ({ principal, actions }));

function keyProposal({ keyPolicies, grants }: KmsKeyConfiguration): Proposal {
  const unknown = Object.keys(keyPolicies ?? {}).find((name) => name !== 'default');
  if (unknown !== undefined) failField('configurations', `Invalid key policy name: ${unknown}`);
  if (keyPolicies?.default === '') failField('configurations', 'The policy cannot be empty.');
  return {
    type: 'AWS::KMS::Key',
    policy: keyPolicies?.default,
    grants: grants?.map(({ granteePrincipal, operations }) => {
      return { principal: granteePrincipal ?? '', actions: (operations ?? []).map((name) => `kms:${name}`) };
    }),
  };
}

function bucketProposal(configuration: S3BucketConfiguration): Proposal {
  const { bucketPolicy, bucketAclGrants, bucketPublicAccessBlock: block, accessPoints } = configuration;
  refuseAccessPoints(accessPoints);
  const grants = bucketAclGrants?.flatMap(({ permission, grantee }) => {
    const principal = grantee?.id ?? (/\/(AllUsers|AuthenticatedUsers)$/.test(grantee?.uri ?? '') ? '*' : undefined);
    if (principal === undefined || (principal === '*' && block?.ignorePublicAcls)) return [];
    return [{ principal, actions: ACL_ACTIONS[permission ?? 'READ'], source: 'BUCKET_ACL' }];
  });
  return { type: 'AWS::S3::Bucket', policy: bucketPolicy, grants, blocksPublicAccess: block?.restrictPublicBuckets };
}

const READ = ['s3:ListBucket', 's3:ListBucketMultipartUploads', 's3:ListBucketVersions'];
const WRITE = ['s3:DeleteObject', 's3:PutObject'];
/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#permissions */
const ACL_ACTIONS: Readonly<Record<AclPermission, readonly string[]>> = {
  READ,
  WRITE,
  READ_ACP: ['s3:GetBucketAcl'],
  WRITE_ACP: ['s3:PutBucketAcl'],
  FULL_CONTROL: [...READ, ...WRITE, 's3:GetBucketAcl', 's3:PutBucketAcl'],
};

function refuseAccessPoints(points: object | undefined): void {
  if (points && Object.keys(points).length > 0) failField('configurations', 'Access points are not supported.');
}
