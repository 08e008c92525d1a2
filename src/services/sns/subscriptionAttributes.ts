/**
 * What can be set of a subscription.
 * https://docs.aws.amazon.com/sns/latest/api/API_SetSubscriptionAttributes.html
 */
import { FilterPolicyLimitExceededException } from '@aws-sdk/client-sns';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import { quota } from '../../core/quotas.ts';
import { requireDeliveryPolicy } from './deliveryPolicies.ts';
import { refuse } from './errors.ts';
import { requireFilterPolicy, type Scope } from './filterPolicies.ts';
import { type Protocol, subscriptions } from './topicRows.ts';

interface About {
  readonly topic: string;
  readonly protocol: Protocol;
}

type Judge = (value: string, about: About, attributes: Readonly<Record<string, string>>) => void;

const FILTERS_MAX = 200;
const isHttp = (protocol: Protocol) => protocol === 'http' || protocol === 'https';

const ATTRIBUTES: Readonly<Record<string, Judge>> = {
  DeliveryPolicy(value, { protocol }) {
    if (!isHttp(protocol)) refuse('DeliveryPolicy Reason: delivery policies are for http and https subscriptions');
    requireDeliveryPolicy(value, 'subscription');
  },
  FilterPolicy: (value, _about, attributes) => requireFilterPolicy(value, scopeIn(attributes)),
  FilterPolicyScope(value) {
    if (value !== 'MessageAttributes' && value !== 'MessageBody') {
      refuse(`FilterPolicyScope: Invalid value [${value}]. Please use either MessageBody or MessageAttributes`);
    }
  },
  RawMessageDelivery(value, { protocol }) {
    if (value !== 'true' && value !== 'false') refuse('RawMessageDelivery Reason: must be true or false.');
    if (value === 'true' && !isHttp(protocol) && protocol !== 'sqs' && protocol !== 'firehose') {
      refuse(`RawMessageDelivery Reason: Delivery protocol [${protocol}] does not support raw message delivery.`);
    }
  },
  RedrivePolicy: requireRedrivePolicy,
  // What it says is judged with the topic at hand; see replays.ts.
  ReplayPolicy(_value, { topic }) {
    if (!topic.endsWith('.fifo')) refuse('ReplayPolicy: not supported for a standard topic');
  },
  SubscriptionRoleArn(value, { protocol }) {
    if (protocol !== 'firehose') refuse('SubscriptionRoleArn Reason: only Firehose subscriptions have a role');
    if (!/^arn:aws:iam::\d{12}:role\/.+$/.test(value)) refuse('SubscriptionRoleArn');
  },
};

const scopeIn = ({ FilterPolicyScope }: Readonly<Record<string, string>>) =>
  (FilterPolicyScope ?? 'MessageAttributes') as Scope;

const QUEUE = /^arn:aws:sqs:([a-z0-9-]+):(\d{12}):([A-Za-z0-9_-]{1,80}(?:\.fifo)?)$/;

function requireRedrivePolicy(value: string, { topic }: About): void {
  let arn: unknown;
  try {
    const policy = JSON.parse(value) as Record<string, unknown>;
    arn = policy.deadLetterTargetArn;
    if (Object.keys(policy).length !== 1) arn = undefined;
  } catch {
    refuse('RedrivePolicy: failed to parse JSON.');
  }
  if (typeof arn !== 'string' || !QUEUE.test(arn)) refuse('RedrivePolicy: deadLetterTargetArn is an invalid arn');
  const [, region, account] = QUEUE.exec(arn)!;
  const [, , , topicRegion, topicAccount] = topic.split(':');
  if (region !== topicRegion || account !== topicAccount) {
    refuse('RedrivePolicy: deadLetterTargetArn must be in the same account and Region as the subscription');
  }
  if (topic.endsWith('.fifo') !== arn.endsWith('.fifo')) {
    refuse(
      topic.endsWith('.fifo')
        ? 'RedrivePolicy: must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic.'
        : 'RedrivePolicy: must use a standard queue as DLQ for a subscription to a standard topic.',
    );
  }
}

/** The attributes after `changes`, each judged. */
export function changed(
  kept: Readonly<Record<string, string>>,
  changes: Readonly<Record<string, string | undefined>>,
  about: About,
): Record<string, string> {
  const attributes: Record<string, string> = { ...kept };
  // The scope first: the policy is judged by it.
  const names = Object.keys(changes).sort(
    (a, b) => Number(b === 'FilterPolicyScope') - Number(a === 'FilterPolicyScope'),
  );
  for (const name of names) {
    const value = changes[name] ?? '';
    const judge = Object.hasOwn(ATTRIBUTES, name) ? ATTRIBUTES[name] : undefined;
    if (!judge) refuse('AttributeName');
    if (value === '' || (name === 'RedrivePolicy' && value === '{}')) delete attributes[name];
    else {
      judge(value, about, attributes);
      attributes[name] = value;
    }
  }
  if (changes.FilterPolicyScope && changes.FilterPolicy === undefined && attributes.FilterPolicy !== undefined) {
    requireFilterPolicy(attributes.FilterPolicy, scopeIn(attributes));
  }
  return attributes;
}

/** What a delivery stream cannot do without: a role of its own account, which SNS takes to put records. */
export function requireRole(endpoint: string, { SubscriptionRoleArn: role }: Readonly<Record<string, string>>): void {
  if (role === undefined) refuse('SubscriptionRoleArn');
  if (role.split(':')[4] !== endpoint.split(':')[4]) {
    refuse('SubscriptionRoleArn Reason: the role must be of the account of the delivery stream');
  }
}

/** @throws FilterPolicyLimitExceeded where the topic has as many filter policies as it may. */
export async function requireRoomForFilter(ctx: Context, topic: string): Promise<void> {
  const max = quota(ctx, 'FilterPoliciesPerTopic', FILTERS_MAX);
  if (await ctx.store.fits(subscriptions, [topic], max, 'filtered')) return;
  fail(FilterPolicyLimitExceededException, `Filter policy limit exceeded: a topic may have ${max} filter policies.`);
}
