/**
 * Bodies that are streams: as they are, or in `aws-chunked` pieces with a signature each, with headers behind them.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 */
import { createHash } from 'node:crypto';
import { AuthenticationFailure, CommonError } from '../core/errors.ts';
import { Upload } from '../core/upload.ts';
import type { WireRequest } from '../core/wire.ts';
import { type ByteReader, byteReader } from './byteReader.ts';
import type { Claim } from './claim.ts';
import { sameSignature, signatureOf } from './sigv4.ts';

type Bytes = AsyncIterable<Uint8Array>;

/** How the client protects what it sends, by `x-amz-content-sha256`. */
const STREAMING: Readonly<Record<string, { readonly signed: boolean; readonly trailer: boolean }>> = {
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD': { signed: true, trailer: false },
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER': { signed: true, trailer: true },
  'STREAMING-UNSIGNED-PAYLOAD-TRAILER': { signed: false, trailer: true },
};

/** Whether the body must be read as a stream even when it is at hand. */
export const isChunked = ({ headers }: WireRequest) =>
  headers['x-amz-content-sha256']?.startsWith('STREAMING-') === true;

/** `secret` is asked for when the body is read: by then the request is authenticated. */
export function uploadOf(request: WireRequest, claim: Claim | undefined, secret: () => string): Upload {
  const declared = request.headers['x-amz-content-sha256'] ?? 'UNSIGNED-PAYLOAD';
  const source = request.stream ?? inHand(request.body);
  if (!declared.startsWith('STREAMING-')) return plainUpload(request, source, declared);
  const kind = Object.hasOwn(STREAMING, declared) ? STREAMING[declared] : undefined;
  if (!kind) throw new CommonError('NotImplemented', `${declared.slice(0, 60)} is not implemented.`, 501);
  const length = lengthIn(request.headers['x-amz-decoded-content-length']);
  if (length === undefined) throw missingLength();
  const trailers = new Map<string, string>();
  const signer = kind.signed && claim ? chunkSigner(claim, secret) : undefined;
  const announced = namesIn(request.headers['x-amz-trailer']);
  const chunks = whole(
    unchunked(byteReader(source), signer, kind.trailer ? { announced, trailers } : undefined),
    length,
  );
  return new Upload(length, chunks, trailers, kind.trailer ? announced : []);
}

function plainUpload({ headers }: WireRequest, source: Bytes, declared: string): Upload {
  const length = lengthIn(headers['content-length']);
  if (length === undefined) throw missingLength();
  const hashed = declared === 'UNSIGNED-PAYLOAD' ? source : matching(source, declared);
  return new Upload(length, whole(hashed, length));
}

async function* inHand(body: Uint8Array): Bytes {
  yield body;
}

const lengthIn = (text: string | undefined) =>
  text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;

const namesIn = (text = '') => text.split(',').flatMap((name) => name.trim().toLowerCase() || []);

const missingLength = () =>
  new CommonError('MissingContentLength', 'You must provide the Content-Length HTTP header.', 411);

const incompleteBody = () =>
  new CommonError(
    'IncompleteBody',
    'You did not provide the number of bytes specified by the Content-Length HTTP header',
  );

/** Exactly so many bytes. */
async function* whole(source: Bytes, length: number): Bytes {
  let come = 0;
  try {
    for await (const chunk of source) {
      come += chunk.length;
      if (come > length) throw incompleteBody();
      yield chunk;
    }
  } catch (error) {
    throw isBroken(error) ? incompleteBody() : error;
  }
  if (come < length) throw incompleteBody();
}

/** The connection went away. */
const isBroken = (error: unknown) => {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'ABORT_ERR';
};

/** With the hash that was signed. */
async function* matching(source: Bytes, declared: string): Bytes {
  const hash = createHash('sha256');
  for await (const chunk of source) {
    hash.update(chunk);
    yield chunk;
  }
  const computed = hash.digest('hex');
  if (computed === declared) return;
  throw new CommonError(
    'XAmzContentSHA256Mismatch',
    "The provided 'x-amz-content-sha256' header does not match what was computed.",
    400,
    { details: { ClientComputedContentSHA256: declared.slice(0, 100), S3ComputedContentSHA256: computed } },
  );
}

interface ChunkSigner {
  /** Throws unless the signature is that of a chunk with this hash, after the one before. */
  chunk(hash: string, signature: string | undefined): void;
  trailer(text: string, signature: string | undefined): void;
}

const EMPTY_HASH = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

function chunkSigner({ timestamp, scope, signature: seed }: Claim, secret: () => string): ChunkSigner {
  let previous = seed;
  const check = (text: string, given: string | undefined): void => {
    const expected = signatureOf(secret(), scope, text);
    if (given === undefined || !sameSignature(expected, given)) throw wrongChunk();
    previous = expected;
  };
  return {
    chunk: (hash, given) =>
      check(`AWS4-HMAC-SHA256-PAYLOAD\n${timestamp}\n${scope}\n${previous}\n${EMPTY_HASH}\n${hash}`, given),
    trailer(text, given) {
      const hash = createHash('sha256').update(text).digest('hex');
      check(`AWS4-HMAC-SHA256-TRAILER\n${timestamp}\n${scope}\n${previous}\n${hash}`, given);
    },
  };
}

const wrongChunk = () =>
  new AuthenticationFailure(
    'SignatureDoesNotMatch',
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
  );

interface Trailing {
  readonly announced: readonly string[];
  readonly trailers: Map<string, string>;
}

const CHUNK = /^([0-9a-fA-F]{1,8})(?:;chunk-signature=([0-9a-f]{64}))?$/;

async function* unchunked(reader: ByteReader, signer: ChunkSigner | undefined, trailing: Trailing | undefined): Bytes {
  for (;;) {
    const [, size, signature] = CHUNK.exec(await reader.line()) ?? [];
    if (size === undefined) throw incompleteBody();
    const left = Number.parseInt(size, 16);
    const hash = signer && createHash('sha256');
    for (let remaining = left; remaining > 0; ) {
      const piece = await reader.some(remaining);
      remaining -= piece.length;
      hash?.update(piece);
      yield piece;
    }
    if (hash) signer?.chunk(hash.digest('hex'), signature);
    if (left === 0) break;
    if ((await reader.line()) !== '') throw incompleteBody();
  }
  if (trailing) await readTrailers(reader, signer, trailing);
}

const TRAILERS_MAX = 20;
const SIGNATURE = 'x-amz-trailer-signature';

async function readTrailers(reader: ByteReader, signer: ChunkSigner | undefined, { announced, trailers }: Trailing) {
  let signed = '';
  let signature: string | undefined;
  for (let i = 0; i < TRAILERS_MAX; i++) {
    const line = await reader.line('or end');
    if (line === '') break;
    const at = line.indexOf(':');
    if (at < 1) throw malformedTrailer();
    const [name, value] = [line.slice(0, at).trim().toLowerCase(), line.slice(at + 1).trim()];
    if (name === SIGNATURE) signature = value;
    else {
      if (!announced.includes(name)) throw malformedTrailer();
      trailers.set(name, value);
      signed += `${name}:${value}\n`;
    }
  }
  if (announced.some((name) => !trailers.has(name))) throw malformedTrailer();
  signer?.trailer(signed, signature);
}

const malformedTrailer = () =>
  new CommonError(
    'MalformedTrailerError',
    'The request contained trailing data that was not well-formed or did not conform to our published schema.',
  );
