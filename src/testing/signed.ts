/** A signer for tests, written from AWS's page on its own: it shares nothing with the code that verifies. */
import { createHash, createHmac } from 'node:crypto';
import type { WireRequest } from '../core/wire.ts';
import type { Credentials } from './cloud.ts';

export interface Signing extends Credentials {
  readonly service?: string;
  readonly region?: string;
  readonly date?: Date;
  /** Seconds: a presigned URL. */
  readonly expires?: number;
}

const sha256 = (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, data: string) => createHmac('sha256', key).update(data).digest();
const escaped = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

export const basicTime = (date: Date) => date.toISOString().replace(/[-:]|\.\d{3}/g, '');

/** The request with its signature in the header, or in the query when `expires` is given. The path is `/` or plain. */
export function signed(request: Partial<WireRequest>, signing: Signing): WireRequest {
  const { service = 'sts', region = 'us-east-1', date = new Date(), expires, sessionToken } = signing;
  const time = basicTime(date);
  const scope = `${time.slice(0, 8)}/${region}/${service}/aws4_request`;
  const credential = `${signing.accessKeyId}/${scope}`;
  const whole = { method: 'POST', path: '/', query: '', body: Buffer.alloc(0), ...request };
  const headers: Record<string, string> = { host: 'cloud.test', ...request.headers };
  if (expires === undefined) {
    headers['x-amz-date'] = time;
    if (sessionToken) headers['x-amz-security-token'] = sessionToken;
  }
  const names = Object.keys(headers).sort();
  const query: [string, string][] = [...new URLSearchParams(whole.query)];
  if (expires !== undefined) {
    query.push(['X-Amz-Algorithm', 'AWS4-HMAC-SHA256'], ['X-Amz-Credential', credential], ['X-Amz-Date', time]);
    query.push(['X-Amz-Expires', String(expires)], ['X-Amz-SignedHeaders', names.join(';')]);
    if (sessionToken) query.push(['X-Amz-Security-Token', sessionToken]);
  }
  const pairs = query.map(([name, value]) => `${escaped(name)}=${escaped(value)}`).sort();
  const canonical = [
    whole.method,
    whole.path,
    pairs.join('&'),
    ...names.map((name) => `${name}:${headers[name]!.trim()}`),
    '',
    names.join(';'),
    headers['x-amz-content-sha256'] ?? sha256(whole.body),
  ].join('\n');
  const key = scope.split('/').reduce<string | Buffer>((k, part) => hmac(k, part), `AWS4${signing.secretAccessKey}`);
  const signature = hmac(key as Buffer, `AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256(canonical)}`).toString('hex');
  if (expires !== undefined) return { ...whole, headers, query: `${pairs.join('&')}&X-Amz-Signature=${signature}` };
  const fields = `Credential=${credential}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  return { ...whole, query: pairs.join('&'), headers: { ...headers, authorization: `AWS4-HMAC-SHA256 ${fields}` } };
}

/** A form as the query services take it. */
export const form = (text: string) => ({
  headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
  body: Buffer.from(text),
});

export const CALLER_IDENTITY = form('Action=GetCallerIdentity&Version=2011-06-15');
