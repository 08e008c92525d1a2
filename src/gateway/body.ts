/** The bytes of a request: as many as allowed, and unpacked where the client packed them. */
import type { IncomingMessage } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { CommonError } from '../core/errors.ts';
import type { WireRequest } from '../core/wire.ts';
import type { Resolver } from './resolve.ts';

export const BODY_BYTES_MAX = 1024 * 1024;
/** Of a body that is refused already: most clients read the answer only when they have sent everything. */
const DISCARDED_BYTES_MAX = 64 * 1024 * 1024;

export const tooLarge = (bytesMax = BODY_BYTES_MAX) =>
  new CommonError('RequestEntityTooLargeException', `Request body is longer than ${bytesMax} bytes.`, 413);

/** Whether the body is read by whoever knows what it is for. S3 alone takes bodies of any length. */
export function isStream(request: WireRequest): boolean {
  if (!isLong(request)) return false;
  const { headers, path, query } = request;
  if (headers.authorization !== undefined) return headers.authorization.includes('/s3/aws4_request');
  if (query.includes('X-Amz-Algorithm=')) return /%2Fs3%2Faws4_request/i.test(query);
  return path !== '/' && headers['x-amz-target'] === undefined;
}

const isLong = ({ headers }: WireRequest) =>
  Number(headers['content-length'] ?? 0) > BODY_BYTES_MAX || headers['transfer-encoding'] !== undefined;

const SIGNED_FOR = /\/([a-z0-9-]+)\/aws4_request/;

/** How long a body may be that is read before its operation is known: as long as any of the service takes. */
export async function bodyBytesMax(request: WireRequest, resolver: Resolver): Promise<number> {
  const [, name] = (isLong(request) && SIGNED_FOR.exec(request.headers.authorization ?? '')) || [];
  const service = name === undefined ? undefined : await resolver.load(name);
  return Math.max(BODY_BYTES_MAX, ...Object.values(service?.operations ?? {}).map((each) => each.bodyBytesMax ?? 0));
}

/** Throws CommonError where a body is longer than its operation takes. */
export function requireLength(bytes: number, bytesMax = BODY_BYTES_MAX): void {
  if (bytes > bytesMax) throw tooLarge(bytesMax);
}

/** What comes, as it comes. An end of the reading leaves the connection as it is. */
export async function* arriving(message: IncomingMessage, begin: () => void): AsyncGenerator<Uint8Array> {
  begin();
  yield* message.iterator({ destroyOnReturn: false });
}

/** Reads and forgets what is left of a body once it is answered, so that the connection can go on. */
export function forgetRest(message: IncomingMessage): void {
  if (message.complete || message.destroyed) return;
  let length = 0;
  message.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length > DISCARDED_BYTES_MAX) message.destroy();
  });
  message.resume();
}

/** Resolves as soon as it is known which; the rest of a body that is too large is read and forgotten. */
export function bodyOf(
  message: IncomingMessage,
  declaredBytes: number,
  bytesMax = BODY_BYTES_MAX,
): Promise<Buffer | 'too large' | 'truncated'> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    if (declaredBytes > bytesMax) resolve('too large');
    if (message.destroyed) resolve('truncated');
    message.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= bytesMax) chunks.push(chunk);
      else resolve('too large');
      if (length > DISCARDED_BYTES_MAX) message.destroy();
    });
    message.on('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
    message.on('error', () => resolve('truncated'));
    message.on('close', () => resolve('truncated'));
  });
}

/** All of a stream, where no more than `bytesMax` (a mebibyte) comes. Throws CommonError when more does. */
export async function collected(stream: AsyncIterable<Uint8Array>, bytesMax = BODY_BYTES_MAX): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.length;
    requireLength(length, bytesMax);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * The request with its body unpacked, to be understood; signed is the one that was sent. CloudWatch's clients pack
 * what is longer than 10 KB. Throws CommonError if the content encoding is another than gzip, or the body is not what
 * it says.
 */
export function unpacked(request: WireRequest): WireRequest {
  const encoding = request.headers['content-encoding']?.trim().toLowerCase() ?? '';
  if (encoding === '' || encoding === 'identity') return request;
  if (encoding !== 'gzip') {
    throw new CommonError(
      'UnsupportedMediaTypeException',
      `Unsupported content-encoding: ${encoding.slice(0, 100)}`,
      415,
    );
  }
  try {
    return { ...request, body: gunzipSync(request.body, { maxOutputLength: BODY_BYTES_MAX }) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge();
    throw new CommonError('SerializationException', 'The request body is not in the gzip format.');
  }
}
