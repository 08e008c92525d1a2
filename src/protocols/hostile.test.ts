/** Bytes from strangers: whatever arrives, the answer is a clear error, soon, and nothing is changed. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as cloudwatch from '@aws-sdk/client-cloudwatch';
import * as ce from '@aws-sdk/client-cost-explorer';
import * as iam from '@aws-sdk/client-iam';
import * as s3 from '@aws-sdk/client-s3';
import { cbor } from '@smithy/core/cbor';
import * as fc from 'fast-check';
import { CommonError } from '../core/errors.ts';
import type { ProtocolName, Service } from '../core/operation.ts';
import type { WireRequest } from '../core/wire.ts';
import { promptly } from '../testing/promptly.ts';
import { readCbor } from './cbor.ts';
import { matchOperation, protocolNamed } from './index.ts';
import { parseJson } from './json.ts';
import { serviceOf } from './loopback.ts';
import { readXml, XmlError } from './xml.ts';
import { escapeXml } from './xmlWriter.ts';

const MEGABYTE = 1 << 20;
const users = serviceOf('iam', iam, { protocols: ['awsQuery'], version: '2010-05-08' });
const costs = serviceOf('ce', ce, { protocols: ['awsJson1_1'], target: 'AWSInsightsIndexService' });
const metrics = serviceOf('monitoring', cloudwatch, { protocols: ['rpcV2Cbor'] });
const objects = serviceOf('s3', s3, { protocols: ['restXml'] });

interface Target {
  readonly protocol: ProtocolName;
  readonly service: Service;
  readonly operation: string;
  readonly wire: Omit<WireRequest, 'body'>;
}

const post = (path: string, headers: Record<string, string>, query = '', method = 'POST') => {
  return { method, path, query, headers };
};
const FORM: Target = {
  protocol: 'awsQuery',
  service: users,
  operation: 'CreateRole',
  wire: post('/', { 'content-type': 'application/x-www-form-urlencoded' }),
};
const JSON_: Target = {
  protocol: 'awsJson1_1',
  service: costs,
  operation: 'GetCostAndUsage',
  wire: post('/', { 'x-amz-target': 'AWSInsightsIndexService.GetCostAndUsage' }),
};
const CBOR: Target = {
  protocol: 'rpcV2Cbor',
  service: metrics,
  operation: 'PutMetricData',
  wire: post('/service/x/operation/PutMetricData', { 'smithy-protocol': 'rpc-v2-cbor' }),
};
const XML: Target = {
  protocol: 'restXml',
  service: objects,
  operation: 'PutBucketTagging',
  wire: post('/bucket', {}, 'tagging', 'PUT'),
};

/** The error's code, or undefined where the bytes decode; anything but a CommonError fails, and so does what explodes. */
function codeOf({ protocol, service, operation, wire }: Target, body: Uint8Array): string | undefined {
  const request = { ...wire, body };
  try {
    promptly(() => {
      const match = matchOperation(request, service);
      if (match) match.protocol.decode(request, service, match.operation);
      else protocolNamed(protocol).decode(request, service, operation);
    });
    return undefined;
  } catch (error) {
    assert.ok(error instanceof CommonError, `${error}`);
    assert.ok(error.status === 400 || error.status === 404);
    return error.name;
  }
}

const bytes = (text: string) => Buffer.from(text);
const pairs = (n: number) => Array.from({ length: n }, (_, i) => `Tags.member.${i}.Key=k`).join('&');
const form = (rest: string) => bytes(`Action=CreateRole&Version=2010-05-08&${rest}`);
const filter = (depth: number) => `{"Filter":${'{"Not":'.repeat(depth)}{}${'}'.repeat(depth)}}`;
const tagging = (tags: string) => bytes(`<Tagging><TagSet>${tags}</TagSet></Tagging>`);

const CASES: readonly [string, Target, Uint8Array, code: string | undefined][] = [
  ['duplicate parameters', FORM, form('RoleName=a&RoleName=b'), 'MalformedQueryString'],
  ['a duplicate action', FORM, form('Action=DeleteRole'), 'MalformedQueryString'],
  ['a broken escape', FORM, form('RoleName=%zz'), 'MalformedQueryString'],
  ['an escape that is not UTF-8', FORM, form('RoleName=%ff'), 'MalformedQueryString'],
  ['a form that is not UTF-8', FORM, Buffer.from([...form('RoleName='), 0xff]), 'MalformedInput'],
  ['a path without end', FORM, form(`${'a.'.repeat(MEGABYTE / 2)}=1`), 'MalformedInput'],
  ['many parameters', FORM, form(pairs(40_000)), undefined],
  ['parameters without a value', FORM, form(Array.from({ length: 90_000 }, (_, i) => `k${i}`).join('&')), undefined],
  ['a structure in place of text', FORM, form('RoleName.a=b'), 'MalformedInput'],
  ['text in place of a list', FORM, form('Tags=b'), 'MalformedInput'],
  ['text in place of a structure', FORM, form('Tags.member.1=b'), 'MalformedInput'],
  ['an index that is none', FORM, form('Tags.member.x.Key=b'), 'MalformedInput'],
  ['a number that is none', FORM, form('MaxSessionDuration=1e'), 'MalformedInput'],
  ['parameters of nobody', FORM, form('__proto__.polluted=1&constructor.prototype=2'), undefined],
  ['truncated JSON', JSON_, bytes('{"Metrics":["a"'), 'SerializationException'],
  ['JSON that is not UTF-8', JSON_, Buffer.from([0x22, 0xff, 0x22]), 'SerializationException'],
  ['deep JSON of nobody', JSON_, bytes(`{"x":${'['.repeat(MEGABYTE / 2)}`), 'SerializationException'],
  ['deep JSON, closed', JSON_, bytes(`{"x":${'['.repeat(9999)}${']'.repeat(9999)}}`), undefined],
  ['a filter in a filter', JSON_, bytes(filter(3)), undefined],
  ['a filter without end', JSON_, bytes(filter(50_000)), 'SerializationException'],
  ['a list at the top', JSON_, bytes('[]'), 'SerializationException'],
  ['null at the top', JSON_, bytes('null'), 'SerializationException'],
  ['a number for text', JSON_, bytes('{"Granularity":1}'), 'SerializationException'],
  ['text for a list', JSON_, bytes('{"Metrics":"a"}'), 'SerializationException'],
  ['null in a list', JSON_, bytes('{"Metrics":[null]}'), 'SerializationException'],
  ['members of nobody', JSON_, bytes('{"__proto__":{"polluted":1},"constructor":{}}'), undefined],
  [
    'an endless CBOR list',
    CBOR,
    Buffer.from([0x9b, 0x7f, 255, 255, 255, 255, 255, 255, 255]),
    'SerializationException',
  ],
  ['an endless CBOR map', CBOR, Buffer.from([0xbb, 255, 255, 255, 255, 255, 255, 255, 255]), 'SerializationException'],
  ['endless CBOR text', CBOR, Buffer.from([0x7a, 255, 255, 255, 255, 0x61]), 'SerializationException'],
  ['deep CBOR', CBOR, Buffer.alloc(MEGABYTE, 0x81), 'SerializationException'],
  ['deep CBOR tags', CBOR, Buffer.alloc(MEGABYTE, 0xc1), 'SerializationException'],
  ['CBOR with a rest', CBOR, Buffer.from([0xa0, 0xa0]), 'SerializationException'],
  ['CBOR keys that are no text', CBOR, Buffer.from([0xa1, 1, 1]), 'SerializationException'],
  ['a CBOR break alone', CBOR, Buffer.from([0xff]), 'SerializationException'],
  ['a document type', XML, bytes('<!DOCTYPE a [<!ENTITY b "c">]><Tagging/>'), 'MalformedXML'],
  ['an unknown entity', XML, tagging('<Tag><Key>&b;</Key></Tag>'), 'MalformedXML'],
  ['deep XML', XML, bytes('<a>'.repeat(MEGABYTE / 3)), 'MalformedXML'],
  ['truncated XML', XML, bytes('<Tagging><TagSet>'), 'MalformedXML'],
  ['mismatched tags', XML, bytes('<Tagging></Taggong>'), 'MalformedXML'],
  ['two roots', XML, bytes('<Tagging/><Tagging/>'), 'MalformedXML'],
  ['attributes without end', XML, bytes(`<Tagging ${'a '.repeat(MEGABYTE / 2)}>`), 'MalformedXML'],
  ['a comment without end', XML, bytes(`<Tagging>${'<!--'.repeat(MEGABYTE / 4)}`), 'MalformedXML'],
  ['ampersands', XML, tagging(`<Tag><Key>${'&'.repeat(MEGABYTE / 2)}</Key></Tag>`), 'MalformedXML'],
  ['elements of nobody', XML, tagging('<__proto__>x</__proto__>'), undefined],
];

for (const [title, target, body, code] of CASES) {
  test(`${target.protocol} answers ${title} with ${code ?? 'what it can read'}`, () => {
    assert.equal(codeOf(target, body), code);
    assert.equal(({} as Record<string, unknown>).polluted, undefined);
  });
}

const JSON_SENTENCES: readonly [string, string][] = [
  ['{"Granularity":1}', 'NUMBER_VALUE can not be converted to a String'],
  ['{"Granularity":true}', 'TRUE_VALUE can not be converted to a String'],
  ['{"Granularity":{}}', 'Start of structure or map found where not expected.'],
  ['{"Granularity":[]}', 'Start of list found where not expected'],
];
for (const [body, message] of JSON_SENTENCES) {
  test(`awsJson says of ${body} what AWS says`, () => {
    const request = { ...JSON_.wire, body: bytes(body) };
    assert.throws(
      () => protocolNamed('awsJson1_1').decode(request, costs, 'GetCostAndUsage'),
      new CommonError('SerializationException', message),
    );
  });
}

test('__proto__ is a key like any other', () => {
  const put = protocolNamed('rpcV2Cbor').decode({ ...CBOR.wire, body: Buffer.from([0xa0]) }, metrics, 'PutMetricData');
  assert.deepEqual(put, {});
  const read = readCbor(Buffer.from([0xa1, 0x69, ...Buffer.from('__proto__'), 0xa1, 0x61, 0x61, 0x01]));
  assert.deepEqual(Object.keys(read as object), ['__proto__']);
  assert.equal((read as { a?: number }).a, undefined);
});

/** Bytes, and valid documents with some bytes changed, cut off or repeated. */
function mutated(...documents: Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const cut = fc
    .tuple(fc.constantFrom(...documents), fc.nat(), fc.nat(), fc.uint8Array({ maxLength: 4 }))
    .map(([whole, at, drop, insert]) => {
      const from = at % (whole.length + 1);
      return Buffer.concat([whole.subarray(0, from), insert, whole.subarray(from + (drop % 4))]);
    });
  return fc.oneof({ weight: 3, arbitrary: cut }, fc.uint8Array({ maxLength: 64 }));
}

describe('fuzz: whatever the bytes, an input or an error that AWS has', () => {
  const metric = { MetricData: [{ MetricName: 'm', Value: 1.5, Dimensions: [{ Name: 'a', Value: 'b' }] }] };
  const seeds: readonly [Target, Uint8Array][] = [
    [FORM, form('RoleName=a&Tags.member.1.Key=k&Tags.member.1.Value=%C3%BC+b')],
    [JSON_, bytes('{"TimePeriod":{"Start":"2030-01-01"},"Metrics":["a"],"Filter":{"And":[{"Not":{}}]}}')],
    [CBOR, cbor.serialize(metric)],
    [XML, tagging('<Tag a="b"><Key>k&amp;&#x41;</Key><Value><![CDATA[<v>]]></Value><!-- c --></Tag>')],
  ];
  for (const [target, document] of seeds) {
    test(target.protocol, () => {
      assert.equal(codeOf(target, document), undefined);
      fc.assert(
        fc.property(mutated(document), (body) => void codeOf(target, body)),
        { numRuns: 2000 },
      );
    });
  }
});

test('CBOR has no more items than a body of a megabyte could use', () => {
  const bytes = Buffer.alloc(2 * MEGABYTE, 0xa0);
  bytes.writeUInt8(0x9a);
  bytes.writeUInt32BE(bytes.length - 5, 1);
  assert.throws(() => readCbor(bytes), /too many items/);
});

test('JSON has no more items either, whatever its texts are made of', () => {
  const text = '\\"[{,'.repeat(MEGABYTE / 2);
  assert.deepEqual(parseJson(Buffer.from(`["${text}",1]`)), [JSON.parse(`"${text}"`), 1]);
  assert.throws(() => parseJson(Buffer.from(`["${text}",${'{},'.repeat(MEGABYTE)}1]`)), /too many items/);
});

test('CBOR reads what the SDK writes', () => {
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 4 },
      fc.string(),
      fc.integer(),
      fc.double(),
      fc.boolean(),
      fc.constant(null),
      tie('list'),
    ),
    list: fc.oneof(fc.array(tie('any'), { maxLength: 4 }), fc.dictionary(fc.string(), tie('any'), DICTIONARY)),
  })).any;
  fc.assert(fc.property(value, (v) => assert.deepEqual(readCbor(cbor.serialize(v)), withoutNegativeZero(v))));
});

const DICTIONARY = { maxKeys: 4, noNullPrototype: true };

/** The SDK writes -0 as the integer 0. */
function withoutNegativeZero(value: unknown): unknown {
  if (Object.is(value, -0)) return 0;
  if (Array.isArray(value)) return value.map(withoutNegativeZero);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, withoutNegativeZero(v)]));
}

test('XML reads what it writes', () => {
  const text = fc.string({ unit: 'binary' }).map((s) => s.toWellFormed());
  fc.assert(
    fc.property(text, (s) => {
      const { text: read } = readXml(`<a>${escapeXml(s)}</a>`);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: what XML has no way to write
      assert.equal(read, s.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd'));
    }),
  );
  assert.throws(() => readXml('<a>&#0;</a>'), XmlError);
});
