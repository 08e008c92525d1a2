/** Pages that other sites send people to: identity providers outside, and applications that we sign people in to. */
import type { WireResponse } from '../core/wire.ts';
import { problemPage } from './entry.ts';
import type { Visit } from './visit.ts';

const ACS = /^\/platform\/saml\/acs\/(ssoins-[0-9a-f]{16})$/;
const METADATA = /^\/platform\/saml\/(d-[0-9a-f]{10})(?:\/metadata)?$/;
const CALLBACK = /^\/platform\/oidc\/callback\/(ssoins-[0-9a-f]{16})$/;

const APPLICATION = /^\/saml\/(assertion|logout|metadata)\/(apl-[0-9a-f]{16})$/;

export async function platformPage(visit: Visit, query: string): Promise<WireResponse> {
  const { method, path } = visit;
  const [, acs] = ACS.exec(path) ?? [];
  if (acs !== undefined && method === 'POST') return (await import('./externalSaml.ts')).postAssertion(visit, acs);
  const [, store] = METADATA.exec(path) ?? [];
  if (store !== undefined && method === 'GET') return (await import('./externalSaml.ts')).metadataPage(visit, store);
  const [, callback] = CALLBACK.exec(path) ?? [];
  if (callback !== undefined && method === 'GET') return (await import('./externalOidc.ts')).callback(visit, callback);
  const [, what, application] = APPLICATION.exec(path) ?? [];
  if (application !== undefined) return applicationPage(visit, what, application, query);
  return problemPage('No such page', 'There is no page at this address.', 404);
}

async function applicationPage(visit: Visit, what: string | undefined, application: string, query: string) {
  const pages = await import('./samlApplications.ts');
  if (what === 'assertion') return pages.assertionPage(visit, application, query);
  return what === 'logout' ? pages.logoutPage(visit) : pages.metadataPage(visit, application);
}
