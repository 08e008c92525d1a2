/**
 * Pages of a bucket that is a web site, for whoever may read its objects without signing.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/WebsiteEndpoints.html
 */
import type { Redirect, RoutingRule, WebsiteConfiguration } from '@aws-sdk/client-s3';
import type { FrontAround } from '../../core/front.ts';
import type { WireRequest, WireResponse } from '../../core/wire.ts';
import { bucketSettings } from './settings.ts';

interface Site {
  readonly bucket: string;
  readonly website: WebsiteConfiguration;
  readonly request: WireRequest;
  readonly around: FrontAround;
}

export async function sitePage(bucket: string, request: WireRequest, around: FrontAround): Promise<WireResponse> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return problem(405, 'MethodNotAllowed', 'The specified method is not allowed against this resource.');
  }
  const settings = await around.store.transaction((tx) => tx.get(bucketSettings, [bucket]));
  if (!settings) return problem(404, 'NoSuchBucket', 'The specified bucket does not exist', { BucketName: bucket });
  const { website } = settings;
  if (!website) {
    const message = 'The specified bucket does not have a website configuration';
    return problem(404, 'NoSuchWebsiteConfiguration', message, { BucketName: bucket });
  }
  const all = website.RedirectAllRequestsTo;
  if (all) return redirected(request, { HostName: all.HostName, Protocol: all.Protocol }, request.path.slice(1));
  return pageOf({ bucket, website, request, around });
}

async function pageOf(site: Site): Promise<WireResponse> {
  const { website, request } = site;
  const path = request.path.slice(1);
  const rules = website.RoutingRules ?? [];
  const early = rules.find((rule) => rule.Condition?.HttpErrorCodeReturnedEquals === undefined && isUnder(rule, path));
  if (early) return redirected(request, early.Redirect!, path, early);
  const suffix = website.IndexDocument?.Suffix ?? '';
  const key = path === '' || path.endsWith('/') ? path + suffix : path;
  const found = await read(site, key);
  if (found.status < 400) return withRedirect(found);
  if (key === path && (await read(site, `${path}/${suffix}`, 'HEAD')).status === 200) {
    return { status: 302, headers: { location: `/${path}/` }, body: '' };
  }
  const late = rules.find(
    (rule) => rule.Condition?.HttpErrorCodeReturnedEquals === String(found.status) && isUnder(rule, path),
  );
  if (late) return redirected(request, late.Redirect!, path, late);
  return errorPage(site, found, key);
}

const isUnder = ({ Condition }: RoutingRule, path: string) =>
  decoded(path).startsWith(Condition?.KeyPrefixEquals ?? '');

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

const PASSED = [
  'range',
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
  'user-agent',
  'origin',
];

/** Reads an object as anybody, by its percent-encoded key. */
function read({ bucket, request, around }: Site, key: string, method = request.method): Promise<WireResponse> {
  const headers: Record<string, string> = { host: new URL(around.endpoint).host };
  for (const name of PASSED) if (request.headers[name] !== undefined) headers[name] = request.headers[name];
  return around.ask({ method, path: `/${bucket}/${key}`, query: '', headers, body: new Uint8Array(0) });
}

function withRedirect(found: WireResponse): WireResponse {
  const to = found.headers['x-amz-website-redirect-location'];
  return to === undefined ? found : { status: 301, headers: { location: to }, body: '' };
}

function redirected(request: WireRequest, to: Redirect, path: string, rule?: RoutingRule): WireResponse {
  const prefix = rule?.Condition?.KeyPrefixEquals ?? '';
  const encoded = (text: string) => encodeURIComponent(text).replaceAll('%2F', '/');
  const key =
    to.ReplaceKeyWith !== undefined
      ? encoded(to.ReplaceKeyWith)
      : to.ReplaceKeyPrefixWith !== undefined
        ? encoded(to.ReplaceKeyPrefixWith + decoded(path).slice(prefix.length))
        : path;
  const location = `${to.Protocol ?? 'http'}://${to.HostName ?? request.headers.host ?? ''}/${key}`;
  return { status: Number(to.HttpRedirectCode ?? 301), headers: { location }, body: '' };
}

/** The owner's page for errors, with the status of the error. */
async function errorPage(site: Site, found: WireResponse, key: string): Promise<WireResponse> {
  const own = site.website.ErrorDocument?.Key;
  if (own !== undefined) {
    const page = await read(site, encodeURIComponent(own).replaceAll('%2F', '/'));
    if (page.status === 200) return { ...page, status: found.status };
  }
  if (found.status === 404)
    return problem(404, 'NoSuchKey', 'The specified key does not exist.', { Key: decoded(key) });
  return problem(found.status, 'AccessDenied', 'Access Denied');
}

const PHRASES: Readonly<Record<number, string>> = { 403: 'Forbidden', 404: 'Not Found', 405: 'Method Not Allowed' };

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

function problem(status: number, code: string, message: string, more: Record<string, string> = {}): WireResponse {
  const title = `${status} ${PHRASES[status] ?? 'Error'}`;
  const members = Object.entries({ Code: code, Message: message, ...more });
  const list = members.map(([name, value]) => `<li>${name}: ${escaped(value)}</li>`).join('\n');
  return {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'x-amz-error-code': code,
      'x-amz-error-message': message,
    },
    body: `<html>\n<head><title>${title}</title></head>\n<body>\n<h1>${title}</h1>\n<ul>\n${list}\n</ul>\n<hr/>\n</body>\n</html>\n`,
  };
}
