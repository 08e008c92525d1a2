import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { taken } from './aggregated.ts';

const field = (number: number, bytes: Buffer) => Buffer.concat([Buffer.from([number * 8 + 2, bytes.length]), bytes]);

function aggregated(...texts: string[]): Buffer {
  const records = texts.map((text) => field(3, Buffer.concat([Buffer.from([8, 0]), field(3, Buffer.from(text))])));
  return withDigest(Buffer.concat([field(1, Buffer.from('key')), ...records]));
}

const withDigest = (message: Buffer) =>
  Buffer.concat([Buffer.from('f3899ac2', 'hex'), message, createHash('md5').update(message).digest()]);

test('What the producer library put together is taken apart', () => {
  assert.deepEqual(taken(aggregated('one', '', 'two')).map(String), ['one', '', 'two']);
  assert.deepEqual(taken(Buffer.from('plain')).map(String), ['plain']);
});

test('What only looks so stays whole', () => {
  const broken = aggregated('one');
  broken[10] = broken[10]! ^ 1;
  const strange = [
    broken,
    withDigest(Buffer.from([0x1b])),
    withDigest(Buffer.from([0x1a, 0xff])),
    withDigest(Buffer.from([0x1a, 9, 1])),
    withDigest(Buffer.alloc(200_002, Buffer.from([0x1a, 0]))),
  ];
  for (const bytes of strange) assert.deepEqual(taken(bytes), [bytes]);
});
