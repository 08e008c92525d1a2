/** The documented limits of inputs, as far as they still hold. */
import type { Limit, Limits } from '../../core/operation.ts';
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

const MATERIAL_ID: Limit = { length: [64, 64], pattern: '[a-f0-9]+' };
const KEY_ID: Limit = { required: true, length: [1, 2048] };
const TOKENS = { GrantTokens: { length: [0, 10] }, 'GrantTokens[]': { length: [1, 8192] } } as const;
const KEM: Limit = { required: true, enum: ['ML_KEM'] };

/** What the published model does not have yet, as the API reference describes it. */
const LATER: Limits = {
  CreateGrant: { GranteeServicePrincipal: { length: [1, 256] }, RetiringServicePrincipal: { length: [1, 256] } },
  Decapsulate: {
    ...{ KeyId: KEY_ID, EncapsulationAlgorithm: KEM, ...TOKENS },
    SharedSecretCiphertextBlob: { required: true, length: [1, 6144] },
  },
  Decrypt: { 'DryRunModifiers[]': { enum: ['IGNORE_CIPHERTEXT'] } },
  DeleteImportedKeyMaterial: { KeyMaterialId: MATERIAL_ID },
  Encapsulate: { KeyId: KEY_ID, EncapsulationAlgorithm: KEM, ...TOKENS },
  GetKeyLastUsage: { KeyId: KEY_ID },
  ImportKeyMaterial: {
    ImportType: { enum: ['NEW_KEY_MATERIAL', 'EXISTING_KEY_MATERIAL'] },
    KeyMaterialDescription: { length: [0, 256], pattern: '[a-zA-Z0-9:/_\\s.-]*' },
    KeyMaterialId: MATERIAL_ID,
  },
  ListKeyRotations: { IncludeKeyMaterial: { enum: ['ALL_KEY_MATERIAL', 'ROTATIONS_ONLY'] } },
  ReEncrypt: { 'DryRunModifiers[]': { enum: ['IGNORE_CIPHERTEXT'] } },
  UpdateCustomKeyStore: {
    XksProxyVpcEndpointServiceName: {
      length: [0, 64],
      pattern: '(com\\.amazonaws\\.vpce\\.([a-z]+-){2,3}\\d+\\.vpce-svc-[0-9a-z]+)?',
    },
  },
};

function completed(limits: Limits): Limits {
  const result: Record<string, Limits[string]> = { ...limits };
  for (const [operation, later] of Object.entries(LATER)) result[operation] = { ...limits[operation], ...later };
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

export const limits: Limits = completed(published as unknown as Limits);
