/** The shape of operations on one topic: find it, ask permission under its policy, then say whether it exists. */
import type { Context } from '../../core/context.ts';
import { type Access, Missing, type Operation } from '../../core/operation.ts';
import { policyOf } from './defaultPolicy.ts';
import { invalid, noTopic } from './errors.ts';
import { type Topic, topicArn, topicKey, topics } from './topicRows.ts';

interface OnTopic<In, Out>
  extends Pick<Operation<In, Out>, 'action' | 'recorded' | 'readOnly' | 'unsigned' | 'bodyBytesMax'> {
  readonly conditions?: (input: In) => Access['conditions'];
  /** Further permissions. */
  readonly also?: (input: In) => readonly Access[];
  readonly run: (input: In, ctx: Context, topic: Topic) => Promise<Out>;
}

type Names = { TopicArn?: string | undefined; ResourceArn?: string | undefined };

export function onTopic<In extends Names, Out>(shape: OnTopic<In, Out>): Operation<In, Out, Topic> {
  const { conditions, also, run, ...rest } = shape;
  return {
    ...rest,
    load: (input, ctx) => findTopic(ctx, input.TopicArn ?? input.ResourceArn ?? ''),
    access: (input, ctx, topic) => {
      tellAudit(ctx, topic);
      return [topicAccess(ctx, topic, conditions?.(input)), ...(also?.(input) ?? [])];
    },
    run,
  };
}

/** A caller who did not sign named no Region but the ARN's. */
export async function findTopic(ctx: Context, arn: string): Promise<Topic | Missing> {
  const elements = arn.split(':').length;
  const short = elements < 6 ? ` Reason: An ARN must have at least 6 elements, not ${elements}` : '';
  const key = topicKey(arn);
  if (!key || (key[1] !== ctx.region && ctx.caller.type !== 'Anonymous')) {
    return new Missing('*', invalid(`TopicArn${short}`));
  }
  return (await ctx.store.get(topics, key)) ?? new Missing(arn, noTopic());
}

export function topicAccess(ctx: Context, topic: Topic, conditions?: Access['conditions']): Access {
  return {
    resource: topicArn(topic),
    resourceAccount: topic.account,
    resourcePolicy: policyOf(topic),
    resourceTags: topic.tags,
    conditions: { 'aws:SourceOwner': sourceOwner(ctx), ...conditions },
  };
}

/**
 * The account on whose behalf a service publishes, in the key of the default policy: only CloudWatch's alarms still
 * tell it. https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
 */
const sourceOwner = ({ caller }: Context): string | undefined =>
  caller.service === 'cloudwatch.amazonaws.com' ? caller.source?.account : undefined;

export function tellAudit(ctx: Context, topic: Topic): void {
  ctx.audit.resources = [{ ARN: topicArn(topic), accountId: topic.account, type: 'AWS::SNS::Topic' }];
  if (ctx.account !== topic.account) ctx.audit.recipientAccountId = topic.account;
}
