import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ADMIN, testCloud } from '../../testing/cloud.ts';

test('CreateUser makes a user that reads back the same', async () => {
  const { root } = await testCloud();
  const tags = [{ Key: 'team', Value: 'blue' }];
  const { User } = await root.iam.createUser({ UserName: 'alice', Path: '/dev/', Tags: tags });
  assert.equal(User?.Arn, 'arn:aws:iam::111122223333:user/dev/alice');
  assert.match(User?.UserId ?? '', /^AIDA[A-Z2-7]{17}$/);
  const read = await root.iam.getUser({ UserName: 'ALICE' });
  assert.deepEqual(read.User, User);
});
