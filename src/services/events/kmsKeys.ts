/** Whether a key may be a bus's or an archive's. */
import type { Context } from '../../core/context.ts';
import { kmsKeyArn } from '../../core/dataKeys.ts';
import { useFor } from './encryption.ts';
import { refuse } from './errors.ts';
import type { BusName } from './names.ts';

/** Whether the caller and EventBridge may see the key. @throws AccessDenied, ValidationException */
export async function requireKey(ctx: Context, bus: BusName, keyId: string): Promise<void> {
  const KeyId = kmsKeyArn(keyId, bus);
  const { as } = useFor(bus);
  for (const who of [undefined, as]) {
    try {
      const { KeyMetadata } = await ctx.call<{ KeyMetadata: { KeySpec: string; Enabled: boolean } }>(
        'kms',
        'DescribeKey',
        { KeyId },
        who,
      );
      if (KeyMetadata.KeySpec !== 'SYMMETRIC_DEFAULT' || !KeyMetadata.Enabled) {
        refuse('Parameter KmsKeyIdentifier is not valid. Reason: the key must be an enabled symmetric encryption key.');
      }
    } catch (error) {
      const { name, message } = error as Error;
      if (who === as && name === 'AccessDenied') {
        refuse('Parameter KmsKeyIdentifier is not valid. Reason: EventBridge is not authorized to access the key.');
      }
      if (/^(NotFound|InvalidArn)Exception$/.test(name)) {
        refuse(`Parameter KmsKeyIdentifier is not valid. Reason: ${message}`);
      }
      throw error;
    }
  }
}
