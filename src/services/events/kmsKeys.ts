/** Whether a key may be a bus's, an archive's or a connection's. */
import type { Caller, Context } from '../../core/context.ts';
import { kmsKeyArn } from '../../core/dataKeys.ts';
import { ensureLinkedRole } from '../../identity/linkedRoles.ts';
import { ROLE, SERVICE } from './connectionKeys.ts';
import { useFor } from './encryption.ts';
import { refuse } from './errors.ts';
import type { BusName } from './names.ts';

/** Whether the caller and EventBridge may see the key. @throws AccessDenied, ValidationException */
export async function requireKey(ctx: Context, bus: BusName, keyId: string): Promise<void> {
  const { as } = useFor(bus);
  for (const who of [undefined, as]) await requireUsableKey(ctx, kmsKeyArn(keyId, bus), who);
}

/** Whether the caller, or EventBridge (`as`), may see the key. @throws AccessDenied, ValidationException */
export async function requireUsableKey(ctx: Context, KeyId: string, as: Caller | undefined): Promise<void> {
  try {
    const { KeyMetadata } = await ctx.call<{ KeyMetadata: { KeySpec: string; Enabled: boolean } }>(
      'kms',
      'DescribeKey',
      { KeyId },
      as,
    );
    if (KeyMetadata.KeySpec !== 'SYMMETRIC_DEFAULT' || !KeyMetadata.Enabled) {
      refuse('Parameter KmsKeyIdentifier is not valid. Reason: the key must be an enabled symmetric encryption key.');
    }
  } catch (error) {
    const { name, message } = error as Error;
    if (as && name === 'AccessDenied') {
      refuse('Parameter KmsKeyIdentifier is not valid. Reason: EventBridge is not authorized to access the key.');
    }
    if (/^(NotFound|InvalidArn)Exception$/.test(name)) {
      refuse(`Parameter KmsKeyIdentifier is not valid. Reason: ${message}`);
    }
    throw error;
  }
}

/** The caller may see the key, and the role that will use it is there. @throws AccessDenied, ValidationException */
export async function requireConnectionKey(ctx: Context, keyId: string): Promise<void> {
  await requireUsableKey(ctx, kmsKeyArn(keyId, ctx), undefined);
  await ensureLinkedRole(ctx, SERVICE, ROLE);
}
