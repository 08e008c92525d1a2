/**
 * Which actions a user or role used in a span of time, as the audit journal tells. The last use of each action answers
 * most of it; only for an action that was used again after the span, or elsewhere, are the records themselves read.
 * Refused calls count, as in AWS. Of data events only the service is told: Access Analyzer does not identify their
 * activity by action (https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-policy-generation.html).
 */
import type { Context } from '../../core/context.ts';
import { actionFact } from '../../core/facts.ts';
import { type ActionUse, actionUses, namespaceOf } from '../../identity/lastUsed.ts';
import { everyRow } from '../../store/everyRow.ts';

export interface Span {
  /** Unique id of the user or role. */
  readonly principal: string;
  readonly account: string;
  /** Milliseconds. */
  readonly from: number;
  readonly to: number;
  /** Undefined: all Regions. */
  readonly regions?: readonly string[] | undefined;
}

export interface Used {
  /** With prefix, sorted: `iam:ListUsers`. */
  readonly actions: readonly string[];
  /** Prefixes of the services used, sorted. */
  readonly services: readonly string[];
  /** Every operation was known as an action. */
  readonly isComplete: boolean;
}

const MINUTE = 60_000;

export async function usedActions(ctx: Context, span: Span): Promise<Used> {
  await ctx.journal.catchUp();
  const actions = new Set<string>();
  const services = new Set<string>();
  let isComplete = true;
  for await (const use of everyRow(ctx.store, actionUses, [span.principal])) {
    if (!(await isWithin(ctx, use, span))) continue;
    services.add(use.service);
    if (use.isData) continue;
    const action = actionOf(use.service, use.action);
    if (action === undefined) isComplete = false;
    else actions.add(action);
  }
  return { actions: [...actions].sort(), services: [...services].sort(), isComplete };
}

async function isWithin(ctx: Context, use: ActionUse, span: Span): Promise<boolean> {
  const last = Date.parse(use.time);
  if (last + MINUTE <= span.from) return false;
  const isHere = span.regions?.includes(use.region) ?? true;
  if (isHere && last >= span.from && last + MINUTE <= span.to + MINUTE) return true;
  for (const region of span.regions ?? [use.region]) if (await isRecorded(ctx, use, span, region)) return true;
  return false;
}

/** At most this many records are read to find one of the principal's. */
const PAGES_MAX = 40;

async function isRecorded(ctx: Context, { service, action, principal }: ActionUse, span: Span, region: string) {
  let after: string | undefined;
  for (let page = 0; page < PAGES_MAX; page++) {
    const { entries, next } = await ctx.journal.lookup({
      kind: 'api',
      account: span.account,
      region,
      attribute: { name: 'EventName', value: action },
      from: span.from,
      to: span.to,
      limit: 250,
      after,
    });
    if (entries.some(({ body }) => isBy(body, service, principal))) return true;
    if (next === undefined) return false;
    after = next;
  }
  return true; // Too many to read: a permission too much is told, never one too few.
}

interface Recorded {
  readonly eventSource: string;
  readonly userIdentity: {
    readonly principalId?: string;
    readonly sessionContext?: { readonly sessionIssuer?: { readonly principalId?: string } };
  };
}

function isBy(body: string, service: string, principal: string): boolean {
  const { eventSource, userIdentity } = JSON.parse(body) as Recorded;
  const by = userIdentity.sessionContext?.sessionIssuer?.principalId ?? userIdentity.principalId;
  return by === principal && namespaceOf(eventSource) === service;
}

/** Operations that are permitted by an action of another name. */
const PERMITTED_BY: Readonly<Record<string, string>> = {
  's3:HeadBucket': 's3:ListBucket',
  's3:HeadObject': 's3:GetObject',
  's3:ListBuckets': 's3:ListAllMyBuckets',
  's3:ListObjects': 's3:ListBucket',
  's3:ListObjectsV2': 's3:ListBucket',
  's3:ListObjectVersions': 's3:ListBucketVersions',
};

/** The action of a recorded operation; undefined where there is none of that name. */
function actionOf(service: string, operation: string): string | undefined {
  const known = PERMITTED_BY[`${service}:${operation}`];
  if (known !== undefined) return known;
  const bare = operation.replace(/(V2|\d{8}(v\d)?)$/, '');
  const fact = actionFact(service, operation) ?? actionFact(service, bare);
  return fact && `${fact.prefix}:${fact.name}`;
}
