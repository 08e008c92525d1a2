/**
 * Encryption under a KMS key: events of a group are sealed under a data key of the group, which KMS made and unseals
 * for `logs.REGION.amazonaws.com`, with the group's ARN as the encryption context. An unsealed data key is kept for
 * five minutes at most, which is how long a change to the key takes to be felt.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
 */
import {
  AccessDeniedException,
  type AssociateKmsKeyRequest,
  type DisassociateKmsKeyRequest,
  InvalidParameterException,
} from '@aws-sdk/client-cloudwatch-logs';
import { type Context, servicePrincipal } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import { lowerId } from '../../core/ids.ts';
import type { Missing, Operation, Present } from '../../core/operation.ts';
import { groupAccess, requireStandard } from './access.ts';
import { type DataKey, dataKeys } from './dataKeys.ts';
import { findGroup, groupNamed, identified, unnamed } from './groupLookup.ts';
import { groupArn, type LogGroup, logGroups } from './groupRows.ts';

const KEPT_MS = 300_000;
const kept = new WeakMap<DataKey, { readonly plain: Buffer; readonly until: number }>();

const KEY_ARN = /^arn:aws:kms:[a-z0-9-]+:\d{12}:key\/[\w-]+$/;

interface Described {
  readonly KeyMetadata: { readonly KeyState?: string; readonly KeySpec?: string; readonly Arn?: string };
}
interface Generated {
  readonly CiphertextBlob: Uint8Array;
}

/** Makes a data key for the group: what its row says from now on. The caller needs kms:DescribeKey. */
export async function encryptUnder(ctx: Context, group: LogGroup, keyArn: string): Promise<LogGroup['kms']> {
  if (!KEY_ARN.test(keyArn)) fail(InvalidParameterException, `Invalid KMS key ARN '${keyArn}'.`);
  const { KeyMetadata } = await described(ctx, keyArn);
  if (KeyMetadata.KeyState !== 'Enabled') notFound();
  if (KeyMetadata.KeySpec !== 'SYMMETRIC_DEFAULT') {
    fail(InvalidParameterException, 'CloudWatch Logs supports only symmetric KMS keys.');
  }
  const { CiphertextBlob } = await inOwnName<Generated>(ctx, group, 'GenerateDataKeyWithoutPlaintext', {
    KeyId: keyArn,
    KeySpec: 'AES_256',
    EncryptionContext: contextOf(group),
  });
  const name = lowerId(8, ctx);
  const sealed = Buffer.from(CiphertextBlob).toString('base64');
  await ctx.store.insert(dataKeys, { group: group.id, name, keyArn, sealed });
  return { keyArn, dataKey: name };
}

const notFound = (): never => fail(InvalidParameterException, 'The specified KMS Key Id could not be found.');

async function described(ctx: Context, KeyId: string): Promise<Described> {
  try {
    return await ctx.call<Described>('kms', 'DescribeKey', { KeyId });
  } catch (error) {
    if ((error as Error).name === 'NotFoundException') notFound();
    throw error;
  }
}

const contextOf = (group: LogGroup) => ({ 'aws:logs:arn': groupArn(group) });

const ownName = (group: LogGroup) =>
  servicePrincipal(`logs.${group.region}.amazonaws.com`, { arn: groupArn(group), account: group.account });

async function inOwnName<Out>(ctx: Context, group: LogGroup, operation: string, input: object): Promise<Out> {
  try {
    return await ctx.call<Out>('kms', operation, input, ownName(group));
  } catch (error) {
    if (!UNUSABLE.has((error as Error).name)) throw error;
    const what = `is not allowed to be used with LogGroup '${groupArn(group)}'`;
    fail(AccessDeniedException, `The specified KMS key does not exist or ${what}`);
  }
}

/** What KMS says of a key that is denied, disabled or gone. */
const UNUSABLE = new Set([
  'AccessDenied',
  'DisabledException',
  'KMSInvalidStateException',
  'KeyUnavailableException',
  'NotFoundException',
  'InvalidKeyUsageException',
  'IncorrectKeyException',
  'InvalidCiphertextException',
]);

/**
 * A data key of the group in clear.
 * @throws AccessDeniedException when KMS does not unseal it (any more).
 */
export async function keyFor(ctx: Context, group: LogGroup, name: string): Promise<Buffer> {
  const key = await ctx.store.get(dataKeys, [group.id, name]);
  if (!key) throw new Error(`log group ${group.id} has no data key ${name}`);
  const known = kept.get(key);
  const now = ctx.now.getTime();
  if (known && now < known.until && now >= known.until - KEPT_MS) return known.plain;
  const { Plaintext } = await inOwnName<{ readonly Plaintext: Uint8Array }>(ctx, group, 'Decrypt', {
    KeyId: key.keyArn,
    CiphertextBlob: Buffer.from(key.sealed, 'base64'),
    EncryptionContext: contextOf(group),
  });
  const plain = Buffer.from(Plaintext);
  kept.set(key, { plain, until: now + KEPT_MS });
  return plain;
}

/** The key that new events are sealed under. */
export async function sealingKey(ctx: Context, group: LogGroup) {
  const name = group.kms?.dataKey;
  return name === undefined ? undefined : { name, plain: await keyFor(ctx, group, name) };
}

interface Named {
  readonly logGroupName?: string | undefined;
  readonly resourceIdentifier?: string | undefined;
}

/** A group by name, or `resourceIdentifier`: a group's ARN, or that of the account's query results. */
function onKeyed<In extends Named>(run: (input: In, ctx: Context, group: LogGroup) => Promise<object>) {
  const operation: Operation<In, object, LogGroup> = {
    load: (input, ctx) => keyedGroup(input, ctx).catch((error) => unnamed(ctx, error)),
    access: (_input, _ctx, group) => groupAccess(group),
    run,
  };
  return operation;
}

async function keyedGroup({ logGroupName, resourceIdentifier }: Named, ctx: Context): Promise<LogGroup | Missing> {
  if (resourceIdentifier === undefined) return findGroup(ctx, groupNamed(ctx, { logGroupName }));
  if (logGroupName !== undefined) {
    fail(InvalidParameterException, 'logGroupName and resourceIdentifier are mutually exclusive parameters.');
  }
  if (/:query-result:\*$/.test(resourceIdentifier)) {
    fail(InvalidParameterException, 'Encryption of query results under a KMS key is not supported.');
  }
  return findGroup(ctx, identified(ctx, resourceIdentifier));
}

export const AssociateKmsKey = onKeyed<Present<AssociateKmsKeyRequest>>(async (input, ctx, group) => {
  if (group.class === 'DELIVERY') requireStandard(group, 'Encryption with a KMS key');
  await ctx.store.replace(logGroups, { ...group, kms: await encryptUnder(ctx, group, input.kmsKeyId) });
  return {};
});

export const DisassociateKmsKey = onKeyed<DisassociateKmsKeyRequest>(async (_input, ctx, group) => {
  const { kms: _, ...rest } = group;
  await ctx.store.replace(logGroups, rest);
  return {};
});
