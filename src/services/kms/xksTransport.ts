/** One request to an external key store proxy and its whole answer, within the time and the size it may have. */
import { Agent, request } from 'node:https';
import type { TLSSocket } from 'node:tls';
import type { ProxyAddress } from '../../core/keyStores.ts';
import { XksError } from './xksFailures.ts';

export interface Post {
  readonly host: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Reply {
  readonly status: number;
  readonly body: string;
  /** The proxy's certificate, while its connection lasts. */
  readonly certificate: () => ProxyCertificate | undefined;
}

export interface ProxyCertificate {
  /** The common name of its subject. */
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

export const PATIENCE_MS = 250;

const ANSWER_BYTES_MAX = 64 * 1024;
const CONNECTIONS_MAX = 64;

/** Connections are kept, since a new one costs most of the time that a proxy has. */
const agents = new WeakMap<ProxyAddress, Agent>();

function agentFor(address: ProxyAddress): Agent {
  let agent = agents.get(address);
  if (!agent) agents.set(address, (agent = newAgent(address, true)));
  return agent;
}

const newAgent = ({ ca }: ProxyAddress, keepAlive: boolean) =>
  new Agent({ keepAlive, maxSockets: CONNECTIONS_MAX, minVersion: 'TLSv1.2', ca });

/** Throws XksError. Redirects are not followed: they come back as the answer that they are. */
export async function posted(address: ProxyAddress, post: Post): Promise<Reply> {
  const patience = AbortSignal.timeout(address.timeoutMs ?? PATIENCE_MS);
  try {
    return await once(address, post, patience, agentFor(address)).catch((error) => {
      // A kept connection may be closed at the other end just as we use it; others that are kept may be, too.
      if (!(error instanceof Stale)) throw error;
      return once(address, post, patience, newAgent(address, false));
    });
  } catch (error) {
    throw error instanceof XksError ? error : new XksError(failureOf(error, patience));
  }
}

class Stale extends Error {}

function once(address: ProxyAddress, post: Post, signal: AbortSignal, agent: Agent): Promise<Reply> {
  const [host = post.host, port = '443'] = address.connect?.split(/:(?=\d+$)/) ?? [];
  const body = Buffer.from(post.body);
  return new Promise((resolve, reject) => {
    const sent = request({
      agent,
      host,
      port,
      servername: post.host,
      method: 'POST',
      path: post.path,
      headers: { ...post.headers, 'content-length': body.length },
      signal,
    });
    sent.on('error', (error) => reject(sent.reusedSocket && isReset(error) ? new Stale() : error));
    sent.on('response', (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        chunks.push(chunk);
        if (bytes > ANSWER_BYTES_MAX) {
          reject(new XksError('malformed'));
          sent.destroy();
        }
      });
      response.on('error', reject);
      response.on('aborted', () => reject(new XksError(signal.aborted ? 'stalled' : 'malformed')));
      const socket = response.socket as TLSSocket;
      response.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, body, certificate: () => certificateOf(socket) });
      });
    });
    sent.end(body);
  });
}

function certificateOf(socket: TLSSocket): ProxyCertificate | undefined {
  const { subject, valid_to: until } = socket.getPeerCertificate();
  const name = [subject?.CN].flat()[0];
  return name === undefined ? undefined : { name, expires: Date.parse(until) };
}

const codeOf = (error: unknown) => (error as { code?: string }).code ?? '';
const isReset = (error: unknown) => codeOf(error) === 'ECONNRESET' || codeOf(error) === 'EPIPE';

const TLS_CODES = /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|EPROTO|HOSTNAME_MISMATCH|INVALID_CA)/;

function failureOf(error: unknown, patience: AbortSignal) {
  if (patience.aborted) return 'stalled';
  if (TLS_CODES.test(codeOf(error))) return 'insecure';
  // A proxy that speaks no HTTP.
  return codeOf(error).startsWith('HPE_') ? 'malformed' : 'unreachable';
}
