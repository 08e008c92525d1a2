/** Keys of customers for instances of IAM Identity Center, with the key policy that AWS gives as the baseline. */
import type { Cloud } from './cloud.ts';
import type { Portal } from './people.ts';

const SERVICES = ['identitystore.amazonaws.com', 'sso.amazonaws.com'];
const CONTEXT_KEYS = {
  'ForAnyValue:StringEquals': {
    'kms:EncryptionContextKeys': ['aws:sso:instance-arn', 'aws:identitystore:identitystore-arn'],
  },
};
const OURS = { 'aws:SourceAccount': '${' + 'aws:ResourceAccount}' };

/** https://docs.aws.amazon.com/singlesignon/latest/userguide/baseline-KMS-key-policy.html */
export const baselinePolicy = (account: string, ...left: readonly string[]) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'AllowIdentityCenterAdminAccounts',
        ...{ Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: 'kms:*', Resource: '*' },
      },
      {
        Sid: 'AllowIdentityCenterAndIdentityStoreToDescribeKey',
        ...{ Effect: 'Allow', Principal: { Service: SERVICES }, Action: 'kms:DescribeKey', Resource: '*' },
        Condition: { StringEquals: OURS },
      },
      {
        Sid: 'AllowIdentityCenterAndIdentityStoreToUseKey',
        ...{ Effect: 'Allow', Principal: { Service: SERVICES }, Resource: '*' },
        Action: ['kms:Decrypt', 'kms:ReEncryptTo', 'kms:ReEncryptFrom', 'kms:GenerateDataKeyWithoutPlaintext'],
        Condition: { StringEquals: OURS, ...CONTEXT_KEYS },
      },
      {
        Sid: 'AllowOrgPrincipalsViaIdentityCenterAndIdentityStore',
        ...{ Effect: 'Allow', Principal: '*', Action: 'kms:Decrypt', Resource: '*' },
        Condition: {
          StringEquals: { 'aws:PrincipalOrgID': '${' + 'aws:ResourceOrgID}' },
          StringLike: { 'kms:ViaService': ['sso.*.amazonaws.com', 'identitystore.*.amazonaws.com'] },
          ...CONTEXT_KEYS,
        },
      },
    ].filter(({ Sid }) => !left.includes(Sid)),
  });

/** A multi-Region key of the management account. */
export async function identityKey(cloud: Cloud): Promise<string> {
  const Policy = baselinePolicy(cloud.managementAccount);
  const { KeyMetadata } = await cloud.root.kms.createKey({ MultiRegion: true, Policy });
  return KeyMetadata!.Arn!;
}

/** Puts the instance under a key of its own. Yields the key's ARN. */
export async function underKey({ cloud, InstanceArn }: Pick<Portal, 'cloud' | 'InstanceArn'>): Promise<string> {
  const KmsKeyArn = await identityKey(cloud);
  const EncryptionConfiguration = { KeyType: 'CUSTOMER_MANAGED_KEY' as const, KmsKeyArn };
  await cloud.root.ssoAdmin.updateInstance({ InstanceArn, EncryptionConfiguration });
  await cloud.settle();
  return KmsKeyArn;
}
