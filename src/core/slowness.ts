/**
 * Endpoints that did not answer last time get few deliveries at once, so that one that hangs does not take the room of
 * all others. Known to this process only: it is no more than good manners.
 */
const AT_ONCE = 4;
const KNOWN_MAX = 10_000;
const LOOKED_AFTER_MS = 15_000;
const LOOKED_AFTER_MS_MAX = 600_000;

/**
 * When a delivery that found no room looks again, in milliseconds since 1970: the more seldom, the longer it has
 * waited, so that many of them cost little.
 */
export function nextLook({ given }: { readonly given: number }, now: Date): number {
  const waited = now.getTime() - given;
  return now.getTime() + Math.min(LOOKED_AFTER_MS_MAX, Math.max(LOOKED_AFTER_MS, waited / 4));
}

interface Endpoint {
  under: number;
  silent: boolean;
}

const endpoints = new Map<string, Endpoint>();

/** What `work` tells, or undefined where enough is under way at an endpoint that is silent. */
export async function withManners<T extends { readonly silent?: boolean | undefined }>(
  name: string,
  work: () => Promise<T>,
): Promise<T | undefined> {
  const endpoint = endpoints.get(name) ?? { under: 0, silent: false };
  if (endpoint.silent && endpoint.under >= AT_ONCE) return undefined;
  endpoints.set(name, endpoint);
  // Who was silent longest ago is given another chance.
  if (endpoints.size > KNOWN_MAX) endpoints.delete(endpoints.keys().next().value!);
  endpoint.under++;
  try {
    const outcome = await work();
    endpoint.silent = outcome.silent === true;
    return outcome;
  } finally {
    endpoint.under--;
    if (endpoint.under === 0 && !endpoint.silent) endpoints.delete(name);
  }
}
