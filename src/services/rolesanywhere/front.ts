/** CreateSession: no signature that the gateway knows, but one with a certificate's key. */
import type { Front } from '../../core/front.ts';

export const front: Front = {
  takes: ({ method, path, headers }) =>
    method === 'POST' && path === '/sessions' && headers.authorization?.startsWith('AWS4-X509-') === true,
  load: async () => (await import('./sessionRequests.ts')).answerFront,
};
