/**
 * The plane's own pages, under `/_gatehouse/`: health for whoever waits for the start, reset and clock for tests (with
 * `--ephemeral` only), and, signed like any AWS call, what AWS has in its console alone.
 */
import type { Source } from '../../core/context.ts';
import { durationMs } from '../../core/duration.ts';
import { CommonError } from '../../core/errors.ts';
import { pagesAt } from '../../core/pagesAddress.ts';
import type { WireRequest, WireResponse } from '../../core/wire.ts';
import { describeError } from '../../protocols/errors.ts';
import type { Deps } from '../invocation.ts';
import { type Controls, json, PAGES_PREFIX, type Page } from './page.ts';

interface Entry {
  readonly methods: readonly string[];
  readonly load: () => Promise<Page>;
}

const PAGES: Readonly<Record<string, Entry>> = {
  health: { methods: ['GET'], load: async () => health },
  reset: { methods: ['POST'], load: async () => reset },
  clock: { methods: ['POST'], load: async () => clock },
  why: { methods: ['GET'], load: async () => (await import('./why.ts')).whyPage },
  mail: { methods: ['GET'], load: async () => (await import('./mail.ts')).mailPage },
  outbox: { methods: ['GET'], load: async () => (await import('./outbox.ts')).outboxAnswer },
  'scim-tokens': {
    methods: ['GET', 'POST', 'DELETE'],
    load: async () => (await import('./scimTokens.ts')).scimTokensPage,
  },
  mfa: { methods: ['GET', 'POST'], load: async () => (await import('./directoryMfa.ts')).mfaSettingsPage },
  'mfa-devices': {
    methods: ['GET', 'POST', 'DELETE'],
    load: async () => (await import('./directoryMfa.ts')).mfaDevicesPage,
  },
  people: { methods: ['GET', 'POST', 'DELETE'], load: async () => (await import('./people.ts')).peoplePage },
  'mfa-apps': { methods: ['GET', 'POST'], load: async () => (await import('./directoryMfa.ts')).mfaAppsPage },
  'identity-source': {
    methods: ['GET', 'POST', 'DELETE'],
    load: async () => (await import('./identitySources.ts')).identitySourcePage,
  },
  'identity-source-certificates': {
    methods: ['POST', 'DELETE'],
    load: async () => (await import('./identitySources.ts')).identitySourceCertificatesPage,
  },
  'saml-applications': {
    methods: ['GET', 'POST'],
    load: async () => (await import('./samlApplications.ts')).samlApplicationsPage,
  },
  'saml-application-certificates': {
    methods: ['POST', 'DELETE'],
    load: async () => (await import('./samlApplications.ts')).samlApplicationCertificatesPage,
  },
};

export async function page(
  request: WireRequest,
  deps: Deps,
  controls: Controls,
  source: Source,
): Promise<WireResponse> {
  const { method, path } = request;
  const [name = ''] = path.slice(PAGES_PREFIX.length).split('/');
  const entry = Object.hasOwn(PAGES, name) ? PAGES[name] : undefined;
  try {
    if (!entry?.methods.includes(method))
      throw new CommonError('NotFound', `No such page: ${method} ${path.slice(0, 200)}`, 404);
    const answer = await entry.load();
    return await answer(request, deps, source, controls);
  } catch (error) {
    const { status, code, message } = describeError(error, undefined, 'restJson');
    if (status >= 500) deps.log(error);
    return json(status, { code, message });
  }
}

const health: Page = async (_request, { settings }, _source, { version, reset, sealed }) =>
  json(sealed ? 503 : 200, {
    status: sealed ? 'sealed' : 'ready',
    version,
    account: settings.managementAccount,
    region: settings.region,
    ...(settings.endpoint !== '' && { portal: `${pagesAt(settings)}/start` }),
    ephemeral: reset !== undefined,
  });

const reset: Page = async (request, _deps, _source, { reset: toFirstStart }) => {
  requireNoForeignPage(request);
  if (!toFirstStart) throw notHere('reset');
  await toFirstStart();
  return json(200, { status: 'reset' });
};

const clock: Page = async (request, deps, _source, { advance }) => {
  requireNoForeignPage(request);
  if (!advance) throw notHere('clock');
  advance(advanceOf(request));
  return json(200, { now: deps.now().toISOString() });
};

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
