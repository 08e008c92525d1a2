/** The policy of a topic: who else may use it. */
import { type AddPermissionInput, NotFoundException, type RemovePermissionInput } from '@aws-sdk/client-sns';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import type { Present } from '../../core/operation.ts';
import { bindPrincipals, InvalidPrincipal, showPrincipals } from '../../identity/principalBinding.ts';
import { parsePolicy, validatePolicy } from '../../policy/index.ts';
import { onTopic } from './access.ts';
import { policyOf } from './defaultPolicy.ts';
import { refuse } from './errors.ts';
import { type Topic, topicArn, topics } from './topicRows.ts';

const POLICY_BYTES_MAX = 30_720;
const STATEMENTS_MAX = 100;

/** The document to keep. */
export async function acceptedPolicy(ctx: Context, text: string): Promise<string> {
  if (Buffer.byteLength(text) > POLICY_BYTES_MAX) refuse('Policy Error: policy size limit exceeded');
  const fault = validatePolicy(text, 'resource');
  if (fault !== undefined) refuse(`Policy Error: ${fault}`);
  const { statements } = parsePolicy(text);
  if (statements.length > STATEMENTS_MAX) refuse('Policy Error: too many statements');
  for (const { action, notAction } of statements) {
    if ([...(action ?? []), ...(notAction ?? [])].some((name) => !/^(sns:.*|\*)$/is.test(name))) {
      refuse('Policy statement action out of service scope!');
    }
  }
  const bound = await bindPrincipals(ctx.store, text);
  if (bound instanceof InvalidPrincipal) refuse('Policy Error: PrincipalNotFound');
  return bound;
}

export const shownPolicy = (ctx: Context, topic: Topic) => showPrincipals(ctx.store, policyOf(topic));

interface Document {
  readonly Statement: readonly { readonly Sid?: string }[];
}

async function documentOf(ctx: Context, topic: Topic): Promise<Document> {
  const document = JSON.parse(await shownPolicy(ctx, topic)) as { Statement: Document['Statement'] | { Sid?: string } };
  return { ...document, Statement: [document.Statement].flat() };
}

const ACTIONS = new Set([
  'GetTopicAttributes',
  'SetTopicAttributes',
  'AddPermission',
  'RemovePermission',
  'DeleteTopic',
  'Subscribe',
  'ListSubscriptionsByTopic',
  'Publish',
  'Receive',
]);

export const AddPermission = onTopic<Present<AddPermissionInput>, object>({
  async run({ Label, AWSAccountId, ActionName }, ctx, topic) {
    if (Label === '' || AWSAccountId.length === 0 || ActionName.length === 0) refuse('Label');
    if (AWSAccountId.some((id) => !/^\d{12}$/.test(id))) refuse('AWSAccountId');
    if (ActionName.some((name) => !ACTIONS.has(name))) refuse('Policy statement action out of service scope!');
    const document = await documentOf(ctx, topic);
    if (document.Statement.some(({ Sid }) => Sid === Label)) refuse('Statement already exists');
    const statement = {
      Sid: Label,
      Effect: 'Allow',
      Principal: { AWS: single(AWSAccountId.map((id) => `arn:aws:iam::${id}:root`)) },
      Action: single(ActionName.map((name) => `SNS:${name}`)),
      Resource: topicArn(topic),
    };
    await keep(ctx, topic, { ...document, Statement: [...document.Statement, statement] });
    return {};
  },
});

const single = (values: readonly string[]) => (values.length === 1 ? values[0] : values);

export const RemovePermission = onTopic<Present<RemovePermissionInput>, object>({
  async run({ Label }, ctx, topic) {
    const document = await documentOf(ctx, topic);
    const Statement = document.Statement.filter(({ Sid }) => Sid !== Label);
    if (Statement.length === document.Statement.length) fail(NotFoundException, 'Statement does not exist');
    if (Statement.length === 0) refuse('Policy Error: a policy needs a statement');
    await keep(ctx, topic, { ...document, Statement });
    return {};
  },
});

async function keep(ctx: Context, topic: Topic, document: Document): Promise<void> {
  await ctx.store.replace(topics, { ...topic, policy: await acceptedPolicy(ctx, JSON.stringify(document)) });
}
