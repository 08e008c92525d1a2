/**
 * Load on a socket, from this process: prepared requests over keep-alive connections, one at a time on each, as fast as
 * answers come. Raw sockets, since an HTTP client would cost more than the server it measures.
 */
import { createHash, createHmac } from 'node:crypto';
import { connect, type Socket } from 'node:net';

export interface Target {
  readonly host: string;
  readonly port: number;
}

export interface Measured {
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly statuses: Readonly<Record<string, number>>;
}

/** Sends `next()` over `connections` for `seconds`, or until it has no more. */
export async function load(
  target: Target,
  next: () => Buffer | undefined,
  { connections = 32, seconds = 4 } = {},
): Promise<Measured> {
  const latencies: number[] = [];
  const statuses: Record<string, number> = {};
  const start = performance.now();
  const end = start + seconds * 1000;
  const source = () => (performance.now() < end ? next() : undefined);
  await Promise.all(Array.from({ length: connections }, () => connection(target, source, latencies, statuses)));
  const elapsed = (performance.now() - start) / 1000;
  latencies.sort((a, b) => a - b);
  const at = (q: number) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * q))] ?? Number.NaN;
  return { perSecond: latencies.length / elapsed, p50: at(0.5), p99: at(0.99), statuses };
}

/** Of three runs the median by rate. */
export async function medianOf<M extends Measured>(run: () => Promise<M>): Promise<M> {
  const runs = [await run(), await run(), await run()];
  return runs.sort((a, b) => a.perSecond - b.perSecond)[1]!;
}

function connection(
  target: Target,
  next: () => Buffer | undefined,
  latencies: number[],
  statuses: Record<string, number>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect(target.port, target.host);
    socket.setNoDelay(true);
    let sent = 0;
    let pending: Buffer = Buffer.alloc(0);
    const send = () => {
      const request = next();
      if (!request) return socket.end();
      sent = performance.now();
      return socket.write(request);
    };
    socket.on('connect', send);
    socket.on('error', reject);
    socket.on('close', () => resolve());
    socket.on('data', (chunk: Buffer) => {
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
      const length = answerLength(pending);
      if (length === undefined || pending.length < length) return;
      latencies.push(performance.now() - sent);
      const status = pending.toString('latin1', 9, 12);
      statuses[status] = (statuses[status] ?? 0) + 1;
      pending = pending.subarray(length);
      send();
    });
  });
}

function answerLength(bytes: Buffer): number | undefined {
  const head = bytes.indexOf('\r\n\r\n');
  if (head < 0) return undefined;
  const [, length] = /\r\ncontent-length: (\d+)/i.exec(bytes.toString('latin1', 0, head)) ?? [];
  return head + 4 + Number(length ?? 0);
}

export interface Signer {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
  readonly service: string;
}

/** The bytes of a signed awsQuery POST. */
export const signedForm = (signer: Signer, target: Target, form: string): Buffer =>
  signedPost(signer, target, { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }, form);

/** The bytes of a signed awsJson 1.1 POST; `operation` with its prefix, as in `X-Amz-Target`. */
export const signedJson = (signer: Signer, target: Target, operation: string, body: string): Buffer =>
  signedPost(signer, target, { 'content-type': 'application/x-amz-json-1.1' }, body, { 'x-amz-target': operation });

const signedPost = (
  signer: Signer,
  target: Target,
  type: Readonly<Record<string, string>>,
  body: string,
  more: Readonly<Record<string, string>> = {},
): Buffer => signedRequest(signer, target, { method: 'POST', path: '/', before: type, more, body });

export interface Unsigned {
  readonly method: string;
  /** Signed as it is: letters, digits, slashes and hyphens. */
  readonly path: string;
  /** In the order in which signatures name them: before `host`, and after `x-amz-date`. */
  readonly before?: Readonly<Record<string, string>>;
  readonly more?: Readonly<Record<string, string>>;
  /** Sorted by name. */
  readonly query?: string;
  readonly body?: string | Buffer;
}

/** The bytes of a signed request. */
export function signedRequest(
  signer: Signer,
  { host, port }: Target,
  { method, path, before = {}, more = {}, query = '', body = '' }: Unsigned,
): Buffer {
  const amzDate = new Date().toISOString().replace(/[-:]|\.\d{3}/g, '');
  const scope = `${amzDate.slice(0, 8)}/${signer.region}/${signer.service}/aws4_request`;
  const payload = sha256(body);
  const hashed = signer.service === 's3' ? { 'x-amz-content-sha256': payload } : {};
  // In the order in which signatures name them.
  const headers = { ...before, host: `${host}:${port}`, ...hashed, 'x-amz-date': amzDate, ...more };
  const names = Object.keys(headers).join(';');
  const lines = Object.entries(headers)
    .map(([name, value]) => `${name}:${value}\n`)
    .join('');
  const canonical = `${method}\n${path}\n${query}\n${lines}\n${names}\n${payload}`;
  const key = scope.split('/').reduce<string | Buffer>((k, part) => hmac(k, part), `AWS4${signer.secretAccessKey}`);
  const signature = hmac(key, `AWS4-HMAC-SHA256\n${amzDate}\n${scope}\n${sha256(canonical)}`).toString('hex');
  const authorization = `AWS4-HMAC-SHA256 Credential=${signer.accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
  const all = { ...headers, authorization, 'user-agent': 'bench', 'content-length': String(Buffer.byteLength(body)) };
  const head = Object.entries(all)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
  const target = query === '' ? path : `${path}?${query}`;
  return Buffer.concat([Buffer.from(`${method} ${target} HTTP/1.1\r\n${head}\r\n`), Buffer.from(body)]);
}

const sha256 = (text: string | Buffer) => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
