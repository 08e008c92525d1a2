import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';

test('a statement of a key policy without Action or Resource is taken, read back, and has no effect', async () => {
  const cloud = await testCloud();
  const { kms } = cloud.root;
  const own = { Effect: 'Allow', Principal: { AWS: cloud.managementAccount }, Action: 'kms:*', Resource: '*' };
  const other = await cloud.memberAccount('other');
  const stranger = await other.user(
    'stranger',
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}',
  );
  const policy = (...more: readonly object[]) => JSON.stringify({ Version: '2012-10-17', Statement: [own, ...more] });
  const all = { Effect: 'Allow', Principal: '*' };
  for (const lacking of [
    { ...all, Action: 'kms:*' },
    { ...all, Resource: '*' },
    { ...all, Effect: 'Deny', Resource: '*' },
  ]) {
    const Policy = policy(lacking);
    const { KeyId, Arn } = (await kms.createKey({ Policy })).KeyMetadata!;
    assert.equal((await kms.getKeyPolicy({ KeyId })).Policy, Policy);
    await assert.rejects(stranger.kms.describeKey({ KeyId: Arn }), { name: 'AccessDeniedException' });
    await kms.putKeyPolicy({ KeyId, Policy: policy({ ...all, Action: 'kms:DescribeKey', Resource: '*' }) });
    await stranger.kms.describeKey({ KeyId: Arn });
    await kms.putKeyPolicy({ KeyId, Policy });
    await assert.rejects(stranger.kms.describeKey({ KeyId: Arn }), { name: 'AccessDeniedException' });
  }
  const malformed = { name: 'MalformedPolicyDocumentException' };
  await assert.rejects(kms.createKey({ Policy: policy({ ...all, Resource: '*', Action: 'nonsense' }) }), malformed);
  await assert.rejects(
    kms.createKey({ Policy: policy({ ...all, Resource: '*' }, { ...own, Effect: 'Maybe' }) }),
    malformed,
  );
  const nothing = JSON.stringify({ Version: '2012-10-17', Statement: { ...own, Action: undefined } });
  await assert.rejects(kms.createKey({ Policy: nothing }), malformed, 'it would lock everybody out');
  const asked = { Policy: nothing, BypassPolicyLockoutSafetyCheck: true };
  const { KeyId } = (await kms.createKey(asked)).KeyMetadata!;
  await assert.rejects(kms.describeKey({ KeyId }), { name: 'AccessDeniedException' });
});
