/**
 * CloudWatch Logs with the clients that people use: AWS's command lines (`aws logs tail` among them) and boto3. Whatever
 * is not on the machine is skipped and says so.
 */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { awsOf, awsSince, environment, pythonWith } from './awsClients.ts';
import { planeOnSocket } from './socket.ts';

const run = promisify(execFile);

const python = pythonWith('boto3');
const NOW = String(Date.parse('2030-01-01T00:00:00Z'));

for (const major of [1, 2]) {
  const aws = awsOf(major);
  test(`log groups with the AWS CLI, version ${major}`, { skip: !aws && `no AWS CLI ${major} here` }, async (t) => {
    const plane = await planeOnSocket(t);
    const env = environment(plane, { ENDPOINT: plane.endpoint, NOW });
    const text = async (...args: string[]) =>
      (await run(aws!, ['--endpoint-url', plane.endpoint, '--output', 'json', 'logs', ...args], { env })).stdout;
    const call = async (...args: string[]) => JSON.parse((await text(...args)) || '{}');
    const group = ['--log-group-name', '/app'];
    await call('create-log-group', ...group, '--tags', 'team=a');
    await call('create-log-stream', ...group, '--log-stream-name', 's/1');
    const at = plane.cloud.now().getTime();
    const events = JSON.stringify([
      { timestamp: at - 60_000, message: 'ERROR first' },
      { timestamp: at, message: '{"code": 500, "text": "ERROR second é"}' },
    ]);
    await call('put-log-events', ...group, '--log-stream-name', 's/1', '--log-events', events);
    if (major === 2) await tailed(text);
    const filtered = await call('filter-log-events', ...group, '--filter-pattern', 'first');
    assert.equal(filtered.events.length, 1);
    const got = await call('get-log-events', ...group, '--log-stream-name', 's/1', '--limit', '1');
    assert.match(got.events[0].message, /second/);
    const range = ['--start-time', String(at / 1000 - 3600), '--end-time', String(at / 1000)];
    const query = 'stats count(*) as n by ispresent(code) as json | sort json';
    const { queryId } = await call('start-query', ...group, ...range, '--query-string', query);
    await plane.cloud.settle();
    const { results, status } = await call('get-query-results', '--query-id', queryId);
    assert.equal(status, 'Complete');
    assert.deepEqual(
      results.map((row: { value: string }[]) => row.map(({ value }) => value)),
      [
        ['0', '1'],
        ['1', '1'],
      ],
    );
    const wrong = call('start-query', ...group, ...range, '--query-string', 'bad');
    await assert.rejects(wrong, /MalformedQueryException/);
    await assert.rejects(call('create-log-group', ...group), /ResourceAlreadyExistsException/);
  });
}

/** Version 1 has no `tail`. */
async function tailed(text: (...args: string[]) => Promise<string>): Promise<void> {
  const since = ['--since', '2029-12-31T00:00:00'];
  assert.equal(
    await text('tail', '/app', ...since, '--format', 'short'),
    '2029-12-31T23:59:00 ERROR first\n2030-01-01T00:00:00 {"code": 500, "text": "ERROR second é"}\n',
  );
  assert.match(await text('tail', '/app', ...since, '--filter-pattern', '{ $.code = 500 }'), /^\S+ s\/1 \{"code".*\n$/);
}

const BOTO = `
import boto3, os
logs = boto3.client('logs', endpoint_url=os.environ['ENDPOINT'])
now = int(os.environ['NOW'])
logs.create_log_group(logGroupName='big')
logs.create_log_stream(logGroupName='big', logStreamName='s')
stream = dict(logGroupName='big', logStreamName='s')
many = [{'timestamp': now, 'message': '"' * 70 + '%04d' % i} for i in range(10000)]
answer = logs.put_log_events(logEvents=many, **stream)
assert 'rejectedLogEventsInfo' not in answer, answer
found = 0
for page in logs.get_paginator('filter_log_events').paginate(logGroupName='big', filterPattern='%[0-9]{3}7$%'):
    found += len(page['events'])
assert found == 1000, found
try:
    logs.put_log_events(logEvents=many + many[:1], **stream)
    assert False
except logs.exceptions.InvalidParameterException as error:
    pass
token = None
read = 0
while True:
    page = logs.get_log_events(startFromHead=True, limit=3000, **stream, **({'nextToken': token} if token else {}))
    if token == page['nextForwardToken']: break
    token = page['nextForwardToken']
    read += len(page['events'])
assert read == 10000, read
`;

test('a whole batch with boto3', { skip: !python && 'no boto3 here' }, async (t) => {
  const plane = await planeOnSocket(t);
  const env = environment(plane, { ENDPOINT: plane.endpoint, NOW });
  await run(python!, ['-W', 'ignore', '-c', BOTO], { env });
});

const tailing = awsSince({ 1: 33, 2: 16 });

test('aws logs start-live-tail shows what comes in', {
  skip: !tailing && 'no AWS CLI that tails live here',
}, async (t) => {
  const plane = await planeOnSocket(t);
  const { logs } = plane.cloud.root;
  await logs.createLogGroup({ logGroupName: '/app' });
  await logs.createLogStream({ logGroupName: '/app', logStreamName: 's' });
  const arn = `arn:aws:logs:us-east-1:${plane.cloud.managementAccount}:log-group:/app`;
  const args = ['--endpoint-url', plane.endpoint, 'logs', 'start-live-tail', '--log-group-identifiers', arn];
  const env = environment(plane, { AWS_DISABLE_HOST_PREFIX_INJECTION: 'true', PYTHONUNBUFFERED: '1' });
  const tail = spawn(tailing!, args, { env, stdio: ['ignore', 'pipe', 'ignore'] });
  t.after(() => tail.kill());
  while (plane.cloud.deps.waiting.waiting() === 0) await new Promise(setImmediate);
  const logEvents = [{ timestamp: plane.cloud.now().getTime(), message: 'ERROR é' }];
  await logs.putLogEvents({ logGroupName: '/app', logStreamName: 's', logEvents });
  plane.cloud.advance('PT1S');
  let shown = '';
  for await (const chunk of tail.stdout) if ((shown += chunk).includes('\n')) break;
  assert.match(shown, /ERROR é/);
});
