/** Signature Version 4 over a request of HTTP ingestion: the text that is signed, for who knows the secret to check. */
import { createHash } from 'node:crypto';
import type { FormSignature } from '../../../core/front.ts';
import type { WireRequest } from '../../../core/wire.ts';
import { Refusal } from './answers.ts';

const refuse = (message: string): never => {
  throw new Refusal(401, 'InvalidSignatureException', message);
};

const CREDENTIAL = String.raw`Credential=([\w-]+)/(\d{8})/([a-z0-9-]+)/logs/aws4_request`;
const SIGNED = String.raw`SignedHeaders=([\w;-]+), ?Signature=([0-9a-f]{64})`;
const AUTHORIZATION = new RegExp(`^AWS4-HMAC-SHA256 ${CREDENTIAL}, ?${SIGNED}$`);

/** @throws Refusal for one that cannot hold */
export function signatureOf(request: WireRequest, wallClock: number): FormSignature {
  const { headers } = request;
  const [, accessKeyId, date, region, names, signature] =
    AUTHORIZATION.exec(headers.authorization ?? '') ?? refuse('The Authorization header cannot be read.');
  const timestamp = headers['x-amz-date'] ?? refuse('X-Amz-Date is missing.');
  requireTimely(timestamp, wallClock);
  // A signing key is of its day.
  if (!timestamp.startsWith(date!)) refuse('Date in Credential scope does not match the one in X-Amz-Date.');
  const signed = names!.split(';');
  requireSigned(headers, signed);
  const canonical = sha256(canonicalRequest(request, signed));
  const text = `AWS4-HMAC-SHA256\n${timestamp}\n${date}/${region}/logs/aws4_request\n${canonical}`;
  const sessionToken = headers['x-amz-security-token'];
  return {
    ...{ accessKeyId: accessKeyId!, date: date!, region: region!, service: 'logs' },
    ...{ signature: signature!, timestamp, sessionToken, text },
  };
}

const SKEW_MS = 15 * 60_000;

function requireTimely(timestamp: string, wallClock: number): void {
  const iso = timestamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');
  const time = Date.parse(iso);
  if (!(Math.abs(time - wallClock) <= SKEW_MS)) refuse('Signature expired or not yet current.');
}

/** The host, and whatever changes what a signed request means. */
function requireSigned(headers: WireRequest['headers'], signed: readonly string[]): void {
  const must = Object.keys(headers).filter((name) => /^x-(?:amz|aws)-/.test(name) && name !== 'x-amz-user-agent');
  const missing = ['host', ...must].find((name) => !signed.includes(name));
  if (missing !== undefined) refuse(`'${missing}' must be a 'SignedHeader' in the AWS Authorization.`);
}

const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');

/** The paths here need no encoding. */
function canonicalRequest({ method, path, query, headers, body }: WireRequest, signed: readonly string[]): string {
  const hash = sha256(body);
  if ((headers['x-amz-content-sha256'] ?? hash) !== hash) refuse('The hash of the body does not match.');
  const lines = signed.map((name) => `${name}:${(headers[name] ?? '').trim().replaceAll(/ +/g, ' ')}\n`).join('');
  return [method, path, canonicalQuery(query), lines, signed.join(';'), hash].join('\n');
}

function canonicalQuery(query: string): string {
  if (query === '') return '';
  const pairs = query.split('&').map((pair) => {
    const [name = '', value = ''] = pair.split(/=(.*)/s);
    return [recoded(name), recoded(value)] as const;
  });
  return pairs
    .toSorted(([a, x], [b, y]) => compare(a, b) || compare(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function recoded(text: string): string {
  try {
    const plain = decodeURIComponent(text.replaceAll('+', '%20'));
    return encodeURIComponent(plain).replaceAll(
      /[!'()*]/g,
      (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
    );
  } catch {
    return refuse('The query cannot be read.');
  }
}
