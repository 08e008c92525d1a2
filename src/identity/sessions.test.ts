import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Session } from '../core/context.ts';
import { secretsUnder } from '../core/secrets.ts';
import { callerOf, openSession, sealSession } from './sessions.ts';

const secrets = secretsUnder(Buffer.alloc(32, 1));
const nonce = Buffer.alloc(12, 2);
const session: Session = {
  kind: 'AssumedRole',
  accessKeyId: 'ASIA',
  secretAccessKey: 'secret',
  account: '111122223333',
  issued: 1,
  expires: 2,
  name: 'run',
  principalId: 'AROAEXAMPLE',
  principalName: 'Job',
  principalArn: 'arn:aws:iam::111122223333:role/team/Job',
};

test('openSession reads what sealSession made, of any size, and nothing else', () => {
  for (const policies of [[], ['p'.repeat(2048)], ['é'.repeat(700)]]) {
    for (const lengthMin of [0, 1000, 4095, 4096]) {
      const token = sealSession(secrets, { ...session, policies }, nonce, lengthMin);
      assert.ok(token.length >= lengthMin && token.length <= Math.max(lengthMin + 1, 4096));
      assert.deepEqual(openSession(secrets, token), { ...session, policies });
    }
  }
  assert.equal(openSession(secretsUnder(Buffer.alloc(32, 3)), sealSession(secrets, session, nonce)), undefined);
});

test('openSession believes no token that was changed', () => {
  const token = sealSession(secrets, session, nonce, 1200);
  const property = fc.property(
    fc.nat(token.length - 1),
    fc.string({ maxLength: 4 }),
    fc.nat(3),
    (at, insert, remove) => {
      const changed = token.slice(0, at) + insert + token.slice(at + remove);
      assert.equal(openSession(secrets, changed) !== undefined, changed === token);
    },
  );
  fc.assert(property);
  for (const pad of [0, 1, 2, 3, 4, 5]) {
    const one = sealSession(secrets, { ...session, name: 'n'.repeat(pad + 1) }, nonce);
    assert.ok(openSession(secrets, one));
    for (const odd of ['x', '=', '\n', '.', 'xxxx']) assert.equal(openSession(secrets, `${one}${odd}`), undefined);
    const last = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const others = [...last].filter((each) => openSession(secrets, `${one.slice(0, -1)}${each}`) !== undefined);
    assert.deepEqual(others, [one.at(-1)], 'also of bits that say nothing');
  }
  assert.equal(openSession(secrets, ''), undefined);
});

test('callerOf says who acts in each kind of session', () => {
  const { principalName, ...nameless } = session;
  const cases: [Session, string, string, string][] = [
    [session, 'AssumedRole', 'arn:aws:sts::111122223333:assumed-role/Job/run', 'AROAEXAMPLE:run'],
    [
      { ...session, kind: 'FederatedUser' },
      'FederatedUser',
      'arn:aws:sts::111122223333:federated-user/run',
      '111122223333:run',
    ],
    [{ ...session, kind: 'SessionToken' }, 'User', session.principalArn, 'AROAEXAMPLE'],
    [{ ...nameless, kind: 'SessionToken' }, 'Root', 'arn:aws:iam::111122223333:root', '111122223333'],
    [{ ...nameless, kind: 'AssumedRoot' }, 'Root', 'arn:aws:iam::111122223333:root', '111122223333'],
  ];
  for (const [one, type, arn, userId] of cases) {
    const caller = callerOf(one);
    assert.deepEqual([caller.type, caller.arn, caller.userId, caller.session], [type, arn, userId, one]);
  }
  assert.equal(principalName, 'Job');
});
