/** AWS's published signatures: its test suite for Signature Version 4, and the examples of its user guides. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { WireRequest } from '../core/wire.ts';
import { derivedKey, signedEverywhere } from '../testing/signedEverywhere.ts';
import { claimOf } from './claim.ts';
import { isSignedBy, requireWholeSignature } from './sigv4.ts';

const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const S3_SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const HOST = { host: 'example.amazonaws.com', 'x-amz-date': '20150830T123600Z' };
const VANILLA = '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31';
const FORM = 'application/x-www-form-urlencoded';

function requestOf(method: string, target: string, headers: Record<string, string>, body = ''): WireRequest {
  const [path = '', query = ''] = target.split('?');
  return { method, path, query, headers, body: Buffer.from(body) };
}

/** Each with the headers besides Host and X-Amz-Date, and the signature AWS publishes. */
const SUITE: readonly (readonly [string, string, string, Record<string, string>, string, string])[] = [
  ['get-vanilla', 'GET', '/', {}, '', VANILLA],
  ['get-slash', 'GET', '//', {}, '', VANILLA],
  ['get-slash-dot-slash', 'GET', '/./', {}, '', VANILLA],
  ['get-relative', 'GET', '/example/..', {}, '', VANILLA],
  ['get-relative-relative', 'GET', '/example1/example2/../..', {}, '', VANILLA],
  ['get-space', 'GET', '/example space/', {}, '', '652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741'],
  ['get-utf8', 'GET', '/ሴ', {}, '', '8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85'],
  [
    'get-vanilla-query-order-key-case',
    'GET',
    '/?Param2=value2&Param1=value1',
    {},
    '',
    'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
  ],
  [
    'get-vanilla-query-unreserved',
    'GET',
    `/?${'-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz='.repeat(2).slice(0, -1)}`,
    {},
    '',
    '9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197',
  ],
  [
    'get-header-key-duplicate',
    'GET',
    '/',
    { 'my-header1': 'value2,value2,value1' },
    '',
    'c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea',
  ],
  [
    'get-header-value-order',
    'GET',
    '/',
    { 'my-header1': 'value4,value1,value3,value2' },
    '',
    '08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01',
  ],
  [
    'get-header-value-trim',
    'GET',
    '/',
    { 'my-header1': ' value1', 'my-header2': ' "a   b   c"' },
    '',
    'acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736',
  ],
  ['post-vanilla', 'POST', '/', {}, '', '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
  [
    'post-x-www-form-urlencoded',
    'POST',
    '/',
    { 'content-type': FORM },
    'Param1=value1',
    'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
  ],
];

function authorized(request: WireRequest, credential: string, names: string, signature: string): WireRequest {
  const authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`;
  return { ...request, headers: { ...request.headers, authorization } };
}

function holds(request: WireRequest, secret = SECRET): boolean {
  const claim = claimOf(request);
  assert.ok(claim);
  requireWholeSignature(request, claim);
  return isSignedBy(secret, claim, request);
}

for (const [name, method, target, more, body, signature] of SUITE) {
  test(`Signature Version 4 agrees with AWS's ${name}`, () => {
    const request = requestOf(method, target, { ...HOST, ...more }, body);
    const names = Object.keys(request.headers).sort().join(';');
    const credential = 'AKIDEXAMPLE/20150830/us-east-1/service/aws4_request';
    assert.equal(holds(authorized(request, credential, names, signature)), true);
    assert.equal(
      holds(authorized(request, credential, names, signature.replace(/^./, '0'))),
      signature.startsWith('0'),
    );
    assert.equal(holds(authorized(request, credential, names, signature), 'another secret'), false);
  });
}

const EMPTY_HASH = createHash('sha256').update('').digest('hex');
const S3_HOST = { host: 'examplebucket.s3.amazonaws.com', 'x-amz-date': '20130524T000000Z' };

/** https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html */
test("Signature Version 4 agrees with the S3 guide's examples, whose paths are not normalised", () => {
  const credential = 'AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request';
  const get = { ...S3_HOST, 'x-amz-content-sha256': EMPTY_HASH };
  const rows: [WireRequest, string][] = [
    [
      requestOf('GET', '/test.txt', { ...get, range: 'bytes=0-9' }),
      'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
    ],
    [requestOf('GET', '/?lifecycle', get), 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543'],
    [
      requestOf('GET', '/?max-keys=2&prefix=J', get),
      '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
    ],
    [
      requestOf(
        'PUT',
        '/test%24file.text',
        {
          ...S3_HOST,
          date: 'Fri, 24 May 2013 00:00:00 GMT',
          'x-amz-storage-class': 'REDUCED_REDUNDANCY',
          'x-amz-content-sha256': createHash('sha256').update('Welcome to Amazon S3.').digest('hex'),
        },
        'Welcome to Amazon S3.',
      ),
      '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
    ],
  ];
  for (const [request, signature] of rows) {
    const names = Object.keys(request.headers).sort().join(';');
    assert.equal(holds(authorized(request, credential, names, signature), S3_SECRET), true, request.path);
  }
});

/** https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html */
test("a presigned URL agrees with the S3 guide's example, in any order of parameters", () => {
  const parameters = [
    'X-Amz-Algorithm=AWS4-HMAC-SHA256',
    'X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request',
    'X-Amz-Date=20130524T000000Z',
    'X-Amz-Expires=86400',
    'X-Amz-SignedHeaders=host',
    'X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404',
  ];
  for (const order of [parameters, [...parameters].reverse()]) {
    const request = requestOf('GET', `/test.txt?${order.join('&')}`, { host: S3_HOST.host });
    assert.equal(holds(request, S3_SECRET), true);
    assert.equal(holds({ ...request, query: request.query.replace('86400', '86401') }, S3_SECRET), false);
  }
});

/** The pair that AWS's own libraries test their derivation with. */
const DERIVED = {
  accessKeyId: 'AKISORANDOMAASORANDOM',
  secret: 'q+jcrXGc+0zWN6uzclKVhvMmUsIfRPa4rlRandom',
  d: '7fd3bd010c0d9c292141c2b77bfbde1042c92e6836fff749d1269ec890fca1bd',
};

const signedForAllRegions = (accessKeyId: string, privateKey: string): WireRequest =>
  signedEverywhere(requestOf('GET', '/', { ...HOST, 'x-amz-region-set': 'eu-west-1,us-east-1' }), {
    accessKeyId,
    privateKey,
    service: 'service',
  });

test('Signature Version 4a derives the key pair that AWS derives, and verifies what it signed', () => {
  const { accessKeyId, secret, d } = DERIVED;
  assert.equal(derivedKey(accessKeyId, secret), d);
  const request = signedForAllRegions(accessKeyId, d);
  assert.equal(claimOf(request)?.region, 'eu-west-1');
  assert.equal(holds(request, secret), true);
  assert.equal(holds(request, `${secret}x`), false);
  assert.equal(holds({ ...request, method: 'POST' }, secret), false);
  const elsewhere = { ...request.headers, 'x-amz-region-set': '*' };
  assert.equal(holds({ ...request, headers: elsewhere }, secret), false);
  const garbled = {
    ...request.headers,
    authorization: request.headers.authorization!.replace(/Signature=.*/, 'Signature=30'),
  };
  assert.equal(holds({ ...request, headers: garbled }, secret), false);
});

test('a Signature Version 4a names a Region, or leaves it to us', () => {
  const region = (set: string) => {
    const request = signedForAllRegions(DERIVED.accessKeyId, DERIVED.d);
    return claimOf({ ...request, headers: { ...request.headers, 'x-amz-region-set': set } })?.region;
  };
  assert.equal(region('us-west-*, eu-west-1'), 'eu-west-1');
  assert.equal(region('*'), 'us-east-1');
  for (const set of ['', 'us-west-*', '../..']) assert.throws(() => region(set), { name: 'IncompleteSignature' });
});

test('what a stranger claims at length is not remembered', () => {
  const heard = (more: number) => {
    const names = ['host', ...Array.from({ length: more }, (_, i) => `x-${i}`)].join(';');
    const scope = 'AKIAIOSFODNN7EXAMPLE/20300101/us-east-1/sts/aws4_request';
    const text = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=${names}, Signature=${'a'.repeat(64)}`;
    const headers = { ...HOST, authorization: text, 'x-amz-date': '20300101T000000Z' };
    return claimOf(requestOf('GET', '/', headers))?.signedHeaders;
  };
  assert.equal(heard(3), heard(3));
  assert.notEqual(heard(5000), heard(5000));
  assert.deepEqual(heard(5000), heard(5000));
});
