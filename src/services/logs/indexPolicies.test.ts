/** Field indexes: what is indexed is found, and what cannot hold it is not looked at. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { type Cloud, testCloud } from '../../testing/cloud.ts';
import { ask, fill, rows, START } from '../../testing/logQueries.ts';
import { refusal } from '../../testing/rejected.ts';
import { indexesOf, mayHold } from './fieldIndexes.ts';
import type { Segment } from './segments.ts';

const arnOf = (cloud: Cloud, name: string) => `arn:aws:logs:us-east-1:${cloud.managementAccount}:log-group:${name}`;
const policy = (...Fields: string[]) => JSON.stringify({ Fields });

async function indexed() {
  const cloud = await testCloud();
  const { logs } = cloud.root;
  const put = (logGroupName: string, ...messages: object[]) =>
    logs.putLogEvents({
      logGroupName,
      logStreamName: 's',
      logEvents: messages.map((message) => ({ timestamp: cloud.now().getTime(), message: JSON.stringify(message) })),
    });
  await fill(cloud, 'app', [[-1000, { requestId: 'r-0', user: { name: 'ann' } }]]);
  await fill(cloud, 'plain', [[-1000, { requestId: 'r-1' }]]);
  await logs.putIndexPolicy({ logGroupIdentifier: 'app', policyDocument: policy('requestId', 'user.name', 'code') });
  await put('app', { requestId: 'r-1', user: { name: 'bob' }, code: 500 }, { requestId: 'r-2', code: 200 });
  await put('app', { requestId: 'r-3', user: { name: 'cat' } });
  return { cloud, logs, put };
}

test('filterIndex looks at what is indexed, and only at batches that may hold the value', async () => {
  const { cloud } = await indexed();
  const both = { logGroupName: undefined, logGroupNames: ['app', 'plain'] };
  const { statistics, results } = await ask(cloud, 'fields requestId | filterIndex requestId = "r-1"', both);
  assert.deepEqual(
    results?.map(([first]) => first?.value),
    ['r-1'],
  );
  assert.deepEqual([statistics?.recordsScanned, statistics?.estimatedRecordsSkipped], [2, 3]);
  const found = async (query: string) =>
    (await rows(cloud, `fields requestId | ${query} | sort requestId`)).map((r) => r.requestId);
  assert.deepEqual(await found('filterIndex requestId in ["r-2", "r-3", "r-9"]'), ['r-2', 'r-3']);
  assert.deepEqual(await found('filterIndex user.name = "bob" and code = 500'), ['r-1']);
  assert.deepEqual(await found('filterIndex code = "500"'), ['r-1']);
  assert.deepEqual(await found('filterIndex requestId = "r-0"'), [], 'it came in before the index');
  assert.deepEqual(await found('filterIndex unknown = "x"'), []);
  assert.deepEqual(await found('filter requestId = "r-0"'), ['r-0']);
});

test('filter passes over what an index knows not to hold the value, and reads what is not indexed', async () => {
  const { cloud, logs } = await indexed();
  const both = { logGroupName: undefined, logGroupNames: ['app', 'plain'] };
  const looked = async (queryString: string, more: object = both) => {
    const { statistics, results } = await ask(cloud, queryString, more);
    return [results?.length, statistics?.recordsScanned, statistics?.estimatedRecordsSkipped];
  };
  assert.deepEqual(await looked('filter requestId = "r-1"'), [2, 4, 1]);
  assert.deepEqual(await looked('filter requestId in ["r-3"] and user.name = "cat" | fields requestId'), [1, 3, 2]);
  assert.deepEqual(await looked('filter requestId = "r-9" or code = 500'), [1, 5, 0]);
  assert.deepEqual(await looked('fields "r-9" as requestId | filter requestId = "r-9"'), [5, 5, 0]);
  assert.deepEqual(await looked('where requestId = "r-1"', { ...both, queryLanguage: 'PPL' }), [2, 4, 1]);
  const sql = { logGroupName: undefined, queryLanguage: 'SQL' };
  assert.deepEqual(await looked("SELECT code FROM app WHERE requestId = 'r-1' AND code > 1", sql), [1, 3, 1]);
  const protects = JSON.stringify({
    Name: 'p',
    Version: '2021-06-01',
    Statement: [
      { Sid: 'a', DataIdentifier: ['id'], Operation: { Audit: { FindingsDestination: {} } } },
      { Sid: 'd', DataIdentifier: ['id'], Operation: { Deidentify: { MaskConfig: {} } } },
    ],
    Configuration: { CustomDataIdentifier: [{ Name: 'id', Regex: 'r-[0-9]' }] },
  });
  await logs.putDataProtectionPolicy({ logGroupIdentifier: 'app', policyDocument: protects });
  assert.deepEqual(await looked('filter requestId = "***"', {}), [4, 4, 0], 'an index holds what is masked');
});

test('An index policy is read back, found and ended', async () => {
  const { cloud, logs } = await indexed();
  const logGroupIdentifiers = [arnOf(cloud, 'app')];
  const { indexPolicies } = await logs.describeIndexPolicies({ logGroupIdentifiers });
  const updated = cloud.now().getTime();
  assert.deepEqual(indexPolicies, [
    {
      logGroupIdentifier: arnOf(cloud, 'app'),
      lastUpdateTime: updated,
      policyDocument: policy('requestId', 'user.name', 'code'),
      source: 'LOG_GROUP',
    },
  ]);
  const { fieldIndexes } = await logs.describeFieldIndexes({ logGroupIdentifiers: ['app', 'plain'] });
  assert.deepEqual(
    fieldIndexes?.map(({ fieldIndexName, type, firstEventTime, lastEventTime }) => [
      fieldIndexName,
      type,
      firstEventTime,
      lastEventTime,
    ]),
    ['requestId', 'user.name', 'code'].map((name) => [name, 'FIELD_INDEX', START, START]),
  );
  const named = async (...fieldIndexNames: string[]) =>
    (await logs.listLogGroups({ fieldIndexNames })).logGroups?.map(({ logGroupName }) => logGroupName);
  assert.deepEqual(await named('code'), ['app']);
  assert.deepEqual(await named('code', 'other'), []);
  await logs.deleteIndexPolicy({ logGroupIdentifier: 'app' });
  assert.deepEqual((await logs.describeIndexPolicies({ logGroupIdentifiers })).indexPolicies, []);
  await refusal(logs.deleteIndexPolicy({ logGroupIdentifier: 'app' }), 'ResourceNotFoundException');
  const still = await rows(cloud, 'fields requestId | filterIndex requestId = "r-3"');
  assert.equal(still.length, 1, 'what was indexed stays so');
  cloud.advance('P31D');
  assert.deepEqual(await rows(cloud, 'fields requestId | filterIndex requestId = "r-3"'), []);
});

test('PutIndexPolicy refuses what is no policy', async () => {
  const { logs, cloud } = await indexed();
  const put = (policyDocument: string, logGroupIdentifier = 'app') =>
    logs.putIndexPolicy({ logGroupIdentifier, policyDocument });
  const long = 'f'.repeat(101);
  const many = policy(...Array.from({ length: 21 }, (_, i) => `f${i}`));
  const typed = JSON.stringify({ Fields: ['a'], FieldsV2: { a: { type: 'FACET' } } });
  const unknown = JSON.stringify({ FieldsV2: { a: { type: 'B_TREE' } } });
  for (const document of ['[]', 'x', '{}', policy(), policy('a', 'a'), policy(long), many, typed, unknown]) {
    await refusal(put(document), 'InvalidParameterException');
  }
  await put(JSON.stringify({ Fields: ['a'], FieldsV2: { b: { type: 'FACET' } } }));
  const stranger = await cloud.memberAccount('dev');
  const arn = arnOf(cloud, 'app');
  const foreign = stranger.root.logs.putIndexPolicy({ logGroupIdentifier: arn, policyDocument: policy('a') });
  await refusal(foreign, 'ResourceNotFoundException');
});

test('A batch is never passed over that holds the value', () => {
  const value = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.double({ noNaN: true, noDefaultInfinity: true }));
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 200 }), (values) => {
      const messages = values.map((f) => JSON.stringify({ f }));
      const indexes = indexesOf({ account: '1', name: 'app' }, [{ name: 'f' }], 's', {
        messages,
        times: messages.map(() => 0),
      });
      const segment = { indexes, ingested: 0 } as Segment;
      for (const one of values) assert.ok(mayHold(segment, [{ field: 'f', values: [one] }], 0));
    }),
  );
});
