/** The policy of an event bus: who else may put events on it and rules beside it. */
import {
  PolicyLengthExceededException,
  type PutPermissionRequest,
  type RemovePermissionRequest,
  ResourceNotFoundException,
} from '@aws-sdk/client-eventbridge';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { bindPrincipals, InvalidPrincipal, showPrincipals } from '../../identity/principalBinding.ts';
import { validatePolicy } from '../../policy/index.ts';
import { type Bus, buses, findBus } from './busRows.ts';
import { noBus, refuse } from './errors.ts';
import { busArn, busNamed } from './names.ts';

interface Statement {
  readonly Sid?: string;
}

interface Document {
  readonly Version: string;
  readonly Statement: readonly Statement[];
}

const load = async (input: { EventBusName?: string | undefined }, ctx: Context): Promise<Bus | Missing> => {
  const named = busNamed(ctx, input.EventBusName);
  return (await findBus(ctx.store, named)) ?? new Missing(busArn(named), noBus(named.name));
};

export const PutPermission: Operation<Present<PutPermissionRequest>, object, Bus> = {
  load,
  access: (_input, _ctx, bus) => ({ resource: busArn(bus), resourcePolicy: bus.policy, resourceTags: bus.tags }),
  async run(input, ctx, bus) {
    const text = input.Policy ?? withStatement(await documentOf(ctx, bus), statementOf(input, bus));
    if (text.length > quota(ctx, 'EventBusPolicySize', 10_240)) {
      fail(PolicyLengthExceededException, 'The event bus policy is too long. For more information, see the limits.');
    }
    const fault = validatePolicy(text, 'resource');
    if (fault !== undefined) refuse(`Parameter Policy is not valid. Reason: ${fault}`);
    const policy = await bindPrincipals(ctx.store, text);
    if (policy instanceof InvalidPrincipal) refuse(`Parameter Policy is not valid. Reason: ${policy.message}`);
    await ctx.store.replace(buses, { ...bus, policy, ...stamp(ctx, bus) });
    return {};
  },
};

const stamp = (ctx: Context, bus: Bus) => {
  const now = ctx.now.toISOString();
  return { created: bus.created ?? now, modified: now };
};

export const RemovePermission: Operation<Present<RemovePermissionRequest>, object, Bus> = {
  load,
  access: (_input, _ctx, bus) => ({ resource: busArn(bus), resourcePolicy: bus.policy, resourceTags: bus.tags }),
  async run(input, ctx, { policy: _, ...bus }) {
    if (!input.RemoveAllPermissions) {
      const document = await documentOf(ctx, { ...bus, ...(_ !== undefined && { policy: _ }) });
      const rest = document.Statement.filter(({ Sid }) => Sid === undefined || Sid !== input.StatementId);
      if (input.StatementId === undefined) refuse('Parameter StatementId is required.');
      if (rest.length === document.Statement.length) {
        fail(ResourceNotFoundException, 'Statement with the provided id does not exist.');
      }
      if (rest.length > 0) {
        const text = await bindPrincipals(ctx.store, JSON.stringify({ ...document, Statement: rest }));
        if (text instanceof InvalidPrincipal) refuse(`Parameter Policy is not valid. Reason: ${text.message}`);
        await ctx.store.replace(buses, { ...bus, policy: text, ...stamp(ctx, bus) });
        return {};
      }
    }
    await ctx.store.replace(buses, { ...bus, ...stamp(ctx, bus) });
    return {};
  },
};

/** As it is shown, so that statements are compared by what clients know. */
async function documentOf(ctx: Context, bus: Bus): Promise<Document> {
  if (bus.policy === undefined) return { Version: '2012-10-17', Statement: [] };
  const document = JSON.parse(await showPrincipals(ctx.store, bus.policy)) as Document;
  return { ...document, Statement: [document.Statement].flat() };
}

const withStatement = (document: Document, statement: Statement): string => {
  const others = document.Statement.filter(({ Sid }) => Sid !== statement.Sid);
  return JSON.stringify({ ...document, Statement: [...others, statement] });
};

/** The statement that the four parameters stand for. */
function statementOf(input: Present<PutPermissionRequest>, bus: Bus): Statement {
  const { Action, Principal, StatementId, Condition } = input;
  for (const [name, value] of Object.entries({ Action, Principal, StatementId })) {
    if (value === undefined) refuse(`Parameter ${name} is required.`);
  }
  if (Action !== 'events:PutEvents')
    refuse('Parameter Action is not valid. Reason: Provided value is not in correct format.');
  const condition = Condition && { Condition: { [Condition.Type!]: { [Condition.Key!]: Condition.Value! } } };
  const statement = {
    Sid: StatementId!,
    Effect: 'Allow',
    Principal: Principal === '*' ? '*' : { AWS: `arn:aws:iam::${Principal}:root` },
    Action,
    Resource: busArn(bus),
    ...condition,
  };
  return statement;
}
