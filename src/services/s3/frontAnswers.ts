import type { FrontAnswer } from '../../core/front.ts';
import type { WireRequest } from '../../core/wire.ts';
import { bucketInHost } from './addressing.ts';
import { preflight } from './corsAnswers.ts';
import { posted } from './postForms.ts';
import { siteOf } from './siteHosts.ts';
import { sitePage } from './websitePages.ts';

/** The bucket and key in host and path, still percent-encoded. */
function placeOf({ path, headers }: WireRequest, endpoint: string): { bucket: string; key: string } {
  const hosted = bucketInHost(headers.host ?? '', endpoint);
  if (hosted !== undefined) return { bucket: hosted, key: path.slice(1) };
  const [, bucket = '', ...rest] = path.split('/');
  return { bucket, key: rest.join('/') };
}

export const answerFront: FrontAnswer = async (request, around) => {
  const site = siteOf(request.headers.host ?? '', around.endpoint);
  if (site !== undefined) return sitePage(site, request, around);
  const { bucket, key } = placeOf(request, around.endpoint);
  if (request.method === 'OPTIONS') return preflight(bucket, key, request, around);
  return key === '' && bucket !== '' ? posted(bucket, request, around) : undefined;
};
