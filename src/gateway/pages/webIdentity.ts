/** The public documents by which others check the web identity tokens of this plane's accounts. */
import type { WireRequest, WireResponse } from '../../core/wire.ts';
import { webIdentityDocument } from '../../identity/outboundKeys.ts';
import type { Deps } from '../invocation.ts';

export async function webIdentityPage({ path }: WireRequest, { store, settings }: Deps): Promise<WireResponse> {
  const document = await store.transaction((tx) => webIdentityDocument(tx, settings, path));
  return {
    status: document ? 200 : 404,
    headers: { 'content-type': 'application/json', ...(document && { 'cache-control': 'public, max-age=300' }) },
    body: JSON.stringify(document ?? { message: 'There is no such document.' }),
  };
}
