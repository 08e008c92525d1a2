/**
 * Records that services put into delivery streams of Firehose, in a role: one, or as many as there are. What is refused
 * of many is an error, so that none of the write set is kept. Firehose knows a stream by its name alone, in the account
 * of whoever puts: no stream of another account can be meant.
 */
import { parseArn } from './arn.ts';
import type { Caller, Context } from './context.ts';

const DELIVERY_STREAM = /^deliverystream\/([\w.-]{1,64})$/;

/** Undefined where an ARN's resource is no delivery stream. */
export const deliveryStreamIn = (resource: string): string | undefined => DELIVERY_STREAM.exec(resource)?.[1];

type Calling = Pick<Context, 'call'>;

function asked<Out>(ctx: Calling, operation: string, arn: string, input: object, as: Caller): Promise<Out> {
  const { region, resource = '' } = parseArn(arn) ?? {};
  return ctx.call<Out>('firehose', operation, { DeliveryStreamName: deliveryStreamIn(resource), ...input }, as, region);
}

/** Returns what Firehose answers. @throws what it refuses */
export const putRecord = (ctx: Calling, arn: string, Data: Uint8Array, as: Caller): Promise<object> =>
  asked<object>(ctx, 'PutRecord', arn, { Record: { Data } }, as);

interface Answer {
  readonly RequestResponses?: readonly { readonly ErrorCode?: string; readonly ErrorMessage?: string }[];
}

/** @throws what Firehose refuses, of the call or of one record: that under the name of its code */
export async function putRecords(ctx: Calling, arn: string, records: readonly Uint8Array[], as: Caller): Promise<void> {
  for (const batch of recordBatches(records)) {
    const Records = batch.map((Data) => ({ Data }));
    const { RequestResponses = [] } = await asked<Answer>(ctx, 'PutRecordBatch', arn, { Records }, as);
    const refused = RequestResponses.find(({ ErrorCode }) => ErrorCode !== undefined);
    if (refused) throw Object.assign(new Error(refused.ErrorMessage), { name: refused.ErrorCode });
  }
}

const BATCH_RECORDS_MAX = 500;
const BATCH_BYTES_MAX = 4 * 1024 * 1024;

/** As many as one call takes. */
function* recordBatches(records: readonly Uint8Array[]): Generator<Uint8Array[]> {
  let batch: Uint8Array[] = [];
  let bytes = 0;
  for (const record of records) {
    if (batch.length > 0 && (batch.length === BATCH_RECORDS_MAX || bytes + record.length > BATCH_BYTES_MAX)) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
    batch.push(record);
    bytes += record.length;
  }
  if (batch.length > 0) yield batch;
}
