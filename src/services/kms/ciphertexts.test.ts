import assert from 'node:assert/strict';
import { createSecretKey, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { backingOf, openBlob, sealBlob } from './ciphertexts.ts';

const key = createSecretKey(Buffer.alloc(32, 7));
const backing = 'ab'.repeat(16);
const plaintexts = fc.uint8Array({ minLength: 1, maxLength: 4096 });
const contexts = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), { maxKeys: 6 });
const opened = (blob: Uint8Array, context: Record<string, string>) => openBlob(key, blob, context);

test('what is sealed opens in the same context, in any order', () => {
  fc.assert(
    fc.property(plaintexts, contexts, (plain, context) => {
      const blob = sealBlob(key, backing, plain, context, randomBytes);
      const turned = Object.fromEntries(Object.entries(context).reverse());
      assert.deepEqual(Buffer.from(opened(blob, turned)!), Buffer.from(plain));
      assert.equal(backingOf(blob), backing);
      assert.ok(blob.length <= 6144);
    }),
  );
});

test('no other context opens it', () => {
  fc.assert(
    fc.property(contexts, contexts, (context, other) => {
      const canonical = (c: object) => JSON.stringify(Object.entries(c).sort(([a], [b]) => (a < b ? -1 : 1)));
      fc.pre(canonical(context) !== canonical(other));
      const blob = sealBlob(key, backing, Buffer.from('x'), context, randomBytes);
      assert.equal(opened(blob, other), undefined);
    }),
  );
});

test('names and values do not run into each other', () => {
  const blob = sealBlob(key, backing, Buffer.from('x'), { ab: 'c' }, randomBytes);
  for (const other of [{ a: 'bc' }, { abc: '' }, { '': 'abc' }, { ab: 'c', '': '' }]) {
    assert.equal(opened(blob, other), undefined);
  }
});

test('no bytes at all crash the reader, and none but ours open', () => {
  const least: Record<number, number> = { 1: 61, 2: 47, 3: 49 };
  const versions = fc.oneof({ weight: 9, arbitrary: fc.constantFrom(1, 2, 3) }, { weight: 1, arbitrary: fc.nat(255) });
  fc.assert(
    fc.property(versions, fc.uint8Array({ minLength: 40, maxLength: 300 }), (version, rest) => {
      const bytes = Buffer.concat([Buffer.from([version]), rest]);
      const name = backingOf(bytes);
      assert.equal(name !== undefined, bytes.length > (least[version] ?? Number.POSITIVE_INFINITY));
      if (name !== undefined) assert.equal(opened(bytes, {}), undefined);
    }),
  );
});
