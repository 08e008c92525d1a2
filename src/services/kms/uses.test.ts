/** Each use of a key is a record with the key's ARN and the encryption context, and counts as the key's last. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import type { KeySpec, KeyUsageType } from '@aws-sdk/client-kms';
import { type Cloud, testCloud } from '../../testing/cloud.ts';
import { refusal, rejected } from '../../testing/rejected.ts';
import { lastRecord, recordsOf } from './records.fixture.ts';

type Kms = Cloud['root']['kms'];

const EncryptionContext = { project: 'nile' };
const Message = Buffer.from('m');
const AES = 'SYMMETRIC_DEFAULT';

async function blobOf(kms: Kms, KeyId: string) {
  return (await kms.encrypt({ KeyId, Plaintext: Message, EncryptionContext })).CiphertextBlob!;
}

/** Each operation that uses a key → a spec for it, and the use; `within` puts the context where the operation has it. */
interface Use {
  readonly spec: KeySpec;
  readonly usage: KeyUsageType;
  readonly context?: string;
  /** What an owner prepares for it. */
  readonly prepare?: (kms: Kms, KeyId: string) => Promise<unknown>;
  readonly call: (kms: Kms, KeyId: string, prepared: never) => Promise<unknown>;
}

const symmetric = { spec: AES, usage: 'ENCRYPT_DECRYPT', context: 'encryptionContext' } as const;
const signing = { spec: 'ECC_NIST_P256', usage: 'SIGN_VERIFY' } as const;
const mac = { spec: 'HMAC_256', usage: 'GENERATE_VERIFY_MAC' } as const;
const sharing = { spec: 'ML_KEM_512', usage: 'ENCAPSULATE_DECAPSULATE' } as const;
const ecdsa = { Message, SigningAlgorithm: 'ECDSA_SHA_256' } as const;
const hmac = { Message, MacAlgorithm: 'HMAC_SHA_256' } as const;
const kem = { EncapsulationAlgorithm: 'ML_KEM' } as const;
const pair = { KeyPairSpec: 'ECC_NIST_P256', EncryptionContext } as const;
const aes256 = { KeySpec: 'AES_256', EncryptionContext } as const;

const USES: Readonly<Record<string, Use>> = {
  Encrypt: { ...symmetric, call: (kms, KeyId) => kms.encrypt({ KeyId, Plaintext: Message, EncryptionContext }) },
  Decrypt: {
    ...symmetric,
    prepare: blobOf,
    call: (kms, _KeyId, CiphertextBlob) => kms.decrypt({ CiphertextBlob, EncryptionContext }),
  },
  ReEncrypt: {
    ...symmetric,
    context: 'sourceEncryptionContext',
    prepare: blobOf,
    call: (kms, DestinationKeyId, CiphertextBlob) =>
      kms.reEncrypt({ CiphertextBlob, DestinationKeyId, SourceEncryptionContext: EncryptionContext }),
  },
  GenerateDataKey: { ...symmetric, call: (kms, KeyId) => kms.generateDataKey({ KeyId, ...aes256 }) },
  GenerateDataKeyWithoutPlaintext: {
    ...symmetric,
    call: (kms, KeyId) => kms.generateDataKeyWithoutPlaintext({ KeyId, ...aes256 }),
  },
  GenerateDataKeyPair: { ...symmetric, call: (kms, KeyId) => kms.generateDataKeyPair({ KeyId, ...pair }) },
  GenerateDataKeyPairWithoutPlaintext: {
    ...symmetric,
    call: (kms, KeyId) => kms.generateDataKeyPairWithoutPlaintext({ KeyId, ...pair }),
  },
  Sign: { ...signing, call: (kms, KeyId) => kms.sign({ KeyId, ...ecdsa }) },
  Verify: {
    ...signing,
    prepare: async (kms, KeyId) => (await kms.sign({ KeyId, ...ecdsa })).Signature,
    call: (kms, KeyId, Signature) => kms.verify({ KeyId, ...ecdsa, Signature }),
  },
  GenerateMac: { ...mac, call: (kms, KeyId) => kms.generateMac({ KeyId, ...hmac }) },
  VerifyMac: {
    ...mac,
    prepare: async (kms, KeyId) => (await kms.generateMac({ KeyId, ...hmac })).Mac,
    call: (kms, KeyId, Mac) => kms.verifyMac({ KeyId, ...hmac, Mac }),
  },
  DeriveSharedSecret: {
    spec: 'ECC_NIST_P256',
    usage: 'KEY_AGREEMENT',
    call(kms, KeyId) {
      const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
      const PublicKey = publicKey.export({ type: 'spki', format: 'der' });
      return kms.deriveSharedSecret({ KeyId, KeyAgreementAlgorithm: 'ECDH', PublicKey });
    },
  },
  Encapsulate: { ...sharing, call: (kms, KeyId) => kms.encapsulate({ KeyId, ...kem }) },
  Decapsulate: {
    ...sharing,
    prepare: async (kms, KeyId) => (await kms.encapsulate({ KeyId, ...kem })).SharedSecretCiphertextBlob,
    call: (kms, KeyId, SharedSecretCiphertextBlob) => kms.decapsulate({ KeyId, ...kem, SharedSecretCiphertextBlob }),
  },
};

for (const [operation, { spec, usage, context, prepare, call }] of Object.entries(USES)) {
  test(`${operation} is recorded with its key and context, by whoever may and whoever may not`, async () => {
    const cloud = await testCloud();
    const { kms } = cloud.root;
    const alice = await cloud.user('alice');
    const bob = await cloud.user('bob');
    const bobArn = `arn:aws:iam::${cloud.managementAccount}:user/bob`;
    const { KeyId, Arn } = (await kms.createKey({ KeySpec: spec, KeyUsage: usage })).KeyMetadata!;
    const prepared = (await prepare?.(kms, KeyId!)) as never;
    const requireRecorded = async (by: string, errorCode?: string) => {
      const record = await lastRecord(cloud, operation);
      assert.equal(record.userIdentity.arn, by);
      assert.equal(record.errorCode, errorCode);
      assert.deepEqual(
        record.resources?.map(({ ARN }) => ARN),
        [Arn],
        'the key is named',
      );
      if (context) assert.deepEqual(record.requestParameters![context], EncryptionContext);
      return record;
    };
    const lastUse = async () => (await kms.getKeyLastUsage({ KeyId: KeyId! })).KeyLastUsage;

    cloud.advance('PT1M');
    await call(kms, KeyId!, prepared);
    const used = await requireRecorded(`arn:aws:iam::${cloud.managementAccount}:root`);
    const last = await lastUse();
    assert.equal(last?.Operation, operation);
    assert.equal(last?.CloudTrailEventId, used.eventID);
    assert.equal(last?.KmsRequestId, used.requestID);
    assert.equal(last?.Timestamp?.getTime(), cloud.now().getTime());

    cloud.advance('PT1M');
    await refusal(call(alice.kms, KeyId!, prepared), 'AccessDeniedException');
    await requireRecorded(`arn:aws:iam::${cloud.managementAccount}:user/alice`, 'AccessDeniedException');
    assert.deepEqual(await lastUse(), last, 'what was denied is no use');

    const granted = operation === 'ReEncrypt' ? ['ReEncryptFrom', 'ReEncryptTo'] : [operation];
    await kms.createGrant({ KeyId: KeyId!, GranteePrincipal: bobArn, Operations: granted as ['Encrypt'] });
    await call(bob.kms, KeyId!, prepared);
    const byGrant = await requireRecorded(bobArn);
    assert.equal((await lastUse())?.CloudTrailEventId, byGrant.eventID);
  });
}

test('CloudWatch is told of successful requests, by key and operation', async () => {
  const cloud = await testCloud();
  const { kms, cloudwatch } = cloud.root;
  const [first, second] = [(await kms.createKey({})).KeyMetadata!, (await kms.createKey({})).KeyMetadata!];
  const KeyId = first.KeyId!;
  const other = await cloud.user('alice');
  for (let i = 0; i < 3; i++) await blobOf(kms, KeyId);
  await refusal(other.kms.encrypt({ KeyId, Plaintext: Message }), 'AccessDeniedException');
  await refusal(kms.encrypt({ KeyId, Plaintext: Message, DryRun: true }), 'DryRunOperationException');
  const CiphertextBlob = await blobOf(kms, second.KeyId!);
  const EncryptionContexts = { SourceEncryptionContext: EncryptionContext };
  await kms.reEncrypt({ CiphertextBlob, DestinationKeyId: KeyId, ...EncryptionContexts });
  await cloud.settle();
  const sum = async (dimensions: Readonly<Record<string, string>>) => {
    const { Datapoints } = await cloudwatch.getMetricStatistics({
      ...{ Namespace: 'AWS/KMS', MetricName: 'SuccessfulRequest', Period: 60, Statistics: ['Sum'] },
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      ...{ StartTime: cloud.now(), EndTime: new Date(cloud.now().getTime() + 60_000) },
    });
    return Datapoints![0]?.Sum;
  };
  assert.equal(await sum({ KeyArn: first.Arn!, Operation: 'Encrypt' }), 3);
  assert.equal(await sum({ KeyArn: second.Arn!, Operation: 'Encrypt' }), 1);
  const moved = { SourceKeyArn: second.Arn!, DestinationKeyArn: first.Arn!, Operation: 'ReEncrypt' };
  assert.equal(await sum(moved), 1);
  assert.equal(await sum({ KeyArn: first.Arn!, Operation: 'DescribeKey' }), undefined);
});

test('the record names the algorithm even if the request, or the permission, does not', async () => {
  const cloud = await testCloud();
  const { kms } = cloud.root;
  const { KeyId } = (await kms.createKey({})).KeyMetadata!;
  const alice = await cloud.user('alice');
  await refusal(alice.kms.encrypt({ KeyId, Plaintext: Message }), 'AccessDeniedException');
  assert.equal((await lastRecord(cloud, 'Encrypt')).requestParameters!.encryptionAlgorithm, AES);
  const CiphertextBlob = await blobOf(kms, KeyId!);
  await refusal(alice.kms.decrypt({ CiphertextBlob }), 'AccessDeniedException');
  assert.equal((await lastRecord(cloud, 'Decrypt')).requestParameters!.encryptionAlgorithm, AES);
  await refusal(alice.kms.reEncrypt({ CiphertextBlob, DestinationKeyId: KeyId }), 'AccessDeniedException');
  assert.equal((await lastRecord(cloud, 'ReEncrypt')).requestParameters!.destinationEncryptionAlgorithm, AES);
});

test('a denied stranger does not learn which key an alias or a blob stands for, nor does the record tell', async () => {
  const cloud = await testCloud();
  const { kms } = cloud.root;
  const { KeyId } = (await kms.createKey({})).KeyMetadata!;
  await kms.createAlias({ AliasName: 'alias/mine', TargetKeyId: KeyId });
  const other = await cloud.memberAccount('other');
  const alias = `arn:aws:kms:us-east-1:${cloud.managementAccount}:alias/mine`;
  const because =
    'because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access';
  const who = `User: arn:aws:iam::${other.id}:root is not authorized to perform: kms`;
  await rejected(
    other.root.kms.encrypt({ KeyId: alias, Plaintext: Message }),
    'AccessDenied',
    `${who}:Encrypt on this resource ${because}`,
  );
  assert.equal((await lastRecord(cloud, 'Encrypt')).resources, undefined);
  const CiphertextBlob = await blobOf(kms, KeyId!);
  await rejected(
    other.root.kms.decrypt({ CiphertextBlob }),
    'AccessDenied',
    `${who}:Decrypt on the resource associated with this ciphertext ${because}`,
  );
  assert.equal((await lastRecord(cloud, 'Decrypt')).resources, undefined);
});

/** What a key is used for through another service → the context that service gives. */
const THROUGH: Readonly<Record<string, (cloud: Cloud, key: string) => Promise<Record<string, string>>>> = {
  async s3({ root: { s3 } }, SSEKMSKeyId) {
    await s3.createBucket({ Bucket: 'a-bucket' });
    const object = { Bucket: 'a-bucket', Key: 'k' };
    await s3.putObject({ ...object, Body: 'x', ServerSideEncryption: 'aws:kms', SSEKMSKeyId });
    await (await s3.getObject(object)).Body!.transformToString();
    return { 'aws:s3:arn': 'arn:aws:s3:::a-bucket/k' };
  },
  async sqs({ root: { sqs }, managementAccount }, KmsMasterKeyId) {
    const { QueueUrl } = await sqs.createQueue({ QueueName: 'work', Attributes: { KmsMasterKeyId } });
    await sqs.sendMessage({ QueueUrl, MessageBody: 'x' });
    await sqs.receiveMessage({ QueueUrl });
    return { 'aws:sqs:arn': `arn:aws:sqs:us-east-1:${managementAccount}:work` };
  },
  async sns({ root: { sns }, managementAccount }, KmsMasterKeyId) {
    const { TopicArn } = await sns.createTopic({ Name: 'news', Attributes: { KmsMasterKeyId } });
    await sns.publish({ TopicArn, Message: 'x' });
    return { 'aws:sns:topicArn': `arn:aws:sns:us-east-1:${managementAccount}:news` };
  },
  async logs(cloud, kmsKeyId) {
    const { logs } = cloud.root;
    const group = { logGroupName: 'app' };
    await logs.createLogGroup({ ...group, kmsKeyId });
    await logs.createLogStream({ ...group, logStreamName: 's' });
    const logEvents = [{ timestamp: cloud.now().getTime(), message: 'x' }];
    await logs.putLogEvents({ ...group, logStreamName: 's', logEvents });
    await logs.filterLogEvents(group);
    return { 'aws:logs:arn': `arn:aws:logs:us-east-1:${cloud.managementAccount}:log-group:app` };
  },
};

for (const [service, use] of Object.entries(THROUGH)) {
  test(`what ${service} does with a key is recorded with its context, and counts as a use`, async () => {
    const cloud = await testCloud();
    const { kms } = cloud.root;
    const account = `arn:aws:iam::${cloud.managementAccount}:root`;
    const allow = (Principal: object) => ({ Effect: 'Allow', Principal, Action: 'kms:*', Resource: '*' });
    const Statement = [allow({ AWS: account }), allow({ Service: `${service}.us-east-1.amazonaws.com` })];
    const { Arn } = (await kms.createKey({ Policy: JSON.stringify({ Version: '2012-10-17', Statement }) }))
      .KeyMetadata!;
    const context = await use(cloud, Arn!);
    const made = [
      ...(await recordsOf(cloud, 'GenerateDataKey')),
      ...(await recordsOf(cloud, 'GenerateDataKeyWithoutPlaintext')),
    ];
    const uses = [...made, ...(await recordsOf(cloud, 'Decrypt'))];
    assert.ok(made.length > 0);
    for (const { requestParameters, resources, userIdentity } of uses) {
      assert.deepEqual(requestParameters!.encryptionContext, context);
      assert.deepEqual(
        resources?.map(({ ARN }) => ARN),
        [Arn],
      );
      assert.match(userIdentity.invokedBy!, new RegExp(`^${service}\\.`));
    }
    const { KeyLastUsage } = await kms.getKeyLastUsage({ KeyId: Arn! });
    assert.ok(uses.some(({ eventID }) => eventID === KeyLastUsage!.CloudTrailEventId));
  });
}

test('a document in Recipient is refused, whatever it is, and fulfils no condition', async () => {
  const cloud = await testCloud();
  const { kms } = cloud.root;
  const account = `arn:aws:iam::${cloud.managementAccount}:root`;
  const statement = (Action: string | string[], more: object = {}) => ({
    ...{ Effect: 'Allow', Principal: { AWS: account }, Action, Resource: '*' },
    ...more,
  });
  const attested = { StringEqualsIgnoreCase: { 'kms:RecipientAttestation:ImageSha384': '00'.repeat(48) } };
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      statement(['kms:Describe*', 'kms:Put*', 'kms:Encrypt', 'kms:GenerateDataKey']),
      statement('kms:Decrypt', { Condition: attested }),
    ],
  });
  const { KeyId } = (await kms.createKey({ Policy })).KeyMetadata!;
  const CiphertextBlob = await blobOf(kms, KeyId!);
  const documents = [Buffer.from('no document'), Buffer.from('8444a1013822a0', 'hex'), Buffer.alloc(4096, 0xa0)];
  for (const AttestationDocument of documents) {
    const Recipient = { KeyEncryptionAlgorithm: 'RSAES_OAEP_SHA_256', AttestationDocument } as const;
    await refusal(kms.decrypt({ CiphertextBlob, EncryptionContext, Recipient }), 'AccessDeniedException');
    const { message } = await refusal(kms.generateDataKey({ KeyId, ...aes256, Recipient }), 'ValidationException');
    assert.match(message, /attestation document in Recipient is not valid/);
    await refusal(kms.generateRandom({ NumberOfBytes: 8, Recipient }), 'ValidationException');
  }
});
