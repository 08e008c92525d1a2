import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { controlMessage, dataMessages } from './payloads.ts';

const read = (bytes: Uint8Array) => JSON.parse(gunzipSync(bytes).toString());
const envelope = { owner: '111122223333', logGroup: 'app', logStream: 's', subscriptionFilters: ['f'] };

test('A control message and a data message are as AWS sends them', async () => {
  const now = new Date('2030-01-01T00:00:00Z');
  assert.deepEqual(read(await controlMessage('Kinesis stream', now)), {
    messageType: 'CONTROL_MESSAGE',
    owner: 'CloudwatchLogs',
    logGroup: '',
    logStream: '',
    subscriptionFilters: [],
    logEvents: [
      {
        id: '',
        timestamp: now.getTime(),
        message: 'CWL CONTROL MESSAGE: Checking health of destination Kinesis stream.',
      },
    ],
  });
  const events = [{ id: '1', timestamp: 1, message: 'a' }];
  const { payloads } = await dataMessages({ ...envelope, policyLevel: 'ACCOUNT_LEVEL_POLICY' }, events);
  assert.deepEqual(
    payloads.map(({ bytes }) => read(bytes)),
    [
      {
        messageType: 'DATA_MESSAGE',
        ...envelope,
        logEvents: events,
        policyLevel: 'ACCOUNT_LEVEL_POLICY',
      },
    ],
  );
});

/** Text that gzip makes no smaller than three quarters. */
function noise(seed: string, length: number): string {
  let text = '';
  for (let n = 0; text.length < length; n++) text += createHash('sha512').update(`${seed} ${n}`).digest('base64');
  return text.slice(0, length);
}

test('What is too much for a record goes in several, in order', async () => {
  const events = [...Array(8)].map((_, n) => ({ id: `${n}`, timestamp: n, message: noise(`${n}`, 400_000) }));
  const { payloads, lost } = await dataMessages(envelope, events);
  assert.equal(lost, 0);
  assert.ok(payloads.length > 1 && payloads.every(({ bytes }) => bytes.length <= 1_000_000));
  const told = payloads.flatMap(({ bytes }) => read(bytes).logEvents as { id: string }[]);
  assert.deepEqual(
    told.map(({ id }) => id),
    ['0', '1', '2', '3', '4', '5', '6', '7'],
  );
  const huge = { id: 'x', timestamp: 1, message: noise('x', 1_600_000) };
  assert.deepEqual(await dataMessages(envelope, [huge]), { payloads: [], lost: 1 });
  assert.deepEqual(await dataMessages(envelope, []), { payloads: [], lost: 0 });
});
