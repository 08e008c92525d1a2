/** SelectObjectContent of Parquet, as DuckDB writes it. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { OutputSerialization, ScanRange } from '@aws-sdk/client-s3';
import { DuckDBInstance } from '@duckdb/node-api';
import { type Cloud, testCloud } from '../../../testing/cloud.ts';
import { parquetRows } from './parquetRows.ts';

const Bucket = 'a-bucket';
const Key = 'k';
const PEOPLE = `select i as id, 'person ' || i as "Name", i * 0.5 as half, i % 2 = 0 as even,
  case when i = 1 then null else i * 10000000000000000 end as big, date '2020-01-31' + i::int as day,
  timestamp '2020-01-01 00:00:00.000123' + to_hours(i) as "at", [i, i + 1] as list, {'x': i, 'y': 'z'} as pair
  from range(3) r(i)`;
const UNFOLDED = 'compression uncompressed, parquet_version v2, dictionary_size_limit 1';

describe('Parquet', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-parquet-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  let cloud: Cloud;
  before(async () => {
    cloud = await testCloud();
    await cloud.root.s3.createBucket({ Bucket });
  });
  async function written(query: string, options = 'compression snappy'): Promise<Buffer> {
    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    const file = join(folder, 'made.parquet');
    await connection.run(`copy (${query}) to '${file}' (format parquet, ${options})`);
    connection.closeSync();
    return readFileSync(file);
  }
  async function selected(
    body: Buffer,
    Expression: string,
    { json = false, ScanRange }: { json?: boolean; ScanRange?: ScanRange } = {},
  ) {
    await cloud.root.s3.putObject({ Bucket, Key, Body: body });
    const OutputSerialization: OutputSerialization = json ? { JSON: {} } : { CSV: {} };
    const { Payload } = await cloud.root.s3.selectObjectContent({
      Bucket,
      Key,
      ExpressionType: 'SQL',
      Expression,
      InputSerialization: { Parquet: {} },
      OutputSerialization,
      ...(ScanRange && { ScanRange }),
    });
    const texts: string[] = [];
    for await (const { Records } of Payload!) texts.push(Buffer.from(Records?.Payload ?? '').toString());
    return texts.join('');
  }

  for (const options of ['compression snappy', 'compression gzip', 'compression uncompressed, parquet_version v2']) {
    test(`is asked by names, in any case, and places (${options})`, async () => {
      const body = await written(PEOPLE, options);
      assert.equal(
        await selected(body, 'SELECT s.name, half, _1 FROM S3Object s WHERE id >= 1'),
        'person 1,0.5,1\nperson 2,1,2\n',
      );
      assert.equal(await selected(body, 'SELECT COUNT(*), SUM(id) FROM S3Object'), '3,3\n');
      assert.equal(await selected(body, 'SELECT COUNT(*) FROM S3Object WHERE big IS NULL'), '1\n');
      assert.equal(
        await selected(body, 'SELECT EXTRACT(MONTH FROM "day"), "day" FROM S3Object LIMIT 2'),
        '1,2020-01-31\n2,2020-02-01\n',
      );
      assert.equal(
        await selected(body, 'SELECT * FROM S3Object WHERE NOT even', { json: true }),
        '{"id":1,"Name":"person 1","half":0.5,"even":false,"big":null,"day":"2020-02-01",' +
          '"at":"2020-01-01T01:00:00.000123Z","list":[1,2],"pair":{"x":1,"y":"z"}}\n',
      );
      assert.equal(await selected(body, 'SELECT s.pair.x, s.list[1], big FROM S3Object s LIMIT 1'), '0,1,0\n');
      assert.equal(await selected(body, 'SELECT big FROM S3Object WHERE id = 2'), '20000000000000000\n');
    });
  }
  test('of many row groups is asked whole or in ranges, each group once', async () => {
    const body = await written("select i, 'some text ' || i as t from range(100000) r(i)", 'row_group_size 20000');
    const sum = (ScanRange?: ScanRange) =>
      selected(body, 'SELECT COUNT(*), SUM(i) FROM S3Object', ScanRange && { ScanRange });
    assert.equal(await sum(), '100000,4999950000\n');
    const middle = body.length >> 1;
    const counts = [await sum({ Start: 0, End: middle }), await sum({ Start: middle + 1 })].map((text) =>
      Number(text.split(',')[0]),
    );
    assert.equal(counts[0]! + counts[1]!, 100_000);
    assert.ok(counts.every((count) => count > 0));
    assert.equal(await selected(body, 'SELECT i FROM S3Object LIMIT 1'), '0\n');
  });
  test('that is broken, or packed as S3 does not unpack it, is refused', async () => {
    const whole = await written('select i, i % 7 as j from range(10000) r(i)');
    const cut = Buffer.concat([whole.subarray(0, 4), whole.subarray(2000)]);
    for (const body of [whole.subarray(0, -5), cut, Buffer.alloc(0), Buffer.from('PAR1PAR1')]) {
      await assert.rejects(selected(body, 'SELECT * FROM S3Object'), { name: 'ParquetParsingError' });
    }
    const zstd = await written('select 1 as a', 'compression zstd');
    await assert.rejects(selected(zstd, 'SELECT * FROM S3Object'), { name: 'ParquetUnsupportedCompressionCodec' });
    const path = selected(whole, 'SELECT * FROM S3Object[*].i');
    await assert.rejects(path, { name: 'UnsupportedSqlStructure' });
  });
  test('of long texts crosses to the query some at a time, and one longer than a record may be is refused', async () => {
    const options = 'compression snappy, dictionary_size_limit 100000000, string_dictionary_page_size_limit 100000000';
    const texts = (length: number, rows: number) =>
      written(`select repeat('a', ${length}) as t from range(${rows})`, options);
    const count = 'SELECT COUNT(t) FROM S3Object';
    assert.equal(await selected(await texts(400_000, 100), count), '100\n');
    await assert.rejects(selected(await texts(1_100_000, 100), count), { name: 'OverMaxRecordSize' });
  });
  test('whose texts begin as those before them is held to what that may unfold to', async () => {
    const body = await written("select i || repeat('a', 20) as t from range(20000) r(i)", UNFOLDED);
    assert.equal(await selected(body, 'SELECT COUNT(t) FROM S3Object'), '20000\n');
    const encoding = body.indexOf(Buffer.of(0x15, 0x0c)) + 1; // DELTA_LENGTH_BYTE_ARRAY, in the header of the page.
    assert.ok(encoding > 0 && encoding < 100);
    body[encoding] = 0x0e; // DELTA_BYTE_ARRAY
    await assert.rejects(selected(body, 'SELECT COUNT(t) FROM S3Object'), { name: 'OverMaxParquetBlockSize' });
  });
  test('whoever takes nothing of what is read loses the place to one who waits', async (t) => {
    t.mock.timers.enable({ apis: ['AbortSignal.timeout' as 'Date'] });
    const body = await written('select i from range(5000) r(i)');
    const stored = {
      size: body.length,
      read: async function* (start: number, end: number) {
        yield body.subarray(start, end);
      },
    };
    const asking = () => parquetRows(stored, { names: undefined, span: undefined }, { scanned: 0, processed: 0 });
    const idle = [asking(), asking()];
    const firsts = await Promise.all(idle.map((rows) => rows.next()));
    assert.deepEqual(
      firsts.map(({ value }) => value?.get('i', true)),
      [0, 0],
    );
    const counted = (async () => {
      let count = 0;
      for await (const _ of asking()) count++;
      return count;
    })();
    for (let i = 0; i < 2; i++) t.mock.timers.tick(30_000);
    assert.equal(await counted, 5000);
    const outcomes = await Promise.allSettled(idle.map((rows) => rows.next()));
    const told = outcomes.map((each) =>
      each.status === 'rejected' ? each.reason.name : each.value.value?.get('i', true),
    );
    assert.deepEqual(told, ['Busy', 1]);
    for (const rows of idle) await rows.return(undefined);
    const again = [asking(), asking()];
    for (const rows of again) assert.equal((await rows.next()).value?.get('i', true), 0);
    for (const rows of again) await rows.return(undefined);
  });
  test('that says of itself what is not so ends its own thread at most', async () => {
    const whole = await written('select i % 3 as i from range(5000) r(i)');
    const names = /^(ParquetParsingError|OverMaxParquetBlockSize|ParquetUnsupportedCompressionCodec)$/;
    for (let at = 4; at < whole.length - 8; at += Math.ceil(whole.length / 10)) {
      const changed = Buffer.from(whole);
      changed.fill(0xff, at, at + 4);
      await selected(changed, 'SELECT COUNT(*) FROM S3Object').catch((error) => assert.match(error.name, names));
    }
    assert.equal(await selected(whole, 'SELECT COUNT(*) FROM S3Object'), '5000\n');
  });
});
