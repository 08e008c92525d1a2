/** The socket: bytes in, a WireRequest through the pipeline, bytes out. Whatever is too big or too slow ends here. */
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { Socket } from 'node:net';
import { pipeline, Readable } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Source } from '../core/context.ts';
import { CommonError } from '../core/errors.ts';
import { uuid } from '../core/ids.ts';
import type { WireRequest, WireResponse } from '../core/wire.ts';
import { WEB_IDENTITY_PREFIX } from '../identity/outboundKeys.ts';
import { describeError } from '../protocols/errors.ts';
import { errorProtocol } from '../protocols/index.ts';
import { arriving, bodyBytesMax, bodyOf, forgetRest, isStream, tooLarge } from './body.ts';
import { ALPNCallback, expectSoon, speakHttp2 } from './http2.ts';
import type { Deps } from './invocation.ts';
import { documentPage } from './pages/documents.ts';
import { page } from './pages/index.ts';
import { type Controls, PAGES_PREFIX } from './pages/page.ts';
import { webIdentityPage } from './pages/webIdentity.ts';
import { fronted, handle } from './pipeline.ts';
import type { WhenGone } from './waiting.ts';

const HEADER_BYTES_MAX = 32 * 1024;
/** By then a request must have come, but for long uploads. */
const REQUEST_MS = 60_000;
/** After so long without a byte in either direction a connection is cut, whatever it was for. */
const IDLE_MS = 300_000;

export interface Tls {
  readonly cert: string;
  readonly key: string;
}

/** Not listening yet. */
export function gatewayServer(deps: Deps, controls: Controls, tls: Tls | undefined): Server {
  const limits = {
    maxHeaderSize: HEADER_BYTES_MAX,
    headersTimeout: 15_000,
    requestTimeout: REQUEST_MS,
    connectionsCheckingInterval: 5_000,
    keepAliveTimeout: 65_000,
    insecureHTTPParser: false,
    requireHostHeader: false,
  };
  const listen = (message: IncomingMessage, response: ServerResponse, expects: boolean) => {
    const whenGone: WhenGone = (listener) => response.once('close', listener);
    answerTo({ message, response, expects }, deps, controls, whenGone).then(
      // A server that stops keeps no connection for a next request.
      (answer) => answer && send(message, response, answer, !server.listening, deps),
      (error) => {
        deps.log(error);
        response.destroy();
      },
    );
  };
  const listener: RequestListener = (message, response) => listen(message, response, false);
  // TLS is loaded when it is served: it costs memory and a tenth of the start.
  const server = tls
    ? process.getBuiltinModule('node:https').createServer({ ...limits, ...tls, ALPNCallback }, listener)
    : createServer(limits, listener);
  server.timeout = IDLE_MS;
  server.maxHeadersCount = 0; // All of them: Node would drop the 2001st in silence, and it might be one that counts.
  server.on('checkContinue', (message, response) => listen(message, response, true));
  server.on('clientError', (error, socket) => refuseConnection(error, socket as Socket, deps));
  speakHttp2(server as Server, listener);
  return server as Server;
}

const NOT_HTTP = new CommonError('InvalidRequest', 'The request is not valid HTTP.');
const UNREADABLE: Readonly<Record<string, CommonError>> = {
  HPE_HEADER_OVERFLOW: new CommonError('InvalidRequest', `Headers are longer than ${HEADER_BYTES_MAX} bytes.`, 431),
  ERR_HTTP_REQUEST_TIMEOUT: new CommonError('RequestTimeout', 'The request was not sent in time.', 408),
};

/** Bytes that are not HTTP, or a header that does not end. What came is searched for the protocol to answer in. */
function refuseConnection(error: NodeJS.ErrnoException & { rawPacket?: Buffer }, socket: Socket, deps: Deps): void {
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && uploading.has(socket)) return; // As long as it goes on.
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const headers: Record<string, string> = {};
  const seen = error.rawPacket?.toString('latin1') ?? '';
  for (const [, name, value] of seen.matchAll(/^(content-type|x-amz-target|smithy-protocol): *(.{1,100})$/gim)) {
    headers[name!.toLowerCase()] = value!.trim();
  }
  const request = { method: 'POST', path: '/', query: '', headers, body: EMPTY };
  const problem = UNREADABLE[error.code ?? ''] ?? NOT_HTTP;
  const { status, headers: told, body } = lastAnswer(refusal(request, deps, problem));
  const lines = Object.entries(answered(told, body, true)).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n`);
  socket.end(body as string | Uint8Array);
  socket.destroySoon();
}

/** Undefined if the request broke off. */
async function answerTo(
  { message, response, expects }: Exchange,
  deps: Deps,
  controls: Controls,
  whenGone: WhenGone,
): Promise<WireResponse | undefined> {
  const { headers, ambiguous } = headersOf(message);
  const request = requestOf(message, headers, EMPTY);
  if (message.method === 'OPTIONS') return (await fronted(request, sourceOf(message, headers), deps)) ?? preflight();
  if (ambiguous) return lastAnswer(refusal(request, deps, AMBIGUOUS));
  if (isStream(request)) return answerToStream({ message, response, expects }, request, deps, whenGone);
  if (expects) response.writeContinue();
  expectSoon(message, REQUEST_MS);
  const bytesMax = await bodyBytesMax(request, deps.resolver);
  const body = await bodyOf(message, Number(headers['content-length'] ?? 0), bytesMax);
  if (body === 'truncated') return undefined;
  if (body === 'too large') return refusal(request, deps, tooLarge(bytesMax));
  const whole = body.length === 0 ? request : { ...request, body };
  const source = sourceOf(message, headers);
  return answerer(whole)(whole, deps, controls, source, whenGone);
}

interface Exchange {
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
  /** The client waits to be told to go on (`Expect: 100-continue`). */
  readonly expects: boolean;
}

/** Connections on which a long body is on its way: it may take as long as it takes. */
const uploading = new WeakSet<Socket>();

/** The body is read when it is known what it is for and that the caller may send it. */
async function answerToStream(
  { message, response, expects }: Exchange,
  request: WireRequest,
  deps: Deps,
  whenGone: WhenGone,
): Promise<WireResponse | undefined> {
  let begun = !expects;
  const begin = () => {
    if (!begun) response.writeContinue();
    begun = true;
  };
  uploading.add(message.socket);
  try {
    const stream = arriving(message, begin);
    const answer = await handle({ ...request, stream }, sourceOf(message, request.headers), deps, whenGone);
    if (message.destroyed && !message.complete) return undefined;
    return begun ? answer : lastAnswer(answer);
  } finally {
    uploading.delete(message.socket);
  }
}

/** What follows on the connection might not be what it seems. */
const lastAnswer = (answer: WireResponse): WireResponse => ({
  ...answer,
  headers: { ...answer.headers, connection: 'close' },
});

type Answerer = (
  request: WireRequest,
  deps: Deps,
  controls: Controls,
  source: Source,
  whenGone: WhenGone,
) => Promise<WireResponse>;

/** AWS's services answer every path but those of the plane's own pages. */
function answerer({ path, method }: WireRequest): Answerer {
  if (path.startsWith(PAGES_PREFIX)) return page;
  if (method === 'GET' && path.startsWith(WEB_IDENTITY_PREFIX)) return webIdentityPage;
  return (request, deps, _controls, source, whenGone) => {
    const documents = method === 'GET' ? deps.resolver.documentsAt(path) : undefined;
    return documents ? documentPage(request, deps, documents) : handle(request, source, deps, whenGone);
  };
}

const EMPTY = Buffer.alloc(0);
const AMBIGUOUS = new CommonError('InvalidRequest', 'A header that must be unique is given twice.');

function requestOf(message: IncomingMessage, headers: Record<string, string>, body: Uint8Array): WireRequest {
  const url = (message.url ?? '/').replace(ABSOLUTE, '') || '/';
  const at = url.indexOf('?');
  const path = at < 0 ? url : url.slice(0, at);
  return { method: message.method ?? 'GET', path, query: at < 0 ? '' : url.slice(at + 1), headers, body };
}

/** How a proxy is asked. The host that counts is the one that is signed. */
const ABSOLUTE = /^https?:\/\/[^/?]*/i;

/** Headers that decide who is asking, or where a body ends: two of them would be read differently by two readers. */
const UNIQUE = new Set([
  'authorization',
  'host',
  'content-length',
  'content-type',
  'content-encoding',
  'transfer-encoding',
  'x-amz-date',
  'date',
  'x-amz-security-token',
  'x-amz-content-sha256',
  'x-amz-target',
  'x-amz-region-set',
]);

/** Ambiguous if a header is given twice that must not be. */
function headersOf({ rawHeaders }: IncomingMessage) {
  const headers: Record<string, string> = Object.create(null);
  let ambiguous = false;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = lowerCase(rawHeaders[i]!);
    const value = rawHeaders[i + 1]!;
    const before = headers[name];
    if (before === undefined) headers[name] = value;
    else if (UNIQUE.has(name)) ambiguous = true;
    else headers[name] = `${before}${name === 'cookie' ? '; ' : ','}${value}`;
  }
  return { headers, ambiguous };
}

/**
 * Names of headers as they come, to the same in lower case. The names that come are few and always the same; kept, they
 * are the same strings every time, and not made and looked up anew for each request.
 */
const lowerNames = new Map<string, string>();
const NAMES_MAX = 500;

function lowerCase(name: string): string {
  const known = lowerNames.get(name);
  if (known !== undefined) return known;
  const lower = name.toLowerCase();
  if (lowerNames.size < NAMES_MAX && name.length <= 64) lowerNames.set(name, lower);
  return lower;
}

const tlsOf = new WeakMap<Socket, Source['tls']>();

function sourceOf(message: IncomingMessage, headers: Record<string, string>): Source {
  const { socket } = message;
  const remote = socket.remoteAddress ?? '';
  return {
    ip: remote.startsWith('::ffff:') ? remote.slice(7) : remote,
    userAgent: headers['user-agent'] ?? '',
    host: headers.host ?? '',
    referer: headers.referer,
    tls: 'encrypted' in socket ? tlsDetails(socket as TLSSocket) : undefined,
  };
}

function tlsDetails(socket: TLSSocket): Source['tls'] {
  let details = tlsOf.get(socket);
  if (!details)
    tlsOf.set(socket, (details = { version: socket.getProtocol() ?? '', cipher: socket.getCipher().standardName }));
  return details;
}

/** An error raised before there is a request to handle, in the shape that the client parses. */
function refusal(request: WireRequest, deps: Deps, error: CommonError): WireResponse {
  const protocol = errorProtocol(request, undefined);
  return protocol.encodeError(describeError(error, undefined, protocol.name), undefined, uuid(deps));
}

/**
 * Any page may send what its user signed: a signature, unlike a cookie, is not sent by the browser on its own.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html
 */
const CORS: Readonly<Record<string, string>> = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers':
    'x-amzn-requestid,x-amz-request-id,x-amzn-errortype,x-amzn-query-error,x-gatehouse-authorization-message,date',
};

const preflight = (): WireResponse => ({
  status: 200,
  headers: {
    'access-control-allow-methods': 'GET,HEAD,POST,PUT,PATCH,DELETE',
    'access-control-allow-headers': '*,authorization',
    'access-control-max-age': '172800',
  },
  body: '',
});

function send(
  message: IncomingMessage,
  response: ServerResponse,
  { status, headers, body, toldPages }: WireResponse,
  close: boolean,
  deps: Deps,
): void {
  if (close) response.setHeader('connection', 'close');
  response.writeHead(status, answered(headers, body, !toldPages && message.rawHeaders.some(isOrigin)));
  if (!isWhole(body)) {
    pipeline(Readable.from(body, { objectMode: false }), response, (error) => error && broken(error, deps));
    return;
  }
  response.end(body);
  if (!message.complete) forgetRest(message);
}

/** Too late to say so: the status is sent, so the connection is cut. */
function broken(error: NodeJS.ErrnoException, deps: Deps): void {
  if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE' && error.code !== 'ECONNRESET') deps.log(error);
}

const isWhole = (body: WireResponse['body']): body is string | Uint8Array =>
  typeof body === 'string' || body instanceof Uint8Array;

/** An answer to HEAD tells the length of what it leaves out. */
function answered(headers: WireResponse['headers'], body: WireResponse['body'], toPage: boolean) {
  if (!isWhole(body) || headers['content-length'] !== undefined) return { ...(toPage && CORS), ...headers };
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  return { ...(toPage && CORS), ...headers, 'content-length': length };
}

/** What a browser sends along for a page; other clients have no use for the answer to it. */
const isOrigin = (text: string, i: number) => i % 2 === 0 && text.length === 6 && text.toLowerCase() === 'origin';
