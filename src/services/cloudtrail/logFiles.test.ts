import assert from 'node:assert/strict';
import { createHash, createPublicKey, createVerify, generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { digestName, signedDigest } from './digestFiles.ts';
import { logEventsOf, newLogBatch, noteLine, packedBatch } from './logBatches.ts';
import { addRecord, fileName, newLogFile, packed } from './logFiles.ts';

test('a log file is one gzip of {"Records":[…]}, with the hash of what is within', async () => {
  const file = newLogFile();
  const bodies = Array.from({ length: 3000 }, (_, n) => JSON.stringify({ eventID: n, text: 'é'.repeat(50) }));
  for (const [n, body] of bodies.entries()) addRecord(file, body, 1000 + n);
  const { data, hash } = await packed(file);
  const content = gunzipSync(data);
  assert.deepEqual(JSON.parse(content.toString()), { Records: bodies.map((body) => JSON.parse(body)) });
  assert.equal(hash, createHash('sha256').update(content).digest('hex'));
  assert.deepEqual([file.count, file.oldest, file.newest, file.bytes], [3000, 1000, 3999, content.length]);
});

test('files and digests have the names that CloudTrail gives them', () => {
  const place = { account: '111122223333', region: 'us-east-2' };
  const name = fileName(place, 'CloudTrail', new Date('2015-08-17T14:45:59Z'), { random: (n) => new Uint8Array(n) });
  assert.equal(name, 'us-east-2/2015/08/17/111122223333_CloudTrail_us-east-2_20150817T1445Z_AAAAAAAAAAAAAAAA.json.gz');
  assert.equal(
    digestName(
      { name: 'your-trail', region: 'us-east-1' },
      '111122223333',
      'us-east-2',
      Date.UTC(2015, 7, 17, 15, 1, 31),
    ),
    'us-east-2/2015/08/17/111122223333_CloudTrail-Digest_us-east-2_your-trail_us-east-1_20150817T150131Z.json.gz',
  );
});

test('a digest is signed as CloudTrail documents it, and the next one names it', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const common = { account: '111122223333', bucket: 'logs', fingerprint: 'ff', files: [] };
  const first = { ...common, start: 0, end: 3_600_000, key: 'first', previous: undefined };
  const one = await signedDigest(first, privateKey);
  const chain = { trail: 'arn', account: '111122223333', region: 'us-east-1', bucket: 'logs', key: 'first', ...one };
  const file = { bucket: 'logs', key: 'a file', hash: 'aa', oldest: 3_601_000, newest: 3_602_000 };
  const second = { ...common, start: 3_600_000, end: 7_200_000, key: 'second', previous: chain, files: [file] };
  const two = await signedDigest(second, privateKey);
  const digest = JSON.parse(gunzipSync(two.data).toString());
  assert.equal(digest.previousDigestSignature, one.signature);
  assert.equal(digest.previousDigestHashValue, createHash('sha256').update(gunzipSync(one.data)).digest('hex'));
  assert.equal(digest.oldestEventTime, '1970-01-01T01:00:01Z');
  const verified = (end: string, key: string, hash: string, previous: string, signature: string) =>
    createVerify('sha256')
      .update(`${end}\nlogs/${key}\n${hash}\n${previous}`)
      .verify(createPublicKey(publicKey.export({ format: 'pem', type: 'pkcs1' })), signature, 'hex');
  assert.equal(verified('1970-01-01T01:00:00Z', 'first', one.hash, 'null', one.signature), true);
  assert.equal(verified('1970-01-01T02:00:00Z', 'second', two.hash, one.signature, two.signature), true);
  assert.equal(verified('1970-01-01T02:00:00Z', 'other', two.hash, one.signature, two.signature), false);
  assert.equal(JSON.parse(gunzipSync(one.data).toString()).previousDigestSignature, null);
});

test('a batch of log events is what one PutLogEvents takes, in time order', async () => {
  const batch = newLogBatch();
  assert.equal(noteLine(batch, '{"b":2}', 2000), true);
  assert.equal(noteLine(batch, '{"a":1}', 1000), true);
  assert.deepEqual(await logEventsOf(await packedBatch(batch)), [
    { timestamp: 1000, message: '{"a":1}' },
    { timestamp: 2000, message: '{"b":2}' },
  ]);
  const long = 'x'.repeat(200_000);
  let taken = 0;
  while (noteLine(batch, long, 3000)) taken++;
  assert.equal(taken, 5);
  assert.equal(noteLine(batch, 'x'.repeat(300_000), 3000), true);
  assert.equal(batch.count, 7);
});
