/** The socket: bytes in, a WireRequest through the pipeline, bytes out. Whatever is too big or too slow ends here. */
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Source } from '../core/context.ts';
import { CommonError } from '../core/errors.ts';
import { uuid } from '../core/ids.ts';
import { WEB_IDENTITY_PREFIX } from '../identity/outboundKeys.ts';
import { describeError } from '../protocols/errors.ts';
import { errorProtocol } from '../protocols/index.ts';
import type { WireRequest, WireResponse } from '../protocols/protocol.ts';
import { type Controls, PAGES_PREFIX, page } from './pages.ts';
import { type Deps, handle } from './pipeline.ts';
import { webIdentityPage } from './webIdentity.ts';

const BODY_BYTES_MAX = 1024 * 1024;
const HEADER_BYTES_MAX = 32 * 1024;

export interface Tls {
  readonly cert: string;
  readonly key: string;
}

/** Not listening yet. */
export function gatewayServer(deps: Deps, controls: Controls, tls: Tls | undefined): Server {
  const limits = {
    maxHeaderSize: HEADER_BYTES_MAX,
    headersTimeout: 15_000,
    requestTimeout: 60_000,
    keepAliveTimeout: 65_000,
    insecureHTTPParser: false,
    requireHostHeader: false,
  };
  const listener: RequestListener = (message, response) => {
    receive(message, response, deps, controls).catch((error) => {
      deps.log(error);
      response.destroy();
    });
  };
  // TLS is loaded when it is served: it costs memory and a tenth of the start.
  const server = tls
    ? process.getBuiltinModule('node:https').createServer({ ...limits, ...tls }, listener)
    : createServer(limits, listener);
  server.on('clientError', refuseConnection);
  return server as Server;
}

/** Bytes that are not HTTP, or a header that does not end. */
function refuseConnection(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request';
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

async function receive(
  message: IncomingMessage,
  response: ServerResponse,
  deps: Deps,
  controls: Controls,
): Promise<void> {
  if (message.method === 'OPTIONS') return send(response, preflight());
  const headers = headersOf(message);
  const request = requestOf(message, headers ?? {}, EMPTY);
  if (!headers) return send(response, refusal(request, deps, ambiguous()), true);
  const body = await bodyOf(message);
  if (body === 'truncated') return;
  if (body === 'too large') return send(response, refusal(request, deps, tooLarge()), true);
  const whole = body.length === 0 ? request : { ...request, body };
  const source = sourceOf(message, headers);
  send(response, await answerer(whole)(whole, deps, controls, source));
}

type Answerer = (request: WireRequest, deps: Deps, controls: Controls, source: Source) => Promise<WireResponse>;

/** AWS's services answer every path but those of the plane's own pages. */
function answerer({ path, method }: WireRequest): Answerer {
  if (path.startsWith(PAGES_PREFIX)) return page;
  if (method === 'GET' && path.startsWith(WEB_IDENTITY_PREFIX)) return webIdentityPage;
  return (request, deps, _controls, source) => handle(request, source, deps);
}

const EMPTY = Buffer.alloc(0);
const ambiguous = () => new CommonError('InvalidRequest', 'A header that must be unique is given twice.');
const tooLarge = () =>
  new CommonError('RequestEntityTooLargeException', `Request body is longer than ${BODY_BYTES_MAX} bytes.`, 413);

function requestOf(message: IncomingMessage, headers: Record<string, string>, body: Uint8Array): WireRequest {
  const url = message.url ?? '/';
  const at = url.indexOf('?');
  const path = at < 0 ? url : url.slice(0, at);
  return { method: message.method ?? 'GET', path, query: at < 0 ? '' : url.slice(at + 1), headers, body };
}

/** Headers that decide who is asking, or where a body ends: two of them would be read differently by two readers. */
const UNIQUE = new Set([
  'authorization',
  'host',
  'content-length',
  'content-type',
  'transfer-encoding',
  'x-amz-date',
  'date',
  'x-amz-security-token',
  'x-amz-content-sha256',
  'x-amz-target',
  'x-amz-region-set',
]);

/** Undefined if a header is given twice that must not be. */
function headersOf({ rawHeaders }: IncomingMessage): Record<string, string> | undefined {
  const headers: Record<string, string> = Object.create(null);
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!.toLowerCase();
    const value = rawHeaders[i + 1]!;
    const before = headers[name];
    if (before === undefined) headers[name] = value;
    else if (UNIQUE.has(name)) return undefined;
    else headers[name] = `${before},${value}`;
  }
  return headers;
}

function bodyOf(message: IncomingMessage): Promise<Buffer | 'too large' | 'truncated'> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    message.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= BODY_BYTES_MAX) chunks.push(chunk);
      else resolve('too large');
    });
    message.on('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
    message.on('error', () => resolve('truncated'));
    message.on('close', () => resolve('truncated'));
  });
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

function send(response: ServerResponse, { status, headers, body }: WireResponse, close = false): void {
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  const connection = close ? { connection: 'close' } : undefined;
  response.writeHead(status, { ...CORS, ...headers, 'content-length': length, ...connection });
  response.end(body);
}
