/**
 * Which hosts the plane may call on behalf of those who use it: subscribers, API destinations. An address in a request
 * must not make the plane look behind a firewall, so only the machine itself is open unless the operator names more.
 */
import type { Settings } from './context.ts';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** `settings.outbound`: host names, `*.example.com`, or `*` for all. */
export function mayReach({ outbound = [] }: Pick<Settings, 'outbound'>, url: URL): boolean {
  const host = url.hostname.toLowerCase();
  if (LOOPBACK.test(host)) return true;
  return outbound.some((allowed) => {
    if (allowed === '*') return true;
    return allowed.startsWith('*.') ? host.endsWith(allowed.slice(1)) : host === allowed.toLowerCase();
  });
}
