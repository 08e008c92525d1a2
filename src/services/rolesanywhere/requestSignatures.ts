/**
 * Signature Version 4 with the key of an X.509 certificate: is the request signed by the certificate it brings along?
 * Whether anybody trusts that certificate is asked later.
 * https://docs.aws.amazon.com/rolesanywhere/latest/userguide/authentication-sign-process.html
 */
import { hash, type KeyObject, verify } from 'node:crypto';
import type { CertificateSignature } from '../../core/context.ts';
import type { WireRequest } from '../../core/wire.ts';
import { type Certificate, parseCertificate } from './certificates.ts';
import { MalformedDer } from './der.ts';

interface Claim {
  readonly algorithm: string;
  /** Decimal. */
  readonly serial: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  /** Hexadecimal. */
  readonly signature: string;
}

const HEADER = new RegExp(
  [
    /^(AWS4-X509-[A-Z0-9-]{1,40}) +/,
    /Credential=(\d{1,60})\/(\d{8})\/([a-z\d-]{1,30})\/([a-z\d-]{1,30})\/aws4_request, */,
    /SignedHeaders=([a-z\d;-]{1,1000}), *Signature=([\da-f]{2,20000})$/,
  ]
    .map(({ source }) => source)
    .join(''),
);

function claimOf({ headers }: WireRequest): Claim | undefined {
  const [, algorithm, serial, date, region, service, signed, signature] =
    HEADER.exec(headers.authorization ?? '') ?? [];
  if (algorithm === undefined || signed === undefined) return undefined;
  return {
    algorithm,
    serial: serial!,
    date: date!,
    region: region!,
    service: service!,
    signedHeaders: signed.split(';'),
    signature: signature!,
  };
}

/** The Region of the credential scope; undefined where there is none that can be read. */
export const claimedRegion = (request: WireRequest) => claimOf(request)?.region;

const CHAIN_MAX = 5;

export function certificateSignature(request: WireRequest, wallClock: number): CertificateSignature {
  const { headers } = request;
  const claim = claimOf(request);
  const certificate = base64(headers['x-amz-x509']);
  const chain = (headers['x-amz-x509-chain'] ?? '')
    .split(',')
    .filter(Boolean)
    .map((each) => base64(each.trim()));
  const parsed = certificate && certificateIn(certificate);
  return {
    certificate: certificate ?? new Uint8Array(),
    chain: chain.flatMap((each) => each ?? []),
    fault: faultOf(request, wallClock, claim, parsed, chain),
    details: claim && parsed ? detailsOf(request, claim, parsed.key) : {},
  };
}

function faultOf(
  request: WireRequest,
  wallClock: number,
  claim: Claim | undefined,
  certificate: Certificate | undefined,
  chain: readonly (Uint8Array | undefined)[],
): string | undefined {
  if (!claim) return 'Invalid Authorization header.';
  if (!certificate) return 'Invalid X.509 certificate.';
  if (chain.length > CHAIN_MAX || chain.some((each) => each === undefined)) return 'Invalid X.509 certificate chain.';
  return scopeFault(request, wallClock, claim) ?? headerFault(request, claim) ?? keyFault(request, claim, certificate);
}

const SKEW_MS = 15 * 60_000;

function scopeFault({ headers }: WireRequest, wallClock: number, claim: Claim): string | undefined {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(headers['x-amz-date'] ?? '') ?? [];
  if (second === undefined) return 'Invalid X-Amz-Date header.';
  if (claim.service !== 'rolesanywhere' || claim.date !== `${year}${month}${day}`) return 'Invalid credential scope.';
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(at)) return 'Invalid X-Amz-Date header.';
  if (at < wallClock - SKEW_MS) return 'Signature expired.';
  return at > wallClock + SKEW_MS ? 'Signature not yet current.' : undefined;
}

/** What says who asks must be signed. */
const MUST_BE_SIGNED = ['x-amz-x509', 'x-amz-x509-chain'];

function headerFault({ headers }: WireRequest, { signedHeaders }: Claim): string | undefined {
  const unsigned = MUST_BE_SIGNED.find((name) => headers[name] !== undefined && !signedHeaders.includes(name));
  if (unsigned !== undefined) return `${unsigned} must be a signed header.`;
  const absent = signedHeaders.find((name) => !Object.hasOwn(headers, name));
  return absent === undefined ? undefined : `The signed header ${absent} is not in the request.`;
}

function keyFault(request: WireRequest, claim: Claim, certificate: Certificate): string | undefined {
  if (BigInt(claim.serial) !== certificate.serial) return 'The serial number is not that of the certificate.';
  const text = Buffer.from(stringToSign(request, claim));
  const signature = Buffer.from(claim.signature, 'hex');
  const { asymmetricKeyType: type = '' } = certificate.key;
  const digest = DIGESTS[type];
  if (digest === undefined) return 'Unsupported key type.';
  return isVerified(digest, text, certificate.key, signature) ? undefined : 'Invalid signature.';
}

/** Types of keys, and what is signed with: an ML-DSA key hashes for itself. */
const DIGESTS: Readonly<Record<string, string | null>> = {
  rsa: 'sha256',
  ec: 'sha256',
  'ml-dsa-44': null,
  'ml-dsa-65': null,
  'ml-dsa-87': null,
};

function isVerified(digest: string | null, text: Buffer, key: KeyObject, signature: Buffer): boolean {
  try {
    return verify(digest, text, key, signature);
  } catch {
    return false; // Some lengths of signatures are errors to OpenSSL, others are merely wrong.
  }
}

function stringToSign(request: WireRequest, claim: Claim): string {
  const { date, region, service } = claim;
  const canonical = hash('sha256', canonicalRequest(request, claim), 'hex');
  return `${claim.algorithm}\n${request.headers['x-amz-date']}\n${date}/${region}/${service}/aws4_request\n${canonical}`;
}

function canonicalRequest({ method, path, query, headers, body }: WireRequest, { signedHeaders }: Claim): string {
  const lines = signedHeaders.map((name) => `${name}:${headers[name]!.trim().replace(/ {2,}/g, ' ')}\n`).join('');
  return [method, path, canonicalQuery(query), lines, signedHeaders.join(';'), hash('sha256', body, 'hex')].join('\n');
}

const encode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

/** By name, then value, in code-point order. */
const canonicalQuery = (query: string) =>
  [...new URLSearchParams(query.replaceAll('+', '%2B'))]
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([a, x], [b, y]) => (a === b ? compare(x, y) : compare(a, b)))
    .map((pair) => pair.join('='))
    .join('&');

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

const CHECKED_HEADERS = ['x-amz-x509', 'x-amz-x509-chain', 'x-amz-date', 'content-type'];

/** https://docs.aws.amazon.com/rolesanywhere/latest/userguide/logging-using-cloudtrail.html */
function detailsOf({ method, query, headers, body }: WireRequest, claim: Claim, key: KeyObject) {
  const checked = ['host', ...CHECKED_HEADERS.filter((name) => headers[name] !== undefined)];
  return {
    missingSignedHeaders: checked.filter((name) => !claim.signedHeaders.includes(name)),
    postEmptyBody: method === 'POST' && query !== '' && body.length === 0,
    algorithmMismatch: claim.algorithm !== ALGORITHMS[key.asymmetricKeyType ?? ''],
  };
}

const ALGORITHMS: Readonly<Record<string, string>> = {
  rsa: 'AWS4-X509-RSA-SHA256',
  ec: 'AWS4-X509-ECDSA-SHA256',
  'ml-dsa-44': 'AWS4-X509-MLDSA',
  'ml-dsa-65': 'AWS4-X509-MLDSA',
  'ml-dsa-87': 'AWS4-X509-MLDSA',
};

function base64(text: string | undefined): Buffer | undefined {
  return text !== undefined && /^[A-Za-z0-9+/]{4,}={0,2}$/.test(text) ? Buffer.from(text, 'base64') : undefined;
}

function certificateIn(der: Buffer): Certificate | undefined {
  try {
    return parseCertificate(der);
  } catch (error) {
    if (error instanceof MalformedDer) return undefined;
    throw error;
  }
}
