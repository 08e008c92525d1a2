/** The two common shapes of operations: about one log group, or about the account. */
import { InvalidOperationException, InvalidParameterException } from '@aws-sdk/client-cloudwatch-logs';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import type { Access, Operation } from '../../core/operation.ts';
import { findGroup, type GroupInput, groupNamed, identified, unnamed } from './groupLookup.ts';
import { groupResource, type LogGroup } from './groupRows.ts';

interface OnGroup<In, Out> {
  /** Where the group is named, when not by the two usual members. */
  readonly named?: (input: In) => string | undefined;
  readonly conditions?: (input: In) => Access['conditions'];
  /** Further permissions. */
  readonly also?: (input: In, ctx: Context, group: LogGroup) => readonly Access[];
  readonly action?: string;
  readonly run: (input: In, ctx: Context, group: LogGroup) => Promise<Out>;
}

/** An operation about one log group, which must be there. */
export function onGroup<In extends object, Out>(shape: OnGroup<In, Out>): Operation<In, Out, LogGroup> {
  return {
    ...(shape.action !== undefined && { action: shape.action }),
    load: async (input, ctx) => {
      try {
        const name = shape.named?.(input);
        const named = name === undefined ? groupNamed(ctx, input as GroupInput) : identified(ctx, name);
        return await findGroup(ctx, named);
      } catch (error) {
        return unnamed(ctx, error);
      }
    },
    access: (input, ctx, group) => [
      groupAccess(group, shape.conditions?.(input)),
      ...(shape.also?.(input, ctx, group) ?? []),
    ],
    run: shape.run,
  };
}

export const groupAccess = (group: LogGroup, conditions?: Access['conditions']): Access => ({
  resource: groupResource(group),
  resourceTags: group.tags,
  conditions,
});

/** An operation about the account's things of a kind, which have no ARN in policies. */
export const onAccount = <In, Out>(
  run: (input: In, ctx: Context) => Promise<Out>,
  more: Pick<Operation<In, Out>, 'bodyBytesMax'> = {},
): Operation<In, Out> => ({
  ...more,
  access: () => ({ resource: '*' }),
  run,
});

/** A mebibyte of log events, with what JSON adds to it. */
export const EVENTS_BODY_BYTES_MAX = 4 * 1024 * 1024;

/** The access to a group of the caller's account that need not be there. */
export const namedAccess = (ctx: Context, name: string): Access => ({
  resource: groupResource({ account: ctx.account, region: ctx.region, name }),
});

/** @throws InvalidOperationException for what only the Standard class has. */
export function requireStandard(group: LogGroup, what: string): void {
  if (group.class === 'STANDARD') return;
  fail(InvalidOperationException, `${what} is not supported for log groups in the ${group.class} log class.`);
}

/** The same, for operations that know InvalidParameterException only. */
export function requireReadable(group: LogGroup, operation: string): void {
  if (group.class === 'STANDARD') return;
  fail(InvalidParameterException, `${operation} is not supported for log groups in the ${group.class} log class.`);
}
