/** The gateway of a test cloud on a real socket, and raw bytes to it. */
import { type AddressInfo, connect } from 'node:net';
import type { TestContext } from 'node:test';
import type { WireRequest } from '../core/wire.ts';
import { gatewayServer, type Tls } from '../gateway/http.ts';
import type { Controls } from '../gateway/pages/page.ts';
import type { Cloud } from './cloud.ts';

/** The port. Closed, with its connections, when the test ends. */
export async function listening(t: TestContext, cloud: Cloud, tls?: Tls, controls: Controls = { version: 'test' }) {
  const server = gatewayServer(cloud.deps, controls, tls);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

/** What comes back until the server closes, until `enough` says so, or until nothing came for so long. */
export function raw(
  port: number,
  bytes: string | Uint8Array,
  enough: (text: string) => boolean = () => false,
  { end = false, patienceMs = 20_000 } = {},
): Promise<{ text: string; closed: boolean }> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    const done = (closed: boolean) => {
      socket.destroy();
      resolve({ text, closed });
    };
    socket.setTimeout(patienceMs, () => done(false));
    socket.on('connect', () => (end ? socket.end(bytes) : socket.write(bytes)));
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (enough(text)) done(false);
    });
    socket.on('error', () => done(true));
    socket.on('close', () => done(true));
  });
}

/** A whole answer, with all of its body. */
export function isWhole(text: string): boolean {
  const head = text.indexOf('\r\n\r\n');
  const length = /^content-length: (\d+)\r$/im.exec(text)?.[1];
  return head >= 0 && length !== undefined && text.length >= head + 4 + Number(length);
}

/** A request as it goes over the wire. */
export function bytesOf({ method, path, query, headers, body }: WireRequest, framed = true): Buffer {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  if (framed) lines.push(`content-length: ${body.length}\r\n`);
  const target = query === '' ? path : `${path}?${query}`;
  return Buffer.concat([Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1'), body]);
}

export const statusOf = (text: string) => Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1]);
