/** Queues as they are kept. Rows only: nothing here loads an SDK client. */
import type { Context } from '../../core/context.ts';
import type { Tag } from '../../core/operation.ts';
import { table } from '../../store/store.ts';

export interface Queue {
  readonly account: string;
  readonly region: string;
  readonly name: string;
  /** Of this queue and no later one of its name. */
  readonly id: string;
  /** Where its messages are. PurgeQueue gives it a new, empty one. */
  readonly box: string;
  readonly fifo: boolean;
  /** Milliseconds. */
  readonly created: number;
  readonly modified: number;
  readonly purged?: number;
  /** What was set, as it was set; what is absent has its default. The policy is not among them. */
  readonly attributes: Readonly<Record<string, string>>;
  /** Its principals bound to who they are (identity/principalBinding.ts). */
  readonly policy?: string;
  readonly tags: readonly Tag[];
  /** ARN of the queue that its redrive policy names. */
  readonly deadLetters?: string;
}

export const queues = table<Queue>('sqs_queue', {
  key: ({ account, region, name }) => [account, region, name],
  indexes: { deadLetters: ({ deadLetters }) => (deadLetters === undefined ? [] : [[deadLetters]]) },
});

/** Names of queues that were deleted: they may not be used again for a minute. */
export const deletedQueues = table<Pick<Queue, 'account' | 'region' | 'name'> & { readonly at: number }>(
  'sqs_deleted',
  { key: ({ account, region, name }) => [account, region, name] },
);

export const queueArn = ({ account, region, name }: Pick<Queue, 'account' | 'region' | 'name'>) =>
  `arn:aws:sqs:${region}:${account}:${name}`;

const ARN = /^arn:aws:sqs:([a-z0-9-]+):(\d{12}):([A-Za-z0-9_-]{1,80}(?:\.fifo)?)$/;

/** The key of the queue that an ARN names; undefined if it is none. */
export function queueKey(arn: string): readonly [account: string, region: string, name: string] | undefined {
  const [, region, account, name] = ARN.exec(arn) ?? [];
  return name === undefined ? undefined : [account!, region!, name];
}

const URL_PATH = /^(?:https?:\/\/[^/?#]*)?\/?(\d{12})\/([^/?#]+)\/?$/;

/** Account and name in a queue's URL, whatever host it names; a bare name is taken too, as SQS does. */
export function queueOfUrl(url: string): { readonly account: string | undefined; readonly name: string } {
  const [, account, name] = URL_PATH.exec(url) ?? [];
  return name === undefined ? { account: undefined, name: url } : { account, name };
}

/** Where the client reached us, so that the URL works for it; what no client asked for names our own endpoint. */
export function queueUrl({ account, name }: Queue, { source, settings, caller }: Context): string {
  const scheme = source.tls ? 'https' : (settings.endpoint.split('://', 1)[0] ?? 'http');
  const foreign = caller.type === 'Service' || source.host === '';
  return `${foreign ? settings.endpoint : `${scheme}://${source.host}`}/${account}/${name}`;
}
