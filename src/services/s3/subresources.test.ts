/** Requests about a part of a bucket, or of an object, that do to it what cannot be done. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';
import { signed } from '../../testing/signed.ts';

test('What cannot be done to a part is not done to the whole', async () => {
  const cloud = await testCloud();
  const { s3 } = cloud.root;
  const root = await cloud.keyFor(cloud.managementAccount);
  await s3.createBucket({ Bucket: 'empty' });
  await s3.createBucket({ Bucket: 'full' });
  await s3.putObject({ Bucket: 'full', Key: 'k', Body: 'x' });
  const send = (method: string, path: string, query: string) =>
    cloud.send(signed({ method, path, query, headers: {}, body: Buffer.alloc(0) }, { ...root, service: 's3' }));
  const rows: readonly (readonly [string, string, string])[] = [
    ...['acl', 'versioning', 'location', 'uploads', 'object-lock', 'delete'].map(
      (part) => ['DELETE', '/empty', `${part}=`] as const,
    ),
    ['DELETE', '/empty/', 'logging='],
    ['PUT', '/full', 'delete='],
    ...['acl', 'retention', 'legal-hold', 'uploads', 'restore'].map(
      (part) => ['DELETE', '/full/k', `${part}=`] as const,
    ),
    ...['attributes', 'torrent', 'restore', 'uploads'].map((part) => ['PUT', '/full/k', `${part}=`] as const),
    ['GET', '/empty', 'delete='],
    ['GET', '/full/k', 'restore'],
    ['PUT', '/full/k', 'acl=&tagging='],
  ];
  for (const [method, path, query] of rows) {
    const { status, body } = await send(method, path, query);
    assert.equal(status, 405, `${method} ${path}?${query}`);
    assert.match(String(body), new RegExp(`<Code>MethodNotAllowed</Code>.*<Method>${method}</Method>`));
  }
  assert.equal(await (await s3.getObject({ Bucket: 'full', Key: 'k' })).Body!.transformToString(), 'x');
  await s3.headBucket({ Bucket: 'empty' });
  assert.equal((await send('DELETE', '/full/location', '')).status, 204);
  assert.equal((await send('DELETE', '/full/k', 'location=')).status, 204);
});

test('An unsigned POST without a type, or with that of forms, is answered by S3', async () => {
  const cloud = await testCloud();
  await cloud.root.s3.createBucket({ Bucket: 'full' });
  const send = (query: string, type?: string) => {
    const headers = { host: '127.0.0.1:4566', ...(type !== undefined && { 'content-type': type }) };
    return cloud.send({ method: 'POST', path: '/full/k', query, headers, body: Buffer.alloc(0) });
  };
  const form = 'application/x-www-form-urlencoded';
  for (const [query, type, code] of [
    ['uploads', undefined, 'AccessDenied'],
    ['uploads', form, 'AccessDenied'],
    ['acl', undefined, 'MethodNotAllowed'],
    ['acl', form, 'MethodNotAllowed'],
  ] as const) {
    const { headers, body } = await send(query, type);
    assert.equal(headers['content-type'], 'application/xml');
    assert.match(String(body), new RegExp(`<Error>.*<Code>${code}</Code>`));
  }
  assert.match(String((await send('')).body), /"__type":"MissingAuthenticationTokenException"/);
});
