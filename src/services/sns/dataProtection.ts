/**
 * Data protection of topics: sensitive data are audited, masked or taken out, or keep a message from being published or
 * delivered. What is looked at is the message's text.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-message-data-protection-operations.html
 */
import {
  AuthorizationErrorException,
  type GetDataProtectionPolicyInput,
  type GetDataProtectionPolicyResponse,
  type PutDataProtectionPolicyInput,
} from '@aws-sdk/client-sns';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import type { Present } from '../../core/operation.ts';
import { later } from '../../core/tasks.ts';
import { onTopic } from './access.ts';
import { type Audit, type Statement, statementsFor, statementsOf } from './dataProtectionPolicy.ts';
import { refuse } from './errors.ts';
import { requireDestinations } from './findings.ts';
import { measure, tally } from './measures.ts';
import { deidentified, isOf, placesOf } from './outgoing.ts';
import { AUDIT, type Auditing } from './tasks.ts';
import { type Topic, topicArn, topics } from './topicRows.ts';

/** The topic with that policy; an empty text takes it away. @throws InvalidParameter */
export async function protectedBy(ctx: Context, topic: Topic, text: string): Promise<Topic> {
  const { dataProtection: _, ...rest } = topic;
  if (text === '') return rest;
  const statements = statementsOf(text);
  await requireDestinations(
    ctx,
    statements.flatMap(({ audit }) => [audit?.findings, audit?.noFindings].filter((group) => group !== undefined)),
  );
  return { ...rest, dataProtection: text };
}

export const PutDataProtectionPolicy = onTopic<Present<PutDataProtectionPolicyInput>, object>({
  async run({ DataProtectionPolicy: text }, ctx, topic) {
    await ctx.store.replace(topics, await protectedBy(ctx, topic, text));
    return {};
  },
});

export const GetDataProtectionPolicy = onTopic<Present<GetDataProtectionPolicyInput>, GetDataProtectionPolicyResponse>({
  run: async (_input, _ctx, { dataProtection = '' }) => ({ DataProtectionPolicy: dataProtection }),
});

/**
 * The text as it may come in.
 * @throws AuthorizationError where it is denied, InvalidParameter where nothing of it is left
 */
export async function incoming(ctx: Context, topic: Topic, id: string, text: string): Promise<string> {
  const { caller } = ctx;
  const principals = [caller.arn, caller.session?.principalArn ?? caller.arn];
  const statements = statementsFor(topic, 'Inbound').filter((statement) => isOf(statement, principals));
  if (statements.length === 0) return text;
  for (const { audit, identifiers } of statements)
    if (audit) await audited(ctx, topic, { id, text, audit, identifiers });
  const shown = deidentified(text, statements);
  if (shown === undefined) {
    fail(
      AuthorizationErrorException,
      `The topic's data protection policy prohibits this message from being published to ${topicArn(topic)}`,
    );
  }
  if (shown === '') refuse('Message Reason: all of it is sensitive data');
  return shown;
}

interface Seen extends Pick<Statement, 'identifiers'> {
  readonly id: string;
  readonly text: string;
  readonly audit: Audit;
}

async function audited(ctx: Context, topic: Topic, { id, text, audit, identifiers }: Seen): Promise<void> {
  if ((ctx.random(1)[0]! * 100) / 256 >= audit.rate) return;
  const found = identifiers
    .map((identifier) => ({ name: identifier.name, places: placesOf(identifier, text) }))
    .filter(({ places }) => places.length > 0);
  const { findings, noFindings } = audit;
  const group = found.length > 0 ? findings : noFindings;
  if (group === undefined) return;
  measure(ctx, topic, [tally(found.length > 0 ? 'MessagesWithFindings' : 'MessagesWithNoFindings')]);
  const record = {
    messageId: id,
    auditTimestamp: `${ctx.now.toISOString().slice(0, 19)}Z`,
    callerPrincipal: ctx.caller.session?.principalArn ?? ctx.caller.arn,
    resourceArn: topicArn(topic),
    dataIdentifiers: found.map(({ name, places }) => ({
      name,
      count: places.length,
      detections: places.map(([begin, end]) => ({ start: begin + 1, end })),
    })),
  };
  const { account, region } = topic;
  const body = { group, topic: topicArn(topic), message: JSON.stringify(record), time: ctx.now.getTime() };
  await later<Auditing>(ctx, { kind: AUDIT, account, region, body });
}
