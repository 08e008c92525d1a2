/**
 * The plane's own pages, under `/_gatehouse/`: health for whoever waits for the start, reset and clock for tests (with
 * `--ephemeral` only), and, signed like any AWS call: why a request was decided as it was, and tokens for SCIM.
 */
import type { Source } from '../core/context.ts';
import { durationMs } from '../core/duration.ts';
import { CommonError } from '../core/errors.ts';
import type { WireRequest, WireResponse } from '../core/wire.ts';
import { describeError } from '../protocols/errors.ts';
import type { Deps } from './invocation.ts';
import { scimTokensPage } from './scimTokens.ts';
import { whyPage } from './why.ts';

/** What only the process can do. Absent where it may not be done. */
export interface Controls {
  readonly version: string;
  /** The root key is not there. */
  readonly sealed?: true;
  readonly reset?: () => Promise<void>;
  /** Moves the clock forward. */
  readonly advance?: (milliseconds: number) => void;
}

type Page = (request: WireRequest, deps: Deps, controls: Controls, source: Source) => Promise<WireResponse>;

export const PAGES_PREFIX = '/_gatehouse/';

const PAGES: Readonly<Record<string, Page>> = {
  'GET health': async (_request, { settings }, { version, reset, sealed }) =>
    json(sealed ? 503 : 200, {
      status: sealed ? 'sealed' : 'ready',
      version,
      account: settings.managementAccount,
      region: settings.region,
      ...(settings.endpoint !== '' && { portal: `${settings.endpoint}/start` }),
      ephemeral: reset !== undefined,
    }),
  'POST reset': async (request, _deps, { reset }) => {
    requireNoForeignPage(request);
    if (!reset) throw notHere('reset');
    await reset();
    return json(200, { status: 'reset' });
  },
  'POST clock': async (request, deps, { advance }) => {
    requireNoForeignPage(request);
    if (!advance) throw notHere('clock');
    advance(advanceOf(request));
    return json(200, { now: deps.now().toISOString() });
  },
  'GET why': whyPage,
  'GET mail': async (request, deps, _controls, source) => (await import('./mail.ts')).mailPage(request, deps, source),
  'GET scim-tokens': scimTokensPage,
  'POST scim-tokens': scimTokensPage,
  'DELETE scim-tokens': scimTokensPage,
  'GET mfa': mfaSettings,
  'POST mfa': mfaSettings,
  'GET mfa-devices': mfaDevices,
  'POST mfa-devices': mfaDevices,
  'DELETE mfa-devices': mfaDevices,
  'GET mfa-apps': mfaApps,
  'POST mfa-apps': mfaApps,
  'GET identity-source': identitySource,
  'POST identity-source': identitySource,
  'DELETE identity-source': identitySource,
  'GET saml-applications': samlApplications,
  'POST saml-applications': samlApplications,
  'POST saml-application-certificates': samlApplicationCertificates,
  'DELETE saml-application-certificates': samlApplicationCertificates,
  'POST identity-source-certificates': identitySourceCertificates,
  'DELETE identity-source-certificates': identitySourceCertificates,
};

async function identitySource(...of: Parameters<Page>) {
  return (await import('./identitySources.ts')).identitySourcePage(...of);
}

async function samlApplications(...of: Parameters<Page>) {
  return (await import('./samlApplications.ts')).samlApplicationsPage(...of);
}

async function samlApplicationCertificates(...of: Parameters<Page>) {
  return (await import('./samlApplications.ts')).samlApplicationCertificatesPage(...of);
}

async function identitySourceCertificates(...of: Parameters<Page>) {
  return (await import('./identitySources.ts')).identitySourceCertificatesPage(...of);
}

async function mfaSettings(...of: Parameters<Page>) {
  return (await import('./directoryMfa.ts')).mfaSettingsPage(...of);
}

async function mfaApps(...of: Parameters<Page>) {
  return (await import('./directoryMfa.ts')).mfaAppsPage(...of);
}

async function mfaDevices(...of: Parameters<Page>) {
  return (await import('./directoryMfa.ts')).mfaDevicesPage(...of);
}

export async function page(
  request: WireRequest,
  deps: Deps,
  controls: Controls,
  source: Source,
): Promise<WireResponse> {
  const [name = ''] = request.path.slice(PAGES_PREFIX.length).split('/');
  const handler = Object.hasOwn(PAGES, `${request.method} ${name}`) ? PAGES[`${request.method} ${name}`] : undefined;
  try {
    if (handler) return await handler(request, deps, controls, source);
    throw new CommonError('NotFound', `No such page: ${request.method} ${request.path.slice(0, 200)}`, 404);
  } catch (error) {
    const { status, code, message } = describeError(error, undefined, 'restJson');
    if (status >= 500) deps.log(error);
    return json(status, { code, message });
  }
}

const notHere = (what: string) =>
  new CommonError('NotEphemeral', `/_gatehouse/${what} works with --ephemeral only.`, 403);

/** A web page that a user happens to visit must not reset the plane or move its clock. */
function requireNoForeignPage(request: WireRequest): void {
  const { origin, host = '' } = request.headers;
  if (origin === undefined || (URL.parse(origin)?.host === host && UNNAMED.test(host))) return;
  throw new CommonError('ForeignOrigin', 'This page answers no request from a web page of another origin.', 403);
}

/** An address, not a name: a name may be made to mean this machine by whoever owns it. */
const UNNAMED = /^(localhost|[\d.]+|\[[\da-f:]+\])(:\d+)?$/i;

const ADVANCE_MS_MAX = 3_660 * 86_400_000;

function advanceOf(request: WireRequest): number {
  const wanted = 'Body must be JSON such as {"advance":"P30D"}: an ISO 8601 duration, at most ten years.';
  let text: unknown;
  try {
    text = (JSON.parse(Buffer.from(request.body).toString('utf8')) as { advance?: unknown }).advance;
  } catch {
    throw new CommonError('InvalidClock', wanted);
  }
  const ms = typeof text === 'string' ? durationMs(text) : undefined;
  if (ms === undefined || ms > ADVANCE_MS_MAX) throw new CommonError('InvalidClock', wanted);
  return ms;
}

export const json = (status: number, value: object): WireResponse => ({
  status,
  headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
  body: JSON.stringify(value),
});
