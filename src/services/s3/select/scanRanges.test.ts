/** Scan ranges and what is packed with bzip2, through the front door. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { InputSerialization, ScanRange } from '@aws-sdk/client-s3';
import { type Cloud, testCloud } from '../../../testing/cloud.ts';

const Bucket = 'a-bucket';
const Key = 'k';
const NAMED: InputSerialization = { CSV: { FileHeaderInfo: 'USE' } };
const PLAIN: InputSerialization = { CSV: {} };
/** Records begin at 0, 5, 9, 13. */
const rows = 'n,m\na,1\nb,2\nc,3';

describe('SelectObjectContent', () => {
  let cloud: Cloud;
  before(async () => {
    cloud = await testCloud();
    await cloud.root.s3.createBucket({ Bucket });
  });
  async function selected(Body: string | Buffer, InputSerialization: InputSerialization, ScanRange?: ScanRange) {
    await cloud.root.s3.putObject({ Bucket, Key, Body });
    const { Payload } = await cloud.root.s3.selectObjectContent({
      Bucket,
      Key,
      ExpressionType: 'SQL',
      Expression: InputSerialization === NAMED ? 'SELECT m FROM S3Object' : 'SELECT * FROM S3Object',
      InputSerialization,
      OutputSerialization: { CSV: {} },
      ...(ScanRange && { ScanRange }),
    });
    const texts: string[] = [];
    for await (const { Records } of Payload!) texts.push(Buffer.from(Records?.Payload ?? '').toString());
    return texts.join('');
  }

  const ranges: readonly (readonly [ScanRange, string])[] = [
    [{ Start: 0, End: 0 }, 'n,m\n'],
    [{ Start: 0, End: 3 }, 'n,m\n'],
    [{ Start: 0, End: 4 }, 'n,m\na,1\n'],
    [{ Start: 1, End: 4 }, 'a,1\n'],
    [{ Start: 4, End: 7 }, 'a,1\n'],
    [{ Start: 5, End: 7 }, ''],
    [{ Start: 5, End: 8 }, 'b,2\n'],
    [{ Start: 12 }, 'c,3\n'],
    [{ Start: 13 }, ''],
    [{ End: 3 }, 'c,3\n'],
    [{ End: 100 }, 'n,m\na,1\nb,2\nc,3\n'],
    [{ Start: 8, End: 1000 }, 'b,2\nc,3\n'],
  ];
  for (const [range, expected] of ranges) {
    test(`asks the records that begin within ${JSON.stringify(range)}`, async () => {
      assert.equal(await selected(rows, PLAIN, range), expected);
    });
  }
  test('knows the names of columns also behind them, and passes them over once', async () => {
    assert.equal(await selected(rows, NAMED, { Start: 9 }), '3\n');
    assert.equal(await selected(rows, NAMED, { Start: 0, End: 5 }), '1\n');
    const ignored: InputSerialization = { CSV: { FileHeaderInfo: 'IGNORE' } };
    assert.equal(await selected(rows, ignored, { Start: 1 }), 'a,1\nb,2\nc,3\n');
    assert.equal(await selected(rows, ignored, { Start: 0 }), 'a,1\nb,2\nc,3\n');
  });
  test('asks a large object once, in ranges one behind the other', async () => {
    const line = (i: number) => `${i},line ${i} é`;
    const whole = Array.from({ length: 20_000 }, (_, i) => `${line(i)}||`).join('');
    const input: InputSerialization = { CSV: { RecordDelimiter: '||' } };
    const size = Buffer.byteLength(whole);
    const texts: string[] = [];
    for (let Start = 0; Start < size; Start += 100_001) {
      texts.push(await selected(whole, input, { Start, End: Start + 100_000 }));
    }
    assert.equal(texts.join(''), whole.replaceAll('||', '\n'));
  });
  test('asks JSON by lines', async () => {
    const lines: InputSerialization = { JSON: { Type: 'LINES' } };
    assert.equal(await selected('{"a":1}\n{"a":2}\n{"a":3}\n', lines, { Start: 2, End: 8 }), '2\n');
  });
  test('refuses ranges that are none, and of what has none', async () => {
    const faults: readonly (readonly [InputSerialization, ScanRange, string])[] = [
      [PLAIN, { Start: 4, End: 3 }, 'InvalidScanRange'],
      [PLAIN, { Start: 15 }, 'InvalidScanRange'],
      [PLAIN, {}, 'InvalidScanRange'],
      [{ CSV: { AllowQuotedRecordDelimiter: true } }, { Start: 0 }, 'UnsupportedScanRangeInput'],
      [{ CSV: {}, CompressionType: 'GZIP' }, { Start: 0 }, 'UnsupportedScanRangeInput'],
      [{ JSON: { Type: 'DOCUMENT' } }, { Start: 0 }, 'UnsupportedScanRangeInput'],
    ];
    for (const [input, range, name] of faults) await assert.rejects(selected(rows, input, range), { name });
  });

  /** Made by bzip2 itself: two streams in one; 150,000 times `ab` in four blocks. */
  const streams =
    'QlpoOTFBWSZTWXgTwIIAAAHBAAAQAgGgACGaaDNNDLxdyRThQkHgTwIIQlpoOTFBWSZTWS63GtcAAAFBgAAQAACEgCAAIZpoM00HPF3JFOFCQLrca1w=';
  const blocks =
    'QlpoMTFBWSZTWfFLiycAYaMBADAAIAAwgCkZQlBaoSguYoKyTKayA328+ADDRgIAYABAAGEAUjVCUFlCUFzFBWSZTWfFLiycAYaMBADAAIAAwgCkZQlBaoSguYoKyTKazmx+FDgAAHAIAYABAAGEAmoyNRxdyRThQkKO/9Ac';
  const bzip2: InputSerialization = { CSV: {}, CompressionType: 'BZIP2' };
  test('unpacks bzip2: streams, blocks', async () => {
    assert.equal(await selected(Buffer.from(streams, 'base64'), bzip2), 'one\ntwo\n');
    assert.equal(await selected(Buffer.from(blocks, 'base64'), bzip2), `${'ab'.repeat(150_000)}\n`);
  });
  /** 4 MiB of line ends. */
  const lineEnds = 'QlpoOTFBWSZTWVNhVFEAICBIAIAQAAQACCAAMMwFKaYCAbECAeLuSKcKEgpsKoog';
  test('lets others have their turn while a block unpacks to very much that is no record', async () => {
    let [turns, over] = [0, false];
    const others = (async () => {
      for (; !over; turns++) await nextTurn();
    })();
    assert.equal(await selected(Buffer.from(lineEnds, 'base64'), bzip2), '');
    over = true;
    await others;
    assert.ok(turns > 4 * 16, `${turns}`);
  });
  test('refuses bzip2 that is cut off or changed', async () => {
    const whole = Buffer.from(blocks, 'base64');
    const faults = [whole.subarray(0, 40), whole.subarray(0, -1), Buffer.alloc(100), Buffer.alloc(0)];
    for (const at of [3, 12, 20, 30, 45, 60, 100, 120]) {
      const changed = Buffer.from(whole);
      changed[at]! ^= 0x10;
      faults.push(changed);
    }
    // What was changed may be a run that has become longer than a record can be.
    const name = /^(TruncatedInput|OverMaxRecordSize)$/;
    for (const body of faults) await assert.rejects(selected(body, bzip2), { name });
  });
});
