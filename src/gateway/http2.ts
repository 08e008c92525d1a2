/**
 * HTTP/2, for clients that speak nothing else: AWS's own of Kinesis do not. In clear it is known by its preface (prior
 * knowledge), under TLS by ALPN, where it is chosen only by who offers nothing else. Requests then take the road of all
 * others; the module is loaded with the first such connection.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Http2Server, Http2ServerRequest, Http2ServerResponse, ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

type Listen = (message: IncomingMessage, response: ServerResponse) => void;

const PREFACE = 'PRI';
/** A connection on which nothing is said for so long is cut; a session as well, and each of its streams. */
const SILENT_MS = 15_000;
const IDLE_MS = 300_000;
const STREAMS_MAX = 100;
/** The code of RFC 9113 for a stream that is no longer wanted. */
const CANCEL = 8;

/** For the options of a TLS server. */
export const ALPNCallback = ({ protocols }: { readonly protocols: readonly string[] }): string | undefined =>
  ['http/1.1', 'h2'].find((one) => protocols.includes(one));

/** Teaches a server HTTP/2 beside what it speaks. */
export function speakHttp2(server: Server, listen: Listen): void {
  const secure = server.listenerCount('secureConnection') > 0;
  const event = secure ? 'secureConnection' : 'connection';
  const usual = server.listeners(event);
  const waiting = new Set<Socket>();
  const sessions = new Set<ServerHttp2Session>();
  let second: Http2Server | undefined;
  const asHttp1 = (socket: Socket) => {
    for (const listener of usual) listener.call(server, socket);
  };
  const asHttp2 = (socket: Socket) => {
    second ??= http2Server(sessions, listen);
    second.emit('connection', socket);
  };
  server.removeAllListeners(event);
  server.on(event, (socket: Socket) => {
    if (secure) return (socket as TLSSocket).alpnProtocol === 'h2' ? asHttp2(socket) : asHttp1(socket);
    return firstBytes(socket, waiting, (head) => {
      if (head === PREFACE) return asHttp2(socket);
      asHttp1(socket);
      socket.resume();
    });
  });
  alsoWhen(server, 'closeIdleConnections', () => {
    for (const socket of waiting) socket.destroy();
    for (const session of sessions) session.close();
  });
  alsoWhen(server, 'closeAllConnections', () => {
    for (const socket of waiting) socket.destroy();
    for (const session of sessions) session.destroy();
  });
}

function alsoWhen(server: Server, name: 'closeIdleConnections' | 'closeAllConnections', also: () => void): void {
  const plain = server[name].bind(server);
  server[name] = () => {
    plain();
    also();
  };
}

/** Looks at what comes first, and leaves it to be read. */
function firstBytes(socket: Socket, waiting: Set<Socket>, then: (head: string) => void): void {
  const end = () => socket.destroy();
  const forget = () => {
    waiting.delete(socket);
  };
  waiting.add(socket);
  socket.setTimeout(SILENT_MS, end);
  socket.once('error', end);
  socket.once('close', forget);
  socket.once('data', (chunk: Buffer) => {
    forget();
    socket.setTimeout(0);
    socket.removeListener('timeout', end);
    socket.removeListener('error', end);
    socket.removeListener('close', forget);
    socket.pause();
    socket.unshift(chunk);
    then(chunk.toString('latin1', 0, PREFACE.length));
  });
}

function http2Server(sessions: Set<ServerHttp2Session>, listen: Listen): Http2Server {
  const { createServer } = process.getBuiltinModule('node:http2');
  const server = createServer({ settings: { maxConcurrentStreams: STREAMS_MAX } }, (request, response) =>
    listen(asMessage(request), asResponse(response)),
  );
  server.on('stream', (stream) => stream.setTimeout(IDLE_MS, () => stream.close(CANCEL)));
  server.on('session', (session) => {
    sessions.add(session);
    session.setTimeout(IDLE_MS, () => session.destroy());
    session.once('close', () => sessions.delete(session));
    session.on('error', () => session.destroy());
  });
  // A client that breaks the protocol is told by its session; nobody here has to hear of it.
  server.on('sessionError', () => undefined);
  return server;
}

/** Of the pseudo-headers the host is kept, under both its names: clients sign it as `:authority`. */
function asMessage(request: Http2ServerRequest): IncomingMessage {
  const headers: string[] = [];
  const { rawHeaders, authority } = request;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (!rawHeaders[i]!.startsWith(':')) headers.push(rawHeaders[i]!, rawHeaders[i + 1]!);
  }
  if (authority) {
    headers.push(':authority', authority);
    // One that says another host is told twice, which is refused.
    if (request.headers.host !== authority) headers.push('host', authority);
  }
  Object.defineProperty(request, 'rawHeaders', { value: headers });
  breakOff(request);
  return request as unknown as IncomingMessage;
}

/** A body that its client cuts short would end like one that is whole. */
function breakOff(request: Http2ServerRequest): void {
  request.on('error', () => undefined);
  request.once('aborted', () => {
    if (!request.readableEnded) request.destroy(new Error('The request broke off.'));
  });
}

/** A body that is not there by then is given up. HTTP/1 has this of its server. */
export function expectSoon(message: IncomingMessage, withinMs: number): void {
  if (message.httpVersionMajor < 2) return;
  const { stream } = message as unknown as Http2ServerRequest;
  const late = setTimeout(() => stream.close(CANCEL), withinMs);
  const settled = () => clearTimeout(late);
  message.once('end', settled).once('close', settled);
}

/** Of a connection nothing is said in an answer: it is the session's. */
function asResponse(response: Http2ServerResponse): ServerResponse {
  const writeHead = response.writeHead.bind(response) as (status: number, headers: object) => Http2ServerResponse;
  const setHeader = response.setHeader.bind(response);
  response.setHeader = (name, value) => {
    if (name !== 'connection') setHeader(name, value);
  };
  response.writeHead = ((status: number, { connection: _, ...headers }: Record<string, unknown>) =>
    writeHead(status, headers)) as typeof response.writeHead;
  return response as unknown as ServerResponse;
}
