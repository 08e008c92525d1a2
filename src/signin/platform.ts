/** What identity providers outside are told of us, and where they send people back to. */
import type { WireResponse } from '../core/wire.ts';
import { problemPage } from './entry.ts';
import type { Visit } from './visit.ts';

const ACS = /^\/platform\/saml\/acs\/(ssoins-[0-9a-f]{16})$/;
const METADATA = /^\/platform\/saml\/(d-[0-9a-f]{10})(?:\/metadata)?$/;
const CALLBACK = /^\/platform\/oidc\/callback\/(ssoins-[0-9a-f]{16})$/;

export async function platformPage(visit: Visit): Promise<WireResponse> {
  const { method, path } = visit;
  const [, acs] = ACS.exec(path) ?? [];
  if (acs !== undefined && method === 'POST') return (await import('./externalSaml.ts')).postAssertion(visit, acs);
  const [, store] = METADATA.exec(path) ?? [];
  if (store !== undefined && method === 'GET') return (await import('./externalSaml.ts')).metadataPage(visit, store);
  const [, callback] = CALLBACK.exec(path) ?? [];
  if (callback !== undefined && method === 'GET') return (await import('./externalOidc.ts')).callback(visit, callback);
  return problemPage('No such page', 'There is no page at this address.', 404);
}
