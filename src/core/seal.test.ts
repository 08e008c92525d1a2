import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, test } from 'node:test';
import { noSoftHsm, softHsm } from '../testing/softHsm.ts';
import { type Opener, openerOf, openSeal, SealError, sealed, sealIn } from './seal.ts';
import { secretsUnder } from './secrets.ts';

const keys = [randomBytes(32), randomBytes(32)].map((key) => new Uint8Array(key));
const hsm = noSoftHsm ? undefined : softHsm();
after(() => hsm?.remove());

const passphrase: Opener = { kind: 'passphrase', passphrase: 'correct horse battery staple' };
const keyFile: Opener = { kind: 'key-file', key: randomBytes(32) };

const failure = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => assert.fail('it opened'),
    (error: unknown) => error,
  );
  assert.ok(error instanceof SealError, String(error));
  return error.why;
};

const opened = async (text: string, opener: Opener) => openSeal(sealIn(text), opener);

/** Opener → another one of its kind that must not open. */
const OPENERS: readonly (readonly [Opener, Opener])[] = [
  [passphrase, { kind: 'passphrase', passphrase: 'correct horse battery stable' }],
  [keyFile, { kind: 'key-file', key: randomBytes(32) }],
];

for (const [opener, other] of OPENERS) {
  test(`root keys sealed by a ${opener.kind} open by it and by nothing else`, async () => {
    const text = await sealed(keys, opener, randomBytes);
    assert.deepEqual(await opened(text, opener), keys);
    for (const key of keys) assert.ok(!text.includes(Buffer.from(key).toString('base64').slice(0, 40)));
    assert.equal(await failure(opened(text, other)), 'wrong');
    assert.equal(await failure(opened(text, { kind: 'none' })), 'missing');
    const nothing = { kind: opener.kind, passphrase: undefined, key: undefined } as unknown as Opener;
    assert.equal(await failure(opened(text, nothing)), 'missing');
    assert.equal(await failure(opened(text, opener.kind === 'passphrase' ? keyFile : passphrase)), 'wrong');
    assert.notEqual(await sealed(keys, opener, randomBytes), text, 'salt and nonce are new each time');
  });
}

test('a seal that was changed anywhere does not open', async () => {
  const seal = JSON.parse(await sealed(keys, keyFile, randomBytes)) as Record<string, unknown>;
  const changes = {
    rootKeyId: '0'.repeat(16),
    salt: 'AAAA',
    nonce: 'AAAAAAAAAAAAAAAA',
    sealed: 'AAAA',
    tokenKey: '00',
  };
  for (const [name, value] of Object.entries(changes)) {
    assert.equal(await failure(opened(JSON.stringify({ ...seal, [name]: value }), keyFile)), 'wrong', name);
  }
  const weak = JSON.parse(await sealed(keys, passphrase, randomBytes)) as { argon2id: object };
  const weaker = { ...weak, argon2id: { memoryKib: 8, passes: 1, parallelism: 1 } };
  assert.equal(await failure(opened(JSON.stringify(weaker), passphrase)), 'wrong');
  const endless = { ...weak, argon2id: { memoryKib: 2 ** 40, passes: 1, parallelism: 1 } };
  assert.equal(await failure(opened(JSON.stringify(endless), passphrase)), 'broken');
  for (const text of ['', 'x', '{', '{}', '{"gatehouse":1,"kind":"toString","nonce":"a","sealed":"b"}']) {
    assert.equal(await failure((async () => sealIn(text))()), 'broken', text);
  }
});

test('a root key in clear is what it always was', async () => {
  const text = await sealed([keys[0]!], { kind: 'none' }, randomBytes);
  assert.equal(text, `${Buffer.from(keys[0]!).toString('base64')}\n`);
  assert.deepEqual(await opened(text, { kind: 'none' }), [keys[0]]);
});

test('root keys sealed by a token open by it alone', { skip: noSoftHsm }, async () => {
  const address = hsm!.token('seal', '123456');
  const text = await sealed(keys, { kind: 'token', address, pin: '123456' }, randomBytes);
  assert.deepEqual(await opened(text, { kind: 'token', address, pin: '123456' }), keys);
  assert.equal(await failure(opened(text, { kind: 'token', address, pin: undefined })), 'missing');
  assert.equal(await failure(opened(text, { kind: 'token', address, pin: '654321' })), 'wrong');
  const other = hsm!.token('other', '123456');
  assert.equal(await failure(opened(text, { kind: 'token', address: other, pin: '123456' })), 'wrong');
});

test('settings that name two seals, or half of one, are refused', () => {
  assert.throws(() => openerOf({ passphrase: 'a', keyFile: 'b' }), SealError);
  assert.throws(() => openerOf({ module: 'a.so' }), SealError);
  assert.deepEqual(openerOf({}), { kind: 'none' });
  assert.deepEqual(openerOf({ passphraseFile: '/no/such/file' }), { kind: 'passphrase', passphrase: undefined });
});

test('what an older root key has sealed still opens; the newest one seals', () => {
  const [newest, older] = keys as [Uint8Array, Uint8Array];
  const nonce = createHash('sha256').update('nonce').digest().subarray(0, 12);
  const before = secretsUnder(older).seal('purpose', 'text', nonce);
  const both = secretsUnder(newest, older);
  assert.equal(both.open('purpose', before)?.toString(), 'text');
  assert.equal(
    secretsUnder(newest)
      .open('purpose', both.seal('purpose', 'text', nonce))
      ?.toString(),
    'text',
  );
  assert.equal(both.open('another', before), undefined);
});
