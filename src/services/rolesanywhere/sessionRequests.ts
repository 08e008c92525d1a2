/** From a request signed with a certificate's key to one that CreateSession can answer. */
import type { FrontAnswer } from '../../core/front.ts';
import type { WireRequest } from '../../core/wire.ts';
import { certificateSignature, claimedRegion } from './requestSignatures.ts';

const IN_QUERY = ['profileArn', 'roleArn', 'trustAnchorArn', 'durationSeconds', 'roleSessionName'] as const;

/** Members may be in the query instead of the body. */
function bodyOf({ query, body }: WireRequest): Uint8Array {
  if (query === '') return body;
  const given = new URLSearchParams(query);
  const wanted = Object.fromEntries(
    IN_QUERY.flatMap((name) => {
      const value = given.get(name);
      return value === null ? [] : [[name, name === 'durationSeconds' ? Number(value) : value]];
    }),
  );
  const members = parsed(body);
  return members === undefined ? body : Buffer.from(JSON.stringify({ ...wanted, ...members }));
}

/** The members of a body; undefined where it is no JSON object, which the protocol says itself. */
function parsed(body: Uint8Array): object | undefined {
  if (body.length === 0) return {};
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export const answerFront: FrontAnswer = async (request, around) => {
  const certificate = certificateSignature(request, around.wallClock);
  const { 'content-length': _length, ...headers } = request.headers;
  return around.ask({ ...request, query: '', headers, body: bodyOf(request) }, undefined, {
    source: { ...around.source, certificate },
    region: claimedRegion(request) ?? around.settings.region,
  });
};
