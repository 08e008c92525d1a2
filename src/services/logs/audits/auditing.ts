/**
 * Audits events as they come in: counts those in which a data protection policy finds something, and owes a report on
 * each to the policy's destinations.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/mask-sensitive-log-data-audit-findings.html
 */
import type { Context } from '../../../core/context.ts';
import type { Sample } from '../../../core/metrics.ts';
import { later } from '../../../core/tasks.ts';
import type { VendedRecord } from '../../../core/vendedLogs.ts';
import { type DataIdentifier, findingsOf, lookFuel } from '../../../patterns/dataIdentifiers.ts';
import { TooCostly } from '../../../patterns/regex/index.ts';
import { pacer } from '../breath.ts';
import { protectionsOf } from '../dataProtection.ts';
import { groupArn, type LogGroup } from '../groupRows.ts';
import type { Events } from '../segments.ts';
import { NAMESPACE } from '../usage.ts';
import { LOG_DELIVERY } from '../vended/grants.ts';
import { type AuditDestination, destinationsOf } from './destinations.ts';
import { FINDINGS, type Findings } from './handler.ts';

const RECORDS_A_TASK = 500;
/** Objects hold what came in so many milliseconds. */
const OBJECT_MS = 300_000;

/** Samples of what was found. What log delivery writes is not audited: it might be findings. */
export async function audit(ctx: Context, group: LogGroup, { times, messages }: Events): Promise<Sample[]> {
  if (ctx.caller.service === LOG_DELIVERY) return [];
  const found = new Set<number>();
  const pace = pacer();
  for (const { identifiers, destinations } of await protectionsOf(ctx, group)) {
    const records: VendedRecord[] = [];
    for (const [n, message] of messages.entries()) {
      const pause = pace();
      if (pause) await pause;
      const dataIdentifiers = detected(identifiers, message);
      if (dataIdentifiers.length === 0) continue;
      found.add(n);
      const auditTimestamp = `${ctx.now.toISOString().slice(0, 19)}Z`;
      const text = JSON.stringify({ auditTimestamp, resourceArn: `${groupArn(group)}:*`, dataIdentifiers });
      records.push({ time: times[n] ?? ctx.now.getTime(), text });
    }
    for (const destination of destinationsOf(destinations, group)) await owe(ctx, group, destination, records);
  }
  if (found.size === 0) return [];
  const common = { namespace: NAMESPACE, dimensions: [], unit: 'Count', time: ctx.now.getTime() };
  return [{ ...common, name: 'LogEventsWithFindings', values: [found.size] }];
}

/** In the form of a report. Of a message that takes too long to look through nothing is known. */
function detected(identifiers: readonly DataIdentifier[], message: string) {
  const fuel = lookFuel();
  try {
    return identifiers.flatMap((identifier) => {
      const places = findingsOf(identifier, message, fuel);
      const detections = places.map(([begin, end]) => ({ start: begin + 1, end }));
      return places.length === 0 ? [] : [{ name: identifier.name, count: places.length, detections }];
    });
  } catch (error) {
    if (error instanceof TooCostly) return [];
    throw error;
  }
}

async function owe(
  ctx: Context,
  group: LogGroup,
  destination: AuditDestination,
  records: readonly VendedRecord[],
): Promise<void> {
  const { account, region } = group;
  const source = groupArn(group);
  const due = destination.type === 'S3' ? Math.ceil((ctx.now.getTime() + 1) / OBJECT_MS) * OBJECT_MS : undefined;
  for (let at = 0; at < records.length; at += RECORDS_A_TASK) {
    const body: Findings = { destination, source, records: records.slice(at, at + RECORDS_A_TASK) };
    const lane = `${FINDINGS} ${source} ${destination.arn}`;
    await later<Findings>(ctx, { kind: FINDINGS, body, due, account, region, lane });
  }
}
