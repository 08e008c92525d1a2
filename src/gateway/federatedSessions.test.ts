// A federated user is met by policies that name the IAM user behind the session, within the session policies.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GetFederationTokenCommand } from '@aws-sdk/client-sts';
import { testCloud } from '../testing/cloud.ts';

const allow = (Action: string, Principal?: object) => ({ Effect: 'Allow', Action, Resource: '*', ...Principal });
const policy = (...Statement: object[]) => JSON.stringify({ Version: '2012-10-17', Statement });

test('a key policy that names a user permits its federated sessions what their session policy allows', async () => {
  const cloud = await testCloud();
  const account = cloud.managementAccount;
  const app = await cloud.user('token-app', policy(allow('sts:GetFederationToken')));
  const named = (name: string) => ({ Principal: { AWS: `arn:aws:iam::${account}:${name}` } });
  const Policy = policy(allow('kms:*', named('root')), allow('kms:Encrypt', named('user/token-app')));
  const { KeyMetadata } = await cloud.root.kms.createKey({ Policy });
  const encrypts = async (session?: string) => {
    const asked = { Name: 'bob', ...(session && { Policy: session }) };
    const { Credentials } = await app.sts.send(new GetFederationTokenCommand(asked));
    const { AccessKeyId, SecretAccessKey, SessionToken } = Credentials!;
    const keys = { accessKeyId: AccessKeyId!, secretAccessKey: SecretAccessKey!, sessionToken: SessionToken! };
    const asking = cloud.as(keys).kms.encrypt({ KeyId: KeyMetadata!.KeyId!, Plaintext: Buffer.from('x') });
    return asking.then(
      () => true,
      (error: Error) => error.name !== 'AccessDeniedException',
    );
  };
  assert.equal(await encrypts(policy(allow('kms:Encrypt'))), true);
  assert.equal(await encrypts(policy(allow('kms:Decrypt'))), false);
  assert.equal(await encrypts(), false);
});
