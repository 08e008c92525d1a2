/**
 * Every operation on a key, asked of keys that are not there, not named rightly, or in a state that does not fit: each
 * answers one of the errors that the API's own description lists for it, and changes nothing.
 */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { KeySpec, KeyUsageType } from '@aws-sdk/client-kms';
import { type Cloud, testCloud } from '../../testing/cloud.ts';

type Kms = Cloud['root']['kms'];
type Call = (kms: Kms, KeyId: string) => Promise<unknown>;

const COMMANDS = new URL('../../../node_modules/@aws-sdk/client-kms/dist-types/commands/', import.meta.url);

/** The errors that the SDK's documentation of the operation lists. */
function documented(operation: string): Set<string> {
  const text = readFileSync(new URL(`${operation}Command.d.ts`, COMMANDS), 'utf8');
  return new Set([...text.matchAll(/@throws \{@link (\w+)\}/g)].map(([, name]) => name!));
}

const Message = Buffer.from('m');
const sign = { Message, SigningAlgorithm: 'ECDSA_SHA_256' } as const;
const mac = { Message, MacAlgorithm: 'HMAC_SHA_256' } as const;
const kem = { EncapsulationAlgorithm: 'ML_KEM' } as const;
const wrapping = { WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_2048' } as const;
const bytes = Buffer.alloc(64);
const peer = () =>
  generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).publicKey.export({ type: 'spki', format: 'der' });

interface Kind {
  readonly KeySpec: KeySpec;
  readonly KeyUsage: KeyUsageType;
  readonly calls: Readonly<Record<string, Call>>;
}

const KINDS: readonly Kind[] = [
  {
    ...{ KeySpec: 'SYMMETRIC_DEFAULT', KeyUsage: 'ENCRYPT_DECRYPT' },
    calls: {
      CancelKeyDeletion: (kms, KeyId) => kms.cancelKeyDeletion({ KeyId }),
      CreateAlias: (kms, TargetKeyId) => kms.createAlias({ AliasName: 'alias/x', TargetKeyId }),
      CreateGrant: (kms, KeyId) =>
        kms.createGrant({ KeyId, GranteePrincipal: 'arn:aws:iam::111122223333:root', Operations: ['Encrypt'] }),
      Decrypt: (kms, KeyId) => kms.decrypt({ KeyId, CiphertextBlob: bytes }),
      DeleteImportedKeyMaterial: (kms, KeyId) => kms.deleteImportedKeyMaterial({ KeyId }),
      DescribeKey: (kms, KeyId) => kms.describeKey({ KeyId }),
      DisableKey: (kms, KeyId) => kms.disableKey({ KeyId }),
      DisableKeyRotation: (kms, KeyId) => kms.disableKeyRotation({ KeyId }),
      EnableKey: (kms, KeyId) => kms.enableKey({ KeyId }),
      EnableKeyRotation: (kms, KeyId) => kms.enableKeyRotation({ KeyId }),
      Encrypt: (kms, KeyId) => kms.encrypt({ KeyId, Plaintext: Message }),
      GenerateDataKey: (kms, KeyId) => kms.generateDataKey({ KeyId, KeySpec: 'AES_256' }),
      GenerateDataKeyPair: (kms, KeyId) => kms.generateDataKeyPair({ KeyId, KeyPairSpec: 'ECC_NIST_P256' }),
      GenerateDataKeyPairWithoutPlaintext: (kms, KeyId) =>
        kms.generateDataKeyPairWithoutPlaintext({ KeyId, KeyPairSpec: 'ECC_NIST_P256' }),
      GenerateDataKeyWithoutPlaintext: (kms, KeyId) =>
        kms.generateDataKeyWithoutPlaintext({ KeyId, KeySpec: 'AES_128' }),
      GetKeyLastUsage: (kms, KeyId) => kms.getKeyLastUsage({ KeyId }),
      GetKeyPolicy: (kms, KeyId) => kms.getKeyPolicy({ KeyId }),
      GetKeyRotationStatus: (kms, KeyId) => kms.getKeyRotationStatus({ KeyId }),
      GetParametersForImport: (kms, KeyId) => kms.getParametersForImport({ KeyId, ...wrapping }),
      GetPublicKey: (kms, KeyId) => kms.getPublicKey({ KeyId }),
      ImportKeyMaterial: (kms, KeyId) =>
        kms.importKeyMaterial({ KeyId, ImportToken: bytes, EncryptedKeyMaterial: bytes }),
      ListAliases: (kms, KeyId) => kms.listAliases({ KeyId }),
      ListGrants: (kms, KeyId) => kms.listGrants({ KeyId }),
      ListKeyPolicies: (kms, KeyId) => kms.listKeyPolicies({ KeyId }),
      ListKeyRotations: (kms, KeyId) => kms.listKeyRotations({ KeyId }),
      ListResourceTags: (kms, KeyId) => kms.listResourceTags({ KeyId }),
      PutKeyPolicy: (kms, KeyId) => kms.putKeyPolicy({ KeyId, Policy: 'no policy' }),
      ReEncrypt: (kms, DestinationKeyId) =>
        kms.reEncrypt({ DestinationKeyId, SourceKeyId: DestinationKeyId, CiphertextBlob: bytes }),
      ReplicateKey: (kms, KeyId) => kms.replicateKey({ KeyId, ReplicaRegion: 'eu-west-1' }),
      RetireGrant: (kms, KeyId) => kms.retireGrant({ KeyId, GrantId: 'a'.repeat(64) }),
      RevokeGrant: (kms, KeyId) => kms.revokeGrant({ KeyId, GrantId: 'a'.repeat(64) }),
      RotateKeyOnDemand: (kms, KeyId) => kms.rotateKeyOnDemand({ KeyId }),
      ScheduleKeyDeletion: (kms, KeyId) => kms.scheduleKeyDeletion({ KeyId, PendingWindowInDays: 7 }),
      Sign: (kms, KeyId) => kms.sign({ KeyId, ...sign }),
      TagResource: (kms, KeyId) => kms.tagResource({ KeyId, Tags: [{ TagKey: 'aws:x', TagValue: '' }] }),
      UntagResource: (kms, KeyId) => kms.untagResource({ KeyId, TagKeys: ['aws:x'] }),
      UpdateAlias: (kms, TargetKeyId) => kms.updateAlias({ AliasName: 'alias/missing', TargetKeyId }),
      UpdateKeyDescription: (kms, KeyId) => kms.updateKeyDescription({ KeyId, Description: '' }),
      UpdatePrimaryRegion: (kms, KeyId) => kms.updatePrimaryRegion({ KeyId, PrimaryRegion: 'eu-west-1' }),
    },
  },
  {
    ...{ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' },
    calls: {
      GetPublicKey: (kms, KeyId) => kms.getPublicKey({ KeyId }),
      Sign: (kms, KeyId) => kms.sign({ KeyId, ...sign }),
      Verify: (kms, KeyId) => kms.verify({ KeyId, ...sign, Signature: bytes }),
      Encrypt: (kms, KeyId) => kms.encrypt({ KeyId, Plaintext: Message }),
      EnableKeyRotation: (kms, KeyId) => kms.enableKeyRotation({ KeyId }),
      RotateKeyOnDemand: (kms, KeyId) => kms.rotateKeyOnDemand({ KeyId }),
      ListKeyRotations: (kms, KeyId) => kms.listKeyRotations({ KeyId }),
      GenerateDataKey: (kms, KeyId) => kms.generateDataKey({ KeyId, KeySpec: 'AES_256' }),
    },
  },
  {
    ...{ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' },
    calls: {
      GenerateMac: (kms, KeyId) => kms.generateMac({ KeyId, ...mac }),
      VerifyMac: (kms, KeyId) => kms.verifyMac({ KeyId, ...mac, Mac: bytes }),
      GetPublicKey: (kms, KeyId) => kms.getPublicKey({ KeyId }),
    },
  },
  {
    ...{ KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' },
    calls: {
      DeriveSharedSecret: (kms, KeyId) =>
        kms.deriveSharedSecret({ KeyId, PublicKey: peer(), KeyAgreementAlgorithm: 'ECDH' }),
    },
  },
  {
    ...{ KeySpec: 'ML_KEM_512', KeyUsage: 'ENCAPSULATE_DECAPSULATE' },
    calls: {
      Encapsulate: (kms, KeyId) => kms.encapsulate({ KeyId, ...kem }),
      Decapsulate: (kms, KeyId) => kms.decapsulate({ KeyId, ...kem, SharedSecretCiphertextBlob: bytes }),
    },
  },
];

/** What every operation may answer besides. */
const COMMON = new Set(['ValidationException', 'AccessDeniedException']);
const MISSING = '1234abcd-12ab-34cd-56ef-1234567890ab';

for (const { KeySpec, KeyUsage, calls } of KINDS) {
  test(`operations on ${KeySpec} keys (${KeyUsage}) answer the errors that are theirs`, async () => {
    const cloud = await testCloud();
    const { kms } = cloud.root;
    const made = async (more: object = {}) => (await kms.createKey({ KeySpec, KeyUsage, ...more })).KeyMetadata!.KeyId!;
    const account = cloud.managementAccount;
    const scheduled = async (KeyId: string) => {
      await kms.scheduleKeyDeletion({ KeyId, PendingWindowInDays: 7 });
      return KeyId;
    };
    const named: Record<string, () => Promise<string>> = {
      'a missing key': async () => MISSING,
      "a missing key's ARN": async () => `arn:aws:kms:us-east-1:${account}:key/${MISSING}`,
      "another Region's key": async () => `arn:aws:kms:eu-west-1:${account}:key/${MISSING}`,
      'a missing alias': async () => 'alias/missing',
      'no key id': async () => 'no-key-id',
      "another service's ARN": async () => 'arn:aws:s3:::bucket',
      'a broken ARN': async () => 'arn:aws:kms',
      'an enabled key': () => made(),
      'a disabled key': async () => {
        const KeyId = await made();
        await kms.disableKey({ KeyId });
        return KeyId;
      },
      'a key pending deletion': async () => scheduled(await made()),
    };
    if (KeyUsage !== 'ENCAPSULATE_DECAPSULATE') named['a key pending import'] = () => made({ Origin: 'EXTERNAL' });
    const wrong: string[] = [];
    for (const [operation, call] of Object.entries(calls)) {
      const allowed = documented(operation);
      for (const [what, name] of Object.entries(named)) {
        const KeyId = await name();
        const error = await call(kms, KeyId).then(
          () => undefined,
          (error: Error) => error,
        );
        if (!error || allowed.has(error.name) || COMMON.has(error.name)) continue;
        wrong.push(`${operation} of ${what}: ${error.name}: ${error.message}`);
      }
    }
    assert.deepEqual(wrong, []);
  });
}
