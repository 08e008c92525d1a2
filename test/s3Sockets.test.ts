/** S3 on a socket: streams, in all the ways in which clients protect them, and links that anybody may use. */
import assert from 'node:assert/strict';
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { describe, type TestContext, test } from 'node:test';
import { GetObjectCommand, PutObjectCommand, S3 } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { looseBlobs } from '../src/store/blobs.ts';
import { basicTime, signed } from '../src/testing/signed.ts';
import { bytesOf, isWhole, raw, statusOf } from '../src/testing/socket.ts';
import { planeOnSocket } from './socket.ts';

const Bucket = 'on-a-socket';

async function plane(t: TestContext) {
  const made = await planeOnSocket(t);
  const { endpoint, credentials, cloud } = made;
  const s3 = new S3({ endpoint, credentials, region: 'us-east-1', forcePathStyle: true, maxAttempts: 1 });
  t.after(() => s3.destroy());
  await s3.createBucket({ Bucket });
  const loose = async () =>
    (await cloud.deps.store.transaction((tx) => tx.list(looseBlobs, [], { limit: 9, index: 'until' }))).rows.length;
  return { ...made, s3, port: Number(new URL(endpoint).port), host: new URL(endpoint).host, loose };
}

const content = async (answer: { Body?: { transformToByteArray(): Promise<Uint8Array> } | undefined }) =>
  Buffer.from(await answer.Body!.transformToByteArray());

describe('the JavaScript SDK', () => {
  test('streams of known length and uploads in parts, with its own checksums', async (t) => {
    const { s3 } = await plane(t);
    const bytes = randomBytes(12_345_678);
    const pieces = () => Readable.from(slices(bytes, 50_000));
    await s3.putObject({ Bucket, Key: 'stream', Body: pieces(), ContentLength: bytes.length });
    assert.ok((await content(await s3.getObject({ Bucket, Key: 'stream' }))).equals(bytes));
    for (const ChecksumAlgorithm of ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const) {
      const params = { Bucket, Key: 'parts', Body: pieces(), ChecksumAlgorithm };
      await new Upload({ client: s3, params, partSize: 5 * 1024 * 1024, queueSize: 2 }).done();
      const got = await s3.getObject({ Bucket, Key: 'parts', ChecksumMode: 'ENABLED' });
      assert.ok((await content(got)).equals(bytes), ChecksumAlgorithm);
    }
    const part = await s3.getObject({ Bucket, Key: 'parts', Range: 'bytes=5242870-5242890' });
    assert.ok((await content(part)).equals(bytes.subarray(5242870, 5242891)));
  });

  test('presigned links put and get, until their time is over or they are changed', async (t) => {
    const { s3, endpoint, credentials } = await plane(t);
    // Else the link would carry the checksum of the empty body that it is signed with.
    const requestChecksumCalculation = 'WHEN_REQUIRED';
    const plain = new S3({
      endpoint,
      credentials,
      region: 'us-east-1',
      forcePathStyle: true,
      requestChecksumCalculation,
    });
    t.after(() => plain.destroy());
    const put = await getSignedUrl(plain, new PutObjectCommand({ Bucket, Key: 'a b', ContentType: 'x/y' }), {
      expiresIn: 60,
    });
    assert.equal(
      (await fetch(put, { method: 'PUT', body: 'by link', headers: { 'content-type': 'x/y' } })).status,
      200,
    );
    const get = await getSignedUrl(s3, new GetObjectCommand({ Bucket, Key: 'a b' }), { expiresIn: 60 });
    const answer = await fetch(get);
    assert.deepEqual([answer.status, await answer.text(), answer.headers.get('content-type')], [200, 'by link', 'x/y']);
    const head = await fetch(await getSignedUrl(s3, new GetObjectCommand({ Bucket, Key: 'no' })));
    assert.deepEqual([head.status, /<Code>(\w+)/.exec(await head.text())?.[1]], [404, 'NoSuchKey']);
    const old = await getSignedUrl(s3, new GetObjectCommand({ Bucket, Key: 'a b' }), {
      expiresIn: 60,
      signingDate: new Date(Date.now() - 61_000),
    });
    const over = await (await fetch(old)).text();
    assert.match(over, /<Code>AccessDenied<\/Code><Message>Request has expired<\/Message><X-Amz-Expires>60</);
    for (const [seconds, message] of [
      ['604801', /<Code>AuthorizationQueryParametersError<\/Code><Message>X-Amz-Expires must be less than a week/],
      ['-1', /<Code>AuthorizationQueryParametersError<\/Code><Message>X-Amz-Expires must be non-negative/],
      ['soon', /<Code>AuthorizationQueryParametersError<\/Code><Message>X-Amz-Expires should be a number/],
    ] as const) {
      const wrong = await fetch(get.replace('X-Amz-Expires=60', `X-Amz-Expires=${seconds}`));
      assert.equal(wrong.status, 400);
      assert.match(await wrong.text(), message);
    }
    const changed = await fetch(get.replace('a%20b', 'a%20c'));
    assert.deepEqual([changed.status, /<Code>(\w+)/.exec(await changed.text())?.[1]], [403, 'SignatureDoesNotMatch']);
  });
});

function* slices(bytes: Buffer, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const sha256 = (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();

interface Chunked {
  readonly bytes: Buffer;
  readonly chunk?: number;
  /** Makes one chunk's signature wrong. */
  readonly spoilt?: number;
  readonly trailer?: string;
}

/** A body in signed chunks, written from AWS's page: it shares nothing with the code that verifies. */
function chunked(
  plane: { credentials: { accessKeyId: string; secretAccessKey: string }; host: string },
  body: Chunked,
) {
  const { bytes, chunk = 65_536, spoilt, trailer } = body;
  const date = new Date();
  const kind = `STREAMING-AWS4-HMAC-SHA256-PAYLOAD${trailer === undefined ? '' : '-TRAILER'}`;
  const headers = {
    host: plane.host,
    'content-encoding': 'aws-chunked',
    'x-amz-content-sha256': kind,
    'x-amz-decoded-content-length': String(bytes.length),
    ...(trailer !== undefined && { 'x-amz-trailer': trailer.split(':')[0]! }),
  };
  const request = signed(
    { method: 'PUT', path: `/${Bucket}/chunked`, headers },
    { ...plane.credentials, service: 's3', date },
  );
  let previous = /Signature=([0-9a-f]{64})/.exec(request.headers.authorization!)![1]!;
  const scope = `${basicTime(date).slice(0, 8)}/us-east-1/s3/aws4_request`;
  const key = scope
    .split('/')
    .reduce<string | Buffer>((k, part) => hmac(k, part), `AWS4${plane.credentials.secretAccessKey}`);
  const sign = (name: string, ...rest: string[]) => {
    const text = [`AWS4-HMAC-SHA256-${name}`, basicTime(date), scope, previous, ...rest].join('\n');
    previous = hmac(key as Buffer, text).toString('hex');
    return previous;
  };
  const sent: Buffer[] = [];
  for (const [i, piece] of [...slices(bytes, chunk), Buffer.alloc(0)].entries()) {
    const signature = sign('PAYLOAD', sha256(''), sha256(piece));
    const shown = i === spoilt ? signature.replace(/^./, (c) => (c === '0' ? '1' : '0')) : signature;
    const last = piece.length === 0 && trailer !== undefined;
    sent.push(
      Buffer.from(`${piece.length.toString(16)};chunk-signature=${shown}\r\n`),
      piece,
      Buffer.from(last ? '' : '\r\n'),
    );
  }
  if (trailer !== undefined) {
    const signature = sign('TRAILER', sha256(`${trailer}\n`));
    sent.push(Buffer.from(`${trailer}\r\nx-amz-trailer-signature:${signature}\r\n\r\n`));
  }
  return bytesOf({ ...request, body: Buffer.concat(sent) });
}

describe('signed chunks', () => {
  const bytes = randomBytes(2_000_000);

  for (const size of [0, 10, 65_536, 200_000, 2_000_000]) {
    test(`${size} bytes`, async (t) => {
      const made = await plane(t);
      const { text } = await raw(made.port, chunked(made, { bytes: bytes.subarray(0, size) }), isWhole);
      assert.equal(statusOf(text), 200, text);
      assert.ok((await content(await made.s3.getObject({ Bucket, Key: 'chunked' }))).equals(bytes.subarray(0, size)));
      assert.equal((await made.s3.headObject({ Bucket, Key: 'chunked' })).ContentEncoding, undefined);
    });
  }

  test('with a signed trailer, whose checksum is compared', async (t) => {
    const made = await plane(t);
    const body = bytes.subarray(0, 300_000);
    const right = `x-amz-checksum-sha256:${createHash('sha256').update(body).digest('base64')}`;
    const { text } = await raw(made.port, chunked(made, { bytes: body, trailer: right }), isWhole);
    assert.equal(statusOf(text), 200, text);
    const wrong = `x-amz-checksum-sha256:${createHash('sha256').update('else').digest('base64')}`;
    const refused = await raw(made.port, chunked(made, { bytes: body, trailer: wrong }), isWhole);
    assert.match(refused.text, /<Code>BadDigest<\/Code><Message>The SHA256 you specified did not match/);
    assert.equal(await made.loose(), 0);
  });

  for (const size of [100, 400_000, 2_000_000]) {
    test(`a chunk of ${size} bytes with a wrong signature leaves nothing`, async (t) => {
      const made = await plane(t);
      const body = chunked(made, { bytes: bytes.subarray(0, size), spoilt: size > 1000 ? 3 : 0 });
      const { text } = await raw(made.port, body, isWhole);
      assert.match(text, /<Code>SignatureDoesNotMatch</);
      await assert.rejects(made.s3.headObject({ Bucket, Key: 'chunked' }), { name: 'NotFound' });
      assert.equal(await made.loose(), 0);
    });
    test(`a body of ${size} bytes cut short leaves nothing`, async (t) => {
      const made = await plane(t);
      const body = chunked(made, { bytes: bytes.subarray(0, size) });
      await raw(made.port, body.subarray(0, body.length - 200), isWhole, { end: true });
      await assert.rejects(made.s3.headObject({ Bucket, Key: 'chunked' }), { name: 'NotFound' });
      assert.equal(await made.loose(), 0);
    });
  }
});

describe('long bodies', () => {
  test('the hash that was signed is compared', async (t) => {
    const { port, host, credentials, loose } = await plane(t);
    const body = randomBytes(1_500_000);
    const headers = { host, 'x-amz-content-sha256': sha256(body) };
    const request = signed({ method: 'PUT', path: `/${Bucket}/k`, headers, body }, { ...credentials, service: 's3' });
    assert.equal(statusOf((await raw(port, bytesOf(request), isWhole)).text), 200);
    body[1_400_000]! ^= 1;
    const { text } = await raw(port, bytesOf(request), isWhole);
    assert.match(text, /<Code>XAmzContentSHA256Mismatch</);
    assert.equal(await loose(), 0);
  });

  test('who may not send one is told so before it is read, and the connection goes on', async (t) => {
    const { port, host, cloud } = await plane(t);
    await cloud.user('nobody');
    const key = await cloud.keyFor(cloud.managementAccount, 'nobody');
    const headers = { host, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' };
    const put = signed(
      { method: 'PUT', path: `/${Bucket}/k`, headers, body: Buffer.alloc(3_000_000) },
      { ...key, service: 's3' },
    );
    const get = signed({ method: 'GET', path: `/${Bucket}/k`, headers }, { ...key, service: 's3' });
    const both = Buffer.concat([bytesOf(put), bytesOf(get)]);
    const { text } = await raw(port, both, (answer) => answer.split('HTTP/1.1 403').length === 3 && isWhole(answer));
    assert.equal(text.split('HTTP/1.1 403').length, 3, text);
    const asked = bytesOf(
      {
        ...put,
        headers: { ...put.headers, expect: '100-continue', 'content-length': '3000000' },
        body: Buffer.alloc(0),
      },
      false,
    );
    const waiting = await raw(port, asked, isWhole);
    assert.equal(statusOf(waiting.text), 403);
  });

  test('who may is told to go on', async (t) => {
    const { port, host, credentials } = await plane(t);
    const body = randomBytes(2_000_000);
    const headers = { host, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD', expect: '100-continue' };
    const put = signed({ method: 'PUT', path: `/${Bucket}/k`, headers, body }, { ...credentials, service: 's3' });
    const { text } = await raw(port, bytesOf(put), (answer) => answer.includes('HTTP/1.1 200'));
    assert.match(text, /^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 OK/);
  });
});

test('buckets are named by path or by host, also without a signature', async (t) => {
  const { s3, port, cloud } = await plane(t);
  await s3.putObject({ Bucket, Key: 'folder/page', Body: 'open' });
  const get = (host: string, path: string) =>
    raw(port, bytesOf({ method: 'GET', path, query: '', headers: { host }, body: Buffer.alloc(0) }), isWhole);
  const refused = await get(`${Bucket}.s3.amazonaws.com`, '/folder/page');
  assert.match(refused.text, /403 Forbidden[\s\S]*<Code>AccessDenied<\/Code><Message>Access Denied<\/Message>/);
  await s3.deletePublicAccessBlock({ Bucket });
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: `arn:aws:s3:::${Bucket}/*` },
  });
  await s3.putBucketPolicy({ Bucket, Policy });
  for (const [host, path] of [
    [`${Bucket}.s3.amazonaws.com`, '/folder/page'],
    [`${Bucket}.s3.us-east-1.amazonaws.com`, '/folder/page'],
    [`${Bucket}.localhost:${port}`, '/folder/page'],
    [`${Bucket}.cloud.test`, '/folder/page'],
    ['s3.us-east-1.amazonaws.com', `/${Bucket}/folder/page`],
    [`127.0.0.1:${port}`, `/${Bucket}/folder/page`],
  ] as const) {
    assert.match((await get(host, path)).text, /^HTTP\/1.1 200 OK[\s\S]*\r\n\r\nopen$/, host);
  }
  assert.equal(cloud.deps.settings.endpoint, 'http://cloud.test');
});

test('a request signed for another Region than the bucket’s is told which it is', async (t) => {
  const { s3, endpoint, credentials } = await plane(t);
  await s3
    .createBucket({ Bucket: 'in-ireland', CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' } })
    .catch(() => undefined);
  const client = (region: string) => {
    const made = new S3({ endpoint, credentials, region, forcePathStyle: true, maxAttempts: 1 });
    t.after(() => made.destroy());
    return made;
  };
  await assert.rejects(client('us-east-1').listObjectsV2({ Bucket: 'in-ireland' }), {
    name: 'AuthorizationHeaderMalformed',
    message: "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-west-1'",
  });
  assert.equal((await client('us-east-1').getBucketLocation({ Bucket: 'in-ireland' })).LocationConstraint, 'eu-west-1');
  assert.equal((await client('eu-west-1').listObjectsV2({ Bucket: 'in-ireland' })).KeyCount, 0);
});
