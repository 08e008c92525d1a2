/** The requests that are pages of sign-in. What answers them is loaded with the first one. */
import type { Front } from '../core/front.ts';
import type { WireRequest } from '../core/wire.ts';

const FIRST = [
  'start',
  'authorize',
  'signin',
  'federation$',
  'platform/(saml|oidc)',
  'saml/(assertion|logout|metadata)',
];
const PATHS = new RegExp(`^/((${FIRST.join('|')})(/|$)|v1/(authorize|token)$)`);
/** Forms only: buckets may be called so. */
const POSTED = /^\/(saml(\/acs\/[\w-]+)?|static\/saml)$/;
const NAMES = [
  'd-[0-9a-f]{10}\\.awsapps\\.com',
  'device\\.sso\\.[a-z\\d-]+\\.amazonaws\\.com',
  'ssoins-[0-9a-f]{16}\\.([a-z\\d-]+\\.portal\\.amazonaws\\.com|portal\\.[a-z\\d-]+\\.app\\.aws)',
  '([a-z\\d-]+\\.)?signin\\.aws\\.amazon\\.com',
  '[a-z\\d-]+\\.(sso\\.)?signin\\.aws',
];
const HOSTS = new RegExp(`^(${NAMES.join('|')})(:\\d+)?$`, 'i');

/** What is signed is for a service, whatever its path: buckets may have any name. SAML's requests sign otherwise. */
const isSigned = ({ headers, query }: Pick<WireRequest, 'headers' | 'query'>) =>
  headers.authorization !== undefined ||
  (/(^|&)(X-Amz-Signature|Signature)=/.test(query) && !/(^|&)SAMLRequest=/.test(query));

const isForm = ({ method, headers }: Pick<WireRequest, 'method' | 'headers'>) =>
  method === 'POST' && headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true;

export const front: Front = {
  takes: (request) =>
    (request.method === 'GET' || request.method === 'HEAD' || request.method === 'POST') &&
    (PATHS.test(request.path) ||
      (POSTED.test(request.path) && isForm(request)) ||
      HOSTS.test(request.headers.host ?? '')) &&
    !isSigned(request) &&
    request.headers['x-amz-target'] === undefined &&
    (!/^\/federation/.test(request.path) || /(^|&)Action=/.test(request.query) || isForm(request)),
  load: async () => (await import('./pages.ts')).answer,
};
