/** Kinesis's errors in its words. */
import {
  InvalidArgumentException,
  LimitExceededException,
  ResourceInUseException,
  ResourceNotFoundException,
} from '@aws-sdk/client-kinesis';
import { awsError, fail } from '../../core/errors.ts';
import { type Stream, type StreamState, stateOf } from './streamRows.ts';

type Named = Pick<Stream, 'name' | 'account'>;

/** As sentences name it. */
export const inWords = ({ name, account }: Named) => `stream ${name} under account ${account}`;

export const noStream = ({ name, account }: Named) =>
  awsError(ResourceNotFoundException, `Stream ${name} under account ${account} not found.`);

export const noShard = (id: string, stream: Named) =>
  awsError(ResourceNotFoundException, `Could not find shard ${id} in ${inWords(stream)}.`);

export const shardIsNot = (id: string, stream: Named) =>
  awsError(ResourceNotFoundException, `Shard ${id} in ${inWords(stream)} does not exist`);

export function refuse(message: string): never {
  fail(InvalidArgumentException, message);
}

export function tooMany(message: string): never {
  fail(LimitExceededException, message);
}

/** @throws ResourceInUseException unless the stream is in one of these states */
export function requireState(stream: Stream, now: Date, ...states: readonly StreamState[]): void {
  const state = stateOf(stream, now);
  if (states.includes(state)) return;
  const message = `Stream ${stream.name} under account ${stream.account} not ACTIVE, instead in state ${state}`;
  fail(ResourceInUseException, message);
}
