import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cloudWith, rows, START } from '../../../testing/logQueries.ts';
import { promptly } from '../../../testing/promptly.ts';
import { lambdaFields, mapIn } from './discovered.ts';

const ID = '8286a188-ba32-4475-8077-530cd35c09a9';
const GROUP = '/aws/lambda/f';
const REPORT = [
  `REPORT RequestId: ${ID}`,
  ...['Duration: 2.51 ms', 'Billed Duration: 3 ms', 'Memory Size: 128 MB', 'Max Memory Used: 64 MB'],
  ...[
    'Init Duration: 120.1 ms',
    `\nXRAY TraceId: 1-5e34a614-10bdxmplf1fb44f07bc535a1`,
    'SegmentId: 07f5xmpl2d1f6f85',
    'Sampled: true',
  ],
].join('\t');

test('Fields of what Lambda and its functions write', async () => {
  const cloud = await cloudWith(
    [
      [0, `START RequestId: ${ID} Version: $LATEST`],
      [1, `2030-01-01T00:00:00.000Z\t${ID}\tINFO\thandled {"order":{"id":7},"note":"a } b"} and {"order":8}`],
      [2, `END RequestId: ${ID}`],
      [3, REPORT],
    ],
    GROUP,
  );
  const here = { logGroupName: GROUP };
  assert.deepEqual(
    await rows(cloud, `fields @type, @requestId = "${ID}" as same, order.id | sort @timestamp asc`, here),
    [
      { '@type': 'START', same: '1' },
      { same: '1', 'order.id': '7' },
      { '@type': 'END', same: '1' },
      { '@type': 'REPORT', same: '1' },
    ],
  );
  const query = `filter @type = "REPORT" | stats max(@duration) as d, max(@billedDuration) as b, max(@initDuration) as i,
    max(@memorySize / 1000 / 1000) as size, max(@maxMemoryUsed / 1000 / 1000) as used, latest(@xrayTraceId) as trace`;
  assert.deepEqual(await rows(cloud, query, here), [
    { d: '2.51', b: '3', i: '120.1', size: '128', used: '64', trace: '1-5e34a614-10bdxmplf1fb44f07bc535a1' },
  ]);
  const { logGroupFields } = await cloud.root.logs.getLogGroupFields({ logGroupName: GROUP, time: START / 1000 });
  assert.ok(logGroupFields?.some(({ name }) => name === '@requestId'));
});

test('Fields of Route 53 query logs', async () => {
  const cloud = await cloudWith([
    [0, '1.0 2017-12-13T08:16:02.130Z Z123412341234 example.com A NOERROR UDP IAD12 192.168.3.1 -'],
    [1, '1.0 2017-12-13T08:15:50.235Z Z123412341234 example.com AAAA NXDOMAIN TCP FRA54 192.0.2.0 198.51.100.0/24'],
    [2, 'something else'],
  ]);
  assert.deepEqual(
    await rows(
      cloud,
      'stats count(*) as n, latest(ednsClientSubnet) as net by queryType, responseCode | sort queryType',
    ),
    [
      { n: '1' },
      { queryType: 'A', responseCode: 'NOERROR', n: '1' },
      { queryType: 'AAAA', responseCode: 'NXDOMAIN', n: '1', net: '198.51.100.0/24' },
    ],
  );
});

test('JSON within a line is looked for in groups of Lambda only, and promptly', () => {
  assert.equal(mapIn('x {"a":1}', '1:app'), null);
  assert.deepEqual(mapIn('x {"a":"}\\""} y', `1:${GROUP}`), { a: '}"' });
  assert.equal(mapIn('x {"a":', `1:${GROUP}`), null);
  assert.equal(lambdaFields(`START RequestId: ${ID}`, '1:app'), null);
  promptly(() => mapIn(`x ${'{"'.repeat(500_000)}`, `1:${GROUP}`));
  promptly(() => lambdaFields(`REPORT RequestId: ${ID}${'\tDuration: 1'.repeat(100_000)}`, `1:${GROUP}`));
});
