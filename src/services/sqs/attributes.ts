/**
 * What can be set of a queue: one row of the table an attribute, with its default and what it may be.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
 */
import { InvalidAttributeName, InvalidAttributeValue } from '@aws-sdk/client-sqs';
import { fail } from '../../core/errors.ts';
import type { Queue } from './queueRows.ts';

interface Attribute {
  readonly valid: (value: string) => boolean;
  readonly standard?: string;
  /** Only FIFO queues have it. */
  readonly fifo?: true;
  /** An empty value takes it away. */
  readonly removable?: true;
}

const wholeNumber = (min: number, max: number) => (value: string) =>
  /^\d{1,10}$/.test(value) && Number(value) >= min && Number(value) <= max;
const oneOf =
  (...values: readonly string[]) =>
  (value: string) =>
    values.includes(value);
const isBoolean = oneOf('true', 'false');

export const MESSAGE_BYTES_MAX = 1_048_576;

const ATTRIBUTES: Readonly<Record<string, Attribute>> = {
  VisibilityTimeout: { valid: wholeNumber(0, 43_200), standard: '30' },
  MaximumMessageSize: { valid: wholeNumber(1024, MESSAGE_BYTES_MAX), standard: String(MESSAGE_BYTES_MAX) },
  MessageRetentionPeriod: { valid: wholeNumber(60, 1_209_600), standard: '345600' },
  DelaySeconds: { valid: wholeNumber(0, 900), standard: '0' },
  ReceiveMessageWaitTimeSeconds: { valid: wholeNumber(0, 20), standard: '0' },
  // Documents: what is in them is judged in redrive.ts and permissions.ts.
  Policy: { valid: () => true, removable: true },
  RedrivePolicy: { valid: () => true, removable: true },
  RedriveAllowPolicy: { valid: () => true, removable: true },
  KmsMasterKeyId: { valid: (value) => /^[A-Za-z0-9:/_-]{1,2048}$/.test(value), removable: true },
  KmsDataKeyReusePeriodSeconds: { valid: wholeNumber(60, 86_400), removable: true },
  SqsManagedSseEnabled: { valid: isBoolean },
  FifoQueue: { valid: oneOf('true'), fifo: true },
  ContentBasedDeduplication: { valid: isBoolean, standard: 'false', fifo: true },
  DeduplicationScope: { valid: oneOf('queue', 'messageGroup'), standard: 'queue', fifo: true },
  FifoThroughputLimit: { valid: oneOf('perQueue', 'perMessageGroupId'), standard: 'perQueue', fifo: true },
};

const READ_ONLY = new Set([
  'QueueArn',
  'CreatedTimestamp',
  'LastModifiedTimestamp',
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesNotVisible',
  'ApproximateNumberOfMessagesDelayed',
]);

export const isAttribute = (name: string) => Object.hasOwn(ATTRIBUTES, name) || READ_ONLY.has(name);

/** The attributes of a queue after `changes`; the policy comes along under its name. */
export function changed(
  kept: Readonly<Record<string, string>>,
  changes: Readonly<Record<string, string | undefined>>,
  fifo: boolean,
): Record<string, string> {
  const attributes: Record<string, string> = { ...kept };
  for (const [name, value = ''] of Object.entries(changes)) {
    const attribute = Object.hasOwn(ATTRIBUTES, name) ? ATTRIBUTES[name] : undefined;
    if (!attribute || (attribute.fifo && !fifo)) fail(InvalidAttributeName, `Unknown Attribute ${name}.`);
    if (value === '' && attribute.removable) delete attributes[name];
    else if (attribute.valid(value)) attributes[name] = value;
    else invalidValue(name);
  }
  requireOneEncryption(attributes, changes);
  requireHighThroughput(attributes);
  return attributes;
}

export const invalidValue = (name: string): never =>
  fail(InvalidAttributeValue, `Invalid value for the parameter ${name}.`);

/** A key of KMS and SQS's own exclude each other: the one that is set now wins over the one before. */
function requireOneEncryption(attributes: Record<string, string>, changes: Readonly<Record<string, unknown>>): void {
  if (attributes.KmsMasterKeyId === undefined || attributes.SqsManagedSseEnabled !== 'true') return;
  if (changes.KmsMasterKeyId && changes.SqsManagedSseEnabled === 'true') {
    fail(
      InvalidAttributeValue,
      'You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.',
    );
  }
  if (changes.SqsManagedSseEnabled === 'true') delete attributes.KmsMasterKeyId;
  else attributes.SqsManagedSseEnabled = 'false';
}

function requireHighThroughput({ FifoThroughputLimit, DeduplicationScope }: Record<string, string>): void {
  if (FifoThroughputLimit === 'perMessageGroupId' && DeduplicationScope !== 'messageGroup') {
    fail(
      InvalidAttributeValue,
      'The perMessageGroupId value is allowed only when the value for DeduplicationScope is messageGroup.',
    );
  }
}

/** All that is set or has a default, but for the policy and what only the world knows. */
export function shown({ attributes, fifo }: Pick<Queue, 'attributes' | 'fifo'>): Record<string, string> {
  const all: Record<string, string> = {};
  for (const [name, { standard, fifo: fifoOnly }] of Object.entries(ATTRIBUTES)) {
    const value = attributes[name] ?? (fifoOnly && !fifo ? undefined : standard);
    if (value !== undefined) all[name] = value;
  }
  if (all.KmsMasterKeyId !== undefined) all.KmsDataKeyReusePeriodSeconds ??= DATA_KEY_REUSE_SECONDS;
  all.SqsManagedSseEnabled ??= String(all.KmsMasterKeyId === undefined);
  return all;
}

export const DATA_KEY_REUSE_SECONDS = '300';

/** A number among the attributes. */
export const numberOf = ({ attributes }: Pick<Queue, 'attributes'>, name: string): number =>
  Number(attributes[name] ?? ATTRIBUTES[name]?.standard);
