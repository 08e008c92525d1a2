/**
 * What CloudTrail can add to an event for event data stores that ask for it: condition keys of the request, tags of
 * resources and principals, and fields that are too long for the record itself. It lies beside the journal, under the
 * event's id, until the stores have taken the event in.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-context-events.html
 */
import type { Transaction } from '../store/store.ts';
import { table } from '../store/store.ts';

/** Accounts and organizations with such an event data store; `*` marks that there are any. */
export interface ContextWish {
  readonly owner: string;
}

/** Written by the CloudTrail service whenever an event data store changes. */
export const contextWishes = table<ContextWish>('trail_context_wish', { key: (w) => [w.owner] });

type Values = Readonly<Record<string, string | readonly string[] | undefined>>;

/** What was asked of the policies for one event. */
export interface EventContext {
  /** Global condition keys. */
  requestContext: Values;
  principalTags: Readonly<Record<string, string>>;
  /** By the resource's ARN. */
  resourceTags: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** The record as it would be without limits on the length of its fields, where it differs. */
  whole?: string | undefined;
}

export const contextId = (eventId: string) => `trail-context/${eventId}`;

/** Whether events of this account are to be told more of: one look at a cached row where nobody wants any. */
export async function wantsContext(tx: Transaction, account: string, organization: string | undefined) {
  if (!(await tx.get(contextWishes, ['*']))) return false;
  if (await tx.get(contextWishes, [account])) return true;
  return organization !== undefined && (await tx.get(contextWishes, [organization])) !== undefined;
}

/** A context with one more question in it. */
export function withQuestion(before: EventContext | undefined, resource: string, conditions: Values): EventContext {
  const requestContext: Record<string, string | readonly string[] | undefined> = { ...before?.requestContext };
  for (const key of GLOBAL_KEYS) if (conditions[key] !== undefined) requestContext[key] = conditions[key];
  const tags = tagsIn(conditions, 'aws:ResourceTag/');
  return {
    requestContext,
    principalTags: { ...before?.principalTags, ...tagsIn(conditions, 'aws:PrincipalTag/') },
    resourceTags:
      tags && resource.startsWith('arn:')
        ? { ...before?.resourceTags, [resource]: tags }
        : (before?.resourceTags ?? {}),
  };
}

function tagsIn(conditions: Values, prefix: string): Readonly<Record<string, string>> | undefined {
  const named = Object.entries(conditions).filter(([key]) => key.startsWith(prefix));
  return named.length === 0
    ? undefined
    : Object.fromEntries(named.map(([key, value]) => [key.slice(prefix.length), String(value)]));
}

/** Keys that events can be enriched with. */
export const GLOBAL_KEYS: readonly string[] = [
  'aws:FederatedProvider',
  'aws:TokenIssueTime',
  'aws:MultiFactorAuthAge',
  'aws:MultiFactorAuthPresent',
  'aws:SourceIdentity',
  'aws:PrincipalAccount',
  'aws:PrincipalArn',
  'aws:PrincipalIsAWSService',
  'aws:PrincipalOrgID',
  'aws:PrincipalOrgPaths',
  'aws:PrincipalServiceName',
  'aws:PrincipalServiceNamesList',
  'aws:PrincipalType',
  'aws:userid',
  'aws:username',
  'aws:RequestedRegion',
  'aws:SecureTransport',
  'aws:ViaAWSService',
  'aws:CurrentTime',
  'aws:EpochTime',
  'aws:SourceAccount',
  'aws:SourceOrgID',
];
