/**
 * Subscriptions. An endpoint that its subscriber does not plainly own must confirm: a token is sent to it, which is
 * good for two days. https://docs.aws.amazon.com/sns/latest/dg/SendMessageToHttp.confirm.html
 */
import {
  AuthorizationErrorException,
  type ConfirmSubscriptionInput,
  type ConfirmSubscriptionResponse,
  type GetSubscriptionAttributesInput,
  type GetSubscriptionAttributesResponse,
  type ListSubscriptionsByTopicInput,
  type ListSubscriptionsByTopicResponse,
  type ListSubscriptionsInput,
  type ListSubscriptionsResponse,
  type SetSubscriptionAttributesInput,
  type SubscribeInput,
  type SubscribeResponse,
  SubscriptionLimitExceededException,
  type UnsubscribeInput,
} from '@aws-sdk/client-sns';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import { uuid } from '../../core/ids.ts';
import { Missing, Open, type Operation, type Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { passRole } from '../../identity/passRole.ts';
import { findTopic, onTopic, tellAudit, topicAccess } from './access.ts';
import { askToConfirm, TOKEN_MS, tellUnsubscribed } from './confirmations.ts';
import { effectivePolicy } from './deliveryPolicies.ts';
import { requireEndpoint } from './endpoints.ts';
import { invalid, noSubscription, refuse } from './errors.ts';
import { removeSubscription } from './pace.ts';
import { rowsPage } from './pages.ts';
import { requireSizeFitsSubscribers } from './sizes.ts';
import { changed, requireRole, requireRoomForFilter } from './subscriptionAttributes.ts';
import {
  type Protocol,
  type Subscription,
  subscriptionArn,
  subscriptionKey,
  subscriptions,
  type Topic,
  topicArn,
  topicKey,
  topics,
} from './topicRows.ts';

const SUBSCRIPTIONS_MAX = 12_500_000;
const FIFO_SUBSCRIPTIONS_MAX = 100;
/** Shown until a subscription is confirmed. */
const PENDING = 'PendingConfirmation';

export const Subscribe = onTopic<Present<SubscribeInput>, SubscribeResponse>({
  conditions: ({ Protocol: protocol, Endpoint }) => ({ 'sns:Protocol': protocol, 'sns:Endpoint': Endpoint }),
  also: ({ Attributes }) => passes(Attributes?.SubscriptionRoleArn),
  async run(input, ctx, topic) {
    const protocol = requireEndpoint(input.Protocol, input.Endpoint, topic);
    const endpoint = input.Endpoint ?? '';
    const arn = topicArn(topic);
    const owner = ctx.account || topic.account;
    const attributes = changed({}, input.Attributes ?? {}, { topic: arn, protocol });
    if (protocol === 'firehose') requireRole(endpoint, attributes);
    const there = await sameSubscription(ctx, { topic: arn, protocol, endpoint, owner });
    if (there) requireSame(there, attributes, input);
    const row = there ?? (await subscribe(ctx, topic, { protocol, endpoint, owner, attributes }));
    if (row.token !== undefined) await askToConfirm(ctx, topic, row);
    const shown = row.token === undefined || input.ReturnSubscriptionArn === true;
    return { SubscriptionArn: shown ? subscriptionArn(row) : 'pending confirmation' };
  },
});

/** Whoever gives a role must be allowed to pass it. */
const passes = (role: string | undefined) => (role ? [passRole(role, 'sns.amazonaws.com')] : []);

type Same = Pick<Subscription, 'topic' | 'protocol' | 'endpoint' | 'owner'>;

async function sameSubscription(ctx: Context, { topic, protocol, endpoint, owner }: Same) {
  const page = { index: 'endpoint', limit: 1 };
  const { rows } = await ctx.store.list(subscriptions, [topic, protocol, endpoint, owner], page);
  return rows[0];
}

function requireSame(there: Subscription, attributes: Readonly<Record<string, string>>, input: SubscribeInput): void {
  if (Object.keys(input.Attributes ?? {}).some((name) => there.attributes[name] !== attributes[name])) {
    refuse('Attributes Reason: Subscription already exists with different attributes');
  }
}

async function subscribe(
  ctx: Context,
  topic: Topic,
  made: Pick<Subscription, 'protocol' | 'endpoint' | 'owner' | 'attributes'>,
): Promise<Subscription> {
  const arn = topicArn(topic);
  const max = topic.fifo
    ? quota(ctx, 'FifoSubscriptionsPerTopic', FIFO_SUBSCRIPTIONS_MAX)
    : quota(ctx, 'SubscriptionsPerTopic', SUBSCRIPTIONS_MAX);
  if (!(await ctx.store.fits(subscriptions, [arn], max))) {
    fail(SubscriptionLimitExceededException, 'Subscription limit exceeded');
  }
  if (made.attributes.FilterPolicy !== undefined) await requireRoomForFilter(ctx, arn);
  if (made.protocol === 'firehose') await requireRoomForStream(ctx, arn, made.owner);
  await requireSizeFitsSubscribers(ctx, topic, made.protocol);
  const row: Subscription = {
    topic: arn,
    id: uuid(ctx),
    region: topic.region,
    principal: ctx.caller.arn,
    created: ctx.now.getTime(),
    authenticated: true,
    ...made,
    ...(mustConfirm(ctx, made.protocol, made.endpoint) && { token: newToken(ctx), authenticated: false }),
  };
  const replaying = await replayed(ctx, topic, row);
  await ctx.store.insert(subscriptions, replaying);
  return replaying;
}

/** How many delivery streams one owner may subscribe to a topic. */
const STREAMS_MAX = 5;

async function requireRoomForStream(ctx: Context, topic: string, owner: string): Promise<void> {
  const max = quota(ctx, 'FirehoseSubscriptionsPerOwner', STREAMS_MAX);
  const page = { index: 'endpoint', limit: 100 };
  const { rows } = await ctx.store.list(subscriptions, [topic, 'firehose'], page);
  if (rows.filter((row) => row.owner === owner).length < max) return;
  fail(
    SubscriptionLimitExceededException,
    `Subscription limit exceeded: ${max} delivery streams of an owner to a topic`,
  );
}

/** The subscription as its replay policy wants it. What is there already goes on; without a policy it ends. */
async function replayed(ctx: Context, topic: Topic, row: Subscription): Promise<Subscription> {
  const { replay, ...rest } = row;
  const { ReplayPolicy } = row.attributes;
  return ReplayPolicy === undefined ? rest : (await import('./replays.ts')).withReplay(ctx, topic, row, ReplayPolicy);
}

/** A queue's own account need not ask itself; a telephone cannot answer; a stream's role says it all. */
const mustConfirm = (ctx: Context, protocol: Protocol, endpoint: string) =>
  protocol !== 'sms' && protocol !== 'firehose' && !(protocol === 'sqs' && endpoint.split(':')[4] === ctx.account);

const newToken = (ctx: Context) => Buffer.from(ctx.random(128)).toString('hex');

export const ConfirmSubscription: Operation<
  Present<ConfirmSubscriptionInput>,
  ConfirmSubscriptionResponse,
  { readonly topic: Topic; readonly row: Subscription | undefined }
> = {
  unsigned: true,
  async load({ TopicArn, Token }, ctx) {
    const topic = await findTopic(ctx, TopicArn);
    if (topic instanceof Missing) return topic;
    const { rows } = await ctx.store.list(subscriptions, [Token], { index: 'token', limit: 1 });
    return { topic, row: rows.find((row) => row.topic === TopicArn) };
  },
  access(_input, ctx, { topic }) {
    if (ctx.caller.type === 'Anonymous') return new Open('Who has the token received it at the endpoint.');
    tellAudit(ctx, topic);
    return topicAccess(ctx, topic);
  },
  async run({ AuthenticateOnUnsubscribe }, ctx, { row }) {
    ctx.audit.requestParameters = { token: 'HIDDEN_DUE_TO_SECURITY_REASONS' };
    if (!row || ctx.now.getTime() > row.created + TOKEN_MS) refuse('Token');
    const { token, ...confirmed } = row;
    if (token === undefined) return { SubscriptionArn: subscriptionArn(row) };
    const authenticated = ctx.caller.type !== 'Anonymous' && AuthenticateOnUnsubscribe === 'true';
    await ctx.store.replace(subscriptions, { ...confirmed, confirmedWith: token, authenticated });
    return { SubscriptionArn: subscriptionArn(row) };
  },
};

interface Target {
  readonly row: Subscription;
  readonly topic: Topic;
}

export const Unsubscribe: Operation<Present<UnsubscribeInput>, object, Target | undefined> = {
  unsigned: true,
  async load({ SubscriptionArn: arn }, ctx) {
    const found = await findSubscription(ctx, arn);
    return found instanceof Missing && subscriptionKey(arn) ? undefined : found;
  },
  access(_input, ctx, found) {
    if (ctx.caller.type === 'Anonymous')
      return new Open('Who has the address to unsubscribe received it at the endpoint.');
    return found ? subscriptionAccess(ctx, found) : { resource: '*' };
  },
  async run(_input, ctx, found) {
    if (!found) return {};
    const { row, topic } = found;
    const anonymous = ctx.caller.type === 'Anonymous';
    if (anonymous && row.authenticated)
      fail(AuthorizationErrorException, 'Only the owner may unsubscribe this endpoint.');
    if (!anonymous && ctx.account !== row.owner && ctx.account !== topic.account) {
      fail(AuthorizationErrorException, 'Only the owner of a subscription or of its topic may unsubscribe.');
    }
    await removeSubscription(ctx.store, row);
    if (anonymous) await tellUnsubscribed(ctx, topic, row);
    return {};
  },
};

async function findSubscription(ctx: Context, arn: string): Promise<Target | Missing> {
  const key = subscriptionKey(arn);
  if (!key)
    return new Missing(
      '*',
      invalid(`SubscriptionArn Reason: An ARN must have at least 6 elements, not ${arn.split(':').length}`),
    );
  const [, region] = topicKey(key[0])!;
  if (region !== ctx.region && ctx.caller.type !== 'Anonymous') return new Missing('*', invalid('SubscriptionArn'));
  const row = await ctx.store.get(subscriptions, key);
  const topic = await ctx.store.get(topics, topicKey(key[0])!);
  return row && topic ? { row, topic } : new Missing(key[0], noSubscription());
}

/** The topic's owner may, and the subscriber. */
function subscriptionAccess(ctx: Context, { row, topic }: Target) {
  tellAudit(ctx, topic);
  const access = topicAccess(ctx, topic);
  return ctx.account === row.owner ? { ...access, resourceAccount: row.owner } : access;
}

export const GetSubscriptionAttributes: Operation<
  Present<GetSubscriptionAttributesInput>,
  GetSubscriptionAttributesResponse,
  Target
> = {
  load: ({ SubscriptionArn }, ctx) => findSubscription(ctx, SubscriptionArn),
  access: (_input, ctx, found) => subscriptionAccess(ctx, found),
  run: async (_input, _ctx, { row, topic }) => ({
    Attributes: {
      SubscriptionArn: subscriptionArn(row),
      TopicArn: row.topic,
      Owner: row.owner,
      SubscriptionPrincipal: row.principal,
      Protocol: row.protocol,
      Endpoint: row.endpoint,
      PendingConfirmation: String(row.token !== undefined),
      ConfirmationWasAuthenticated: String(row.authenticated),
      RawMessageDelivery: 'false',
      ...(row.attributes.FilterPolicy !== undefined && { FilterPolicyScope: 'MessageAttributes' }),
      ...(/^https?$/.test(row.protocol) && { EffectiveDeliveryPolicy: JSON.stringify(effectivePolicy(topic, row)) }),
      ...row.attributes,
      ...(row.replay && { ReplayStatus: row.replay.status }),
    },
  }),
};

export const SetSubscriptionAttributes: Operation<Present<SetSubscriptionAttributesInput>, object, Target> = {
  load: ({ SubscriptionArn }, ctx) => findSubscription(ctx, SubscriptionArn),
  access: ({ AttributeName: name, AttributeValue: value }, ctx, found) => [
    subscriptionAccess(ctx, found),
    ...passes(name === 'SubscriptionRoleArn' ? value : undefined),
  ],
  async run({ AttributeName: name, AttributeValue: value = '' }, ctx, { row, topic }) {
    const attributes = changed(row.attributes, { [name]: value }, row);
    if (row.protocol === 'firehose') requireRole(row.endpoint, attributes);
    if (attributes.FilterPolicy !== undefined && row.attributes.FilterPolicy === undefined) {
      await requireRoomForFilter(ctx, row.topic);
    }
    const next = { ...row, attributes };
    await ctx.store.replace(subscriptions, name === 'ReplayPolicy' ? await replayed(ctx, topic, next) : next);
    return {};
  },
};

const view = (row: Subscription) => ({
  SubscriptionArn: row.token === undefined ? subscriptionArn(row) : PENDING,
  Owner: row.owner,
  Protocol: row.protocol,
  Endpoint: row.endpoint,
  TopicArn: row.topic,
});

export const ListSubscriptions: Operation<ListSubscriptionsInput, ListSubscriptionsResponse> = {
  access: () => ({ resource: '*' }),
  async run(input, ctx) {
    const { rows, page } = await rowsPage(ctx, subscriptions, [ctx.account, ctx.region], input, { index: 'owner' });
    return { Subscriptions: rows.map(view), ...page };
  },
};

export const ListSubscriptionsByTopic = onTopic<
  Present<ListSubscriptionsByTopicInput>,
  ListSubscriptionsByTopicResponse
>({
  async run(input, ctx, topic) {
    const { rows, page } = await rowsPage(ctx, subscriptions, [topicArn(topic)], input);
    return { Subscriptions: rows.map(view), ...page };
  },
});
