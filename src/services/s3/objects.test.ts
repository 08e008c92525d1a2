import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Cloud, testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';

async function bucketIn(cloud: Cloud, versioning = false) {
  const { s3 } = cloud.root;
  await s3.createBucket({ Bucket: 'things' });
  if (versioning) {
    await s3.putBucketVersioning({ Bucket: 'things', VersioningConfiguration: { Status: 'Enabled' } });
  }
  return s3;
}

const text = async (answer: Promise<{ Body?: { transformToString(): Promise<string> } | undefined }>) =>
  (await answer).Body!.transformToString();

const SIZES = [0, 1, 1024, 16 * 1024, 16 * 1024 + 1, 65_536, 65_537, 300_000, 1_048_577, 3_000_001];

describe('PutObject and GetObject', () => {
  for (const size of SIZES) {
    test(`${size} bytes come back as they went in, whole and in part`, async () => {
      const s3 = await bucketIn(await testCloud());
      const Body = Buffer.alloc(size);
      for (let i = 0; i < size; i++) Body[i] = (i * 31) % 251;
      const put = await s3.putObject({ Bucket: 'things', Key: 'a/b c', Body });
      assert.match(put.ETag!, /^"[0-9a-f]{32}"$/);
      const got = await s3.getObject({ Bucket: 'things', Key: 'a/b c' });
      assert.equal(got.ContentLength, size);
      assert.equal(got.ETag, put.ETag);
      assert.ok(Buffer.from(await got.Body!.transformToByteArray()).equals(Body));
      if (size < 100) return;
      for (const [Range, start, end] of [
        ['bytes=0-9', 0, 10],
        [`bytes=${size - 20}-`, size - 20, size],
        ['bytes=-7', size - 7, size],
        [`bytes=${Math.floor(size / 2)}-${size + 5}`, Math.floor(size / 2), size],
      ] as const) {
        const part = await s3.getObject({ Bucket: 'things', Key: 'a/b c', Range });
        assert.equal(part.ContentRange, `bytes ${start}-${end - 1}/${size}`);
        assert.equal(part.$metadata.httpStatusCode, 206);
        assert.ok(Buffer.from(await part.Body!.transformToByteArray()).equals(Body.subarray(start, end)));
      }
    });
  }

  test('what is said of an object is told again', async () => {
    const s3 = await bucketIn(await testCloud());
    const about = {
      ContentType: 'text/x-thing',
      CacheControl: 'no-cache',
      ContentDisposition: 'attachment',
      ContentEncoding: 'gzip',
      ContentLanguage: 'de',
      Metadata: { one: '1', two: 'zwei' },
      StorageClass: 'STANDARD_IA',
    } as const;
    await s3.putObject({ Bucket: 'things', Key: 'k', Body: 'x', Tagging: 'a=1&b=2', ...about });
    const head = await s3.headObject({ Bucket: 'things', Key: 'k' });
    for (const [member, value] of Object.entries(about)) assert.deepEqual(head[member as keyof typeof head], value);
    assert.equal(head.ServerSideEncryption, 'AES256');
    const got = await s3.getObject({ Bucket: 'things', Key: 'k', ResponseContentType: 'text/plain' });
    assert.equal(got.ContentType, 'text/plain');
    assert.equal(got.TagCount, 2);
    assert.deepEqual((await s3.getObjectTagging({ Bucket: 'things', Key: 'k' })).TagSet, [
      { Key: 'a', Value: '1' },
      { Key: 'b', Value: '2' },
    ]);
  });

  test('conditions are heeded, reading and writing', async () => {
    const s3 = await bucketIn(await testCloud());
    const { ETag } = await s3.putObject({ Bucket: 'things', Key: 'k', Body: 'x', IfNoneMatch: '*' });
    const at = { Bucket: 'things', Key: 'k' };
    await rejected(s3.putObject({ ...at, Body: 'y', IfNoneMatch: '*' }), 'PreconditionFailed', /pre-conditions/);
    await rejected(s3.putObject({ ...at, Body: 'y', IfMatch: '"0"' }), 'PreconditionFailed', /pre-conditions/);
    await rejected(s3.getObject({ ...at, IfMatch: '"0"' }), 'PreconditionFailed', /pre-conditions/);
    await assert.rejects(
      s3.getObject({ ...at, IfNoneMatch: ETag }),
      (error: { $metadata: { httpStatusCode: number } }) => error.$metadata.httpStatusCode === 304,
    );
    await s3.putObject({ ...at, Body: 'y', IfMatch: ETag });
    assert.equal(await text(s3.getObject({ ...at })), 'y');
    await rejected(s3.deleteObject({ ...at, IfMatch: ETag }), 'PreconditionFailed', /pre-conditions/);
    await rejected(s3.getObject({ ...at, Key: 'no' }), 'NoSuchKey', 'The specified key does not exist.');
    await rejected(
      s3.getObject({ ...at, Range: 'bytes=5-' }),
      'InvalidRange',
      'The requested range is not satisfiable',
    );
    for (const long of ['k'.repeat(1025), `${'é'.repeat(512)}k`]) {
      await rejected(s3.putObject({ ...at, Key: long }), 'KeyTooLongError', 'Your key is too long');
    }
    await rejected(s3.putObject({ ...at, ContentMD5: 'AAAAAAAAAAAAAAAAAAAAAA==' }), 'BadDigest', /Content-MD5/);
    await rejected(s3.putObject({ ...at, ChecksumSHA256: `${'A'.repeat(43)}=` }), 'BadDigest', /SHA256/);
  });
});

describe('Versioning', () => {
  test('old versions stay, a delete marker hides them, its removal shows them again', async () => {
    const cloud = await testCloud();
    const s3 = await bucketIn(cloud, true);
    const at = { Bucket: 'things', Key: 'k' };
    const first = await s3.putObject({ ...at, Body: 'one' });
    cloud.advance('PT1S');
    const second = await s3.putObject({ ...at, Body: 'two' });
    const before = new Date(cloud.now().getTime() - 3_600_000);
    Object.assign(cloud.deps, { now: () => before });
    const third = await s3.putObject({ ...at, Body: 'three' });
    assert.equal(await text(s3.getObject(at)), 'three');
    assert.equal(await text(s3.getObject({ ...at, VersionId: first.VersionId })), 'one');
    const marker = await s3.deleteObject(at);
    assert.equal(marker.DeleteMarker, true);
    await rejected(s3.getObject(at), 'NoSuchKey', 'The specified key does not exist.');
    assert.deepEqual((await s3.listObjectsV2({ Bucket: 'things' })).Contents, undefined);
    const listed = await s3.listObjectVersions({ Bucket: 'things' });
    assert.deepEqual(
      listed.Versions?.map(({ VersionId, IsLatest }) => [VersionId, IsLatest]),
      [third, second, first].map(({ VersionId }) => [VersionId, false]),
    );
    assert.deepEqual(
      listed.DeleteMarkers?.map(({ VersionId, IsLatest }) => [VersionId, IsLatest]),
      [[marker.VersionId, true]],
    );
    await s3.deleteObject({ ...at, VersionId: marker.VersionId });
    assert.equal(await text(s3.getObject(at)), 'three');
    await s3.deleteObject({ ...at, VersionId: third.VersionId });
    assert.equal(await text(s3.getObject(at)), 'two');
  });

  test('suspended versioning replaces the null version and keeps the others', async () => {
    const cloud = await testCloud();
    const { s3 } = cloud.root;
    await s3.createBucket({ Bucket: 'things' });
    const at = { Bucket: 'things', Key: 'k' };
    const versioning = (Status: 'Enabled' | 'Suspended') =>
      s3.putBucketVersioning({ Bucket: 'things', VersioningConfiguration: { Status } });
    await s3.putObject({ ...at, Body: 'plain' });
    await versioning('Enabled');
    const kept = await s3.putObject({ ...at, Body: 'kept' });
    await versioning('Suspended');
    await s3.putObject({ ...at, Body: 'null again' });
    const ids = async () => (await s3.listObjectVersions({ Bucket: 'things' })).Versions?.map((v) => v.VersionId);
    assert.deepEqual(await ids(), ['null', kept.VersionId]);
    await s3.deleteObject(at);
    assert.deepEqual(await ids(), [kept.VersionId]);
    assert.equal(await text(s3.getObject({ ...at, VersionId: kept.VersionId })), 'kept');
  });

  test('versions are listed in pages that end anywhere', async () => {
    const s3 = await bucketIn(await testCloud(), true);
    const put: string[] = [];
    for (const Key of ['a', 'a', 'a', 'b/1', 'b/2', 'b/2', 'c']) {
      put.push(`${Key} ${(await s3.putObject({ Bucket: 'things', Key, Body: Key })).VersionId}`);
    }
    const all = async (MaxKeys: number, Delimiter?: string) => {
      const seen: string[] = [];
      let marker = {};
      for (let pages = 0; pages < 20; pages++) {
        const page = await s3.listObjectVersions({
          Bucket: 'things',
          MaxKeys,
          ...(Delimiter && { Delimiter }),
          ...marker,
        });
        seen.push(...(page.Versions ?? []).map(({ Key, VersionId }) => `${Key} ${VersionId}`));
        seen.push(...(page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix!));
        if (!page.IsTruncated) return seen;
        marker = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
      }
      return seen;
    };
    const [a1, a2, a3, b1, b2, b3, c] = put;
    for (const size of [1, 2, 3, 4, 7, 1000]) assert.deepEqual(await all(size), [a3, a2, a1, b1, b3, b2, c], `${size}`);
    for (const size of [1, 2, 5]) {
      assert.deepEqual((await all(size, '/')).toSorted(), [a3, a2, a1, 'b/', c].toSorted() as string[]);
    }
  });
});

test('ListObjects lists in byte order, page by page, with folders rolled up', async () => {
  const s3 = await bucketIn(await testCloud());
  const keys = ['a', 'a b', 'a\tb', 'a/1', 'a/2', 'a/2/x', 'ä', 'b/', 'b/c', 'z😀', 'z\uffee'];
  for (const Key of keys) await s3.putObject({ Bucket: 'things', Key, Body: 'x' });
  const sorted = keys.toSorted((x, y) => Buffer.compare(Buffer.from(x), Buffer.from(y)));
  const pages = async (MaxKeys: number, more: object = {}) => {
    const seen: string[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page = await s3.listObjectsV2({
        Bucket: 'things',
        MaxKeys,
        ...more,
        ...(ContinuationToken && { ContinuationToken }),
      });
      assert.ok(page.KeyCount! <= MaxKeys);
      const found = [...(page.Contents ?? []).map((o) => o.Key!), ...(page.CommonPrefixes ?? []).map((p) => p.Prefix!)];
      seen.push(...found.toSorted((x, y) => Buffer.compare(Buffer.from(x), Buffer.from(y))));
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken);
    return seen;
  };
  for (const size of [1, 2, 3, 1000]) {
    assert.deepEqual(await pages(size), sorted);
    assert.deepEqual(
      await pages(size, { Delimiter: '/' }),
      ['a', 'a\tb', 'a b', 'a/', 'b/', 'z\uffee', 'z😀', 'ä'].toSorted((x, y) =>
        Buffer.compare(Buffer.from(x), Buffer.from(y)),
      ),
    );
    assert.deepEqual(await pages(size, { Prefix: 'a/', Delimiter: '/' }), ['a/1', 'a/2', 'a/2/']);
    assert.deepEqual(await pages(size, { StartAfter: 'a/2' }), sorted.slice(sorted.indexOf('a/2') + 1));
  }
  const url = await s3.listObjects({ Bucket: 'things', EncodingType: 'url', Prefix: 'a ' });
  assert.equal(url.Contents?.[0]?.Key, 'a+b');
});

test('DeleteObjects removes many, and tells each that may not be', async () => {
  const cloud = await testCloud();
  const s3 = await bucketIn(cloud);
  for (const Key of ['a', 'b', 'c']) await s3.putObject({ Bucket: 'things', Key, Body: Key });
  const some = await cloud.user('some', {
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Action: 's3:DeleteObject',
      Resource: ['arn:aws:s3:::things/a', 'arn:aws:s3:::things/c'],
    },
  });
  const Objects = ['a', 'b', 'c', 'd'].map((Key) => ({ Key }));
  const done = await some.s3.deleteObjects({ Bucket: 'things', Delete: { Objects } });
  assert.deepEqual(
    done.Deleted?.map(({ Key }) => Key),
    ['a', 'c'],
  );
  assert.deepEqual(
    done.Errors?.map(({ Key, Code }) => [Key, Code]),
    [
      ['b', 'AccessDenied'],
      ['d', 'AccessDenied'],
    ],
  );
  assert.deepEqual(
    (await s3.listObjectsV2({ Bucket: 'things' })).Contents?.map(({ Key }) => Key),
    ['b'],
  );
});

test('a missing key is told to those who may list, others are refused', async () => {
  const cloud = await testCloud();
  await bucketIn(cloud);
  const reader = await cloud.user('reader', {
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Action: 's3:GetObject', Resource: '*' },
  });
  await rejected(reader.s3.getObject({ Bucket: 'things', Key: 'no' }), 'AccessDenied', /s3:ListBucket on resource/);
});
