/** Batches: each entry succeeds or fails by itself. */
import {
  BatchEntryIdsNotDistinct,
  type BatchResultErrorEntry,
  EmptyBatchRequest,
  InvalidBatchEntryId,
  TooManyEntriesInBatchRequest,
} from '@aws-sdk/client-sqs';
import { fail } from '../../core/errors.ts';
import { describeError } from '../../protocols/errors.ts';

const ENTRIES_MAX = 10;
const ID = /^[A-Za-z0-9_-]{1,80}$/;

interface Entry {
  readonly Id?: string | undefined;
}

interface Results<Out> {
  readonly Successful: (Out & { Id: string })[];
  readonly Failed: BatchResultErrorEntry[];
}

/**
 * Does `work` for each entry, one after the other. Errors of the batch as a whole are thrown: they are found before
 * anything is done, and a `whole` one ends it.
 */
export async function eachEntry<E extends Entry, Out extends object>(
  kind: string,
  entries: readonly E[],
  work: (entry: E) => Promise<Out>,
): Promise<Results<Out>> {
  requireEntries(kind, entries);
  const results: Results<Out> = { Successful: [], Failed: [] };
  for (const entry of entries) {
    const Id = entry.Id ?? '';
    try {
      results.Successful.push({ ...(await work(entry)), Id });
    } catch (error) {
      results.Failed.push({ Id, ...failureOf(error) });
    }
  }
  return results;
}

/** @throws what is no fault of the sender's. */
function failureOf(error: unknown): Omit<BatchResultErrorEntry, 'Id'> {
  const { queryCode, message, senderFault } = describeError(error);
  const isFault = error instanceof Error && '$fault' in error;
  const code = isFault ? (error as Error).name : queryCode;
  if (code === 'InternalFailure' || WHOLE.test(code)) throw error;
  return { SenderFault: isFault || senderFault, Code: code, Message: isFault ? (error as Error).message : message };
}

/** Errors of the whole request. */
const WHOLE = /^(BatchRequestTooLong|AccessDenied|Kms.*)$/;

function requireEntries(kind: string, entries: readonly Entry[]): void {
  if (entries.length === 0) {
    fail(EmptyBatchRequest, `There should be at least one ${kind} in the request.`);
  }
  if (entries.length > ENTRIES_MAX) {
    const text = `Maximum number of entries per request are ${ENTRIES_MAX}. You have sent ${entries.length}.`;
    fail(TooManyEntriesInBatchRequest, text);
  }
  const seen = new Set<string>();
  for (const { Id = '' } of entries) {
    if (!ID.test(Id)) {
      fail(
        InvalidBatchEntryId,
        'A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.',
      );
    }
    if (seen.has(Id)) fail(BatchEntryIdsNotDistinct, `Id ${Id} repeated.`);
    seen.add(Id);
  }
}
