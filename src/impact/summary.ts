/**
 * What the replay found, in bounded memory: counts, and groups of calls by principal and action. Summaries of parts
 * add up to the summary of the whole, in any order.
 */
import type { DecidedBy, Judgement, Outcome, Skipped } from './judge.ts';
import type { TrailRecord } from './record.ts';

export type Changed = Exclude<Outcome, 'same'>;

export interface Example {
  readonly eventID: string;
  readonly eventTime: string;
  readonly file: string;
  /** Which of the file's records, from 1. */
  readonly record: number;
  readonly awsRegion?: string | undefined;
  readonly sourceIPAddress?: string | undefined;
  readonly resource?: string | undefined;
}

export interface Group {
  readonly outcome: Changed;
  readonly principal: string;
  readonly action: string;
  count: number;
  first: string;
  last: string;
  /** What decided, by its text. */
  readonly by: Map<string, DecidedBy>;
  /** What is not known, of an unknown outcome. */
  readonly gaps: Set<string>;
  example: Example;
}

export interface Fault {
  readonly file: string;
  /** Byte of the unpacked file; undefined when the file as a whole is meant. */
  readonly offset: number | undefined;
  readonly message: string;
}

/** Of one event AWS may write two records: one for the caller's account and a copy for the resource's owner. */
interface Tally {
  readonly counts: Record<Outcome, number>;
  deniedBefore: number;
  readonly groups: Map<string, Group>;
  groupsLeftOut: number;
}

export interface Summary {
  files: number;
  records: number;
  readonly skipped: Map<string, number>;
  faults: Fault[];
  faultCount: number;
  /** By the caller's account for copies, '' for all others. */
  readonly tallies: Map<string, Tally>;
  /** Accounts whose own records were seen. */
  readonly recipients: Set<string>;
  /** Actions that the Service Authorization Reference does not list. */
  readonly unlisted: Map<string, number>;
  pathsAssumed: number;
}

const groupsMax = 100_000;
const faultsMax = 1000;
const namesMax = 10_000;

export const emptySummary = (): Summary => ({
  ...{ files: 0, records: 0, skipped: new Map(), faults: [], faultCount: 0, tallies: new Map() },
  ...{ recipients: new Set(), unlisted: new Map(), pathsAssumed: 0 },
});

const emptyTally = (): Tally => ({
  counts: { same: 0, newlyDenied: 0, newlyAllowed: 0, unknown: 0 },
  deniedBefore: 0,
  groups: new Map(),
  groupsLeftOut: 0,
});

export function addRecord(
  summary: Summary,
  record: TrailRecord,
  judged: Judgement | Skipped,
  file: string,
  number: number,
): void {
  summary.records++;
  if ('skipped' in judged) {
    bump(summary.skipped, judged.skipped);
    return;
  }
  if (!judged.listed) bump(summary.unlisted, judged.action);
  if (judged.pathAssumed) summary.pathsAssumed++;
  const recipient = record.recipientAccountId;
  const account = judged.caller.account;
  const isCopy =
    record.sharedEventID !== undefined && account !== null && recipient !== undefined && recipient !== account;
  if (!isCopy && recipient !== undefined && recipient === account && summary.recipients.size < namesMax * 10) {
    summary.recipients.add(recipient);
  }
  const tally = tallyOf(summary, isCopy ? (account ?? '') : '');
  tally.counts[judged.outcome]++;
  if (judged.observed === 'denied') tally.deniedBefore++;
  if (judged.outcome !== 'same') group(tally, record, judged, judged.outcome, file, number);
}

function tallyOf(summary: Summary, copyOf: string): Tally {
  const found = summary.tallies.get(copyOf);
  if (found) return found;
  const made = emptyTally();
  summary.tallies.set(copyOf, made);
  return made;
}

function group(
  tally: Tally,
  record: TrailRecord,
  judged: Judgement,
  outcome: Changed,
  file: string,
  number: number,
): void {
  const principal = judged.caller.name;
  const key = `${outcome}\n${principal}\n${judged.action}`;
  const time = record.eventTime ?? '';
  const found = tally.groups.get(key);
  if (!found) {
    if (tally.groups.size >= groupsMax) {
      tally.groupsLeftOut++;
      return;
    }
    const { action } = judged;
    const made: Group = {
      ...{ outcome, principal, action, count: 1, first: time, last: time, by: new Map(), gaps: new Set() },
      example: exampleOf(record, judged, file, number),
    };
    remember(made, judged);
    tally.groups.set(key, made);
    return;
  }
  found.count++;
  if (time < found.first) found.first = time;
  if (time > found.last) found.last = time;
  remember(found, judged);
  if (isBefore(time, record.eventID ?? '', found.example)) found.example = exampleOf(record, judged, file, number);
}

function remember(group: Group, { by, gaps }: Judgement): void {
  if (by) rememberDecision(group.by, textOfDecision(by), by);
  for (const gap of gaps) if (group.gaps.size < 20) group.gaps.add(gap);
}

function rememberDecision(known: Map<string, DecidedBy>, text: string, by: DecidedBy): void {
  if (!known.has(text) && known.size < 20) known.set(text, by);
}

const decisionTexts = new WeakMap<DecidedBy, string>();

export function textOfDecision(by: DecidedBy): string {
  const found = decisionTexts.get(by);
  if (found !== undefined) return found;
  const made = decisionText(by);
  decisionTexts.set(by, made);
  return made;
}

function decisionText({ kind, explicit, policy, statement, sid }: DecidedBy): string {
  const layer = KINDS[kind] ?? kind;
  if (!explicit) return `no ${layer} allows`;
  return `${layer} ${policy ?? ''} statement ${statement}${sid ? ` (${sid})` : ''}`.replaceAll(/ +/g, ' ');
}

const KINDS: Readonly<Record<string, string>> = {
  scp: 'service control policy',
  rcp: 'resource control policy',
  identity: 'identity-based policy',
  boundary: 'permissions boundary',
  resource: 'resource-based policy',
  trust: 'role trust policy',
  session: 'session policy',
};

function exampleOf(record: TrailRecord, judged: Judgement, file: string, number: number): Example {
  const { awsRegion, sourceIPAddress, eventID, eventTime } = record;
  return {
    ...{ eventID: eventID ?? '', eventTime: eventTime ?? '', file, record: number },
    ...{ awsRegion, sourceIPAddress, resource: judged.resource },
  };
}

const isBefore = (time: string, id: string, { eventTime, eventID }: Example) =>
  time < eventTime || (time === eventTime && id < eventID);

function isEarlier(a: Example, b: Example): boolean {
  if (a.eventTime !== b.eventTime || a.eventID !== b.eventID) return isBefore(a.eventTime, a.eventID, b);
  return a.file < b.file || (a.file === b.file && a.record < b.record);
}

export function addFault(summary: Summary, fault: Fault): void {
  summary.faultCount++;
  if (summary.faults.length < faultsMax) summary.faults.push(fault);
}

function bump(map: Map<string, number>, name: string, by = 1): void {
  const found = map.get(name);
  if (found !== undefined) map.set(name, found + by);
  else if (map.size < namesMax) map.set(name, by);
}

/** Adds a part to the whole. */
export function merge(whole: Summary, part: Summary): void {
  whole.files += part.files;
  whole.records += part.records;
  whole.faultCount += part.faultCount;
  whole.pathsAssumed += part.pathsAssumed;
  whole.faults = [...whole.faults, ...part.faults].sort(byPlace).slice(0, faultsMax);
  for (const [reason, count] of part.skipped) bump(whole.skipped, reason, count);
  for (const [action, count] of part.unlisted) bump(whole.unlisted, action, count);
  for (const account of part.recipients) whole.recipients.add(account);
  for (const [copyOf, tally] of part.tallies) mergeTally(tallyOf(whole, copyOf), tally);
}

function byPlace(a: Fault, b: Fault): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return (a.offset ?? 0) - (b.offset ?? 0);
}

function mergeTally(whole: Tally, part: Tally): void {
  for (const outcome of Object.keys(whole.counts) as Outcome[]) whole.counts[outcome] += part.counts[outcome];
  whole.deniedBefore += part.deniedBefore;
  whole.groupsLeftOut += part.groupsLeftOut;
  for (const [key, group] of part.groups) {
    const found = whole.groups.get(key);
    if (!found) {
      if (whole.groups.size < groupsMax) whole.groups.set(key, group);
      else whole.groupsLeftOut += group.count;
      continue;
    }
    found.count += group.count;
    if (group.first < found.first) found.first = group.first;
    if (group.last > found.last) found.last = group.last;
    for (const [text, by] of group.by) found.by.set(text, by);
    for (const gap of group.gaps) found.gaps.add(gap);
    if (isEarlier(group.example, found.example)) found.example = group.example;
  }
}

/** The summary as it is told. */
export interface Result {
  readonly files: number;
  readonly records: number;
  /** Calls that were decided under the change. */
  readonly calls: number;
  readonly deniedBefore: number;
  readonly counts: Readonly<Record<Outcome, number>>;
  readonly groups: readonly Group[];
  /** Calls in groups that did not fit into memory. */
  readonly groupsLeftOut: number;
  readonly skipped: readonly (readonly [reason: string, count: number])[];
  /** Copies for the owner of the resource, of calls that are there for the caller too. */
  readonly copies: number;
  readonly unlisted: readonly (readonly [action: string, count: number])[];
  readonly pathsAssumed: number;
  readonly faults: readonly Fault[];
  readonly faultCount: number;
  readonly assumptions: readonly string[];
}

/** Copies count only where the caller's own account is not in the trail. */
export function resultOf(summary: Summary, assumptions: readonly string[] = []): Result {
  const whole = emptyTally();
  let copies = 0;
  for (const [copyOf, tally] of summary.tallies) {
    if (copyOf === '' || !summary.recipients.has(copyOf)) mergeTally(whole, tally);
    else copies += sum(Object.values(tally.counts));
  }
  const { counts, deniedBefore, groupsLeftOut } = whole;
  return {
    ...{ files: summary.files, records: summary.records, calls: sum(Object.values(counts)), deniedBefore },
    ...{ counts, groupsLeftOut, copies },
    groups: [...whole.groups.values()].sort(byWeight),
    skipped: byCount(summary.skipped),
    unlisted: byCount(summary.unlisted),
    ...{ pathsAssumed: summary.pathsAssumed, faultCount: summary.faultCount },
    faults: [...summary.faults].sort(byPlace),
    assumptions,
  };
}

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
const byCount = (map: ReadonlyMap<string, number>) => [...map].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));

const ORDER: readonly Changed[] = ['newlyDenied', 'newlyAllowed', 'unknown'];

function byWeight(a: Group, b: Group): number {
  const outcome = ORDER.indexOf(a.outcome) - ORDER.indexOf(b.outcome);
  if (outcome !== 0 || a.count !== b.count) return outcome || b.count - a.count;
  return `${a.principal} ${a.action}` < `${b.principal} ${b.action}` ? -1 : 1;
}
