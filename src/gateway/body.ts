/** The bytes of a request: as many as allowed, and unpacked where the client packed them. */
import type { IncomingMessage } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { CommonError } from '../core/errors.ts';
import type { WireRequest } from '../protocols/protocol.ts';

const BODY_BYTES_MAX = 1024 * 1024;
/** Of a body that is refused already: most clients read the answer only when they have sent everything. */
const DISCARDED_BYTES_MAX = 64 * 1024 * 1024;

export const tooLarge = () =>
  new CommonError('RequestEntityTooLargeException', `Request body is longer than ${BODY_BYTES_MAX} bytes.`, 413);

/** Resolves as soon as it is known which; the rest of a body that is too large is read and forgotten. */
export function bodyOf(message: IncomingMessage, declaredBytes: number): Promise<Buffer | 'too large' | 'truncated'> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    if (declaredBytes > BODY_BYTES_MAX) resolve('too large');
    message.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= BODY_BYTES_MAX) chunks.push(chunk);
      else resolve('too large');
      if (length > DISCARDED_BYTES_MAX) message.destroy();
    });
    message.on('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
    message.on('error', () => resolve('truncated'));
    message.on('close', () => resolve('truncated'));
  });
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
