/** What web pages may do: read across origins, be read as a site, upload by a form. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { testCloud } from '../../testing/cloud.ts';

const Bucket = 'a-bucket';
const none = {
  BlockPublicAcls: false,
  IgnorePublicAcls: false,
  BlockPublicPolicy: false,
  RestrictPublicBuckets: false,
};

async function withBucket(open = false) {
  const cloud = await testCloud();
  const { s3 } = cloud.root;
  await s3.createBucket({ Bucket });
  if (open) {
    await s3.putPublicAccessBlock({ Bucket, PublicAccessBlockConfiguration: none });
    const Statement = { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: `arn:aws:s3:::${Bucket}/*` };
    await s3.putBucketPolicy({ Bucket, Policy: JSON.stringify({ Version: '2012-10-17', Statement }) });
  }
  return { cloud, s3 };
}

const textOf = (body: unknown): Promise<string> | string =>
  typeof body === 'string'
    ? body
    : body instanceof Uint8Array
      ? Buffer.from(body).toString()
      : gathered(body as AsyncIterable<Uint8Array>);

async function gathered(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all).toString();
}

test('A browser’s question is answered by the first rule that fits', async () => {
  const { cloud, s3 } = await withBucket();
  const ask = (origin: string, method: string, headers?: string) =>
    cloud.send({
      method: 'OPTIONS',
      path: `/${Bucket}/k`,
      headers: {
        host: 'cloud.test',
        origin,
        'access-control-request-method': method,
        ...(headers && { 'access-control-request-headers': headers }),
      },
    });
  const before = await ask('https://a.example.com', 'PUT');
  assert.equal(before.status, 403);
  assert.match(String(before.body), /CORSResponse: CORS is not enabled for this bucket\./);
  const CORSRules = [
    {
      AllowedOrigins: ['https://*.example.com'],
      AllowedMethods: ['PUT'],
      AllowedHeaders: ['x-amz-*'],
      ExposeHeaders: ['ETag'],
      MaxAgeSeconds: 60,
    },
    { AllowedOrigins: ['*'], AllowedMethods: ['GET'] },
  ];
  await s3.putBucketCors({ Bucket, CORSConfiguration: { CORSRules } });
  const answer = await ask('https://a.example.com', 'PUT', 'X-Amz-Date');
  assert.deepEqual(
    [answer.status, answer.headers],
    [
      200,
      {
        'access-control-allow-origin': 'https://a.example.com',
        'access-control-allow-methods': 'PUT',
        'access-control-allow-headers': 'x-amz-date',
        'access-control-expose-headers': 'ETag',
        'access-control-max-age': '60',
        'access-control-allow-credentials': 'true',
        vary: 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method',
      },
    ],
  );
  assert.equal((await ask('https://a.example.com', 'PUT', 'x-other')).status, 403);
  assert.equal((await ask('https://example.org', 'PUT')).status, 403);
  assert.equal((await ask('https://example.org', 'GET')).headers['access-control-allow-origin'], '*');
});

test('An answer tells pages what they may see, and only that', async () => {
  const { cloud, s3 } = await withBucket(true);
  await s3.putObject({ Bucket, Key: 'k', Body: 'x' });
  const get = () =>
    cloud.send({ method: 'GET', path: `/${Bucket}/k`, headers: { host: 'cloud.test', origin: 'https://example.org' } });
  const closed = await get();
  assert.deepEqual(
    [closed.status, closed.toldPages, closed.headers['access-control-allow-origin']],
    [200, true, undefined],
  );
  const CORSRules = [{ AllowedOrigins: ['https://example.org'], AllowedMethods: ['GET'] }];
  await s3.putBucketCors({ Bucket, CORSConfiguration: { CORSRules } });
  assert.equal((await get()).headers['access-control-allow-origin'], 'https://example.org');
});

test('A bucket is read as a web site: index, error page, redirects', async () => {
  const { cloud, s3 } = await withBucket(true);
  const get = async (path: string, host = `${Bucket}.s3-website-us-east-1.amazonaws.com`) => {
    const answer = await cloud.send({ method: 'GET', path, headers: { host } });
    return [answer.status, answer.headers.location ?? (await textOf(answer.body))];
  };
  assert.match(String((await get('/'))[1]), /NoSuchWebsiteConfiguration/);
  await s3.putObject({ Bucket, Key: 'index.html', Body: 'home' });
  await s3.putObject({ Bucket, Key: 'docs/index.html', Body: 'docs' });
  await s3.putObject({ Bucket, Key: 'error.html', Body: 'lost' });
  await s3.putObject({ Bucket, Key: 'moved', Body: '', WebsiteRedirectLocation: 'https://example.com/' });
  const RoutingRules = [
    { Condition: { KeyPrefixEquals: 'old/' }, Redirect: { ReplaceKeyPrefixWith: 'new/' } },
    {
      Condition: { HttpErrorCodeReturnedEquals: '403', KeyPrefixEquals: 'gone/' },
      Redirect: { HostName: 'example.com', HttpRedirectCode: '307' },
    },
  ];
  const site = { IndexDocument: { Suffix: 'index.html' }, ErrorDocument: { Key: 'error.html' }, RoutingRules };
  await s3.putBucketWebsite({ Bucket, WebsiteConfiguration: site });
  assert.deepEqual(await get('/'), [200, 'home']);
  assert.deepEqual(await get('/docs/'), [200, 'docs']);
  assert.deepEqual(await get('/docs'), [302, '/docs/']);
  assert.deepEqual(await get('/moved'), [301, 'https://example.com/']);
  assert.deepEqual(await get('/nowhere'), [403, 'lost']);
  assert.deepEqual(await get('/old/a%20b'), [301, `http://${Bucket}.s3-website-us-east-1.amazonaws.com/new/a%20b`]);
  assert.deepEqual(await get('/gone/x'), [307, 'http://example.com/gone/x']);
  assert.deepEqual(await get('/', `${Bucket}.s3-website.cloud.test`), [200, 'home']);
  await s3.putPublicAccessBlock({ Bucket, PublicAccessBlockConfiguration: { ...none, RestrictPublicBuckets: true } });
  assert.equal((await get('/'))[0], 403);
  await s3.putBucketWebsite({
    Bucket,
    WebsiteConfiguration: { RedirectAllRequestsTo: { HostName: 'example.com', Protocol: 'https' } },
  });
  assert.deepEqual(await get('/a/b'), [301, 'https://example.com/a/b']);
});

interface FormOptions {
  readonly conditions: readonly unknown[];
  readonly fields: Record<string, string>;
  readonly file?: string;
  readonly expiresMs?: number;
  readonly secret?: string;
}

test('A form uploads what its policy allows, in the name of who signed it', async () => {
  const { cloud, s3 } = await withBucket();
  const key = await cloud.keyFor(cloud.managementAccount);
  const post = async ({
    conditions,
    fields,
    file = 'the file',
    expiresMs = 60_000,
    secret = key.secretAccessKey,
  }: FormOptions) => {
    const now = new Date(Date.now());
    const stamp = now.toISOString().replace(/[-:]|\.\d{3}/g, '');
    const day = stamp.slice(0, 8);
    const credential = `${key.accessKeyId}/${day}/us-east-1/s3/aws4_request`;
    const signing = { 'x-amz-credential': credential, 'x-amz-date': stamp, 'x-amz-algorithm': 'AWS4-HMAC-SHA256' };
    const expiration = new Date(now.getTime() + expiresMs).toISOString();
    const own = Object.entries(signing).map(([name, value]) => ({ [name]: value }));
    const policy = Buffer.from(JSON.stringify({ expiration, conditions: [...own, ...conditions] })).toString('base64');
    const hmac = (k: string | Buffer, text: string) => createHmac('sha256', k).update(text).digest();
    const signingKey = ['us-east-1', 's3', 'aws4_request'].reduce(hmac, hmac(`AWS4${secret}`, day));
    const signature = hmac(signingKey, policy).toString('hex');
    const all = { ...fields, ...signing, policy, 'X-Amz-Signature': signature };
    const parts = Object.entries(all).map(
      ([name, value]) => `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
    );
    const body = `${parts.join('')}--b\r\nContent-Disposition: form-data; name="file"; filename="photo.jpg"\r\nContent-Type: image/jpeg\r\n\r\n${file}\r\n--b--\r\n`;
    const headers = { host: 'cloud.test', 'content-type': 'multipart/form-data; boundary=b' };
    const answer = await cloud.send({ method: 'POST', path: `/${Bucket}`, headers, body: Buffer.from(body) });
    return { ...answer, text: await textOf(answer.body) };
  };
  const conditions = [{ bucket: Bucket }, ['starts-with', '$key', 'user/'], { 'Content-Type': 'image/jpeg' }];
  // biome-ignore lint/suspicious/noTemplateCurlyInString: S3's own placeholder
  const fields = { key: 'user/${filename}', 'Content-Type': 'image/jpeg' };
  const done = await post({ conditions, fields });
  assert.deepEqual([done.status, done.text], [204, '']);
  const found = await s3.getObject({ Bucket, Key: 'user/photo.jpg' });
  assert.deepEqual([await found.Body?.transformToString(), found.ContentType], ['the file', 'image/jpeg']);
  const created = await post({
    conditions: [...conditions, { success_action_status: '201' }, { 'x-amz-meta-a': 'b' }],
    fields: { ...fields, success_action_status: '201', 'x-amz-meta-a': 'b' },
  });
  assert.equal(created.status, 201);
  assert.match(created.text, /<Bucket>a-bucket<\/Bucket><Key>user\/photo\.jpg<\/Key>/);
  assert.deepEqual((await s3.headObject({ Bucket, Key: 'user/photo.jpg' })).Metadata, { a: 'b' });
  const to = 'https://example.com/done';
  const led = await post({
    conditions: [...conditions, { success_action_redirect: to }],
    fields: { ...fields, success_action_redirect: to },
  });
  assert.equal(led.status, 303);
  assert.match(led.headers.location!, /^https:\/\/example\.com\/done\?bucket=a-bucket&key=user%2Fphoto\.jpg&etag=/);
  // A field that would make a copy of the upload is allowed by its policy, and does nothing.
  const copied = { 'x-amz-copy-source': `/${Bucket}/user/photo.jpg` };
  const plain = await post({ conditions: [...conditions, copied], fields: { ...fields, ...copied } });
  assert.equal(plain.status, 204, plain.text);
  const refused: [FormOptions, number, RegExp][] = [
    [
      { conditions, fields: { ...fields, key: 'other/x' } },
      403,
      /Policy Condition failed: \["starts-with", "\$key", "user\/"\]/,
    ],
    [{ conditions, fields: { ...fields, acl: 'private' } }, 403, /Extra input fields: acl/],
    [{ conditions, fields, expiresMs: -1000 }, 403, /Invalid according to Policy: Policy expired\./],
    [{ conditions, fields, secret: 'wrong' }, 403, /SignatureDoesNotMatch/],
    [{ conditions: [...conditions, ['content-length-range', 0, 3]], fields }, 400, /EntityTooLarge/],
    [{ conditions: [...conditions, ['content-length-range', 100, 200]], fields }, 400, /EntityTooSmall/],
    [{ conditions, fields: { 'Content-Type': 'image/jpeg' } }, 400, /must contain a field named 'key'/],
  ];
  for (const [options, status, text] of refused) {
    const answer = await post({ ...options, file: options.file ?? 'changed' });
    assert.equal(answer.status, status, answer.text);
    assert.match(answer.text, text);
  }
  assert.equal(await (await s3.getObject({ Bucket, Key: 'user/photo.jpg' })).Body?.transformToString(), 'the file');
});

test('A form of the SDK’s createPresignedPost uploads, with a session’s token too', async () => {
  const { cloud, s3 } = await withBucket();
  const { sts } = await cloud.user('alice', {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }],
  });
  const { AccessKeyId, SecretAccessKey, SessionToken } = (await sts.getSessionToken({})).Credentials!;
  const session = cloud.as({
    accessKeyId: AccessKeyId!,
    secretAccessKey: SecretAccessKey!,
    sessionToken: SessionToken!,
  });
  const { url, fields } = await createPresignedPost(session.s3, {
    Bucket,
    Key: 'k',
    Conditions: [['content-length-range', 1, 10]],
    Expires: 60,
  });
  const parts = Object.entries({ ...fields, file: 'x' }).map(
    ([name, value]) => `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  const headers = { host: 'cloud.test', 'content-type': 'multipart/form-data; boundary=b' };
  const body = Buffer.from(`${parts.join('')}--b--\r\n`);
  const answer = await cloud.send({ method: 'POST', path: new URL(url).pathname.replace(/\/$/, ''), headers, body });
  assert.equal(answer.status, 204, await textOf(answer.body));
  assert.equal((await s3.headObject({ Bucket, Key: 'k' })).ContentLength, 1);
});

test('A form that nobody signed is anybody’s', async () => {
  const { cloud } = await withBucket();
  const body =
    '--b\r\nContent-Disposition: form-data; name="key"\r\n\r\nk\r\n--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nx\r\n--b--\r\n';
  const headers = { host: 'cloud.test', 'content-type': 'multipart/form-data; boundary=b' };
  const answer = await cloud.send({ method: 'POST', path: `/${Bucket}`, headers, body: Buffer.from(body) });
  assert.equal(answer.status, 403);
  assert.match(String(answer.body), /AccessDenied/);
});
