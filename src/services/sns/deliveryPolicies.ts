/**
 * How often and when a delivery is tried again. Subscribers of http and https may set their own; all others have AWS's.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
 */
import { refuse } from './errors.ts';
import type { Subscription, Topic } from './topicRows.ts';

interface RetryPolicy {
  /** Seconds. */
  readonly minDelayTarget: number;
  readonly maxDelayTarget: number;
  /** Retries: all of them, and those of the first three phases but the backing off; that has what is left. */
  readonly numRetries: number;
  readonly numMaxDelayRetries: number;
  readonly numNoDelayRetries: number;
  readonly numMinDelayRetries: number;
  readonly backoffFunction: string;
}

interface EffectivePolicy {
  readonly healthyRetryPolicy: RetryPolicy;
  readonly throttlePolicy?: { readonly maxReceivesPerSecond: number };
  readonly requestPolicy: { readonly headerContentType: string };
}

type Json = Readonly<Record<string, unknown>>;

const HTTP_RETRIES: RetryPolicy = {
  minDelayTarget: 20,
  maxDelayTarget: 20,
  numRetries: 3,
  numMaxDelayRetries: 0,
  numNoDelayRetries: 0,
  numMinDelayRetries: 0,
  backoffFunction: 'linear',
};
/** Over SMTP, and to telephones: 50 attempts in six hours. */
export const CUSTOMER_RETRIES: RetryPolicy = {
  minDelayTarget: 10,
  maxDelayTarget: 600,
  numRetries: 50,
  numMaxDelayRetries: 38,
  numNoDelayRetries: 0,
  numMinDelayRetries: 2,
  backoffFunction: 'exponential',
};
/** To other services of AWS: for 23 days. */
export const AWS_RETRIES: RetryPolicy = {
  minDelayTarget: 1,
  maxDelayTarget: 20,
  numRetries: 100_015,
  numMaxDelayRetries: 100_000,
  numNoDelayRetries: 3,
  numMinDelayRetries: 2,
  backoffFunction: 'exponential',
};
const STANDARD_TYPE = 'text/plain; charset=UTF-8';

/** What a topic says of all its subscribers, with what it leaves open. */
export function effectiveTopicPolicy({ attributes }: Topic): Json {
  const { http = {} } = (attributes.DeliveryPolicy === undefined ? {} : JSON.parse(attributes.DeliveryPolicy)) as {
    http?: Json;
  };
  return {
    http: {
      defaultHealthyRetryPolicy: { ...HTTP_RETRIES, ...(http.defaultHealthyRetryPolicy as object | undefined) },
      disableSubscriptionOverrides: http.disableSubscriptionOverrides ?? false,
      ...(http.defaultThrottlePolicy !== undefined && { defaultThrottlePolicy: http.defaultThrottlePolicy }),
      defaultRequestPolicy: {
        headerContentType: STANDARD_TYPE,
        ...(http.defaultRequestPolicy as object | undefined),
      },
    },
  };
}

/** A subscription's own over its topic's, unless that forbids it. */
export function effectivePolicy(topic: Topic, { attributes }: Pick<Subscription, 'attributes'>): EffectivePolicy {
  const { http } = effectiveTopicPolicy(topic) as { http: Record<string, object | boolean | undefined> };
  const own = (
    attributes.DeliveryPolicy === undefined || http.disableSubscriptionOverrides === true
      ? {}
      : JSON.parse(attributes.DeliveryPolicy)
  ) as Record<string, object | undefined>;
  const throttle = own.throttlePolicy ?? http.defaultThrottlePolicy;
  return {
    healthyRetryPolicy: { ...(http.defaultHealthyRetryPolicy as RetryPolicy), ...own.healthyRetryPolicy },
    ...(throttle && { throttlePolicy: throttle as { maxReceivesPerSecond: number } }),
    requestPolicy: { ...(http.defaultRequestPolicy as { headerContentType: string }), ...own.requestPolicy },
  };
}

/**
 * Milliseconds before retry number `retry` (0 is the first); undefined when there are no more.
 */
export function delayOf(policy: RetryPolicy, retry: number): number | undefined {
  if (retry >= policy.numRetries) return undefined;
  const { numNoDelayRetries: none, numMinDelayRetries: min, numMaxDelayRetries: max } = policy;
  if (retry < none) return 0;
  if (retry < none + min) return policy.minDelayTarget * 1000;
  if (retry >= policy.numRetries - max) return policy.maxDelayTarget * 1000;
  const steps = policy.numRetries - none - min - max;
  const share = steps === 1 ? 1 : (retry - none - min) / (steps - 1);
  const seconds = (CURVES[policy.backoffFunction] ?? CURVES.linear!)(
    share,
    policy.minDelayTarget,
    policy.maxDelayTarget,
  );
  return Math.round(seconds * 1000);
}

/** From the least delay (share 0) to the greatest (1). */
const CURVES: Readonly<Record<string, (share: number, min: number, max: number) => number>> = {
  linear: (share, min, max) => min + share * (max - min),
  arithmetic: (share, min, max) => min + ((share * (share + 1)) / 2) * (max - min),
  exponential: (share, min, max) => min * (max / min) ** share,
  geometric: (share, min, max) => min + share ** 2 * (max - min),
};

const SECONDS_MAX = 3600;
const RETRIES_MAX = 100;
const FUNCTIONS = new Set(Object.keys(CURVES));
const TYPES = new RegExp(
  `^(?:${[
    'application/(?:x-www-form-urlencoded|soap\\+xml|javascript|json|xml|octet-stream)',
    'text/(?:xml|html|css|csv|javascript|plain|markdown)',
    'message/rfc822',
  ].join('|')})(?:;.*)?$`,
  'i',
);

type Rule = (value: unknown) => boolean;
const whole = (min: number, max: number) => (value: unknown) =>
  Number.isInteger(value) && (value as number) >= min && (value as number) <= max;

const RETRY_RULES: Readonly<Record<string, Rule>> = {
  minDelayTarget: whole(1, SECONDS_MAX),
  maxDelayTarget: whole(1, SECONDS_MAX),
  numRetries: whole(0, RETRIES_MAX),
  numNoDelayRetries: whole(0, RETRIES_MAX),
  numMinDelayRetries: whole(0, RETRIES_MAX),
  numMaxDelayRetries: whole(0, RETRIES_MAX),
  backoffFunction: (value) => FUNCTIONS.has(value as string),
};
const isThrottle = (value: unknown) => obeys(value, { maxReceivesPerSecond: whole(1, 1_000_000) });
const isRequest = (value: unknown) =>
  obeys(value, { headerContentType: (type) => typeof type === 'string' && TYPES.test(type) });

/** @throws InvalidParameter unless the text is a delivery policy of a subscription, or of a topic. */
export function requireDeliveryPolicy(text: string, of: 'topic' | 'subscription'): void {
  const own = { healthyRetryPolicy: isRetry, throttlePolicy: isThrottle, requestPolicy: isRequest };
  const http = {
    defaultHealthyRetryPolicy: isRetry,
    defaultThrottlePolicy: isThrottle,
    defaultRequestPolicy: isRequest,
    disableSubscriptionOverrides: (value: unknown) => typeof value === 'boolean',
  };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    refuse('DeliveryPolicy: failed to parse JSON');
  }
  const sound = of === 'topic' ? obeys(value, { http: (inner) => obeys(inner, http) }) : obeys(value, own);
  if (!sound) refuse('DeliveryPolicy');
}

function isRetry(value: unknown): boolean {
  if (!obeys(value, RETRY_RULES)) return false;
  const policy = { ...HTTP_RETRIES, ...(value as object) };
  const { numNoDelayRetries: none, numMinDelayRetries: min, numMaxDelayRetries: max, numRetries: all } = policy;
  if (policy.maxDelayTarget < policy.minDelayTarget || none + min + max > all) return false;
  let total = 0;
  for (let retry = 0; retry < all; retry++) total += delayOf(policy, retry) ?? 0;
  return total <= SECONDS_MAX * 1000;
}

/** An object of known members, each as its rule says. */
function obeys(value: unknown, rules: Readonly<Record<string, Rule>>): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.entries(value).every(([name, member]) => Object.hasOwn(rules, name) && rules[name]!(member));
}
