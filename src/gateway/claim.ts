/**
 * What a request says of its own signature: enough to route it and to choose an error's format, not yet to trust.
 */
import { AuthenticationFailure, CommonError } from '../core/errors.ts';
import type { WireRequest } from '../core/wire.ts';

export type Algorithm = 'AWS4-HMAC-SHA256' | 'AWS4-ECDSA-P256-SHA256';

export interface Claim {
  readonly algorithm: Algorithm;
  readonly accessKeyId: string;
  /** `20300101` */
  readonly date: string;
  /** Of SigV4a, the first Region of `X-Amz-Region-Set`. */
  readonly region: string;
  readonly service: string;
  /** Credential scope as signed: date, region (not for SigV4a), service, `aws4_request`. */
  readonly scope: string;
  readonly signedHeaders: readonly string[];
  /** Lower-case hexadecimal. */
  readonly signature: string;
  /** `20300101T000000Z`, of the header or the query; empty when the request has none. */
  readonly timestamp: string;
  readonly sessionToken: string | undefined;
  /** Seconds of life of a presigned URL; undefined when the signature is in the header. */
  readonly expires: number | undefined;
  /** What is signed, where that is a text in the body instead of the request: the policy of a form. */
  readonly text?: string | undefined;
}

/** Undefined for a request that is not signed at all. Throws IncompleteSignature for one that is signed badly. */
export function claimOf(request: WireRequest): Claim | undefined {
  const header = request.headers.authorization;
  if (header !== undefined) return headerClaim(request, header);
  return request.query.includes('X-Amz-Algorithm=') ? queryClaim(request) : undefined;
}

const incomplete = (message: string) => new AuthenticationFailure('IncompleteSignature', message);

const HEADER = /^(AWS4-HMAC-SHA256|AWS4-ECDSA-P256-SHA256)\s+(.*)$/s;

/** What stands before the signature. A client says the same for a whole day, so it is read once. */
type Head = Pick<Claim, 'algorithm' | 'accessKeyId' | 'date' | 'region' | 'service' | 'scope' | 'signedHeaders'>;

const heads = new Map<string, Head>();
const HEADS_MAX = 10_000;
/** Nobody's is longer, and whoever sends longer ones has shown no secret. */
const HEAD_LENGTH_MAX = 1000;
const SIGNATURE = 'Signature=';
const HMAC_SIGNATURE = /^[0-9a-f]{64}$/;

function headerClaim(request: WireRequest, header: string): Claim {
  const { head, signature } = readHeader(request, header);
  const timestamp = request.headers['x-amz-date'] ?? isoOf(request.headers.date);
  if (timestamp === '') {
    throw incomplete("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.");
  }
  return { ...head, signature, timestamp, sessionToken: request.headers['x-amz-security-token'], expires: undefined };
}

interface Header {
  readonly head: Head;
  readonly signature: string;
}

function readHeader(request: WireRequest, header: string): Header {
  const at = header.lastIndexOf(SIGNATURE);
  const before = header.slice(0, at);
  const signature = header.slice(at + SIGNATURE.length);
  const known = HMAC_SIGNATURE.test(signature) ? heads.get(before) : undefined;
  if (known) return { head: known, signature };
  const read = parseHeader(request, header);
  if (read.head.algorithm !== 'AWS4-HMAC-SHA256' || read.signature !== signature) return read;
  if (before.length > HEAD_LENGTH_MAX) return read;
  if (heads.size >= HEADS_MAX) heads.clear();
  heads.set(before, read.head);
  return read;
}

function parseHeader(request: WireRequest, header: string): Header {
  const [, algorithm, rest] = HEADER.exec(header) ?? [];
  if (!algorithm || rest === undefined) {
    throw incomplete(`Unsupported AWS 'algorithm': '${header.split(/\s/, 1)[0]?.slice(0, 100)}'`);
  }
  const fields = headerFields(rest);
  const missing = ['Credential', 'Signature', 'SignedHeaders'].filter((name) => !fields.get(name));
  if (missing.length > 0) {
    const list = missing.map((name) => `Authorization header requires '${name}' parameter.`).join(' ');
    throw incomplete(`${list} Authorization=${algorithm}`);
  }
  const claimed = credential(fields.get('Credential')!, algorithm as Algorithm, request.headers['x-amz-region-set']);
  return {
    head: { ...claimed, signedHeaders: fields.get('SignedHeaders')!.split(';') },
    signature: fields.get('Signature')!,
  };
}

/** `A=1, B=2` into a map; a field given twice is refused. */
function headerFields(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const part of text.split(',')) {
    const at = part.indexOf('=');
    const name = part.slice(0, at).trim();
    if (at < 0 || fields.has(name)) throw incomplete('Authorization header is malformed.');
    fields.set(name, part.slice(at + 1).trim());
  }
  return fields;
}

function queryClaim(request: WireRequest): Claim {
  const query = new URLSearchParams(request.query);
  if (/\/s3\/aws4_request$/.test(query.get('X-Amz-Credential') ?? '')) requireS3Query(query);
  const required = ['X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Signature', 'X-Amz-SignedHeaders', 'X-Amz-Date'];
  for (const name of required) {
    const values = query.getAll(name);
    if (values.length !== 1 || values[0] === '') {
      throw incomplete(`AWS query-string parameters must include '${name}' exactly once.`);
    }
  }
  const algorithm = query.get('X-Amz-Algorithm')!;
  if (!HEADER.test(`${algorithm} `)) throw incomplete(`Unsupported AWS 'algorithm': '${algorithm.slice(0, 100)}'`);
  return {
    ...credential(query.get('X-Amz-Credential')!, algorithm as Algorithm, query.get('X-Amz-Region-Set') ?? undefined),
    signedHeaders: query.get('X-Amz-SignedHeaders')!.split(';'),
    signature: query.get('X-Amz-Signature')!,
    timestamp: query.get('X-Amz-Date')!,
    sessionToken: query.get('X-Amz-Security-Token') ?? undefined,
    expires: lifetime(query.get('X-Amz-Expires')),
  };
}

const WEEK_SECONDS = 604_800;

/** S3's own words: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html */
function requireS3Query(query: URLSearchParams): void {
  const wrong = (message: string) => new CommonError('AuthorizationQueryParametersError', message);
  const required = ['X-Amz-Algorithm', 'X-Amz-Signature', 'X-Amz-Date', 'X-Amz-SignedHeaders', 'X-Amz-Expires'];
  if (required.some((name) => !query.get(name))) {
    throw wrong(
      'Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.',
    );
  }
  const expires = Number(query.get('X-Amz-Expires'));
  if (!Number.isInteger(expires)) throw wrong('X-Amz-Expires should be a number');
  if (expires < 0) throw wrong('X-Amz-Expires must be non-negative');
  if (expires > WEEK_SECONDS) {
    throw wrong(
      'X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds',
    );
  }
}

function lifetime(text: string | null): number {
  if (text === null) return 900;
  const seconds = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (seconds < 1 || seconds > WEEK_SECONDS) {
    throw incomplete(`X-Amz-Expires must be between 1 and ${WEEK_SECONDS} seconds: '${text.slice(0, 20)}'`);
  }
  return seconds;
}

function credential(text: string, algorithm: Algorithm, regionSet: string | undefined) {
  const parts = text.split('/');
  const regional = algorithm === 'AWS4-HMAC-SHA256';
  const [accessKeyId, date, ...rest] = parts;
  const [region, service, terminator] = regional ? rest : [regionIn(regionSet), ...rest];
  if (service === 's3' && terminator === 'aws4_request' && !REGION.test(region ?? '')) throw wrongRegion(region ?? '');
  const whole = parts.length === (regional ? 5 : 4) && terminator === 'aws4_request';
  if (!whole || !accessKeyId || !/^\d{8}$/.test(date ?? '') || !service || !REGION.test(region!)) {
    throw incomplete(
      `Credential must have exactly ${regional ? 5 : 4} slash-delimited elements: '${text.slice(0, 200)}'`,
    );
  }
  return {
    algorithm,
    accessKeyId,
    date: date!,
    region: region!,
    service,
    scope: parts.slice(1).join('/'),
  };
}

const REGION = /^[a-z0-9-]{1,32}$/;

/** S3 tells who signs for no Region at all which one to sign for; clients (s3cmd) rely on it. */
function wrongRegion(region: string): CommonError {
  const message = `The authorization header is malformed; the region '${region.slice(0, 64)}' is wrong; expecting 'us-east-1'`;
  return new CommonError('AuthorizationHeaderMalformed', message, 400, { details: { Region: 'us-east-1' } });
}

/** The first Region that a SigV4a signature names; `*` means any. Empty if it names none: `us-*` leaves it open. */
function regionIn(set: string | undefined): string {
  const named = set?.split(',').map((region) => region.trim()) ?? [];
  return named.find((region) => REGION.test(region)) ?? (named.includes('*') ? 'us-east-1' : '');
}

/** `20300101T000000Z` of an HTTP date; empty if it is none. */
function isoOf(date: string | undefined): string {
  const time = date === undefined ? Number.NaN : Date.parse(date);
  return Number.isNaN(time) ? '' : new Date(time).toISOString().replace(/[-:]|\.\d{3}/g, '');
}
