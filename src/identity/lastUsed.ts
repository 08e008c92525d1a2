/**
 * When keys, roles, services and actions were used last: read off the journal, behind the requests themselves. There
 * management calls have their records; of calls that leave none (data events) the gateway notes the first in a while.
 *
 * Times are kept to the minute, as IAM tells them, so a busy key costs one row a minute. Refused calls count: IAM's
 * reports tell attempts (https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html). Calls
 * whose signature did not hold prove nothing about who made them, and do not count.
 */
import type { Caller } from '../core/context.ts';
import { eventOf } from '../core/events.ts';
import { type Dice, timeUuid } from '../core/ids.ts';
import { userIdentity } from '../core/userIdentity.ts';
import {
  type Follower,
  type JournalEntry,
  type JournalRow,
  type Table,
  type Transaction,
  table,
} from '../store/store.ts';

export interface Use {
  /** ISO 8601, to the minute. */
  readonly time: string;
  readonly region: string;
}

/** Last use of a long-term access key. */
export interface KeyUse extends Use {
  /** `AKIA…` */
  readonly id: string;
  /** Service prefix, as in policies: `iam`. */
  readonly service: string;
}
export const keyUses = table<KeyUse>('iam_key_use', { key: (u) => [u.id] });

/** Last use of a role's credentials. */
export interface RoleUse extends Use {
  /** `AROA…` */
  readonly id: string;
}
export const roleUses = table<RoleUse>('iam_role_use', { key: (u) => [u.id] });

/** Last attempt of a principal to reach a service. Listed by principal: prefix [principal]. */
export interface ServiceUse extends Use {
  /** Unique id of the user or role (`AIDA…`, `AROA…`); the account id for root. */
  readonly principal: string;
  readonly service: string;
  /** ARN of the user or role then. */
  readonly arn: string;
}
export const serviceUses = table<ServiceUse>('iam_service_use', { key: (u) => [u.principal, u.service] });

/** Last call of one action. Listed by principal and service: prefix [principal, service]. */
export interface ActionUse extends ServiceUse {
  /** As in policies, without the prefix: `CreateUser`. */
  readonly action: string;
  /** CloudTrail knows it as a data event, or not at all. */
  readonly isData?: true;
}
export const actionUses = table<ActionUse>('iam_action_use', { key: (u) => [u.principal, u.service, u.action] });

/** Last attempt of anybody in an account to reach a service. Listed by account: prefix [account]. */
export interface AccountUse extends ServiceUse {
  readonly account: string;
}
export const accountUses = table<AccountUse>('iam_account_use', { key: (u) => [u.account, u.service] });

export const lastUsed: Follower = {
  name: 'iam_last_used',
  async follow(entries, tx) {
    const latest = new Map<string, Latest>();
    const seen = new Set<string>();
    for (const entry of entries) {
      const head = headOf(entry);
      if (seen.has(head)) continue;
      const uses = usesIn(entry);
      if (uses.length > 0) seen.add(head);
      for (const use of uses) latest.set(use.id, use);
    }
    for (const use of latest.values()) await use.write(tx);
  },
};

interface Latest {
  readonly id: string;
  readonly write: (tx: Transaction) => Promise<void>;
}

/** Journal kind of an attempt that has no record. */
const USE_KIND = 'use';

/** Somebody's attempt to call something. */
interface Attempt extends Use {
  readonly account: string | undefined;
  readonly identity: Identity;
  readonly service: string;
  readonly action: string;
  readonly isData?: true;
}

interface Identity {
  readonly type?: string;
  readonly principalId?: string;
  readonly arn?: string;
  readonly accessKeyId?: string;
  readonly sessionContext?: { readonly sessionIssuer?: Pick<Identity, 'principalId' | 'arn'> };
}

interface Recorded {
  readonly eventTime: string;
  readonly eventSource: string;
  readonly eventName: string;
  readonly awsRegion: string;
  readonly eventType: string;
  readonly errorCode?: string;
  readonly recipientAccountId?: string;
  readonly userIdentity: Identity & { readonly accountId?: string };
}

interface Attempting extends Dice {
  readonly caller: Caller;
  readonly region: string;
  readonly now: Date;
}

/** What the journal keeps of an attempt without a record. `action` has its prefix: `s3:GetObject`. */
export function useEntry(by: Attempting, action: string): JournalEntry {
  const { caller, region, now } = by;
  const at = action.indexOf(':');
  const attempt: Attempt = {
    time: minuteOf(now.toISOString()),
    region,
    account: caller.account,
    identity: userIdentity(caller),
    service: action.slice(0, at),
    action: action.slice(at + 1),
    isData: true,
  };
  const body = JSON.stringify(attempt);
  return { id: timeUuid(now, by), kind: USE_KIND, account: caller.account, region, time: now.getTime(), body };
}

const minuteOf = (time: string) => `${time.slice(0, 16)}:00.000Z`;

/**
 * The record up to what uses do not depend on: who, when (to the second), what and where. A busy caller's records
 * have the same head again and again, and are read once.
 */
const headOf = (entry: JournalRow) => entry.account + entry.body.slice(0, entry.body.indexOf('"sourceIPAddress"'));

/** A batch may hold thousands of calls of one key: only the last use of each thing is written. */
function usesIn(entry: JournalRow): Latest[] {
  if (entry.kind === USE_KIND) return usesOf(eventOf<Attempt>(entry));
  const attempt = entry.kind === 'api' ? attemptIn(eventOf<Recorded>(entry)) : undefined;
  return attempt ? usesOf(attempt) : [];
}

function attemptIn(record: Recorded): Attempt | undefined {
  const { userIdentity: identity, awsRegion: region, eventName: action } = record;
  if (record.eventType !== 'AwsApiCall' || UNPROVED.has(record.errorCode ?? '')) return undefined;
  if (record.recipientAccountId !== identity.accountId) return undefined;
  const time = minuteOf(record.eventTime);
  return { time, region, account: identity.accountId, identity, service: namespaceOf(record.eventSource), action };
}

function usesOf({ time, region, account, identity, service, action, isData }: Attempt): Latest[] {
  const { principalId: principal, arn } = identity.sessionContext?.sessionIssuer ?? identity;
  const use: Use = { time, region };
  const uses: Latest[] = [];
  const key = identity.accessKeyId;
  if (key?.startsWith('AKIA')) uses.push(latestOf(keyUses, { ...use, id: key, service }));
  if (!principal || !arn || identity.type === 'AWSService') return uses;
  const serviceUse = { ...use, principal, service, arn };
  uses.push(latestOf(serviceUses, serviceUse));
  uses.push(latestOf(actionUses, { ...serviceUse, action, ...(isData && { isData }) }));
  if (account) uses.push(latestOf(accountUses, { ...serviceUse, account }));
  if (identity.type === 'AssumedRole') uses.push(latestOf(roleUses, { ...use, id: principal }));
  return uses;
}

function latestOf<R extends Use>(table: Table<R>, row: R): Latest {
  const key = table.key(row);
  return {
    id: [table.name, ...key].join(' '),
    async write(tx) {
      const known = await tx.get(table, key);
      if (known && (known.time > row.time || JSON.stringify(known) === JSON.stringify(row))) return;
      await tx.replace(table, row);
    },
  };
}

/** Answers to calls whose caller was not proved. */
const UNPROVED = new Set([
  'SignatureDoesNotMatch',
  'InvalidClientTokenId',
  'UnrecognizedClientException',
  'InvalidSignatureException',
  'IncompleteSignature',
  'IncompleteSignatureException',
  'MissingAuthenticationToken',
  'ExpiredToken',
  'ExpiredTokenException',
  'RequestExpired',
]);

/** Services whose events are recorded under another name than policies know them by. */
const NAMESPACES: Readonly<Record<string, string>> = {
  monitoring: 'cloudwatch',
  tagging: 'tag',
  email: 'ses',
};

/** `monitoring.amazonaws.com` → `cloudwatch`. */
export function namespaceOf(eventSource: string): string {
  const name = eventSource.slice(0, eventSource.indexOf('.'));
  return NAMESPACES[name] ?? name;
}
