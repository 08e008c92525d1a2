import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ADMIN, testCloud } from '../../testing/cloud.ts';

const bytes = (text: string) => new Uint8Array(Buffer.from(text));
const text = (value: Uint8Array | undefined) => Buffer.from(value ?? []).toString();

test('CreateKey makes a symmetric key that DescribeKey and ListKeys show', async () => {
  const { root, managementAccount } = await testCloud();
  const { KeyMetadata } = await root.kms.createKey({ Description: 'mine', Tags: [{ TagKey: 'a', TagValue: 'b' }] });
  const { KeyId, Arn, CreationDate, CurrentKeyMaterialId, ...rest } = KeyMetadata!;
  assert.match(KeyId!, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  assert.equal(Arn, `arn:aws:kms:us-east-1:${managementAccount}:key/${KeyId}`);
  assert.match(CurrentKeyMaterialId!, /^[0-9a-f]{64}$/);
  assert.equal(CreationDate!.toISOString(), '2030-01-01T00:00:00.000Z');
  assert.deepEqual(rest, {
    AWSAccountId: managementAccount,
    CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT',
    Description: 'mine',
    Enabled: true,
    EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
    KeyManager: 'CUSTOMER',
    KeySpec: 'SYMMETRIC_DEFAULT',
    KeyState: 'Enabled',
    KeyUsage: 'ENCRYPT_DECRYPT',
    MultiRegion: false,
    Origin: 'AWS_KMS',
  });
  assert.deepEqual((await root.kms.describeKey({ KeyId: Arn! })).KeyMetadata, KeyMetadata);
  const listed = await root.kms.listKeys({});
  assert.deepEqual(listed.Keys, [{ KeyId, KeyArn: Arn }]);
  assert.equal(listed.Truncated, false);
  const tags = await root.kms.listResourceTags({ KeyId: KeyId! });
  assert.deepEqual(tags.Tags, [{ TagKey: 'a', TagValue: 'b' }]);
});

test('Encrypt and Decrypt agree, whatever the order of the encryption context', async () => {
  const { root } = await testCloud();
  const { KeyMetadata } = await root.kms.createKey({});
  const KeyId = KeyMetadata!.KeyId!;
  const EncryptionContext = { b: '2', a: '1', ä: '3' };
  const sealed = await root.kms.encrypt({ KeyId, Plaintext: bytes('secret'), EncryptionContext });
  assert.equal(sealed.KeyId, KeyMetadata!.Arn);
  assert.equal(sealed.EncryptionAlgorithm, 'SYMMETRIC_DEFAULT');
  const opened = await root.kms.decrypt({
    CiphertextBlob: sealed.CiphertextBlob!,
    EncryptionContext: { ä: '3', a: '1', b: '2' },
  });
  assert.equal(text(opened.Plaintext), 'secret');
  assert.equal(opened.KeyId, KeyMetadata!.Arn);
  assert.equal(opened.KeyMaterialId, KeyMetadata!.CurrentKeyMaterialId);
  for (const wrong of [undefined, {}, { a: '1', b: '2' }, { a: '1', b: '2', ä: '4' }, { a: '1', b: '2', Ä: '3' }]) {
    await assert.rejects(
      root.kms.decrypt({ CiphertextBlob: sealed.CiphertextBlob!, ...(wrong && { EncryptionContext: wrong }) }),
      { name: 'InvalidCiphertextException' },
    );
  }
  const again = await root.kms.encrypt({ KeyId, Plaintext: bytes('secret'), EncryptionContext });
  assert.notDeepEqual(again.CiphertextBlob, sealed.CiphertextBlob);
});

test('half a character in the encryption context is refused: no other context may stand for it', async () => {
  const { kms } = (await testCloud()).root;
  const { KeyId } = (await kms.createKey({})).KeyMetadata!;
  const Plaintext = bytes('x');
  const whole = { '\u{1f511}': '\ufffd' };
  const { CiphertextBlob } = await kms.encrypt({ KeyId, Plaintext, EncryptionContext: whole });
  assert.deepEqual((await kms.decrypt({ CiphertextBlob, EncryptionContext: whole })).Plaintext, Plaintext);
  for (const EncryptionContext of [{ '\ud83d': 'x' }, { '\u{1f511}': '\ud800' }]) {
    const refused = { name: 'ValidationException' };
    await assert.rejects(kms.encrypt({ KeyId, Plaintext, EncryptionContext }), refused);
    await assert.rejects(kms.decrypt({ CiphertextBlob, EncryptionContext }), refused);
  }
});

test('Encrypt takes 4,096 bytes and no more', async () => {
  const { root } = await testCloud();
  const { KeyMetadata } = await root.kms.createKey({});
  const KeyId = KeyMetadata!.KeyId!;
  const most = await root.kms.encrypt({ KeyId, Plaintext: new Uint8Array(4096) });
  assert.equal((await root.kms.decrypt({ CiphertextBlob: most.CiphertextBlob! })).Plaintext!.length, 4096);
  await assert.rejects(root.kms.encrypt({ KeyId, Plaintext: new Uint8Array(4097) }), { name: 'ValidationException' });
  const EncryptionContext = { a: 'x'.repeat(8192) };
  await assert.rejects(root.kms.encrypt({ KeyId, Plaintext: bytes('x'), EncryptionContext }), {
    name: 'ValidationException',
  });
});

test('Decrypt answers every damaged blob with the same error', async () => {
  const [cloud, other] = [await testCloud(), await testCloud({ seed: 'another plane' })];
  const { root } = cloud;
  const { KeyMetadata } = await root.kms.createKey({});
  const KeyId = KeyMetadata!.KeyId!;
  const { CiphertextBlob } = await root.kms.encrypt({ KeyId, Plaintext: bytes('0123456789') });
  const blob = Buffer.from(CiphertextBlob!);
  const foreign = await other.root.kms.createKey({});
  const elsewhere = await other.root.kms.encrypt({
    KeyId: foreign.KeyMetadata!.KeyId!,
    Plaintext: bytes('0123456789'),
  });
  const damaged: Uint8Array[] = [elsewhere.CiphertextBlob!, Buffer.concat([blob, blob]), Buffer.from('x')];
  for (let i = 0; i < blob.length; i++) {
    const changed = Buffer.from(blob);
    changed[i] = changed[i]! ^ (1 << (i % 8));
    damaged.push(changed);
    if (i > 0) damaged.push(blob.subarray(0, i), blob.subarray(i));
  }
  damaged.push(Buffer.concat([blob, Buffer.alloc(1)]), Buffer.concat([Buffer.alloc(1), blob]));
  const words = new Set<string>();
  for (const bad of damaged) {
    for (const named of [{}, { KeyId }]) {
      const error = await root.kms.decrypt({ CiphertextBlob: bad, ...named }).then(
        () => assert.fail('A damaged blob was opened.'),
        (e: Error) => e,
      );
      words.add(`${error.name}: ${error.message}`);
    }
  }
  assert.deepEqual(
    [...words].map((line) => line.split(':')[0]),
    ['InvalidCiphertextException'],
  );
});

test('Decrypt with another key is IncorrectKeyException', async () => {
  const { root } = await testCloud();
  const one = (await root.kms.createKey({})).KeyMetadata!.KeyId!;
  const two = (await root.kms.createKey({})).KeyMetadata!.KeyId!;
  const { CiphertextBlob } = await root.kms.encrypt({ KeyId: one, Plaintext: bytes('x') });
  await assert.rejects(root.kms.decrypt({ CiphertextBlob: CiphertextBlob!, KeyId: two }), {
    name: 'IncorrectKeyException',
    message: 'The key ID in the request does not identify a CMK that can perform this operation.',
  });
});

test('ReEncrypt moves a ciphertext to another key and context', async () => {
  const { root } = await testCloud();
  const from = (await root.kms.createKey({})).KeyMetadata!;
  const to = (await root.kms.createKey({})).KeyMetadata!;
  const sealed = await root.kms.encrypt({ KeyId: from.KeyId!, Plaintext: bytes('x'), EncryptionContext: { a: '1' } });
  const moved = await root.kms.reEncrypt({
    CiphertextBlob: sealed.CiphertextBlob!,
    SourceEncryptionContext: { a: '1' },
    DestinationKeyId: to.KeyId!,
    DestinationEncryptionContext: { b: '2' },
  });
  assert.equal(moved.SourceKeyId, from.Arn);
  assert.equal(moved.KeyId, to.Arn);
  const opened = await root.kms.decrypt({ CiphertextBlob: moved.CiphertextBlob!, EncryptionContext: { b: '2' } });
  assert.equal(opened.KeyId, to.Arn);
  assert.equal(text(opened.Plaintext), 'x');
});

test('GenerateDataKey gives a key and its ciphertext', async () => {
  const { root } = await testCloud();
  const KeyId = (await root.kms.createKey({})).KeyMetadata!.KeyId!;
  const made = await root.kms.generateDataKey({ KeyId, KeySpec: 'AES_256' });
  assert.equal(made.Plaintext!.length, 32);
  assert.deepEqual((await root.kms.decrypt({ CiphertextBlob: made.CiphertextBlob! })).Plaintext, made.Plaintext);
  const hidden = await root.kms.generateDataKeyWithoutPlaintext({ KeyId, NumberOfBytes: 64 });
  assert.ok(!('Plaintext' in hidden));
  assert.equal((await root.kms.decrypt({ CiphertextBlob: hidden.CiphertextBlob! })).Plaintext!.length, 64);
  await assert.rejects(root.kms.generateDataKey({ KeyId }), {
    name: 'ValidationException',
    message: 'Please specify either number of bytes or key spec.',
  });
  assert.equal((await root.kms.generateRandom({ NumberOfBytes: 17 })).Plaintext!.length, 17);
  await assert.rejects(root.kms.generateRandom({}), { message: 'NumberOfBytes is required.' });
});

test('an alias stands for its key, and can be moved and deleted', async () => {
  const { root, managementAccount } = await testCloud();
  const one = (await root.kms.createKey({})).KeyMetadata!.KeyId!;
  const two = (await root.kms.createKey({})).KeyMetadata!.KeyId!;
  const AliasName = 'alias/app/main';
  await root.kms.createAlias({ AliasName, TargetKeyId: one });
  assert.equal((await root.kms.describeKey({ KeyId: AliasName })).KeyMetadata!.KeyId, one);
  await root.kms.updateAlias({ AliasName, TargetKeyId: two });
  const AliasArn = `arn:aws:kms:us-east-1:${managementAccount}:${AliasName}`;
  assert.equal((await root.kms.describeKey({ KeyId: AliasArn })).KeyMetadata!.KeyId, two);
  const { Aliases } = await root.kms.listAliases({ KeyId: two });
  assert.deepEqual(
    Aliases!.map((alias) => [alias.AliasName, alias.AliasArn, alias.TargetKeyId]),
    [[AliasName, AliasArn, two]],
  );
  await assert.rejects(root.kms.createAlias({ AliasName, TargetKeyId: one }), { name: 'AlreadyExistsException' });
  await assert.rejects(root.kms.createAlias({ AliasName: 'alias/aws/mine', TargetKeyId: one }), {
    name: 'InvalidAliasNameException',
  });
  await root.kms.deleteAlias({ AliasName });
  await assert.rejects(root.kms.describeKey({ KeyId: AliasName }), {
    name: 'NotFoundException',
    message: `Alias ${AliasArn} is not found.`,
  });
});

test('the key policy is the root of trust', async () => {
  const cloud = await testCloud();
  const { root, managementAccount } = cloud;
  const alice = await cloud.user('alice');
  const admin = await cloud.user('admin', ADMIN);
  const KeyId = (await root.kms.createKey({})).KeyMetadata!.KeyId!;
  const Plaintext = bytes('x');
  await assert.rejects(alice.kms.encrypt({ KeyId, Plaintext }), { name: 'AccessDeniedException' });
  await admin.kms.encrypt({ KeyId, Plaintext });
  const policy = (principals: string[]) =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { AWS: principals }, Action: 'kms:*', Resource: '*' }],
    });
  const arn = (path: string) => `arn:aws:iam::${managementAccount}:${path}`;
  await assert.rejects(root.kms.putKeyPolicy({ KeyId, Policy: policy([arn('user/alice')]) }), {
    name: 'MalformedPolicyDocumentException',
    message: 'The new key policy will not allow you to update the key policy in the future.',
  });
  const Policy = policy([arn('user/alice')]);
  await root.kms.putKeyPolicy({ KeyId, Policy, BypassPolicyLockoutSafetyCheck: true });
  await alice.kms.encrypt({ KeyId, Plaintext });
  for (const shutOut of [admin, root]) {
    await assert.rejects(shutOut.kms.encrypt({ KeyId, Plaintext }), { name: 'AccessDeniedException' });
  }
  assert.equal((await alice.kms.getKeyPolicy({ KeyId, PolicyName: 'default' })).Policy, Policy);
  assert.deepEqual((await alice.kms.listKeyPolicies({ KeyId })).PolicyNames, ['default']);
  await assert.rejects(alice.kms.putKeyPolicy({ KeyId, Policy: policy([arn('user/nobody')]) }), {
    name: 'MalformedPolicyDocumentException',
    message: 'Policy contains a statement with one or more invalid principals.',
  });
});

test('the lockout check knows what the next request would carry', async () => {
  const cloud = await testCloud();
  const { kms, organizations } = cloud.root;
  const { Organization } = await organizations.createOrganization({});
  const AWS = `arn:aws:iam::${cloud.managementAccount}:root`;
  const put = (Condition: object) => {
    const Statement = { Effect: 'Allow', Principal: { AWS }, Action: 'kms:*', Resource: '*', Condition };
    return kms.createKey({ Policy: JSON.stringify({ Version: '2012-10-17', Statement }) });
  };
  for (const condition of [
    { StringEquals: { 'aws:PrincipalOrgID': Organization!.Id } },
    { StringLike: { 'aws:PrincipalOrgPaths': `${Organization!.Id}/*` } },
    { StringEquals: { 'aws:PrincipalType': 'Account', 'aws:ResourceAccount': cloud.managementAccount } },
    { Bool: { 'aws:ViaAWSService': 'false', 'aws:PrincipalIsAWSService': 'false', 'aws:SecureTransport': 'false' } },
    { DateGreaterThan: { 'aws:CurrentTime': '2029-01-01T00:00:00Z' } },
  ]) {
    await put(condition);
  }
  for (const condition of [
    { StringEquals: { 'aws:PrincipalOrgID': 'o-elsewhere0' } },
    { Bool: { 'aws:MultiFactorAuthPresent': 'true' } },
    { DateGreaterThan: { 'aws:CurrentTime': '2031-01-01T00:00:00Z' } },
  ]) {
    await assert.rejects(put(condition), { name: 'MalformedPolicyDocumentException', message: /in the future/ });
  }
});

test('a key that is missing is not found by those who may look, and denied to all others', async () => {
  const cloud = await testCloud();
  const alice = await cloud.user('alice');
  const KeyId = '00000000-0000-4000-8000-000000000000';
  await assert.rejects(cloud.root.kms.describeKey({ KeyId }), {
    name: 'NotFoundException',
    message: `Key 'arn:aws:kms:us-east-1:${cloud.managementAccount}:key/${KeyId}' does not exist`,
  });
  await assert.rejects(alice.kms.describeKey({ KeyId }), { name: 'AccessDeniedException' });
  await assert.rejects(cloud.root.kms.describeKey({ KeyId: 'what' }), { message: "Invalid keyId 'what'" });
});

test('a key can be disabled, enabled, scheduled for deletion, kept, and deleted', async () => {
  const cloud = await testCloud();
  const { kms } = cloud.root;
  const { KeyId, Arn } = (await kms.createKey({})).KeyMetadata!;
  const Plaintext = bytes('x');
  const { CiphertextBlob } = await kms.encrypt({ KeyId, Plaintext });
  await kms.disableKey({ KeyId: KeyId! });
  await assert.rejects(kms.encrypt({ KeyId, Plaintext }), {
    name: 'DisabledException',
    message: `${Arn} is disabled.`,
  });
  await kms.enableKey({ KeyId: KeyId! });
  await assert.rejects(kms.scheduleKeyDeletion({ KeyId: KeyId!, PendingWindowInDays: 6 }), {
    name: 'ValidationException',
  });
  const scheduled = await kms.scheduleKeyDeletion({ KeyId: KeyId!, PendingWindowInDays: 7 });
  assert.equal(scheduled.KeyId, Arn);
  assert.equal(scheduled.KeyState, 'PendingDeletion');
  assert.equal(scheduled.DeletionDate!.toISOString(), '2030-01-08T00:00:00.000Z');
  await assert.rejects(kms.decrypt({ CiphertextBlob: CiphertextBlob! }), {
    name: 'KMSInvalidStateException',
    message: `${Arn} is pending deletion.`,
  });
  await kms.cancelKeyDeletion({ KeyId: KeyId! });
  assert.equal((await kms.describeKey({ KeyId })).KeyMetadata!.KeyState, 'Disabled');
  await kms.createAlias({ AliasName: 'alias/gone', TargetKeyId: KeyId! });
  await kms.scheduleKeyDeletion({ KeyId: KeyId!, PendingWindowInDays: 7 });
  cloud.advance('P7D');
  await assert.rejects(kms.describeKey({ KeyId }), { name: 'NotFoundException' });
  assert.deepEqual((await kms.listKeys({})).Keys, []);
  assert.deepEqual((await kms.listAliases({})).Aliases, []);
  await assert.rejects(kms.decrypt({ CiphertextBlob: CiphertextBlob! }), { name: 'InvalidCiphertextException' });
});

test('tags are kept, refused and condition access', async () => {
  const cloud = await testCloud();
  const { kms } = cloud.root;
  const KeyId = (await kms.createKey({})).KeyMetadata!.KeyId!;
  await kms.tagResource({ KeyId, Tags: [{ TagKey: 'team', TagValue: 'red' }] });
  await assert.rejects(kms.tagResource({ KeyId, Tags: [{ TagKey: 'aws:x', TagValue: '' }] }), {
    name: 'TagException',
    message: 'Tags beginning with aws: are reserved',
  });
  const tagged = { Effect: 'Allow', Action: 'kms:Encrypt', Resource: '*' };
  const when = (team: string) => ({
    Version: '2012-10-17',
    Statement: { ...tagged, Condition: { StringEquals: { 'aws:ResourceTag/team': team } } },
  });
  const red = await cloud.user('red', when('red'));
  const blue = await cloud.user('blue', when('blue'));
  await red.kms.encrypt({ KeyId, Plaintext: bytes('x') });
  await assert.rejects(blue.kms.encrypt({ KeyId, Plaintext: bytes('x') }), { name: 'AccessDeniedException' });
  await kms.untagResource({ KeyId, TagKeys: ['team'] });
  assert.deepEqual((await kms.listResourceTags({ KeyId })).Tags, []);
});

test('encryption context and alias condition access', async () => {
  const cloud = await testCloud();
  const { kms } = cloud.root;
  const KeyId = (await kms.createKey({})).KeyMetadata!.KeyId!;
  await kms.createAlias({ AliasName: 'alias/app', TargetKeyId: KeyId });
  const allowed = (condition: object) => ({
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Action: 'kms:*', Resource: '*', Condition: { StringEquals: condition } },
  });
  const byContext = await cloud.user('context', allowed({ 'kms:EncryptionContext:app': 'shop' }));
  const byAlias = await cloud.user('alias', allowed({ 'kms:RequestAlias': 'alias/app' }));
  const Plaintext = bytes('x');
  await byContext.kms.encrypt({ KeyId, Plaintext, EncryptionContext: { app: 'shop', more: '1' } });
  await byAlias.kms.encrypt({ KeyId: 'alias/app', Plaintext });
  await byAlias.kms.encrypt({ KeyId: `arn:aws:kms:us-east-1:${cloud.managementAccount}:alias/app`, Plaintext });
  for (const refused of [
    () => byContext.kms.encrypt({ KeyId, Plaintext }),
    () => byContext.kms.encrypt({ KeyId, Plaintext, EncryptionContext: { app: 'bank' } }),
    () => byAlias.kms.encrypt({ KeyId, Plaintext }),
  ]) {
    await assert.rejects(refused(), { name: 'AccessDeniedException' });
  }
});

test('a dry run says what would have been, and checks everything first', async () => {
  const cloud = await testCloud();
  const { kms } = cloud.root;
  const KeyId = (await kms.createKey({})).KeyMetadata!.KeyId!;
  const words = 'The request would have succeeded, but the DryRun option is set.';
  await assert.rejects(kms.generateDataKey({ KeyId, KeySpec: 'AES_256', DryRun: true }), {
    name: 'DryRunOperationException',
    message: words,
  });
  await assert.rejects(kms.decrypt({ KeyId, CiphertextBlob: bytes('x'), DryRun: true }), {
    name: 'InvalidCiphertextException',
  });
  const ignoring = { KeyId, DryRun: true, DryRunModifiers: ['IGNORE_CIPHERTEXT' as const] };
  await assert.rejects(kms.decrypt({ ...ignoring, CiphertextBlob: undefined }), { name: 'DryRunOperationException' });
});
