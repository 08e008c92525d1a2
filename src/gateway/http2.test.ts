import assert from 'node:assert/strict';
import { connect, constants } from 'node:http2';
import { type AddressInfo, connect as plain } from 'node:net';
import { test } from 'node:test';
import { connect as tls } from 'node:tls';
import { Kinesis } from '@aws-sdk/client-kinesis';
import { testCloud } from '../testing/cloud.ts';
import { signed } from '../testing/signed.ts';
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

test('a body that does not come within a minute is given up, however busy the session is', async (t) => {
  const port = await listening(t, await testCloud());
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const session = connect(`http://127.0.0.1:${port}`);
  const ask = () => session.request({ ':method': 'POST', ':path': '/', 'x-amz-target': 'AmazonSQS.ListQueues' });
  // What came before it has been heard when a request is answered.
  const heard = () => new Promise((resolve) => ask().once('close', resolve).resume().end('{}'));
  const stream = ask();
  const gone = new Promise((resolve) => stream.once('close', () => resolve(stream.rstCode)));
  stream.on('error', () => undefined).write('{');
  await heard();
  t.mock.timers.tick(59_000);
  stream.write(' ');
  await heard();
  assert.equal(stream.closed, false);
  t.mock.timers.tick(1_000);
  assert.equal(await gone, constants.NGHTTP2_CANCEL);
  session.close();
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

test('cookies that come one by one are as good as those of one header', async (t) => {
  const port = await listening(t, await testCloud());
  const session = connect(`http://127.0.0.1:${port}`);
  const asked = (...cookie: string[]) => {
    const stream = session.request({ ':path': '/signin', cookie }).resume();
    return new Promise<unknown>((resolve) => stream.on('response', (headers) => resolve(headers['set-cookie'])));
  };
  const [made] = (await asked('a=b')) as string[];
  assert.equal(await asked('a=b', made!.split(';')[0]!, 'c=d'), undefined);
  session.close();
});

/** RFC 9113, 4.1. */
function frame(type: number, flags: number, payload: Uint8Array, stream = 1): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Headers as they are (RFC 7541, 6.2.2). */
function packed(headers: Readonly<Record<string, string>>): Buffer {
  const text = (value: string) => {
    const { length } = value;
    const size = length < 127 ? [length] : [127, ((length - 127) & 127) | 128, (length - 127) >> 7];
    return Buffer.concat([Buffer.from(size), Buffer.from(value)]);
  };
  const lines = Object.entries(headers).map(([name, value]) =>
    Buffer.concat([Buffer.from([0]), text(name), text(value)]),
  );
  return Buffer.concat(lines);
}

test('an upload that its client breaks off changes nothing, whatever it calls that', async (t) => {
  const cloud = await testCloud();
  const port = await listening(t, cloud);
  const root = await cloud.keyFor(cloud.managementAccount);
  const Bucket = 'half-a-bucket';
  await cloud.root.s3.createBucket({ Bucket });
  const path = `/${Bucket}/half`;
  const unsigned = { host: 'a.example', 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' };
  const { host, ...more } = signed({ method: 'PUT', path, headers: unsigned }, { ...root, service: 's3' }).headers;
  const headers = packed({ ':method': 'PUT', ':scheme': 'http', ':authority': host!, ':path': path, ...more });
  for (const code of [constants.NGHTTP2_NO_ERROR, constants.NGHTTP2_CANCEL]) {
    const socket = plain(port, '127.0.0.1').resume();
    const begun = [frame(4, 0, Buffer.alloc(0), 0), frame(1, 4, headers), frame(0, 0, Buffer.from('half'))];
    const pinged = new Promise<void>((resolve) => {
      socket.on('data', (bytes: Buffer) => bytes.includes('pongpong') && resolve());
    });
    const ping = () => frame(6, 0, Buffer.from('pongpong'), 0);
    socket.write(Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), ...begun, ping()]));
    await pinged;
    const gone = new Promise((resolve) => socket.once('close', resolve));
    // After its last words the server has heard them all.
    socket.end(Buffer.concat([frame(3, 0, Buffer.from([0, 0, 0, code])), frame(7, 0, Buffer.alloc(8), 0)]));
    await gone;
    assert.equal((await cloud.root.s3.listObjectsV2({ Bucket })).KeyCount, 0);
  }
});
