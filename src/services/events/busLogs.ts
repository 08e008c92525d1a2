/**
 * Logs of event buses: a record for each step that an event takes, as far as the bus's log level goes, told to vended
 * log deliveries in the write set of the step.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-bus-logs.html
 */
import { createHash } from 'node:crypto';
import type { Target } from '@aws-sdk/client-eventbridge';
import { parseArn } from '../../core/arn.ts';
import { uuid } from '../../core/ids.ts';
import type { Task } from '../../core/tasks.ts';
import { vend } from '../../core/vendedLogs.ts';
import type { Transaction } from '../../store/store.ts';
import { type BusLogs, findBus } from './busRows.ts';
import type { Delivered, Delivery } from './deliveries.ts';
import type { BusEvent, Happening } from './happenings.ts';
import { type BusName, busArn, ruleArn } from './names.ts';
import type { Rule } from './ruleRows.ts';
import { inputOf } from './transform.ts';

type Level = 'ERROR' | 'INFO' | 'TRACE';

/** Each step, and from which level on it is logged. */
const STEPS = {
  EVENT_RECEIPT: 'TRACE',
  EVENT_INGEST_SUCCESS: 'INFO',
  EVENT_INGEST_FAILURE: 'ERROR',
  RULE_MATCH_START: 'TRACE',
  RULE_MATCH: 'INFO',
  NO_STANDARD_RULES_MATCHED: 'INFO',
  INVOCATION_START: 'INFO',
  INVOCATION_ATTEMPT_START: 'TRACE',
  INVOCATION_ATTEMPT_SUCCESS: 'TRACE',
  INVOCATION_ATTEMPT_RETRYABLE_FAILURE: 'ERROR',
  INVOCATION_ATTEMPT_PERMANENT_FAILURE: 'ERROR',
  INVOCATION_ATTEMPT_THROTTLE: 'ERROR',
  INVOCATION_THROTTLE_START: 'ERROR',
  INVOCATION_SUCCESS: 'INFO',
  INVOCATION_FAILURE: 'ERROR',
  INVOCATION_DLQ: 'ERROR',
} as const satisfies Readonly<Record<string, Level>>;

const REACH: Readonly<Record<string, readonly Level[]>> = {
  ERROR: ['ERROR'],
  INFO: ['ERROR', 'INFO'],
  TRACE: ['ERROR', 'INFO', 'TRACE'],
};

interface Step {
  readonly type: keyof typeof STEPS;
  readonly request?: string | undefined;
  readonly event: string;
  readonly invocation?: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly error_message: string; readonly aws_service: string } | undefined;
}

interface Teller {
  readonly store: Transaction;
  readonly now: Date;
}

/** Whether the bus logs anything; the cost of it is a look at a row. */
const logsOf = async (store: Transaction, bus: BusName): Promise<BusLogs | undefined> => {
  const { logs } = (await findBus(store, bus)) ?? {};
  return logs && REACH[logs.Level ?? 'OFF'] ? logs : undefined;
};

async function tell({ store, now }: Teller, bus: BusName, { Level = 'OFF' }: BusLogs, steps: readonly Step[]) {
  const resource = busArn(bus);
  const time = now.getTime();
  for (const level of REACH[Level] ?? []) {
    const told = steps.filter(({ type }) => STEPS[type] === level);
    if (told.length === 0) continue;
    const records = told.map((step) => ({ time, text: recordOf(resource, time, level, step) }));
    await vend({ store, now }, { resource, logType: `${level}_LOGS` }, records);
  }
}

const RECORD_BYTES_MAX = 1_048_576;
const DROPPED = ['target_input', 'target_properties', 'event_detail'];

/** A record that is too long loses what AWS leaves out first. */
function recordOf(resource: string, time: number, level: Level, step: Step): string {
  const details: Record<string, unknown> = { ...step.details };
  const dropped: string[] = [];
  const text = () =>
    JSON.stringify({
      resource_arn: resource,
      request_id: step.request,
      event_id: step.event,
      invocation_id: step.invocation,
      message_timestamp_ms: time,
      message_type: step.type,
      log_level: level,
      details,
      ...(dropped.length > 0 && { dropped_fields: dropped }),
      error: step.error,
    });
  for (const field of DROPPED) {
    if (Buffer.byteLength(text()) <= RECORD_BYTES_MAX) break;
    if (details[field] === undefined) continue;
    delete details[field];
    dropped.push(field);
  }
  return text();
}

const eventDetails = (event: BusEvent, full: boolean) => ({
  caller_account_id: event.account,
  source_time_ms: Date.parse(event.time),
  source: event.source,
  detail_type: event['detail-type'],
  resources: event.resources,
  ...(full && { event_detail: JSON.stringify(event.detail) }),
});

/** An event that was put on a bus; `refused`: what KMS said to that. */
export async function logIngestion(
  ctx: Teller & { readonly requestId: string },
  bus: BusName,
  event: BusEvent,
  refused?: Error,
) {
  const logs = await logsOf(ctx.store, bus);
  if (!logs) return;
  const details = eventDetails(event, logs.IncludeDetail === 'FULL');
  const common = { event: event.id, request: ctx.requestId, details };
  const error = refused && { error_message: refused.message, aws_service: 'kms' };
  const outcome = refused ? 'EVENT_INGEST_FAILURE' : 'EVENT_INGEST_SUCCESS';
  await tell(ctx, bus, logs, [
    { ...common, type: 'EVENT_RECEIPT' },
    { ...common, type: outcome, error },
  ]);
}

/** The rules that an event matched; archives are no standard rules. `put`: it was put on the bus by somebody. */
export async function logMatching(
  ctx: Teller,
  bus: BusName,
  { happening: { event }, sequence, put }: { happening: Happening; sequence: number; put: boolean },
  matched: readonly Rule[],
) {
  const standard = matched.filter(({ archive }) => archive === undefined);
  if ((standard.length === 0 && !put) || isOfLogDelivery(event)) return;
  const logs = await logsOf(ctx.store, bus);
  if (!logs) return;
  const start: Step = {
    type: 'RULE_MATCH_START',
    event: event.id,
    details: eventDetails(event, logs.IncludeDetail === 'FULL'),
  };
  const matches = standard.map(
    (rule): Step => ({
      type: 'RULE_MATCH',
      event: event.id,
      details: {
        rule_arn: ruleArn(rule),
        target_arns: rule.targets.map(({ Arn }) => Arn),
        invocation_ids: rule.targets.map(({ Id }) => invocationId(sequence, rule, Id)),
      },
    }),
  );
  const none: Step = { type: 'NO_STANDARD_RULES_MATCHED', event: event.id };
  await tell(ctx, bus, logs, [start, ...(matches.length > 0 ? matches : [none])]);
}

/**
 * Delivering logs makes calls that are events: a log of these would feed itself. Nobody else can put events of AWS's
 * services, and so hide in this way what was put.
 */
const isOfLogDelivery = ({ source, detail }: BusEvent) =>
  source.startsWith('aws.') &&
  (detail as { userIdentity?: { invokedBy?: string } }).userIdentity?.invokedBy === 'delivery.logs.amazonaws.com';

/** The same for each attempt. */
function invocationId(sequence: number, rule: Rule, target: string | undefined): string {
  const hash = createHash('sha256')
    .update(`${sequence} ${ruleArn(rule)} ${target}`)
    .digest();
  return uuid({ random: (bytes) => hash.subarray(0, bytes) });
}

interface Outcome {
  /** `SUCCESS`, or EventBridge's code of the failure. */
  readonly status: string;
  readonly message?: string;
  /** There is a next attempt. */
  readonly again: boolean;
  /** Dead letters were sent. */
  readonly letters: boolean;
}

/** An attempt to invoke a target with a batch of events, and what became of it. */
export async function logAttempt(ctx: Teller, task: Task, delivery: Delivery, outcome: Outcome): Promise<void> {
  const { rule } = delivery;
  const bus = { account: rule.account, region: rule.region, name: rule.bus };
  const logs = await logsOf(ctx.store, bus);
  if (!logs) return;
  const full = logs.IncludeDetail === 'FULL';
  const told = delivery.events.filter(({ happening }) => !isOfLogDelivery(happening.event));
  const steps = told.flatMap((event) => attemptSteps(ctx.now, task, delivery, event, outcome, full));
  await tell(ctx, bus, logs, steps);
}

function attemptSteps(
  now: Date,
  { attempt }: Task,
  { rule, target }: Delivery,
  event: Delivered,
  outcome: Outcome,
  full: boolean,
): Step[] {
  const { status, message, again, letters } = outcome;
  const common = { event: event.happening.event.id, invocation: invocationId(event.sequence, rule, target.Id) };
  const where = { rule_arn: ruleArn(rule), role_arn: target.RoleArn, target_arn: target.Arn };
  const input = full ? { target_input: inputIn(rule, target, event), target_properties: propertiesOf(target) } : {};
  const aws_service = parseArn(target.Arn ?? '')?.service ?? '';
  const error = message === undefined ? undefined : { error_message: message, aws_service };
  const begun = { ...where, attempt_count: attempt + 1, ...input };
  const latency = now.getTime() - event.received;
  const first = attempt === 0;
  const ended = {
    ...where,
    ...input,
    total_attempts: attempt + 1,
    final_invocation_status: status,
    ...(first && { ingestion_to_start_latency_ms: latency, ingestion_to_complete_latency_ms: latency }),
    ...(status === SUCCESS && { ingestion_to_success_latency_ms: latency }),
  };
  const tried = {
    ...where,
    attempt_type: first ? 'FIRST' : 'RETRY',
    attempt_count: attempt + 1,
    invocation_status: status,
  };
  const throttled = status === 'THROTTLING' && again && first;
  return [
    ...(first ? [{ ...common, type: 'INVOCATION_START', details: begun } as const] : []),
    { ...common, type: 'INVOCATION_ATTEMPT_START', details: begun },
    { ...common, type: attemptType(outcome), details: tried, error },
    ...(throttled ? [{ ...common, type: 'INVOCATION_THROTTLE_START', details: begun, error } as const] : []),
    ...(again ? [] : [{ ...common, type: endType(status), details: ended, error } as const]),
    ...(letters ? [{ ...common, type: 'INVOCATION_DLQ', details: ended, error } as const] : []),
  ];
}

export const SUCCESS = 'SUCCESS';

const endType = (status: string) => (status === SUCCESS ? 'INVOCATION_SUCCESS' : 'INVOCATION_FAILURE');

function attemptType({ status, again }: Outcome): keyof typeof STEPS {
  if (status === SUCCESS) return 'INVOCATION_ATTEMPT_SUCCESS';
  if (status === 'THROTTLING') return 'INVOCATION_ATTEMPT_THROTTLE';
  return again ? 'INVOCATION_ATTEMPT_RETRYABLE_FAILURE' : 'INVOCATION_ATTEMPT_PERMANENT_FAILURE';
}

/** Undefined where the target's template makes nothing of the event. */
function inputIn(rule: Rule, target: Target, event: Delivered): string | undefined {
  try {
    return inputOf(rule, target, event);
  } catch {
    return undefined;
  }
}

function propertiesOf(target: Target): string {
  const entries = Object.entries(target).filter(([name, value]) => /Parameters$/.test(name) && value !== undefined);
  return JSON.stringify(Object.fromEntries(entries));
}
