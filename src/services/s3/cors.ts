/**
 * Which pages of other origins browsers may let at a bucket.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html
 */
import type {
  CORSRule,
  DeleteBucketCorsRequest,
  GetBucketCorsOutput,
  GetBucketCorsRequest,
  PutBucketCorsRequest,
} from '@aws-sdk/client-s3';
import { CommonError } from '../../core/errors.ts';
import type { Present } from '../../core/operation.ts';
import { s3Error } from './errors.ts';
import { onBucket } from './onBucket.ts';
import { changeSettings } from './settings.ts';

export const GetBucketCors = onBucket<Present<GetBucketCorsRequest>, GetBucketCorsOutput>({
  action: 's3:GetBucketCORS',
  async run(_input, _ctx, { settings: { bucket, cors } }) {
    if (cors) return { CORSRules: [...cors] };
    throw new CommonError('NoSuchCORSConfiguration', 'The CORS configuration does not exist', 404, {
      details: { BucketName: bucket },
    });
  },
});

export const PutBucketCors = onBucket<Present<PutBucketCorsRequest>, object>({
  action: 's3:PutBucketCORS',
  async run(input, ctx, { bucket }) {
    const rules = input.CORSConfiguration?.CORSRules ?? [];
    if (rules.length === 0 || rules.length > RULES_MAX) throw s3Error('MalformedXML');
    for (const rule of rules) requireRule(rule);
    await changeSettings(ctx, bucket.name, { cors: rules });
    return {};
  },
});

export const DeleteBucketCors = onBucket<Present<DeleteBucketCorsRequest>, object>({
  action: 's3:PutBucketCORS',
  async run(_input, ctx, { bucket }) {
    await changeSettings(ctx, bucket.name, { cors: undefined });
    return {};
  },
});

const RULES_MAX = 100;
const ID_LENGTH_MAX = 255;
const METHODS = new Set(['GET', 'PUT', 'HEAD', 'POST', 'DELETE']);

const invalid = (message: string) => s3Error('InvalidRequest', { message });

function requireRule({ ID = '', AllowedMethods = [], AllowedOrigins = [], ...rule }: CORSRule): void {
  if (AllowedMethods.length === 0 || AllowedOrigins.length === 0 || ID.length > ID_LENGTH_MAX) {
    throw s3Error('MalformedXML');
  }
  const foreign = AllowedMethods.find((method) => !METHODS.has(method));
  if (foreign !== undefined) {
    throw invalid(`Found unsupported HTTP method in CORS config. Unsupported method is ${foreign}`);
  }
  requireOneWildcard('AllowedOrigin', AllowedOrigins);
  requireOneWildcard('AllowedHeader', rule.AllowedHeaders ?? []);
  const wild = rule.ExposeHeaders?.find((header) => header.includes('*'));
  if (wild !== undefined) {
    throw invalid(`ExposeHeader "${wild}" contains wildcard. We currently do not support wildcard for ExposeHeader.`);
  }
}

function requireOneWildcard(name: string, values: readonly string[]): void {
  const wild = values.find((value) => value.split('*').length > 2);
  if (wild !== undefined) throw invalid(`${name} "${wild}" can not have more than one wildcard.`);
}

/** A request of a page, or a browser's question before it. */
export interface CrossOrigin {
  readonly origin: string;
  readonly method: string;
  /** Names of the headers that the request is to carry, of a browser's question. */
  readonly headers?: readonly string[];
}

/** What a browser is told; undefined when no rule fits. The first rule that fits decides. */
export function corsHeaders(rules: readonly CORSRule[], asked: CrossOrigin): Record<string, string> | undefined {
  const rule = rules.find((rule) => fits(rule, asked));
  if (!rule) return undefined;
  const anyone = rule.AllowedOrigins?.includes('*') === true;
  return {
    'access-control-allow-origin': anyone ? '*' : asked.origin,
    'access-control-allow-methods': (rule.AllowedMethods ?? []).join(', '),
    ...(asked.headers?.length && { 'access-control-allow-headers': asked.headers.join(', ') }),
    ...(rule.ExposeHeaders?.length && { 'access-control-expose-headers': rule.ExposeHeaders.join(', ') }),
    ...(rule.MaxAgeSeconds !== undefined && { 'access-control-max-age': String(rule.MaxAgeSeconds) }),
    ...(!anyone && { 'access-control-allow-credentials': 'true' }),
    vary: 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method',
  };
}

function fits(
  { AllowedMethods = [], AllowedOrigins = [], AllowedHeaders = [] }: CORSRule,
  asked: CrossOrigin,
): boolean {
  const { origin, method, headers = [] } = asked;
  if (!AllowedMethods.includes(method) || !AllowedOrigins.some((pattern) => matches(pattern, origin))) return false;
  return headers.every((header) =>
    AllowedHeaders.some((pattern) => matches(pattern.toLowerCase(), header.toLowerCase())),
  );
}

function matches(pattern: string, text: string): boolean {
  const star = pattern.indexOf('*');
  if (star < 0) return pattern === text;
  const [head, tail] = [pattern.slice(0, star), pattern.slice(star + 1)];
  return text.length >= head.length + tail.length && text.startsWith(head) && text.endsWith(tail);
}

/** What S3 says to a browser whose question no rule answers. */
export function corsRefused(method: string, configured: boolean): CommonError {
  const why = configured
    ? "This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec."
    : 'CORS is not enabled for this bucket.';
  return new CommonError('AccessForbidden', `CORSResponse: ${why}`, 403, {
    details: { Method: method },
  });
}
