/**
 * A POST to a subscriber. Only http and https are spoken, redirects are not followed, an answer takes 15 seconds at
 * most, and addresses that mean a machine's own cloud (link-local, 169.254.0.0/16 and fe80::/10) are not reached,
 * whatever name leads there.
 */
import { lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { BlockList, isIP } from 'node:net';
import type { Outcome } from './deliveries.ts';

const PATIENCE_MS = 15_000;
const ANSWER_BYTES_MAX = 65_536;
/** Characters of an answer that status logs show. */
const SHOWN_MAX = 1_024;
const NEVER = new BlockList();
NEVER.addSubnet('169.254.0.0', 16, 'ipv4');
NEVER.addSubnet('fe80::', 10, 'ipv6');

const isForbidden = (address: string) => NEVER.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');

const lookUp: LookupFunction = (host, options, done) => {
  lookup(host, { ...options, all: true }, (error, found) => {
    const addresses = error ? [] : found;
    if (addresses.some(({ address }) => isForbidden(address))) done(new Forbidden(), []);
    else if (options.all || error) done(error, addresses);
    else done(null, addresses[0]!.address, addresses[0]!.family);
  });
};

class Forbidden extends Error {}

/** Server errors, throttling and silence may pass; all other refusals are final. */
export async function post(
  endpoint: string,
  text: string,
  headers: Record<string, string>,
  patienceMs = PATIENCE_MS,
): Promise<Outcome> {
  const url = new URL(endpoint);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) && isForbidden(host)) return { delivered: false };
  try {
    const answer = await answerOf(url, text, headers, patienceMs);
    const { statusCode } = answer;
    if (statusCode >= 200 && statusCode < 300) return { delivered: true, ...answer };
    return { delivered: false, again: statusCode >= 500 || statusCode === 429, ...answer };
  } catch (error) {
    const silent = error instanceof Error && error.name === 'AbortError';
    return { delivered: false, again: !(error instanceof Forbidden), silent, response: (error as Error).message };
  }
}

type Answer = Required<Pick<Outcome, 'statusCode' | 'response'>>;

async function answerOf(url: URL, text: string, headers: Record<string, string>, patienceMs: number): Promise<Answer> {
  const { request } = url.protocol === 'https:' ? await import('node:https') : await import('node:http');
  const body = Buffer.from(text, 'utf8');
  const { username, password } = url;
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return new Promise((resolve, reject) => {
    const options = {
      method: 'POST',
      headers: { ...headers, 'content-length': body.length, 'user-agent': 'Amazon Simple Notification Service Agent' },
      ...(username !== '' && { auth: credentials }),
      lookup: lookUp,
      signal: AbortSignal.timeout(patienceMs),
      agent: false as const,
    };
    const sent = request(url, options, (answer) => {
      let length = 0;
      let response = '';
      answer.on('data', (chunk: Buffer) => {
        length += chunk.length;
        if (response.length < SHOWN_MAX) response = (response + chunk.toString('utf8')).slice(0, SHOWN_MAX);
        if (length > ANSWER_BYTES_MAX) answer.destroy();
      });
      answer.on('error', reject);
      answer.on('close', () => resolve({ statusCode: answer.statusCode ?? 0, response }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
