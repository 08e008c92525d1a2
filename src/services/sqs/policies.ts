/** The policy of a queue: who else may use it. */
import {
  type AddPermissionRequest,
  InvalidAttributeValue,
  OverLimit,
  type RemovePermissionRequest,
} from '@aws-sdk/client-sqs';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import type { Present } from '../../core/operation.ts';
import { bindPrincipals, InvalidPrincipal, showPrincipals } from '../../identity/principalBinding.ts';
import { parsePolicy, type StatementElement, validatePolicy } from '../../policy/index.ts';
import { onQueue } from './access.ts';
import { invalidValue } from './attributes.ts';
import { refuseValue } from './errors.ts';
import { type Queue, queueArn, queues } from './queueRows.ts';

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html */
const BYTES_MAX = 8_192;
const STATEMENTS_MAX = 20;
const ACTIONS_MAX = 7;
const OF_STATEMENT_MAX = { actions: ACTIONS_MAX, principals: 50, conditions: 10 } as const;

/** The document to keep; undefined takes the policy away. */
export async function acceptedPolicy(ctx: Context, text: string): Promise<string | undefined> {
  if (text === '') return undefined;
  if (validatePolicy(text, 'resource') !== undefined) invalidValue('Policy');
  const { statements } = parsePolicy(text);
  for (const { action: actions, notAction: notActions } of statements) {
    if ([...(actions ?? []), ...(notActions ?? [])].some((action) => !/^(sqs:.*|\*)$/is.test(action))) {
      fail(
        InvalidAttributeValue,
        'Invalid value for the parameter Policy. Reason: Policy statement action out of service scope!',
      );
    }
  }
  requireSize(text, statements);
  const bound = await bindPrincipals(ctx.store, text);
  if (bound instanceof InvalidPrincipal) invalidValue('Policy');
  return bound as string;
}

function requireSize(text: string, statements: readonly StatementElement[]): void {
  if (Buffer.byteLength(text) > BYTES_MAX) fail(OverLimit, 'Submitted policy is over max allowed size.');
  requireFew(statements.length, 'statements were found in the submitted policy', STATEMENTS_MAX);
  for (const { action, notAction, principal, notPrincipal, conditions } of statements) {
    const counts = {
      actions: (action ?? notAction)?.length ?? 0,
      principals: Object.values(principal ?? notPrincipal ?? {})
        .flat()
        .filter(Boolean).length,
      conditions: conditions.length,
    };
    for (const [name, max] of Object.entries(OF_STATEMENT_MAX)) {
      const count = counts[name as keyof typeof counts];
      requireFew(count, `${name} were found in a statement from the submitted policy`, max);
    }
  }
}

function requireFew(count: number, found: string, max: number): void {
  if (count > max) fail(OverLimit, `${count} ${found}, max allowed is ${max}`);
}

export const shownPolicy = async (ctx: Context, { policy }: Queue) =>
  policy === undefined ? undefined : showPrincipals(ctx.store, policy);

interface Statement {
  readonly Sid?: string;
}

interface Document {
  readonly Version: string;
  readonly Id?: string;
  readonly Statement: Statement | readonly Statement[];
}

const statementsOf = (text: string | undefined, arn: string): Document & { Statement: readonly Statement[] } => {
  const document: Document =
    text === undefined
      ? { Version: '2012-10-17', Id: `${arn}/SQSDefaultPolicy`, Statement: [] }
      : (JSON.parse(text) as Document);
  return { ...document, Statement: [document.Statement].flat() };
};

const ACTIONS = new Set([
  '*',
  'ChangeMessageVisibility',
  'DeleteMessage',
  'GetQueueAttributes',
  'GetQueueUrl',
  'ListDeadLetterSourceQueues',
  'PurgeQueue',
  'ReceiveMessage',
  'SendMessage',
]);
const LABEL = /^[A-Za-z0-9_-]{1,80}$/;

export const AddPermission = onQueue<Present<AddPermissionRequest>, object>({
  ownerOnly: true,
  async run({ Label, AWSAccountIds, Actions }, ctx, queue) {
    if (Actions.length > ACTIONS_MAX) {
      fail(OverLimit, `${Actions.length} Actions were found, maximum allowed is ${ACTIONS_MAX}.`);
    }
    requirePermission(Label, AWSAccountIds, Actions);
    const arn = queueArn(queue);
    const document = statementsOf(await shownPolicy(ctx, queue), arn);
    if (document.Statement.some(({ Sid }) => Sid === Label)) refuseValue('Label', Label, 'Already exists.');
    if (document.Statement.length >= STATEMENTS_MAX) {
      fail(OverLimit, `${document.Statement.length + 1} statements were found, maximum allowed is ${STATEMENTS_MAX}.`);
    }
    const statement = {
      Sid: Label,
      Effect: 'Allow',
      Principal: { AWS: single(AWSAccountIds.map((id) => `arn:aws:iam::${id}:root`)) },
      Action: single(Actions.map((action) => `SQS:${action}`)),
      Resource: arn,
    };
    await keep(ctx, queue, { ...document, Statement: [...document.Statement, statement] });
    return {};
  },
});

const single = (values: readonly string[]) => (values.length === 1 ? values[0] : values);

function requirePermission(label: string, accounts: readonly string[], actions: readonly string[]): void {
  if (!LABEL.test(label)) {
    const reason = 'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length.';
    refuseValue('Label', label, reason);
  }
  const account = accounts.find((id) => !/^\d{12}$/.test(id));
  if (account !== undefined || accounts.length === 0) {
    refuseValue('PrincipalId', account ?? '[]', 'Unable to verify.');
  }
  const action = actions.find((name) => !ACTIONS.has(name));
  if (action !== undefined || actions.length === 0) {
    refuseValue('ActionName', action ?? '[]', 'Only the queue owner is allowed to invoke this action.');
  }
}

export const RemovePermission = onQueue<Present<RemovePermissionRequest>, object>({
  ownerOnly: true,
  async run({ Label }, ctx, queue) {
    const document = statementsOf(await shownPolicy(ctx, queue), queueArn(queue));
    const Statement = document.Statement.filter(({ Sid }) => Sid !== Label);
    if (Statement.length === document.Statement.length) {
      refuseValue('Label', Label, "can't find label on existing policy.");
    }
    await keep(ctx, queue, { ...document, Statement });
    return {};
  },
});

/** A policy without statements is none. */
async function keep(ctx: Context, queue: Queue, document: Document & { Statement: readonly Statement[] }) {
  const { policy: _, ...rest } = queue;
  const policy = document.Statement.length === 0 ? undefined : await acceptedPolicy(ctx, JSON.stringify(document));
  await ctx.store.replace(queues, { ...rest, modified: ctx.now.getTime(), ...(policy !== undefined && { policy }) });
}
