import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accountOfCanonicalUser, canonicalUserOf } from './canonicalUsers.ts';

test('A canonical user id is 64 digits that stand for one account', () => {
  for (const account of ['111122223333', '000000000001', '999999999999']) {
    const id = canonicalUserOf(account);
    assert.match(id, /^[0-9a-f]{64}$/);
    assert.equal(accountOfCanonicalUser(id), account);
  }
  assert.notEqual(canonicalUserOf('111122223333'), canonicalUserOf('111122223334'));
  assert.equal(accountOfCanonicalUser('a'.repeat(64)), undefined);
  assert.equal(accountOfCanonicalUser('x'), undefined);
});
