/**
 * Events over plain HTTP, with a bearer token or signed.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_HTTP_Endpoints.html
 */
import type { Front } from '../../../core/front.ts';

const PATHS: ReadonlySet<string> = new Set(['/services/collector/event', '/ingest/bulk', '/ingest/json', '/v1/logs']);

const AUTHORIZATION = /^Bearer |^AWS4-HMAC-SHA256 +Credential=[^, ]*\/logs\/aws4_request,/i;

export const ingestionFront: Front = {
  takes: ({ method, path, headers }) =>
    method === 'POST' && PATHS.has(path) && AUTHORIZATION.test(headers.authorization ?? ''),
  load: async () => (await import('./answering.ts')).answerFront,
};
