/**
 * `GET /_gatehouse/outbox?limit=&next=`: what SNS could not send: text messages, and mail where no SMTP server is named;
 * of the signer's account, in the Region of the signature.
 *
 * No action of AWS's reads this, for AWS delivers it. Who reads it gets the messages of topics as a subscriber of each
 * does, confirms subscriptions and telephones of others by what only they should have got, and sees what applications
 * texted to people, sign-in codes among it. So the signer must be allowed all that gives as much: it takes every action
 * of WANTED, on everything in the Region. A topic that the signer may not subscribe to stays hidden even then.
 */
import type { Context } from '../../core/context.ts';
import { AccessDenied, CommonError } from '../../core/errors.ts';
import { type OutboxMessage, outboxPage } from '../../core/outbox.ts';
import { record } from '../../core/ownRecords.ts';
import { userIdentity } from '../../core/userIdentity.ts';
import { authorize } from '../authorize.ts';
import { json, type Page } from './page.ts';
import { signerOf } from './signer.ts';

/** Of any topic the messages and the tokens; codes that verify a telephone; the account's text messages as a whole. */
const WANTED: readonly (readonly [action: string, on: 'topics' | 'account'])[] = [
  ['sns:Subscribe', 'topics'],
  ['sns:ConfirmSubscription', 'topics'],
  ['sns:VerifySMSSandboxPhoneNumber', 'account'],
  ['sns:SetSMSAttributes', 'account'],
];

export const outboxAnswer: Page = async (request, deps, source) => {
  const asked = askedIn(new URLSearchParams(request.query));
  const answer = await deps.store.transaction(async (tx) => {
    const ctx = await signerOf(request, deps, source, tx);
    const denied = await denialOf(ctx);
    tell(ctx, asked, denied);
    // Not thrown in here: the record of the attempt is to stay.
    return denied ?? (await shown(ctx, asked));
  });
  if (answer instanceof AccessDenied) throw answer;
  return json(200, answer);
};

type Asked = NonNullable<Parameters<typeof outboxPage>[1]>;

function askedIn(query: URLSearchParams): Asked {
  const limit = query.get('limit') ?? undefined;
  if (limit !== undefined && !/^([1-9]\d?|100)$/.test(limit)) {
    throw new CommonError('InvalidLimit', 'limit must be a number from 1 to 100.');
  }
  return { limit: limit === undefined ? undefined : Number(limit), next: query.get('next') || undefined };
}

async function denialOf(ctx: Context): Promise<AccessDenied | undefined> {
  const topics = `arn:aws:sns:${ctx.region}:${ctx.account}:*`;
  for (const [action, on] of WANTED) {
    const denied = await refusalOf(ctx, action, on === 'topics' ? topics : '*');
    if (denied) return denied;
  }
  return undefined;
}

async function refusalOf(ctx: Context, action: string, resource: string): Promise<AccessDenied | undefined> {
  try {
    await authorize(ctx, action, { resource });
    return undefined;
  } catch (error) {
    if (error instanceof AccessDenied) return error;
    throw error;
  }
}

async function shown(ctx: Context, asked: Asked): Promise<object> {
  const { messages, next } = await outboxPage(ctx, asked);
  const hidden = new Set<string | undefined>();
  for (const topic of new Set(messages.flatMap(({ topic }) => topic ?? []))) {
    if (await refusalOf(ctx, 'sns:Subscribe', topic)) hidden.add(topic);
  }
  return {
    messages: messages.filter(({ topic }) => !hidden.has(topic)).map(told),
    ...(next !== undefined && { next }),
  };
}

const told = ({ id, time, region, protocol, to, topic, subject, text }: OutboxMessage) => ({
  id,
  time: new Date(time).toISOString(),
  region,
  protocol,
  to,
  topic,
  subject,
  text,
});

function tell(ctx: Context, { limit, next }: Asked, denied: AccessDenied | undefined): void {
  record(ctx, {
    ...{ account: ctx.account, region: ctx.region, readOnly: true },
    ...{ eventSource: 'sns.amazonaws.com', eventName: 'GetOutbox', userIdentity: userIdentity(ctx.caller) },
    ...{
      requestParameters: limit === undefined && next === undefined ? null : { limit, next },
      responseElements: null,
    },
    error: denied && { code: denied.name, message: denied.message },
  });
}
