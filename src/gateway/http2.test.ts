import assert from 'node:assert/strict';
import { connect } from 'node:http2';
import { type AddressInfo, connect as plain } from 'node:net';
import { test } from 'node:test';
import { connect as tls } from 'node:tls';
import { Kinesis } from '@aws-sdk/client-kinesis';
import { testCloud } from '../testing/cloud.ts';
import { isWhole, listening, raw, statusOf } from '../testing/socket.ts';
import { testCertificate } from '../testing/x509.ts';
import { gatewayServer } from './http.ts';

test('AWS’s client of Kinesis speaks HTTP/2 in clear, with bodies and streams of any length', async (t) => {
  const cloud = await testCloud();
  const port = await listening(t, cloud);
  const credentials = await cloud.keyFor(cloud.managementAccount);
  const kinesis = new Kinesis({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials,
    maxAttempts: 1,
  });
  t.after(() => kinesis.destroy());
  const StreamName = 'line';
  await kinesis.createStream({ StreamName, ShardCount: 4, MaxRecordSizeInKiB: 4096 });
  await cloud.advance('PT1M');
  const Data = Buffer.alloc(3 * 1024 * 1024, 'x');
  const { ShardId } = await kinesis.putRecord({ StreamName, PartitionKey: 'k', Data });
  const StreamARN = `arn:aws:kinesis:us-east-1:${cloud.managementAccount}:stream/line`;
  const { Consumer } = await kinesis.registerStreamConsumer({ StreamARN, ConsumerName: 'c' });
  await cloud.advance('PT1M');
  const { EventStream } = await kinesis.subscribeToShard({
    ConsumerARN: Consumer!.ConsumerARN,
    ShardId,
    StartingPosition: { Type: 'TRIM_HORIZON' },
  });
  for await (const { SubscribeToShardEvent: event } of EventStream!) {
    assert.deepEqual(Buffer.from(event!.Records![0]!.Data!), Data);
    break;
  }
  await assert.rejects(kinesis.describeStream({ StreamName: 'none' }), { name: 'ResourceNotFoundException' });
});

test('HTTP/2 and HTTP/1.1 are served on one port', async (t) => {
  const cloud = await testCloud();
  const port = await listening(t, cloud);
  const { text } = await raw(port, 'GET /nowhere HTTP/1.1\r\nhost: x\r\n\r\n', isWhole);
  assert.ok(statusOf(text) >= 400);
  const session = connect(`http://127.0.0.1:${port}`);
  const ask = () =>
    new Promise<number>((resolve, reject) => {
      const stream = session.request({ ':method': 'POST', ':path': '/', 'x-amz-target': 'AmazonSQS.ListQueues' });
      stream.on('response', (headers) => resolve(headers[':status']!));
      stream.on('error', reject);
      stream.resume();
      stream.end('{}');
    });
  const answers = await Promise.all(Array.from({ length: 20 }, ask));
  assert.deepEqual(new Set(answers), new Set([400]));
  const two = session.request({ ':method': 'POST', ':path': '/', ':authority': 'a.example', host: 'b.example' });
  const told = await new Promise<string>((resolve) => {
    let text = '';
    two.on('data', (chunk) => (text += chunk));
    two.on('end', () => resolve(text));
    two.end('{}');
  });
  assert.match(told, /A header that must be unique is given twice/);
  session.close();
});

test('a server that stops waits neither for idle sessions nor for connections that say nothing', async () => {
  const server = gatewayServer((await testCloud()).deps, { version: 'test' }, undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const silent = plain(port, '127.0.0.1');
  const session = connect(`http://127.0.0.1:${port}`);
  const stream = session.request({ ':method': 'GET', ':path': '/' });
  stream.resume();
  await new Promise((resolve) => stream.once('end', resolve));
  const gone = [silent, session].map((one) => new Promise((resolve) => one.once('close', resolve)));
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
  await Promise.all(gone);
});

test('under TLS who offers HTTP/2 alone gets it, and who offers both gets HTTP/1.1', async (t) => {
  const cloud = await testCloud();
  const { pem, privateKey } = testCertificate('cloud.test');
  const port = await listening(t, cloud, { cert: pem, key: privateKey });
  for (const [offered, chosen] of [
    [['h2'], 'h2'],
    [['h2', 'http/1.1'], 'http/1.1'],
  ] as const) {
    const socket = tls({ port, host: '127.0.0.1', ALPNProtocols: [...offered], rejectUnauthorized: false });
    await new Promise((resolve) => socket.once('secureConnect', resolve));
    assert.equal(socket.alpnProtocol, chosen);
    socket.destroy();
  }
  const session = connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
  const status = await new Promise((resolve, reject) => {
    const stream = session.request({ ':method': 'POST', ':path': '/', 'x-amz-target': 'AmazonSQS.ListQueues' });
    stream.on('response', (headers) => resolve(headers[':status']));
    stream.on('error', reject);
    stream.end('{}');
  });
  assert.equal(status, 400);
  session.close();
});
