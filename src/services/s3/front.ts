/** Requests to S3 that are no operations: questions of browsers, pages of web sites, forms. */
import type { Front } from '../../core/front.ts';
import { siteOf } from './siteHosts.ts';

export const front: Front = {
  takes: ({ method, path, headers }, endpoint) =>
    (method === 'OPTIONS' && headers.origin !== undefined) ||
    (method === 'POST' && headers['content-type']?.startsWith('multipart/form-data') === true && path !== '') ||
    siteOf(headers.host ?? '', endpoint) !== undefined,
  load: async () => (await import('./frontAnswers.ts')).answerFront,
};
