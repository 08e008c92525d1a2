/** The documented limits of inputs, as far as they still hold. */
import type { Limits } from '../../core/operation.ts';
import published from './limits.json' with { type: 'json' };

/** Members that AWS no longer requires, since other members may stand in for them; the published model still does. */
const OPTIONAL: readonly (readonly [operation: string, member: string])[] = [
  ['Decrypt', 'CiphertextBlob'],
  ['ReEncrypt', 'CiphertextBlob'],
  ['CreateGrant', 'GranteePrincipal'],
  ['ListRetirableGrants', 'RetiringPrincipal'],
];

/**
 * What AWS has in its Regions in China only. Elsewhere it knows the names and refuses them: the spec as unsupported in
 * the Region, the algorithms as no key's.
 */
const CHINESE: readonly (readonly [operation: string, member: string, value: string])[] = [
  ['CreateKey', 'KeySpec', 'SM2'],
  ['CreateKey', 'CustomerMasterKeySpec', 'SM2'],
  ['GenerateDataKeyPair', 'KeyPairSpec', 'SM2'],
  ['GenerateDataKeyPairWithoutPlaintext', 'KeyPairSpec', 'SM2'],
  ['Sign', 'SigningAlgorithm', 'SM2DSA'],
  ['Verify', 'SigningAlgorithm', 'SM2DSA'],
  ['Encrypt', 'EncryptionAlgorithm', 'SM2PKE'],
  ['Decrypt', 'EncryptionAlgorithm', 'SM2PKE'],
  ['ReEncrypt', 'SourceEncryptionAlgorithm', 'SM2PKE'],
  ['ReEncrypt', 'DestinationEncryptionAlgorithm', 'SM2PKE'],
];

function relaxed(limits: Limits): Limits {
  const result: Record<string, Limits[string]> = { ...limits };
  for (const [operation, member] of OPTIONAL) {
    const { required: _, ...rest } = result[operation]?.[member] ?? {};
    result[operation] = { ...result[operation], [member]: rest };
  }
  for (const [operation, member, value] of CHINESE) {
    const limit = result[operation]?.[member] ?? {};
    result[operation] = { ...result[operation], [member]: { ...limit, enum: [...(limit.enum ?? []), value] } };
  }
  return result;
}

export const limits: Limits = relaxed(published as unknown as Limits);
