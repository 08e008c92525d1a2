/**
 * A reference external key store proxy on the loopback address, after AWS's specification: it checks signatures, holds
 * external keys in memory, and can be told to misbehave.
 * https://github.com/aws/aws-kms-xksproxy-api-spec
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { TestContext } from 'node:test';
import type { ProxyAddress } from '../core/keyStores.ts';
import type { WireRequest } from '../core/wire.ts';
import { claimOf } from '../gateway/claim.ts';
import { isSignedBy } from '../gateway/sigv4.ts';
import { testCertificate } from './x509.ts';

export interface HeldKey {
  readonly secret: Buffer;
  keySpec: string;
  keyUsage: string[];
  keyStatus: string;
}

interface Question {
  readonly requestMetadata: Readonly<Record<string, string>>;
  readonly [member: string]: unknown;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Between the proxy and its client: gets the true answer, sends another. Undefined: the true one waits in `held`. */
type Meddling = (path: string, answer: Answer) => Answer | string | Buffer | undefined;

export const XKS_HOST = 'xks.example.com';
export const XKS_CREDENTIAL = {
  AccessKeyId: 'ABCDEFGHIJ234567ABCD',
  RawSecretAccessKey: 'a/secret+of/the+proxy0123456789abcdefghijklmnop=',
};

class Refusal extends Error {
  readonly status: number;
  constructor(status: number, name: string) {
    super(name);
    this.status = status;
  }
}

/** Closed when the test ends. `path` is where it serves: `/kms/xks/v1`, with a prefix if it has one. */
export async function xksProxy(t: TestContext, path = '/kms/xks/v1') {
  const certificate = testCertificate(XKS_HOST);
  const keys = new Map<string, HeldKey>();
  const asked: { readonly path: string; readonly question: Question }[] = [];
  const proxy = { meddle: undefined as Meddling | undefined, health: 'ACTIVE', held: [] as (() => void)[] };
  const server = createServer({ cert: certificate.pem, key: certificate.privateKey }, async (message, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const name = (message.url ?? '').startsWith(path) ? message.url!.slice(path.length) : undefined;
    let answer: Answer;
    try {
      const question = questionOf(message, body);
      asked.push({ path: message.url ?? '', question });
      answer = { status: 200, body: answerTo(name, question, keys, proxy.health) };
    } catch (error) {
      const { status, message: errorName } = error as Refusal;
      answer = { status: status ?? 500, body: { errorName: status ? errorName : 'InternalException' } };
    }
    const send = (sent: Answer | string | Buffer) => {
      if (typeof sent === 'string' || Buffer.isBuffer(sent)) response.end(sent);
      else response.writeHead(sent.status, { 'content-type': 'application/json' }).end(JSON.stringify(sent.body));
    };
    const sent = proxy.meddle ? proxy.meddle(name ?? '', answer) : answer;
    if (sent === undefined) proxy.held.push(() => send(answer));
    else send(sent);
  });
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket.unref()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const address: ProxyAddress = {
    connect: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    ca: certificate.pem,
    timeoutMs: 10_000,
  };
  const hold = (id: string, rest: Partial<HeldKey> = {}) => {
    const key = { keySpec: 'AES_256', keyUsage: ['ENCRYPT', 'DECRYPT'], keyStatus: 'ENABLED' };
    keys.set(id, { secret: randomBytes(32), ...key, ...rest });
  };
  /** Ends every connection, also those that wait for their next request. */
  const hangUp = () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  return { address, keys, asked, hold, proxy, hangUp };
}

/** The body of a request whose signature holds. */
function questionOf(message: IncomingMessage, body: Buffer): Question {
  if (message.method !== 'POST') throw new Refusal(405, 'MethodNotAllowed');
  const headers = Object.fromEntries(Object.entries(message.headers).map(([name, value]) => [name, String(value)]));
  const request: WireRequest = { method: 'POST', path: message.url ?? '', query: '', headers, body };
  const claim = claimOf(request);
  const age = claim ? Math.abs(Date.now() - Date.parse(isoOf(headers['x-amz-date'] ?? ''))) : Number.NaN;
  const isGood =
    claim?.accessKeyId === XKS_CREDENTIAL.AccessKeyId &&
    claim.service === 'kms-xks-proxy' &&
    claim.signedHeaders.join(';') === 'host;x-amz-date' &&
    age < 300_000 &&
    isSignedBy(XKS_CREDENTIAL.RawSecretAccessKey, claim, request);
  if (!isGood) throw new Refusal(401, 'AuthenticationFailedException');
  return JSON.parse(body.toString()) as Question;
}

const isoOf = (time: string) => time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');

function answerTo(path: string | undefined, question: Question, keys: Map<string, HeldKey>, health: string): object {
  if (path === '/health') {
    return {
      xksProxyFleetSize: 1,
      xksProxyVendor: 'Gatehouse',
      xksProxyModel: 'Reference proxy',
      ekmVendor: 'Gatehouse',
      ekmFleetDetails: [{ id: 'memory', model: 'Memory', healthStatus: health }],
    };
  }
  const [, id, operation] = /^\/keys\/([A-Za-z0-9._-]{1,128})\/(metadata|encrypt|decrypt)$/.exec(path ?? '') ?? [];
  if (id === undefined) throw new Refusal(404, 'InvalidUriPathException');
  const key = keys.get(id);
  if (!key) throw new Refusal(404, 'KeyNotFoundException');
  const { secret: _, ...metadata } = key;
  if (operation === 'metadata') return metadata;
  if (key.keyStatus !== 'ENABLED') throw new Refusal(400, 'InvalidStateException');
  if (!key.keyUsage.includes(operation!.toUpperCase())) throw new Refusal(400, 'InvalidKeyUsageException');
  return operation === 'encrypt' ? encrypted(key, question) : decrypted(key, question);
}

const bytesIn = (question: Question, name: string) => Buffer.from(String(question[name] ?? ''), 'base64');

/** Both lengths are in what is authenticated, so that neither part can pass for the other. */
function authenticated(aad: Buffer, note: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(aad.length);
  return Buffer.concat([length, aad, Buffer.from([note.length]), note]);
}

function encrypted({ secret }: HeldKey, question: Question): object {
  const aad = bytesIn(question, 'additionalAuthenticatedData');
  const note = Buffer.from('key_version=1');
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', secret, iv).setAAD(authenticated(aad, note));
  const body = Buffer.concat([cipher.update(bytesIn(question, 'plaintext')), cipher.final()]);
  const tag = cipher.getAuthTag();
  const value = createHash('sha256').update(aad).update(note).update(iv).update(body).update(tag).digest('base64');
  return {
    authenticationTag: tag.toString('base64'),
    ciphertext: body.toString('base64'),
    ciphertextDataIntegrityValue: value,
    ciphertextMetadata: note.toString('base64'),
    initializationVector: iv.toString('base64'),
  };
}

function decrypted({ secret }: HeldKey, question: Question): object {
  const decipher = createDecipheriv('aes-256-gcm', secret, bytesIn(question, 'initializationVector'));
  const aad = bytesIn(question, 'additionalAuthenticatedData');
  decipher.setAAD(authenticated(aad, bytesIn(question, 'ciphertextMetadata')));
  decipher.setAuthTag(bytesIn(question, 'authenticationTag'));
  try {
    const plain = Buffer.concat([decipher.update(bytesIn(question, 'ciphertext')), decipher.final()]);
    return { plaintext: plain.toString('base64') };
  } catch {
    throw new Refusal(400, 'InvalidCiphertextException');
  }
}
