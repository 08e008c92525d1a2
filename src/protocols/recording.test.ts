import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as iam from '@aws-sdk/client-iam';
import * as kms from '@aws-sdk/client-kms';
import { serviceOf } from './loopback.ts';
import { recordInput, recordOutput } from './recording.ts';

const users = serviceOf('iam', iam, { protocols: ['awsQuery'] });
const keys = serviceOf('kms', kms, { protocols: ['awsJson1_1'], target: 'TrentService' });

test('recordInput hides secrets, lowers the first letter and leaves map keys alone', () => {
  assert.deepEqual(
    recordInput(users, 'CreateLoginProfile', { UserName: 'u', Password: 'p', PasswordResetRequired: true }),
    {
      userName: 'u',
      password: 'HIDDEN_DUE_TO_SECURITY_REASONS',
      passwordResetRequired: true,
    },
  );
  const input = { KeyId: 'k', Plaintext: new Uint8Array([1]), EncryptionContext: { Dept: 'A' } };
  assert.deepEqual(recordInput(keys, 'Encrypt', input), { keyId: 'k', encryptionContext: { Dept: 'A' } });
});

test('recordOutput leaves secrets out and writes dates as query services do', () => {
  const AccessKey = {
    UserName: 'u',
    AccessKeyId: 'AKIA',
    Status: 'Active',
    SecretAccessKey: 's',
    CreateDate: new Date('2030-01-01T13:05:00Z'),
  };
  const accessKey = { userName: 'u', accessKeyId: 'AKIA', status: 'Active', createDate: 'Jan 1, 2030, 1:05:00 PM' };
  assert.deepEqual(recordOutput(users, 'CreateAccessKey', { AccessKey }), { accessKey });
  const midnight = { User: { Path: '/', UserName: 'u', UserId: 'i', Arn: 'a', CreateDate: new Date('2030-01-01') } };
  assert.deepEqual(recordOutput(users, 'CreateUser', midnight), {
    user: { path: '/', userName: 'u', userId: 'i', arn: 'a', createDate: 'Jan 1, 2030, 12:00:00 AM' },
  });
});

test('recordOutput writes dates of JSON services as ISO, and no blobs', () => {
  const KeyMetadata = { KeyId: 'k', CreationDate: new Date('2030-01-01T00:00:00Z') };
  assert.deepEqual(recordOutput(keys, 'CreateKey', { KeyMetadata }), {
    keyMetadata: { keyId: 'k', creationDate: '2030-01-01T00:00:00Z' },
  });
  assert.deepEqual(recordOutput(keys, 'Encrypt', { KeyId: 'k', CiphertextBlob: new Uint8Array(3) }), { keyId: 'k' });
});

test('recordOutput is null where there is nothing to write', () => {
  assert.equal(recordOutput(users, 'DeleteUser', {}), null);
  assert.equal(recordOutput(users, 'DeleteUser', undefined), null);
  assert.equal(recordInput(users, 'ListUsers', {}), null);
});
