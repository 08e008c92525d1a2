/** Requests of identity providers to a directory (SCIM 2.0). What answers them loads with the first one. */
import type { Front } from '../../core/front.ts';
import type { WireRequest } from '../../core/wire.ts';

const HOST = /^scim\.[a-z\d-]+\.amazonaws\.com(:\d+)?$/i;
const PATH = /^\/scim\/[^/]+\/scim\/v2(\/|$)/;

/** What is signed is for a service: a bucket may be called `scim`. */
const isSigned = ({ headers, query }: Pick<WireRequest, 'headers' | 'query'>) =>
  headers.authorization?.startsWith('AWS') === true || /(^|&)(X-Amz-Signature|Signature)=/.test(query);

export const scimFront: Front = {
  takes: (request) => (HOST.test(request.headers.host ?? '') || PATH.test(request.path)) && !isSigned(request),
  load: async () => (await import('./scim.ts')).answerScim,
};
