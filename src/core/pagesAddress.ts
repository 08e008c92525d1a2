/**
 * Where browsers are sent. Passkeys are of names, never of bare addresses: a plane that listens on this machine's own
 * address is `localhost` to a browser. Clients of the API keep to the endpoint.
 */
import type { Settings } from './context.ts';

const LOOPBACK = /^(http:\/\/)(?:127\.0\.0\.1|\[::1\])(?=[:/]|$)/;

/** `http://localhost:4566`; what has a name, or TLS with a certificate of its own, stays as it is. */
export const pagesAt = ({ endpoint }: Pick<Settings, 'endpoint'>): string => endpoint.replace(LOOPBACK, '$1localhost');
