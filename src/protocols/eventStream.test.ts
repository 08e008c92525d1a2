/** Streams of events: what our encoder frames, the SDK's own deserializer reads. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as logs from '@aws-sdk/client-cloudwatch-logs';
import * as s3 from '@aws-sdk/client-s3';
import { awsError } from '../core/errors.ts';
import { loopback, serviceOf } from './loopback.ts';

const credentials = { accessKeyId: 'AKIATEST', secretAccessKey: 'secret' };
const config = { region: 'us-east-1', endpoint: 'http://cloud.test', maxAttempts: 1, credentials };
const logsService = serviceOf('logs', logs, { protocols: ['awsJson1_1'], target: 'Logs_20140328' });
const s3Service = serviceOf('s3', s3, {
  protocols: ['restXml'],
  xmlNamespace: 'http://s3.amazonaws.com/doc/2006-03-01/',
});

const tail = (events: () => AsyncIterable<unknown>) => {
  const requestHandler = loopback(logsService, () => ({ responseStream: events() }));
  const client = new logs.CloudWatchLogs({ ...config, requestHandler } as object);
  return client.startLiveTail({ logGroupIdentifiers: ['arn:aws:logs:us-east-1:111122223333:log-group:g'] });
};

const select = (events: () => AsyncIterable<unknown>) => {
  const requestHandler = loopback(s3Service, () => ({ Payload: events() }));
  const client = new s3.S3({ ...config, forcePathStyle: true, requestHandler } as object);
  const serialization = { InputSerialization: { CSV: {} }, OutputSerialization: { CSV: {} } };
  return client.selectObjectContent({
    Bucket: 'bucket',
    Key: 'key',
    Expression: 'select * from s3object',
    ExpressionType: 'SQL',
    ...serialization,
  });
};

async function all<T>(events: AsyncIterable<T> | undefined): Promise<T[]> {
  const found: T[] = [];
  for await (const event of events ?? []) found.push(event);
  return found;
}

test('awsJson begins with the rest of its output and goes on with documents', async () => {
  const start = { requestId: 'r', sessionId: 's', logGroupIdentifiers: ['arn'] };
  const results = [{ timestamp: 1, message: 'grün ☃', logStreamName: 'stream' }];
  const update = { sessionMetadata: { sampled: false }, sessionResults: results };
  const { responseStream } = await tail(async function* () {
    yield { sessionStart: start };
    yield { sessionUpdate: update };
  });
  assert.deepEqual(await all(responseStream), [{ sessionStart: start }, { sessionUpdate: update }]);
});

test('restXml sends bytes as they are, documents as XML, and events of nothing', async () => {
  const counts = { BytesScanned: 7, BytesProcessed: 8, BytesReturned: 9 };
  const bytes = Buffer.from([0, 255, 10]);
  const { Payload } = await select(async function* () {
    yield { Cont: {} };
    yield { Records: { Payload: bytes } };
    yield { Progress: { Details: counts } };
    yield { Stats: { Details: counts } };
    yield { End: {} };
  });
  const [cont, records, progress, stats, end, ...more] = await all(Payload);
  assert.deepEqual([cont, end, more], [{ Cont: {} }, { End: {} }, []]);
  assert.deepEqual(Buffer.from(records?.Records?.Payload ?? []), bytes);
  assert.deepEqual([progress?.Progress?.Details, stats?.Stats?.Details], [counts, counts]);
});

test('an exception of the union ends the stream as itself', async () => {
  const { responseStream } = await tail(async function* () {
    yield { sessionStart: { sessionId: 's' } };
    throw awsError(logs.SessionTimeoutException, 'The session has timed out.');
  });
  const events = responseStream![Symbol.asyncIterator]();
  assert.equal((await events.next()).value?.sessionStart?.sessionId, 's');
  await assert.rejects(events.next(), { name: 'SessionTimeoutException', message: 'The session has timed out.' });
});

test('any other error ends it with code and message', async () => {
  const { Payload } = await select(async function* () {
    yield { Cont: {} };
    throw awsError(s3.NoSuchKey, 'The specified key does not exist.');
  });
  await assert.rejects(all(Payload), { name: 'NoSuchKey', message: 'The specified key does not exist.' });
});

test('who leaves is told to the source, though it has nothing to tell', async () => {
  let left = false;
  const silent = {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise<never>(() => {}),
      return: async () => ({ done: (left = true), value: undefined }),
    }),
  };
  let body: AsyncIterable<Uint8Array> | undefined;
  const handler = loopback(logsService, () => ({ responseStream: silent }));
  const requestHandler = {
    ...handler,
    async handle(request: Parameters<typeof handler.handle>[0]) {
      const answer = await handler.handle(request);
      body = answer.response.body as AsyncIterable<Uint8Array>;
      return answer;
    },
  };
  const client = new logs.CloudWatchLogs({ ...config, requestHandler } as object);
  await client.startLiveTail({ logGroupIdentifiers: ['arn'] });
  const frames = body![Symbol.asyncIterator]();
  frames.next();
  await frames.return?.();
  assert.equal(left, true);
});
