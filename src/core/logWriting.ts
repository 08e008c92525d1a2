/**
 * Log events that a service writes in its own name, or in a role: into a stream that is made when there is none.
 * Writing is tried first, since making a stream is a call on record, and a record might be what is written about.
 */
import type { Caller, Context } from './context.ts';

export interface LogBatch {
  readonly logGroupName: string;
  readonly logStreamName: string;
  /** In order of time. */
  readonly logEvents: readonly { readonly timestamp: number; readonly message: string }[];
}

/** `making`: a group that is not there is made, too. @throws what CloudWatch Logs answers */
export async function writeLogEvents(
  { call }: Pick<Context, 'call'>,
  batch: LogBatch,
  as: Caller,
  region: string,
  making?: 'group',
): Promise<void> {
  const { logGroupName, logStreamName } = batch;
  const put = () => call('logs', 'PutLogEvents', batch, as, region);
  try {
    await put();
  } catch (error) {
    if (making) await unlessThere(() => call('logs', 'CreateLogGroup', { logGroupName }, as, region));
    const made = await unlessThere(() => call('logs', 'CreateLogStream', { logGroupName, logStreamName }, as, region));
    if (!made) throw error;
    await put();
  }
}

async function unlessThere(make: () => Promise<unknown>): Promise<boolean> {
  try {
    await make();
    return true;
  } catch (error) {
    if ((error as Error).name !== 'ResourceAlreadyExistsException') throw error;
    return false;
  }
}
