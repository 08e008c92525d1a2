/** A client of CreateSession for tests: signs with a certificate's key, well or badly. */
import { createHash, sign } from 'node:crypto';
import type { WireRequest, WireResponse } from '../../core/wire.ts';
import type { Issued } from './certificates.fixture.ts';

export interface Bad {
  /** Milliseconds that the client's clock is off. */
  readonly skew?: number;
  readonly algorithm?: string;
  readonly serial?: string;
  readonly unsigned?: readonly string[];
  readonly chain?: readonly Issued[];
  /** Done to the request when it is signed. */
  readonly tampered?: (request: Request) => Request;
  readonly query?: string;
  readonly region?: string;
  readonly service?: string;
}

interface Request {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

const ALGORITHMS: Readonly<Record<string, string>> = {
  rsa: 'AWS4-X509-RSA-SHA256',
  ec: 'AWS4-X509-ECDSA-SHA256',
};

const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex');

export function signedRequest(certificate: Issued, input: object | undefined, bad: Bad = {}): Request {
  const { chain = [], unsigned = [], region = 'us-east-1', service = 'rolesanywhere', query = '' } = bad;
  const timestamp = new Date(performance.timeOrigin + performance.now() + (bad.skew ?? 0))
    .toISOString()
    .replace(/[-:]|\.\d+/g, '');
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    host: `rolesanywhere.${region}.amazonaws.com`,
    'x-amz-date': timestamp,
    'x-amz-x509': certificate.der.toString('base64'),
    ...(chain.length > 0 && { 'x-amz-x509-chain': chain.map(({ der }) => der.toString('base64')).join(',') }),
  };
  const body = Buffer.from(input === undefined ? '' : JSON.stringify(input));
  const names = Object.keys(headers).filter((name) => !unsigned.includes(name));
  const lines = names.map((name) => `${name}:${headers[name]}\n`).join('');
  const canonical = ['POST', '/sessions', query, lines, names.join(';'), sha256(body)].join('\n');
  const algorithm = bad.algorithm ?? ALGORITHMS[certificate.key] ?? 'AWS4-X509-MLDSA';
  const scope = `${timestamp.slice(0, 8)}/${region}/${service}/aws4_request`;
  const text = Buffer.from([algorithm, timestamp, scope, sha256(canonical)].join('\n'));
  const signature = sign(certificate.key.startsWith('ml-dsa') ? null : 'sha256', text, certificate.privateKey);
  const authorization =
    `${algorithm} Credential=${bad.serial ?? certificate.serial}/${scope}, ` +
    `SignedHeaders=${names.join(';')}, Signature=${signature.toString('hex')}`;
  const request = { method: 'POST', path: '/sessions', query, headers: { ...headers, authorization }, body };
  return bad.tampered ? bad.tampered(request) : request;
}

export interface Answer {
  readonly status: number;
  readonly code: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: JSON of a client without an SDK
  readonly body: any;
}

interface Plane {
  send(request: Partial<WireRequest>): Promise<WireResponse>;
}

export async function answerTo(cloud: Plane, request: Request): Promise<Answer> {
  const { status, headers, body } = await cloud.send(request);
  const text = typeof body === 'string' ? body : Buffer.from(body as Uint8Array).toString('utf8');
  return { status, code: headers['x-amzn-errortype']?.split(':')[0], body: JSON.parse(text) };
}
