/**
 * Which hosts the plane may call on behalf of those who use it: subscribers, API destinations. An address in a request
 * must not make the plane look behind a firewall, so only the machine itself is open unless the operator names more.
 */
import type { Settings } from './context.ts';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Whether it means the machine itself. */
export const isLoopback = (url: URL): boolean => LOOPBACK.test(url.hostname.toLowerCase());

/** `settings.outbound`: host names, `*.example.com`, or `*` for all. */
export function mayReach({ outbound = [] }: Pick<Settings, 'outbound'>, url: URL): boolean {
  if (isLoopback(url)) return true;
  const host = url.hostname.toLowerCase();
  return outbound.some((allowed) => {
    if (allowed === '*') return true;
    return allowed.startsWith('*.') ? host.endsWith(allowed.slice(1)) : host === allowed.toLowerCase();
  });
}
