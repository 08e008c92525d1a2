/** How operations name log groups, and find them. */
import { InvalidParameterException, ResourceNotFoundException } from '@aws-sdk/client-cloudwatch-logs';
import { parseArn } from '../../core/arn.ts';
import type { Context } from '../../core/context.ts';
import { awsError, fail } from '../../core/errors.ts';
import { Missing } from '../../core/operation.ts';
import { groupResource, type LogGroup, logGroups } from './groupRows.ts';

export interface GroupName {
  readonly account: string;
  readonly region: string;
  readonly name: string;
}

const hereNamed = (ctx: Context, name: string): GroupName => ({ account: ctx.account, region: ctx.region, name });

/** A name or an ARN, with `:*` or without. */
export function identified(ctx: Context, identifier: string): GroupName {
  if (!identifier.startsWith('arn:')) return hereNamed(ctx, identifier);
  const arn = parseArn(identifier);
  const name = /^log-group:([^:]+)(?::\*)?$/.exec(arn?.resource ?? '')?.[1];
  if (arn?.service !== 'logs' || name === undefined) {
    fail(InvalidParameterException, `Invalid ARN '${identifier}'`);
  }
  return { account: arn.account, region: arn.region, name };
}

/** A group that is not named as it must be: nobody hears how, who could not have had it. */
export function unnamed(ctx: Context, error: unknown): Missing {
  return new Missing(groupResource({ account: ctx.account, region: ctx.region, name: '' }), error as Error);
}

/** What an operation calls its group by. */
export interface GroupInput {
  readonly logGroupName?: string | undefined;
  readonly logGroupIdentifier?: string | undefined;
}

/** @throws InvalidParameterException unless exactly one of the two is there. */
export function groupNamed(ctx: Context, { logGroupName, logGroupIdentifier }: GroupInput): GroupName {
  if (logGroupName !== undefined && logGroupIdentifier !== undefined) {
    fail(InvalidParameterException, 'LogGroup name and LogGroup ARN are mutually exclusive parameters.');
  }
  const identifier = logGroupName ?? logGroupIdentifier;
  if (identifier === undefined) fail(InvalidParameterException, 'Either LogGroup name or LogGroup ARN is required.');
  return logGroupName !== undefined ? hereNamed(ctx, logGroupName) : identified(ctx, identifier);
}

export const noSuchGroup = () => awsError(ResourceNotFoundException, 'The specified log group does not exist.');

/** Only groups of the Region that was called. */
export async function findGroup(ctx: Context, named: GroupName): Promise<LogGroup | Missing> {
  const { account, region, name } = named;
  const group = region === ctx.region ? await ctx.store.get(logGroups, [account, region, name]) : undefined;
  return group ?? new Missing(groupResource(named), noSuchGroup());
}

/** The group of a row that knows its id only. */
export async function groupOfId(ctx: Pick<Context, 'store'>, id: string): Promise<LogGroup | undefined> {
  return (await ctx.store.list(logGroups, [id], { limit: 1, index: 'id' })).rows[0];
}
