/** The stream that an operation names. */
import { ResourceNotFoundException } from '@aws-sdk/client-cloudwatch-logs';
import type { Context } from '../../core/context.ts';
import { awsError } from '../../core/errors.ts';
import { Missing } from '../../core/operation.ts';
import { findGroup, type GroupInput, type GroupName, groupNamed, unnamed } from './groupLookup.ts';
import { type LogGroup, streamArn } from './groupRows.ts';
import { type LogStream, streams } from './streamRows.ts';

export interface StreamTarget {
  readonly group: LogGroup;
  readonly stream: LogStream;
}

export const noSuchStream = () => awsError(ResourceNotFoundException, 'The specified log stream does not exist.');

/** The stream that an operation names, with its group. */
export async function findStream(
  ctx: Context,
  input: GroupInput & { readonly logStreamName: string },
): Promise<StreamTarget | Missing> {
  let named: GroupName;
  try {
    named = groupNamed(ctx, input);
  } catch (error) {
    return unnamed(ctx, error);
  }
  const resource = streamArn(named, input.logStreamName);
  const group = await findGroup(ctx, named);
  if (group instanceof Missing) return new Missing(resource, group.error);
  const stream = await ctx.store.get(streams, [group.id, input.logStreamName]);
  return stream ? { group, stream } : new Missing(resource, noSuchStream());
}
