/** Public documents of services: what anybody may fetch who knows where it is. */
import type { PublicDocuments } from '../../core/operation.ts';
import type { WireRequest, WireResponse } from '../../core/wire.ts';
import type { Deps } from '../invocation.ts';

export async function documentPage(
  { path }: WireRequest,
  { store }: Deps,
  documents: PublicDocuments,
): Promise<WireResponse> {
  const found = await store.transaction((tx) => documents.at(tx, path));
  return {
    status: found ? 200 : 404,
    headers: { 'content-type': found?.type ?? 'text/plain', ...(found && { 'cache-control': 'public, max-age=300' }) },
    body: found?.body ?? 'There is no such document.',
  };
}
