/**
 * What may be a target. Kinds that AWS knows and this plane cannot deliver to are refused by name: a rule must not look
 * as if it did something. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html
 */
import type { Target } from '@aws-sdk/client-eventbridge';
import { type Arn, parseArn } from '../../core/arn.ts';
import { deliveryStreamIn } from '../../core/deliveryStreams.ts';
import { notImplemented } from '../../core/errors.ts';
import { refuse } from './errors.ts';
import { type BusName, busArn } from './names.ts';
import { placeholdersIn, RESERVED_VARIABLES, stepsOf } from './transform.ts';

/** Parameters that only one kind of target has. */
const PARAMETERS = [
  'KinesisParameters',
  'RunCommandParameters',
  'EcsParameters',
  'BatchParameters',
  'SqsParameters',
  'HttpParameters',
  'RedshiftDataParameters',
  'SageMakerPipelineParameters',
  'AppSyncParameters',
] as const;

interface Kind {
  readonly parameters?: (typeof PARAMETERS)[number];
  readonly check?: (target: Target, arn: Arn, bus: BusName) => void;
}

const KINDS: Readonly<Record<string, Kind>> = {
  sqs: { parameters: 'SqsParameters', check: checkQueue },
  sns: { check: checkTopic },
  logs: { check: checkLogGroup },
  kinesis: { parameters: 'KinesisParameters', check: checkStream },
  firehose: { check: checkDeliveryStream },
  'event-bus': { check: checkBus },
  'api-destination': { parameters: 'HttpParameters', check: requireRole },
};

/** Throws what AWS says of a target that cannot be, on a rule of this bus. */
export function checkTarget(target: Target, bus: BusName): void {
  const { Id: id } = target;
  const arn = parseArn(target.Arn!);
  if (!arn) refuseArn(target);
  const kind = KINDS[kindOf(arn)];
  if (!kind) notImplemented(`An EventBridge target of the service ${arn.service} (${target.Arn})`);
  for (const name of PARAMETERS) {
    if (target[name] !== undefined && name !== kind.parameters) {
      refuse(`Parameter(s) ${name} not supported for target: ${id}.`);
    }
  }
  kind.check?.(target, arn, bus);
  checkInput(target);
  checkDeadLetter(target, bus);
}

const kindOf = ({ service, resource }: Arn) =>
  service === 'events' ? resource.slice(0, resource.indexOf('/')) : service;

function requireRole(target: Target): void {
  if (target.RoleArn === undefined) refuse(`RoleArn is required for target ${target.Arn}.`);
}

function checkQueue(target: Target, arn: Arn, bus: BusName): void {
  if (arn.resource.endsWith('.fifo') && !target.SqsParameters?.MessageGroupId) {
    refuse(`Parameter(s) SqsParameters must be specified for target: ${target.Id}.`);
  }
  if (arn.account !== bus.account) requireRole(target);
}

function checkTopic(target: Target, arn: Arn, bus: BusName): void {
  if (arn.resource.endsWith('.fifo')) notImplemented('An EventBridge target that is a FIFO topic');
  if (arn.account !== bus.account) requireRole(target);
}

function checkLogGroup(target: Target, arn: Arn, bus: BusName): void {
  if (!/^log-group:[\w./#-]+(:\*)?$/.test(arn.resource)) {
    refuseArn(target);
  }
  if (target.RoleArn !== undefined) refuse(`RoleArn is not supported for target ${target.Arn}.`);
  if (arn.account !== bus.account || arn.region !== bus.region) {
    refuse(
      `Parameter ${target.Arn} is not valid. Reason: The log group must be in the account and Region of the rule.`,
    );
  }
  if (target.Input !== undefined || target.InputPath !== undefined) {
    refuse(`Input and InputPath are not supported for target ${target.Arn}.`);
  }
}

function checkStream(target: Target, arn: Arn): void {
  if (!/^stream\/[\w.-]+$/.test(arn.resource)) refuseArn(target);
  requireRole(target);
  const path = target.KinesisParameters?.PartitionKeyPath;
  if (path !== undefined && !stepsOf(path)) refuse(`Invalid PartitionKeyPath for target ${target.Id}.`);
}

/** Records are put by the stream's name in the account of the role, which is the rule's. */
function checkDeliveryStream(target: Target, arn: Arn, bus: BusName): void {
  if (deliveryStreamIn(arn.resource) === undefined) refuseArn(target);
  if (arn.account !== bus.account) {
    refuse(`Parameter ${target.Arn} is not valid. Reason: The delivery stream must be in the account of the rule.`);
  }
  requireRole(target);
}

function refuseArn({ Arn: arn }: Target): never {
  refuse(`Parameter ${arn} is not valid. Reason: Provided Arn is not in correct format.`);
}

function checkBus(target: Target, arn: Arn, bus: BusName): void {
  if (target.Arn === busArn(bus)) {
    refuse(`Parameter ${target.Arn} is not valid. Reason: The target event bus cannot be the event bus of the rule.`);
  }
  if (target.Input !== undefined || target.InputPath !== undefined || target.InputTransformer !== undefined) {
    refuse(`Input, InputPath and InputTransformer are not supported for target ${target.Arn}.`);
  }
  if (arn.account !== bus.account || arn.region !== bus.region) requireRole(target);
}

function checkInput({ Id: id, Input: input, InputPath: path, InputTransformer: transformer }: Target): void {
  if ([input, path, transformer].filter((one) => one !== undefined).length > 1) {
    refuse(`Only one of Input, InputPath, or InputTransformer must be provided for target ${id}.`);
  }
  if (input !== undefined && !isJson(input)) refuse(`JSON syntax error in input for target ${id}.`);
  if (path !== undefined && !stepsOf(path)) refuse(`Invalid InputPath for target ${id}.`);
  if (transformer) checkTransformer(id!, transformer);
}

function checkTransformer(
  id: string,
  { InputPathsMap = {}, InputTemplate = '' }: NonNullable<Target['InputTransformer']>,
): void {
  for (const [name, path] of Object.entries(InputPathsMap)) {
    if (!/^[A-Za-z0-9_-]{1,256}$/.test(name) || /^aws\./i.test(name)) {
      refuse(`InputPathsMap for target ${id} contains invalid key ${name}.`);
    }
    if (!stepsOf(path)) refuse(`Invalid InputTransformer for target ${id} : [Invalid JSON path ${path}].`);
  }
  for (const name of placeholdersIn(InputTemplate)) {
    if (!Object.hasOwn(InputPathsMap, name) && !RESERVED_VARIABLES.includes(name)) {
      refuse(`InputTemplate for target ${id} contains invalid placeholder ${name}.`);
    }
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function checkDeadLetter({ DeadLetterConfig }: Target, bus: BusName): void {
  const { Arn: text } = DeadLetterConfig ?? {};
  if (text === undefined) return;
  const arn = parseArn(text);
  if (arn?.service !== 'sqs')
    refuse(`Parameter DeadLetterConfig.Arn is not valid. Reason: Provided Arn is not in correct format.`);
  if (arn.resource.endsWith('.fifo'))
    refuse('Parameter DeadLetterConfig.Arn is not valid. Reason: FIFO queues are not supported.');
  if (arn.region !== bus.region) {
    refuse('Parameter DeadLetterConfig.Arn is not valid. Reason: The queue must be in the Region of the rule.');
  }
}
