/**
 * How an instance is encrypted: under the plane's own key as AWS's owned ones, or under one of the customer's. When
 * that changes, the rows follow in a task, some at a time; meanwhile each is read as it lies.
 */
import type { EncryptionConfiguration, EncryptionConfigurationDetails } from '@aws-sdk/client-sso-admin';
import type { Context } from '../../core/context.ts';
import { later } from '../../core/tasks.ts';
import { regionsOf } from '../../identity/instanceRegions.ts';
import type { Instance, InstanceEncryption } from '../../identity/instances.ts';
import { wrappedUnder } from './customerKeys.ts';
import { failConflict, failInvalid } from './errors.ts';
import { REKEY, type Rekeying } from './rekeying.ts';

/** The instance as it is then; the rows are owed. */
export async function encrypted(ctx: Context, instance: Instance, asked: EncryptionConfiguration): Promise<Instance> {
  const { KeyType, KmsKeyArn } = asked;
  if (instance.organization === undefined) {
    failInvalid('Customer managed keys are not supported for account instances of IAM Identity Center.');
  }
  if ((KeyType === 'CUSTOMER_MANAGED_KEY') !== (KmsKeyArn !== undefined)) {
    failInvalid('KmsKeyArn is required for, and only for, the key type CUSTOMER_MANAGED_KEY.');
  }
  if (instance.encryption?.status === 'UPDATING') failConflict('The encryption of the instance is being updated.');
  return KmsKeyArn === undefined ? withoutKey(ctx, instance) : withKey(ctx, instance, KmsKeyArn);
}

async function withKey(ctx: Context, instance: Instance, keyArn: string): Promise<Instance> {
  const wrapped = await wrappedUnder(ctx, instance, keyArn);
  const { status, rows } = instance.encryption ?? {};
  // Under another key of the customer's the rows stay as they are.
  if (status === 'ENABLED' && rows === 'sealed') return { ...instance, encryption: { ...wrapped, status, rows } };
  return moving(ctx, instance, { ...wrapped, status: 'UPDATING', rows: 'sealed' });
}

async function withoutKey(ctx: Context, instance: Instance): Promise<Instance> {
  const { encryption } = instance;
  if (!encryption) return instance;
  if (regionsOf(instance, ctx.now).length > 1) {
    failInvalid('An instance in more than one Region must be encrypted under a multi-Region customer managed key.');
  }
  const { reason: _, moved: __, ...rest } = encryption;
  await wrappedUnder(ctx, instance, encryption.keyArn);
  return moving(ctx, instance, { ...rest, status: 'UPDATING', rows: 'clear' });
}

async function moving(ctx: Context, instance: Instance, encryption: InstanceEncryption): Promise<Instance> {
  const body = { instance: instance.id };
  await later<Rekeying>(ctx, {
    kind: REKEY,
    id: instance.id,
    body,
    account: instance.account,
    region: instance.region,
  });
  return { ...instance, encryption };
}

export const encryptionView = ({ encryption }: Instance): EncryptionConfigurationDetails =>
  encryption === undefined
    ? { KeyType: 'AWS_OWNED_KMS_KEY', EncryptionStatus: 'ENABLED' }
    : {
        KeyType: 'CUSTOMER_MANAGED_KEY',
        KmsKeyArn: encryption.keyArn,
        EncryptionStatus: encryption.status,
        ...(encryption.reason !== undefined && { EncryptionStatusReason: encryption.reason }),
      };
