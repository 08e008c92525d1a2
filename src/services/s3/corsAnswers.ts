/** What browsers are told when they ask before a page's request. */
import type { FrontAround } from '../../core/front.ts';
import type { WireRequest, WireResponse } from '../../core/wire.ts';
import { corsHeaders, corsRefused } from './cors.ts';
import { s3Error } from './errors.ts';
import { errorAnswer } from './frontErrors.ts';
import { bucketSettings } from './settings.ts';

/** Undefined where there is no such bucket: the path may be of another service. */
export async function preflight(
  bucket: string,
  key: string,
  { headers }: WireRequest,
  { store }: FrontAround,
): Promise<WireResponse | undefined> {
  const settings = await store.transaction((tx) => tx.get(bucketSettings, [bucket]));
  if (!settings) return undefined;
  const method = headers['access-control-request-method'];
  if (method === undefined) {
    return errorAnswer(s3Error('InvalidRequest', { message: 'Invalid Access-Control-Request-Method: null' }));
  }
  const names = headers['access-control-request-headers']?.split(',').map((name) => name.trim().toLowerCase()) ?? [];
  const asked = { origin: headers.origin ?? '', method, headers: names.filter((name) => name !== '') };
  const told = corsHeaders(settings.cors ?? [], asked);
  if (!told) {
    const refused = corsRefused(method, settings.cors !== undefined);
    return errorAnswer(refused, { ResourceType: key === '' ? 'BUCKET' : 'OBJECT' });
  }
  return { status: 200, headers: told, body: '' };
}
