/**
 * Targets of schedules: templated ones (a queue, a topic, an event bus) and universal ones, which name a service and an
 * action. Either becomes one call, made in the schedule's role.
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets.html
 */
import type { Target } from '@aws-sdk/client-scheduler';
import { type Arn, parseArn } from '../../core/arn.ts';
import { deliveryStreamIn } from '../../core/deliveryStreams.ts';
import { notImplemented } from '../../core/errors.ts';
import { refuse } from './errors.ts';

export interface Call {
  /** As `ctx.call` knows it. */
  readonly service: string;
  readonly operation: string;
  readonly input: object;
  /** The target in the form in which dead letters name it. */
  readonly target: string;
}

type Aimed = Omit<Target, 'Input'>;

interface Template {
  /** SDK's name of service and action. */
  readonly universal: string;
  readonly service: string;
  readonly operation: string;
  readonly check?: (target: Aimed, arn: Arn) => void;
  readonly input: (target: Aimed, arn: Arn, text: string) => object;
}

const TEMPLATES: Readonly<Record<string, Template>> = {
  sqs: {
    universal: 'sqs:sendMessage',
    service: 'sqs',
    operation: 'SendMessage',
    check: ({ SqsParameters }, arn) => {
      if (arn.resource.endsWith('.fifo') && SqsParameters?.MessageGroupId === undefined) {
        refuse('SqsParameters.MessageGroupId must be specified for FIFO queues.');
      }
    },
    input: ({ SqsParameters }, arn, MessageBody) => ({
      QueueUrl: queueUrl(arn),
      MessageBody,
      ...(SqsParameters?.MessageGroupId !== undefined && { MessageGroupId: SqsParameters.MessageGroupId }),
    }),
  },
  sns: {
    universal: 'sns:publish',
    service: 'sns',
    operation: 'Publish',
    input: ({ Arn: TopicArn }, _arn, Message) => ({ TopicArn, Message }),
  },
  kinesis: {
    universal: 'kinesis:putRecord',
    service: 'kinesis',
    operation: 'PutRecord',
    check: ({ KinesisParameters }, arn) => {
      if (!arn.resource.startsWith('stream/')) refuse('Provided Arn is not in correct format.');
      if (KinesisParameters === undefined) refuse('KinesisParameters must be specified for Kinesis targets.');
    },
    input: ({ Arn: StreamARN, KinesisParameters }, _arn, Data) => ({ StreamARN, ...KinesisParameters, Data }),
  },
  firehose: {
    universal: 'firehose:putRecord',
    service: 'firehose',
    operation: 'PutRecord',
    check: ({ RoleArn }, arn) => {
      if (deliveryStreamIn(arn.resource) === undefined) refuse('Provided Arn is not in correct format.');
      // Records are put by the stream's name in the account of the role.
      if (parseArn(RoleArn ?? '')?.account !== arn.account) {
        refuse('The delivery stream must be in the account of the execution role.');
      }
    },
    input: (_target, { resource }, Data) => ({ DeliveryStreamName: deliveryStreamIn(resource), Record: { Data } }),
  },
  events: {
    universal: 'eventbridge:putEvents',
    service: 'events',
    operation: 'PutEvents',
    check: ({ EventBridgeParameters }, arn) => {
      if (!arn.resource.startsWith('event-bus/')) refuse('Provided Arn is not in correct format.');
      if (EventBridgeParameters === undefined)
        refuse('EventBridgeParameters must be specified for EventBridge targets.');
    },
    input: ({ Arn: EventBusName, EventBridgeParameters }, _arn, Detail) => ({
      Entries: [{ EventBusName, Detail, ...EventBridgeParameters }],
    }),
  },
};

/** Kinds that AWS has templates for and this plane has no service for. */
const ABSENT = new Set('codebuild codepipeline ecs inspector lambda sagemaker states'.split(' '));

/** What the AWS SDK calls services → what they are called here. */
const SERVICES: Readonly<Record<string, string>> = {
  accessanalyzer: 'access-analyzer',
  account: 'account',
  cloudtrail: 'cloudtrail',
  cloudwatch: 'monitoring',
  cloudwatchlogs: 'logs',
  costexplorer: 'ce',
  eventbridge: 'events',
  firehose: 'firehose',
  iam: 'iam',
  kinesis: 'kinesis',
  kms: 'kms',
  organizations: 'organizations',
  s3: 's3',
  scheduler: 'scheduler',
  sns: 'sns',
  sqs: 'sqs',
  sts: 'sts',
};

const UNIVERSAL = /^arn:[\w-]+:scheduler:::aws-sdk:([a-z0-9]+):([a-zA-Z0-9]+)$/;
const READS = new RegExp(
  `^(${[
    ...[
      'get',
      'describe',
      'list',
      'poll',
      'receive',
      'search',
      'scan',
      'query',
      'select',
      'read',
      'lookup',
      'discover',
    ],
    ...['validate', 'batchGet', 'batchDescribe', 'batchRead', 'transactGet', 'adminGet', 'adminList', 'retrieve'],
    ...['testMigration', 'testConnection', 'translateDocument', 'isAuthorized', 'invokeModel'],
  ].join('|')})`,
);

const PARAMETERS: Readonly<Record<string, keyof Target>> = {
  sqs: 'SqsParameters',
  events: 'EventBridgeParameters',
  kinesis: 'KinesisParameters',
};
const ALL_PARAMETERS = [
  'EcsParameters',
  'EventBridgeParameters',
  'KinesisParameters',
  'SageMakerPipelineParameters',
  'SqsParameters',
] as const;

/** Throws what AWS says of a target that cannot be. */
export function checkTarget(target: Target): void {
  const universal = UNIVERSAL.exec(target.Arn!);
  const arn = parseArn(target.Arn!);
  if (universal) checkUniversal(universal[1]!, universal[2]!, target.Input);
  else if (!arn) refuse('Provided Arn is not in correct format.');
  else checkTemplated(target, arn);
  const own = universal ? undefined : PARAMETERS[arn?.service ?? ''];
  for (const name of ALL_PARAMETERS) {
    if (target[name] !== undefined && name !== own) refuse(`${name} is not supported for target ${target.Arn}.`);
  }
  const queue = target.DeadLetterConfig?.Arn;
  if (queue?.endsWith('.fifo')) refuse('A FIFO queue cannot be a dead-letter queue.');
}

function checkTemplated(target: Target, arn: Arn): void {
  if (ABSENT.has(arn.service)) notImplemented(`A schedule's target of the service ${arn.service} (${target.Arn})`);
  const template = TEMPLATES[arn.service];
  if (!template) refuse(`Invalid request provided: ${arn.service} is not a supported service for a target.`);
  template.check?.(target, arn);
}

function checkUniversal(service: string, action: string, input: string | undefined): void {
  if (READS.test(action)) refuse(`Invalid request provided: ${action} is not a supported action for a target.`);
  if (SERVICES[service] === undefined) notImplemented(`A schedule's target of the service ${service}`);
  if (input === undefined || objectOf(input) === undefined) {
    refuse('Invalid RequestJson provided. Reason: The Input of a universal target must be a JSON object.');
  }
}

function objectOf(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The call that a target stands for. `text`: its input, with what it says of the invocation filled in. */
export function callOf(target: Aimed, text: string): Call {
  const [, sdk, action] = UNIVERSAL.exec(target.Arn!) ?? [];
  if (sdk !== undefined && action !== undefined) {
    const given = objectOf(text) ?? refuse('The input is no JSON object.');
    const service = SERVICES[sdk] ?? sdk;
    const input = SMALL_MEMBERS.has(service) ? (smallMembers(given) as object) : given;
    const operation = action[0]!.toUpperCase() + action.slice(1);
    return { service, operation, input, target: target.Arn! };
  }
  const arn = parseArn(target.Arn!)!;
  const { service, operation, universal, input } = TEMPLATES[arn.service]!;
  return { service, operation, input: input(target, arn, text), target: `arn:aws:scheduler:::aws-sdk:${universal}` };
}

/** Services whose members begin with a small letter; schedules name all members with a capital one. */
const SMALL_MEMBERS = new Set(['logs', 'access-analyzer']);

/** Members as their API spells them. The keys of tags are their users' own. */
function smallMembers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(smallMembers);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      const small = name[0]!.toLowerCase() + name.slice(1);
      return [small, small === 'tags' ? member : smallMembers(member)];
    }),
  );
}

/** Services whose records are bytes: `Data` is given, and told in dead letters, as text. */
const RECORDS = new Set(['kinesis', 'firehose']);

/** The input as the operation takes it. */
export const inputOf = ({ service, input }: Call): object =>
  RECORDS.has(service) ? (withBytes(input) as object) : input;

function withBytes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withBytes);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      name === 'Data' && typeof member === 'string' ? Buffer.from(member) : withBytes(member),
    ]),
  );
}

/** Of an event bus and a topic the Region is in the ARN; a universal target is called where the schedule is. */
export const regionOf = (target: Aimed): string | undefined => parseArn(target.Arn!)?.region || undefined;

export const queueUrl = ({ region, account, resource }: Arn) =>
  `https://sqs.${region}.amazonaws.com/${account}/${resource}`;
