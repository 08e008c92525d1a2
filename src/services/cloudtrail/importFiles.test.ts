import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { recordsIn } from './importFiles.ts';

async function* pieces(bytes: Uint8Array) {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}

async function read(text: string): Promise<object[]> {
  const found: object[] = [];
  for await (const record of await recordsIn(pieces(gzipSync(text)))) found.push(record);
  return found;
}

test('records are those that JSON knows, however they are written', async () => {
  const record = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue());
  const property = fc.asyncProperty(fc.array(record), fc.constantFrom(0, 1, '\t'), async (Records, space) => {
    assert.deepEqual(await read(JSON.stringify({ Records }, undefined, space)), JSON.parse(JSON.stringify(Records)));
  });
  await fc.assert(property);
});

test('of a file that is no log file nothing is told', async () => {
  for (const [text, sentence] of [
    ['', /no Records/],
    ['{"Other":[]}', /no Records/],
    ['{"Records":{}}', /no Records/],
    ['{"Records":[{}', /ends within/],
    ['{"Records":[{"a":"]}', /ends within/],
    ['{"Records":[{},]}', /JSON/],
    ['{"Records":[{}{}]}', /JSON/],
    ['{"Records":[{"a":1}, 7]}', /no object/],
    ['{"Records":[null]}', /no object/],
  ] as const) {
    await assert.rejects(read(text), sentence, text);
  }
  const large = recordsIn(pieces(new Uint8Array(33 * 1024 * 1024)));
  await assert.rejects(large, /larger than/);
  const bomb = `{"Records":[${' '.repeat(129 * 1024 * 1024)}]}`;
  await assert.rejects(read(bomb), /larger than/);
});

test('a large file lets others have their turn', async () => {
  const text = `{"Records":[${Array.from({ length: 100_000 }, (_, n) => `{"eventID":"${n}","padding":"${'x'.repeat(90)}"}`)}]}`;
  let turns = 0;
  const others = setInterval(() => turns++, 0);
  const found = await read(text);
  clearInterval(others);
  assert.equal(found.length, 100_000);
  assert.ok(turns >= 5, String(turns));
});
