/** What processors make of events: AWS's documented examples, through TestTransformer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Processor } from '@aws-sdk/client-cloudwatch-logs';
import { testCloud } from '../../../testing/cloud.ts';
import { promptly } from '../../../testing/promptly.ts';
import { refusal } from '../../../testing/rejected.ts';

const cloud = await testCloud();

async function made(transformerConfig: Processor[], ...logEventMessages: string[]): Promise<unknown[]> {
  const { transformedLogs = [] } = await cloud.root.logs.testTransformer({ transformerConfig, logEventMessages });
  assert.deepEqual(
    transformedLogs.map(({ eventNumber, eventMessage }) => [eventNumber, eventMessage]),
    logEventMessages.map((message, i) => [i + 1, message]),
  );
  return transformedLogs.map(({ transformedEventMessage: text }) =>
    text === undefined ? undefined : JSON.parse(text),
  );
}

const json: Processor = { parseJSON: {} };
const inner = (value: unknown) => ({ outer_key: { inner_key: value } });

/** Processors, a message, what becomes of it. */
const CASES: Readonly<Record<string, readonly [Processor[], unknown, unknown]>> = {
  parseJSON: [[{ parseJSON: { destination: 'new_key' } }], inner('v'), { new_key: inner('v') }],
  'parseJSON of a field': [
    [json, { parseJSON: { source: 'text', destination: 'a.b' } }],
    { text: '{"x": [1]}' },
    { text: '{"x": [1]}', a: { b: { x: [1] } } },
  ],
  csv: [
    [{ csv: { delimiter: ':', quoteCharacter: "'" } }],
    "'Akua Mansa':28:'New York: USA'",
    { column_1: 'Akua Mansa', column_2: '28', column_3: 'New York: USA' },
  ],
  'csv with names of columns': [
    [{ csv: { columns: ['a', 'b.c'] } }],
    '1,"x ""y""",3',
    { a: '1', b: { c: 'x "y"' }, column_3: '3' },
  ],
  parseKeyValue: [
    [
      {
        parseKeyValue: {
          destination: 'new_key',
          fieldDelimiter: '!',
          keyValueDelimiter: ':',
          nonMatchValue: 'defaultValue',
          keyPrefix: 'parsed_',
        },
      },
    ],
    'key1:value1!key2:value2!key3:value3!key4',
    { new_key: { parsed_key1: 'value1', parsed_key2: 'value2', parsed_key3: 'value3', parsed_key4: 'defaultValue' } },
  ],
  addKeys: [
    [
      json,
      {
        addKeys: {
          entries: [
            { key: 'outer_key.new_key', value: 'new' },
            { key: 'outer_key', value: 'not' },
          ],
        },
      },
    ],
    inner('v'),
    { outer_key: { inner_key: 'v', new_key: 'new' } },
  ],
  deleteKeys: [
    [json, { deleteKeys: { withKeys: ['outer_key.inner_key', 'nowhere.x'] } }],
    inner('v'),
    { outer_key: {} },
  ],
  moveKeys: [
    [json, { moveKeys: { entries: [{ source: 'outer_key1.inner_key1', target: 'outer_key2' }] } }],
    { outer_key1: { inner_key1: 'v1' }, outer_key2: { inner_key2: 'v2' } },
    { outer_key1: {}, outer_key2: { inner_key2: 'v2', inner_key1: 'v1' } },
  ],
  renameKeys: [
    [json, { renameKeys: { entries: [{ key: 'outer_key', renameTo: 'new_key' }] } }],
    inner('v'),
    { new_key: { inner_key: 'v' } },
  ],
  copyValue: [
    [
      json,
      {
        copyValue: {
          entries: [
            { source: 'outer_key.inner_key', target: 'new_key' },
            { source: '@accountId', target: 'account_id' },
            { source: '@regionName', target: 'region_name' },
          ],
        },
      },
    ],
    inner('v'),
    { ...inner('v'), new_key: 'v', account_id: cloud.managementAccount, region_name: 'us-east-1' },
  ],
  lowerCaseString: [[json, { lowerCaseString: { withKeys: ['outer_key.inner_key'] } }], inner('ÄB'), inner('äb')],
  upperCaseString: [[json, { upperCaseString: { withKeys: ['outer_key.inner_key'] } }], inner('äb'), inner('ÄB')],
  trimString: [[json, { trimString: { withKeys: ['outer_key.inner_key', 'no'] } }], inner('  v '), inner('v')],
  splitString: [
    [json, { splitString: { entries: [{ source: 'outer_key.inner_key', delimiter: ', ' }] } }],
    inner('item1, item2, item3'),
    inner(['item1', 'item2', 'item3']),
  ],
  substituteString: [
    [
      json,
      {
        substituteString: {
          entries: [
            { source: 'a', from: '\\[\\]', to: 'value1' },
            { source: 'b', from: '(\\w+), (\\w+), and (\\w+)', to: '$1 and $3' },
            // biome-ignore lint/suspicious/noTemplateCurlyInString: it is AWS's template, not ours
            { source: 'c', from: 'assumed-role/(?P<role>[\\w]+)/(?P<session>\\w+)$', to: '${role}:${session}' },
            { source: 'd', from: 'cat', to: 'dog' },
          ],
        },
      },
    ],
    { a: '[]', b: 'Tom, Dick, and Harry', c: 'assumed-role/R/S', d: 'A cat takes a catnap.' },
    { a: 'value1', b: 'Tom and Harry', c: 'R:S', d: 'A dog takes a dognap.' },
  ],
  typeConverter: [
    [
      json,
      {
        typeConverter: {
          entries: [
            { key: 'i', type: 'integer' },
            { key: 'd', type: 'double' },
            { key: 's', type: 'string' },
            { key: 'b', type: 'boolean' },
            { key: 'no', type: 'integer' },
          ],
        },
      },
    ],
    { i: '200', d: '1.5', s: 7, b: 'true', no: 'text' },
    { i: 200, d: 1.5, s: '7', b: true, no: 'text' },
  ],
  dateTimeConverter: [
    [
      json,
      {
        dateTimeConverter: {
          source: 'at',
          target: 'to',
          locale: 'de',
          matchPatterns: ['yyyy', 'EEEE dd. MMMM yyyy HH:mm:ss'],
          sourceTimezone: 'Europe/Berlin',
          targetTimezone: 'America/New_York',
          targetFormat: "yyyy-MM-dd'T'HH:mm:ssXXX",
        },
      },
    ],
    { at: 'Samstag 05. Dezember 1998 11:00:00' },
    { at: 'Samstag 05. Dezember 1998 11:00:00', to: '1998-12-05T05:00:00-05:00' },
  ],
  'grok after parseJSON': [
    [json, { grok: { source: 'm', match: '%{WORD:method} %{NOTSPACE:request} HTTP/%{NUMBER:version}' } }],
    { m: 'GET /page.html HTTP/1.1' },
    { m: 'GET /page.html HTTP/1.1', method: 'GET', request: '/page.html', version: '1.1' },
  ],
};

for (const [name, [processors, message, wanted]] of Object.entries(CASES)) {
  test(`TestTransformer: ${name}`, async () => {
    const text = typeof message === 'string' ? message : JSON.stringify(message);
    assert.deepEqual(await made(processors, text), [wanted]);
  });
}

test('TestTransformer: listToMap in its three ways', async () => {
  const list = [
    { k: 'a', v: 'val-a' },
    { k: 'b', v: 'val-b1' },
    { k: 'b', v: 'val-b2' },
  ];
  const of = (more: object) =>
    made([json, { listToMap: { source: 'list', key: 'k', valueKey: 'v', ...more } }], JSON.stringify({ list }));
  assert.deepEqual(await of({}), [{ list, a: ['val-a'], b: ['val-b1', 'val-b2'] }]);
  assert.deepEqual(await of({ flatten: true, flattenedElement: 'first' }), [{ list, a: 'val-a', b: 'val-b1' }]);
  assert.deepEqual(await of({ flatten: true, flattenedElement: 'last', target: 'm' }), [
    { list, m: { a: 'val-a', b: 'val-b2' } },
  ]);
});

test('TestTransformer: times of many patterns', async () => {
  const convert = (matchPatterns: string[], more: object = {}): Processor => ({
    dateTimeConverter: { source: 'at', target: 'to', matchPatterns, locale: 'en', ...more },
  });
  const of = async (at: unknown, ...all: Parameters<typeof convert>) => {
    const [found] = await made([json, convert(...all)], JSON.stringify({ at }));
    return (found as { to?: string } | undefined)?.to;
  };
  assert.equal(await of('7/4/24 3:05 PM', ['M/d/yy h:mm a']), '2024-07-04T15:05:00.000Z');
  assert.equal(await of('2024-07-04T15:05:06.789+0200', ["yyyy-MM-dd'T'HH:mm:ss.SSSZ"]), '2024-07-04T13:05:06.789Z');
  assert.equal(await of(1720105506789, ['epoch']), '2024-07-04T15:05:06.789Z');
  assert.equal(await of('04 Jul 2024', ['dd MMM yyyy'], { targetFormat: 'EEE dd/MM/yyyy' }), 'Thu 04/07/2024');
  assert.equal(
    await of('2024-07-04 12:00', ['yyyy-MM-dd HH:mm'], { sourceTimezone: 'Asia/Tokyo' }),
    '2024-07-04T03:00:00.000Z',
  );
  assert.equal(await of('something else', ['yyyy']), undefined);
});

test('TestTransformer: what AWS’s services write', async () => {
  const flow = '2 123456789010 eni-abc123de 192.0.2.0 192.0.2.24 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK';
  const [vpc] = (await made([{ parseVPC: {} }], flow)) as Record<string, unknown>[];
  assert.deepEqual(
    [vpc?.version, vpc?.accountId, vpc?.dstPort, vpc?.action, vpc?.end],
    [2, '123456789010', 22, 'ACCEPT', 1418530070],
  );
  const query =
    '1.0 2017-12-13T08:15:50.235Z Z123412341234 example.com AAAA NOERROR TCP IAD12 192.0.2.0 198.51.100.0/24';
  const [route53] = (await made([{ parseRoute53: {} }], query)) as Record<string, unknown>[];
  assert.deepEqual(
    [route53?.version, route53?.queryName, route53?.ednsClientSubnet],
    [1, 'example.com', '198.51.100.0/24'],
  );
  const line = '2019-03-10 03:54:59 UTC:10.0.0.123(52834):postgres@logtestdb:[20175]:ERROR: column "x" does not exist';
  assert.deepEqual(await made([{ parsePostgres: {} }], line), [
    {
      logTime: '2019-03-10 03:54:59 UTC',
      srcIp: '10.0.0.123(52834)',
      userName: 'postgres',
      dbName: 'logtestdb',
      processId: '20175',
      logLevel: 'ERROR',
    },
  ]);
  const headers = [{ name: 'Host', value: 'localhost:1989' }];
  const waf = { action: 'BLOCK', httpRequest: { clientIp: '1.1.1.1', headers }, labels: [{ name: 'value' }] };
  assert.deepEqual(await made([{ parseWAF: {} }], JSON.stringify(waf)), [
    {
      action: 'BLOCK',
      httpRequest: { clientIp: '1.1.1.1', headers: { Host: 'localhost:1989' } },
      labels: { name: 'value' },
    },
  ]);
  const access =
    '2019-12-04 21:02:31 LAX1 392 192.0.2.24 GET d1.cloudfront.net /index.html 200 - Mozilla/5.0%20(Windows) - - Hit ' +
    'SOX4== d1.cloudfront.net https 23 0.001 - TLSv1.2 ECDHE Hit HTTP/2.0 - - 11040 0.001 Hit text/html 78 - -';
  const [cloudfront] = (await made([{ parseCloudfront: {} }], access)) as Record<string, unknown>[];
  assert.deepEqual(
    [
      cloudfront?.['sc-bytes'],
      cloudfront?.['cs(User-Agent)'],
      cloudfront?.['time-taken'],
      cloudfront?.['sc-range-end'],
    ],
    [392, 'Mozilla/5.0 (Windows)', 0.001, '-'],
  );
});

test('TestTransformer leaves what it cannot transform', async () => {
  assert.deepEqual(await made([json], 'no JSON', '[1]', '{"a": 1}'), [undefined, undefined, { a: 1 }]);
  const many = JSON.stringify(Object.fromEntries(Array.from({ length: 201 }, (_, i) => [`f${i}`, i])));
  assert.deepEqual(await made([json], many), [undefined]);
  assert.deepEqual(await made([{ grok: { match: '%{NUMBER:n}' } }], 'no number'), [undefined]);
  const own = await made(
    [json, { addKeys: { entries: [{ key: '__proto__.polluted', value: 'x' }] } }],
    '{"__proto__": {"a": 1}}',
  );
  assert.equal(JSON.stringify(own), '[{"__proto__":{"a":1,"polluted":"x"}}]');
  assert.equal(({} as Record<string, unknown>).polluted, undefined);
});

const grok = (match: string): Processor => ({ grok: { match } });
const key = { key: 'a', value: 'b' };

/** What is no transformer. */
const REFUSED: Readonly<Record<string, Processor[]>> = {
  'no parser first': [{ addKeys: { entries: [key] } }],
  'six parsers': Array(6).fill(json),
  'two groks': [grok('%{INT:a}'), grok('%{INT:b}')],
  'two addKeys': [json, { addKeys: { entries: [key] } }, { addKeys: { entries: [key] } }],
  'a parser of vended logs that is not first': [json, { parseVPC: {} }],
  'a parser of vended logs of a field': [{ parseWAF: { source: 'a' } }],
  'two processors in one entry': [{ parseJSON: {}, csv: {} }],
  'a path too deep': [{ parseJSON: { destination: 'a.b.c.d' } }],
  'an unknown grok pattern': [grok('%{NOPE:a}')],
  'a grok expression without patterns': [grok('plain')],
  'too many wide grok patterns': [grok('%{DATA:a} %{DATA:b} %{DATA:c} %{SPACE} %{SPACE} %{GREEDYDATA:d}')],
  'a grok pattern too often': [grok('%{GREEDYDATA_MULTILINE:a} %{GREEDYDATA_MULTILINE:b}')],
  'a common log that is not first': [grok('%{GREEDYDATA:m} %{SYSLOG5424}')],
  'something but data after a common log': [grok('%{NGINX_ACCESS_LOG} %{NUMBER:n}')],
  'a wrong regular expression': [json, { substituteString: { entries: [{ source: 'a', from: '(', to: 'b' }] } }],
  'a group that is not there': [json, { substituteString: { entries: [{ source: 'a', from: 'b', to: '$1' }] } }],
  'an unknown time zone': [
    json,
    { dateTimeConverter: { source: 'a', target: 'b', matchPatterns: ['yyyy'], locale: 'en', sourceTimezone: 'Mars' } },
  ],
  'flatten without which': [json, { listToMap: { source: 'a', key: 'b', flatten: true } }],
  parseToOCSF: [{ parseToOCSF: { eventSource: 'CloudTrail', ocsfVersion: 'V1.1' } }],
};

for (const [name, transformerConfig] of Object.entries(REFUSED)) {
  test(`TestTransformer refuses ${name}`, async () => {
    const call = cloud.root.logs.testTransformer({ transformerConfig, logEventMessages: ['x'] });
    await refusal(call, 'InvalidParameterException');
  });
}

test('TestTransformer: hostile expressions and texts end soon', async () => {
  const text = 'a'.repeat(200_000);
  const replace = (from: string): Processor => ({ substituteString: { entries: [{ source: 'a', from, to: 'x' }] } });
  const wide = grok('%{DATA:a}a%{DATA:b}a%{DATA:c}a%{GREEDYDATA:d}b%{INT:n}');
  const digits = 'H'.concat('mH'.repeat(30));
  const time: Processor = { dateTimeConverter: { source: 'a', target: 'b', locale: 'en', matchPatterns: [digits] } };
  const results = await promptly(async () => [
    ...(await made([wide], text, text)),
    ...(await made([json, replace('a(.*z)?')], JSON.stringify({ a: text }))),
    ...(await made([json, replace('(a+)+$')], JSON.stringify({ a: `${text}b` }))),
    ...(await made([json, time], JSON.stringify({ a: `${'1'.repeat(90)}x` }))),
  ]);
  assert.deepEqual(results, [undefined, undefined, undefined, results[3], undefined]);
});
