/** Which page answers which address. A form that did not come from one of these pages changes nothing. */
import type { FrontAnswer, FrontAround } from '../core/front.ts';
import { regionOfHost } from '../core/regionalHosts.ts';
import type { WireResponse } from '../core/wire.ts';
import { BLOCKED, KeyRefused } from '../identity/instanceKeys.ts';
import { instances } from '../identity/instances.ts';
import { answersHere } from '../identity/portalSessions.ts';
import { authorizePage, postAuthorize } from './authorize.ts';
import * as signin from './console.ts';
import { devicePage, postDevice } from './device.ts';
import * as devices from './devicePages.ts';
import * as entry from './entry.ts';
import { federationPage } from './federation.ts';
import { sentTo } from './html.ts';
import { loginPage, loginResumed, postLogin } from './login.ts';
import { tokenAnswer } from './loginTokens.ts';
import { scriptPage } from './passkeyForms.ts';
import { instanceAt } from './people.ts';
import { credentialsPage, goodbyePage, portalPage, signOut, toConsole, whoVisits } from './portal.ts';
import { postAddress, postAddressCode } from './rootAddress.ts';
import * as second from './secondPages.ts';
import * as security from './securityPages.ts';
import { signInRegion } from './sites.ts';
import { type Visit, visitOf } from './visit.ts';

type Answer = (visit: Visit) => Promise<WireResponse> | WireResponse;

const PAGES: Readonly<Record<string, Answer>> = {
  'GET /start': (visit) => startPage(visit, undefined),
  'POST /start/signin': entry.postSignIn,
  'GET /start/external': async (visit) => (await import('./externalSignIns.ts')).redeem(visit),
  'GET /start/goodbye': (visit) => goodbyePage(visit),
  'GET /start/code': (visit) => second.codePage(visit),
  'POST /start/code': second.postCode,
  'POST /start/passkey': second.postPasskey,
  'GET /start/devices': (visit) => devices.devicesPage(visit),
  'POST /start/devices/rename': devices.postRename,
  'POST /start/devices/remove': devices.postRemove,
  'POST /start/devices/app': devices.postApp,
  'POST /start/devices/app/made': devices.postAppMade,
  'POST /start/devices/passkey': devices.postPasskey,
  'POST /start/devices/passkey/made': devices.postPasskeyMade,
  'GET /start/forgot': (visit) => entry.forgotPage(visit, undefined),
  'POST /start/forgot': entry.postForgot,
  'GET /start/password': (visit) => entry.passwordPage(visit, visit.query.get('token') ?? ''),
  'POST /start/password': entry.postPassword,
  'POST /start/credentials': credentialsPage,
  'POST /start/console': toConsole,
  'POST /start/signout': signOut,
  'GET /start/device': devicePage,
  'POST /start/device': postDevice,
  'GET /signin': (visit) => signin.userPage(visit),
  'POST /signin': signin.postUser,
  'GET /signin/root': (visit) => signin.rootPage(visit),
  'POST /signin/root': signin.postRoot,
  'GET /signin/root/forgot': signin.forgotPage,
  'POST /signin/root/forgot': signin.postForgot,
  'GET /signin/root/password': (visit) => signin.rootPasswordPage(visit),
  'POST /signin/root/password': signin.postRootPassword,
  'GET /signin/code': (visit) => signin.codePage(visit),
  'POST /signin/code': signin.postCode,
  'POST /signin/passkey': signin.postPasskey,
  'GET /signin/passkeys.js': scriptPage,
  'GET /signin/password': (visit) => signin.passwordPage(visit),
  'POST /signin/password': signin.postPassword,
  'GET /signin/home': async (visit) => (await loginResumed(visit)) ?? signin.homePage(visit),
  'POST /signin/signout': signin.signOut,
  'GET /signin/security': (visit) => security.securityPage(visit),
  'POST /signin/security/app': security.postApp,
  'POST /signin/security/app/enable': security.postAppCodes,
  'POST /signin/security/app/cancel': security.postAppCancelled,
  'POST /signin/security/passkey': security.postPasskey,
  'POST /signin/security/passkey/made': security.postPasskeyMade,
  'POST /signin/security/remove': security.postRemove,
  'POST /signin/security/key': security.postKey,
  'POST /signin/security/key/delete': security.postKey,
  'POST /signin/security/email': (visit) => postAddress(visit, security.securityPage),
  'POST /signin/security/email/verify': postAddressCode,
  'GET /authorize': authorizePage,
  'POST /authorize': postAuthorize,
  'GET /v1/authorize': loginPage,
  'POST /v1/authorize': postLogin,
};

async function startPage(visit: Visit, identityStore: string | undefined): Promise<WireResponse> {
  const person = await whoVisits(visit);
  if (person && (identityStore === undefined || identityStore === person.user.identityStore)) {
    return portalPage(visit, person);
  }
  const instance = await visit.around.within(async (ctx) => {
    const found = await instanceAt(ctx, identityStore);
    return found && answersHere(found, ctx) ? found : undefined;
  });
  if (!instance) return entry.noPortal();
  return entry.signInPage(visit, instance.identityStore, '/start');
}

/** With the id of a provider, or without. */
const SAML = /^\/(saml(\/acs\/[\w-]+)?|static\/saml)$/;
const SAML_METADATA = /^\/static\/saml-metadata\.xml$/;

/** No identity store is called so. */
const NOWHERE = 'd-';
const STORE = 'd-[0-9a-f]{10}';
const OF_STORE = new RegExp(`^/start(/forgot)?/(${STORE})/?$`);
const STORE_HOST = new RegExp(`^(${STORE})\\.awsapps\\.com`, 'i');
const INSTANCE_HOST = /^(ssoins-[0-9a-f]{16})\./i;
const DEVICE_HOST = /^device\.sso\./i;

/** In the Region that the host names, where it names one. */
function inRegion(around: FrontAround): FrontAround {
  const region = regionOfHost(around.source.host);
  if (region === undefined) return around;
  return { ...around, within: (work) => around.within((ctx) => work({ ...ctx, region })) };
}

/** The identity store whose portal has this host name; undefined: it is the plane's own. */
async function hostedBy({ around }: Visit, host: string): Promise<string | undefined> {
  const id = INSTANCE_HOST.exec(host)?.[1]?.toLowerCase();
  if (id === undefined) return STORE_HOST.exec(host)?.[1]?.toLowerCase();
  const instance = await around.within(({ store }) => store.get(instances, [id]));
  return instance?.identityStore ?? NOWHERE;
}

/** Where the address of a host alone leads: of the users of an account, `https://ACCOUNT_OR_ALIAS.signin.aws.amazon.com`. */
function homeOf(host: string, query: string): string {
  if (DEVICE_HOST.test(host)) return `/start/device?${query}`;
  const [, account] = /^(?:([a-z\d-]+)\.)?signin\./i.exec(host) ?? [];
  if (account !== undefined && signInRegion(host) === undefined) return `/signin?account=${account}`;
  return /^([a-z\d-]+\.)?signin\./i.test(host) ? '/signin' : '/start';
}

/** AWS's addresses for the users of an account end so. */
const isConsole = (path: string, host: string) =>
  /^\/console\/?$/.test(path) && /(^|\.)signin\.aws\.amazon\.com(:\d+)?$/i.test(host);

export const answer: FrontAnswer = async (request, around) => {
  try {
    return await answered(request, around);
  } catch (error) {
    if (!(error instanceof KeyRefused)) throw error;
    return entry.problemPage('Access is blocked', BLOCKED, 403);
  }
};

const answered: FrontAnswer = async (request, outside) => {
  const around = inRegion(outside);
  if (request.path === '/v1/token' && request.method === 'POST') return tokenAnswer(request, around);
  const visit = visitOf(request, around);
  const host = request.headers.host ?? '';
  const [, forgot, store] = OF_STORE.exec(visit.path) ?? [];
  if (store !== undefined && visit.method === 'GET') {
    return forgot === undefined ? startPage(visit, store) : entry.forgotPage(visit, store);
  }
  if (SAML.test(visit.path) && visit.method === 'POST') return (await import('./samlSignIn.ts')).postSaml(visit);
  if (SAML_METADATA.test(visit.path)) return (await import('./samlSignIn.ts')).samlMetadataPage(visit);
  if (/^\/(platform|saml)\//.test(visit.path)) {
    return (await import('./platform.ts')).platformPage(visit, request.query);
  }
  const path = visit.path === '/start/' ? '/start' : visit.path;
  if (path === '/federation') return federationPage(visit);
  if (path === '/' || isConsole(path, host)) return sentTo(homeOf(host, request.query));
  const page = PAGES[`${visit.method} ${path}`];
  if (!page) return entry.problemPage('No such page', 'There is no page at this address.', 404);
  if (visit.method === 'POST' && !visit.trusted) return entry.expiredForm();
  return path === '/start' ? startPage(visit, await hostedBy(visit, host)) : page(visit);
};
