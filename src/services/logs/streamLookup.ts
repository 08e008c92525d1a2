/** The stream that an operation names. */
import { ResourceNotFoundException } from '@aws-sdk/client-cloudwatch-logs';
import type { Context } from '../../core/context.ts';
import { awsError } from '../../core/errors.ts';
import { Missing } from '../../core/operation.ts';
import { findGroup, type GroupInput, type GroupName, groupNamed, unnamed } from './groupLookup.ts';
import { type LogGroup, streamArn } from './groupRows.ts';
import { type LogStream, streams } from './streamRows.ts';

/** A group that is there, and the stream in it. */
export interface Place {
  readonly group: LogGroup;
  readonly stream: LogStream | undefined;
}

export interface StreamTarget extends Place {
  readonly stream: LogStream;
}

export const noSuchStream = () => awsError(ResourceNotFoundException, 'The specified log stream does not exist.');

type Input = GroupInput & { readonly logStreamName: string };

/** The group of the stream that an operation names, and the stream if there is one. */
export async function findPlace(ctx: Context, input: Input): Promise<Place | Missing> {
  let named: GroupName;
  try {
    named = groupNamed(ctx, input);
  } catch (error) {
    return unnamed(ctx, error);
  }
  const group = await findGroup(ctx, named);
  if (group instanceof Missing) return new Missing(streamArn(named, input.logStreamName), group.error);
  return { group, stream: await ctx.store.get(streams, [group.id, input.logStreamName]) };
}

/** The stream that an operation names, with its group. */
export async function findStream(ctx: Context, input: Input): Promise<StreamTarget | Missing> {
  const found = await findPlace(ctx, input);
  if (found instanceof Missing) return found;
  const { group, stream } = found;
  return stream ? { group, stream } : new Missing(streamArn(group, input.logStreamName), noSuchStream());
}
