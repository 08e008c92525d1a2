/**
 * What can be set of a topic.
 * https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html
 */
import { notImplemented } from '../../core/errors.ts';
import { acceptedArchivePolicy } from './archive.ts';
import { requireDeliveryPolicy } from './deliveryPolicies.ts';
import { refuse } from './errors.ts';

interface Attribute {
  readonly valid: (value: string) => boolean;
  /** Only FIFO topics have it. */
  readonly fifo?: true;
  /** An empty value takes it away. */
  readonly removable?: true;
  /** As it is kept; undefined: it goes. */
  readonly kept?: (value: string) => string | undefined;
}

const isBoolean = (value: string) => value === 'true' || value === 'false';
export const MESSAGE_BYTES_STANDARD = 262_144;
const MESSAGE_BYTES_MAX = 1_048_576;

const ATTRIBUTES: Readonly<Record<string, Attribute>> = {
  Policy: { valid: () => true },
  DisplayName: { valid: (value) => value.length <= 100, removable: true },
  DeliveryPolicy: { valid: isDeliveryPolicy, removable: true },
  KmsMasterKeyId: { valid: (value) => /^[A-Za-z0-9:/_-]{1,2048}$/.test(value), removable: true },
  SignatureVersion: { valid: (value) => value === '1' || value === '2' },
  TracingConfig: { valid: isTracing },
  MaximumMessageSize: {
    valid: (value) => /^\d{4,7}$/.test(value) && Number(value) >= 1024 && Number(value) <= MESSAGE_BYTES_MAX,
  },
  FifoTopic: { valid: (value) => value === 'true', fifo: true },
  ContentBasedDeduplication: { valid: isBoolean, fifo: true },
  ArchivePolicy: { valid: () => true, kept: acceptedArchivePolicy, fifo: true },
  FifoThroughputScope: { valid: (value) => value === 'Topic' || value === 'MessageGroup', fifo: true },
};

function isDeliveryPolicy(value: string): boolean {
  requireDeliveryPolicy(value, 'topic');
  return true;
}

function isTracing(value: string): boolean {
  if (value === 'Active') notImplemented('Active tracing');
  return value === 'PassThrough';
}

/** Delivery status logging of what is delivered here. */
const STATUS_ROLE = /^(Firehose|HTTP|SQS)(Success|Failure)FeedbackRoleArn$/;
const statusRole: Attribute = { valid: (value) => /^arn:aws:iam::\d{12}:role\/.+$/.test(value), removable: true };
/** That of the others is refused, because nothing would come of it. */
const LEFT_OUT = /^(Application|Lambda)(Success|Failure)FeedbackRoleArn$/;
/** Without a role to log in a sample rate means nothing, in AWS too; Terraform sets it always. */
const SAMPLE_RATE = /^(Application|Firehose|HTTP|Lambda|SQS)SuccessFeedbackSampleRate$/;
const sampleRate: Attribute = { valid: (value) => /^(\d{1,2}|100)$/.test(value), removable: true };

/** The attributes after `changes`, each judged. */
export function changed(
  kept: Readonly<Record<string, string>>,
  changes: Readonly<Record<string, string | undefined>>,
  fifo: boolean,
): Record<string, string> {
  const attributes: Record<string, string> = { ...kept };
  for (const [name, value = ''] of Object.entries(changes)) {
    if (LEFT_OUT.test(name) && value !== '') notImplemented(`The topic attribute ${name}`);
    const attribute = attributeOf(name);
    if (LEFT_OUT.test(name) || name === 'Policy') continue;
    if (!attribute) refuse('AttributeName');
    if (attribute.fifo && !fifo && value !== 'false') refuse(`${name} Reason: not supported for a standard topic`);
    if (attribute.fifo && !fifo) continue;
    if (value === '' && attribute.removable) delete attributes[name];
    else if (attribute.valid(value)) put(attributes, name, attribute.kept ? attribute.kept(value) : value);
    else refuse(`${name} Reason: invalid value`);
  }
  return attributes;
}

function attributeOf(name: string): Attribute | undefined {
  if (SAMPLE_RATE.test(name)) return sampleRate;
  if (STATUS_ROLE.test(name)) return statusRole;
  return Object.hasOwn(ATTRIBUTES, name) ? ATTRIBUTES[name] : undefined;
}

/** Roles that are handed to SNS: the caller must be allowed to. */
export const rolesIn = (changes: Readonly<Record<string, string | undefined>>): string[] =>
  Object.entries(changes).flatMap(([name, value]) => (STATUS_ROLE.test(name) && value ? [value] : []));

function put(attributes: Record<string, string>, name: string, value: string | undefined): void {
  if (value === undefined) delete attributes[name];
  else attributes[name] = value;
}
