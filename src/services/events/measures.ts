/**
 * What EventBridge tells CloudWatch: what came, what matched, what became of it.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html
 */
import { type Measurer, metrics, type Point, type Sample, tellSamples } from '../../core/metrics.ts';
import { DEFAULT_BUS, type RuleName } from './names.ts';

const NAMESPACE = 'AWS/Events';

type Kind = 'bus' | 'none' | 'rule';

/** By what each metric of a rule is told apart. */
const KINDS: Readonly<Record<string, readonly Kind[]>> = {
  MatchedEvents: ['bus', 'rule'],
  TriggeredRules: ['bus', 'none', 'rule'],
  InvocationsCreated: ['none'],
  Invocations: ['none', 'rule'],
  InvocationAttempts: ['bus', 'none', 'rule'],
  SuccessfulInvocationAttempts: ['bus', 'none', 'rule'],
  RetryInvocationAttempts: ['bus', 'none', 'rule'],
  FailedInvocations: ['rule'],
  InvocationsSentToDlq: ['rule'],
  InvocationsFailedToBeSentToDlq: ['rule'],
  IngestiontoInvocationStartLatency: ['bus', 'none', 'rule'],
  IngestiontoInvocationCompleteLatency: ['bus', 'none', 'rule'],
  IngestionToInvocationSuccessLatency: ['bus', 'none', 'rule'],
};

type Dimensions = readonly (readonly [name: string, value: string])[];

/** A rule of the default bus is told by its name alone. */
const DIMENSIONS: Readonly<Record<Kind, (rule: RuleName) => Dimensions>> = {
  none: () => [],
  bus: ({ bus }) => [['EventBusName', bus]],
  rule: ({ bus, name }) => [...(bus === DEFAULT_BUS ? [] : ([['EventBusName', bus]] as const)), ['RuleName', name]],
};

type Teller = Pick<Measurer, 'store' | 'now'>;

function tell(ctx: Teller, rule: RuleName, points: readonly Point[]): void {
  const time = ctx.now.getTime();
  const samples = points.flatMap(({ name, value, unit, count = 1 }) =>
    KINDS[name]!.map((kind): Sample => {
      const dimensions = DIMENSIONS[kind](rule);
      return { namespace: NAMESPACE, name, dimensions, unit, time, values: [value], counts: [count] };
    }),
  );
  tellSamples(ctx, { account: rule.account, region: rule.region, samples });
}

const count = (name: string, value: number): Point => ({ name, value, unit: 'Count' });
const latency = (name: string, value: number, events: number): Point => ({
  name,
  value: Math.max(0, value),
  unit: 'Milliseconds',
  count: events,
});

/** Events of a batch that matched a rule, which has so many targets. */
export function tellMatched(ctx: Teller, rule: RuleName, events: number, targets: number): void {
  const created = targets > 0 ? [count('InvocationsCreated', events * targets)] : [];
  tell(ctx, rule, [count('MatchedEvents', events), count('TriggeredRules', events), ...created]);
}

interface Attempt {
  readonly events: number;
  /** How many there were before. */
  readonly attempt: number;
  /** When the events came, in milliseconds. */
  readonly given: number;
}

function attempted({ now }: Teller, { events, attempt, given }: Attempt): Point[] {
  const attempts = count('InvocationAttempts', events);
  if (attempt > 0) return [attempts, count('RetryInvocationAttempts', events)];
  const age = now.getTime() - given;
  return [
    attempts,
    latency('IngestiontoInvocationStartLatency', age, events),
    latency('IngestiontoInvocationCompleteLatency', age, events),
  ];
}

export function tellDelivered(ctx: Teller, rule: RuleName, attempt: Attempt): void {
  const { events, given } = attempt;
  tell(ctx, rule, [
    ...attempted(ctx, attempt),
    count('Invocations', events),
    count('SuccessfulInvocationAttempts', events),
    latency('IngestionToInvocationSuccessLatency', ctx.now.getTime() - given, events),
  ]);
}

/** An attempt that failed and is made again. */
export function tellFailedAttempt(ctx: Teller, rule: RuleName, attempt: Attempt): void {
  tell(ctx, rule, attempted(ctx, attempt));
}

/** The last attempt failed. `letters`: how many became dead letters; undefined where none should. */
export function tellGivenUp(ctx: Teller, rule: RuleName, attempt: Attempt, letters: number | undefined): void {
  const { events } = attempt;
  const lost = letters === undefined ? 0 : events - letters;
  tell(ctx, rule, [
    ...attempted(ctx, attempt),
    count('Invocations', events),
    count('FailedInvocations', events),
    ...(letters ? [count('InvocationsSentToDlq', letters)] : []),
    ...(lost > 0 ? [count('InvocationsFailedToBeSentToDlq', lost)] : []),
  ]);
}

interface Put {
  readonly entries: number;
  readonly failed: number;
  readonly bytes?: number;
}

/** A call of PutEvents or PutPartnerEvents. */
export function tellPut(ctx: Measurer, operation: 'PutEvents' | 'PutPartnerEvents', { entries, failed, bytes }: Put) {
  const points = [
    count(`${operation}ApproximateCallCount`, 1),
    count(`${operation}ApproximateSuccessCount`, 1),
    count(`${operation}EntriesCount`, entries),
    count(`${operation}FailedEntriesCount`, failed),
  ];
  const size = bytes === undefined ? [] : [{ name: 'PutEventsRequestSize', value: bytes, unit: 'Bytes' }];
  metrics(ctx, { namespace: NAMESPACE, dimensions: {}, points: [...points, ...size] });
}

/** Events of a partner that a bus got. */
export function tellPartnerEvents(ctx: Measurer, source: string, account: string): void {
  const dimensions = { EventSourceName: source };
  metrics(ctx, { namespace: NAMESPACE, dimensions, points: [count('Events', 1)], account });
}
