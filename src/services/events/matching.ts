/**
 * Follows the journal and finds the rules that match: what comes of it is owed as tasks, one for each target and batch
 * of entries, or kept in an archive. Entries of accounts and Regions without rules cost a look into a map.
 */
import { isLogged } from '../../core/loggingTrails.ts';
import { later } from '../../core/tasks.ts';
import { organizationIdOf } from '../../identity/organization.ts';
import { compilePattern, type RuleSet, ruleSetOf } from '../../patterns/index.ts';
import { everyRow } from '../../store/everyRow.ts';
import type { Follower, JournalRow, Transaction } from '../../store/store.ts';
import { archivedEvents, archiveSizes } from './archiveRows.ts';
import { logMatching } from './busLogs.ts';
import { oweDelivery } from './deliveries.ts';
import { busOfEntry, type Happening, happeningOf, isCall, mayHappen, wasPut } from './happenings.ts';
import { tellMatched } from './measures.ts';
import type { BusName } from './names.ts';
import { type Mark, marks, type Rule, rules } from './ruleRows.ts';

/** The rules of a bus that are on, compiled. */
interface Asked {
  readonly byName: ReadonlyMap<string, Rule>;
  readonly usual: RuleSet<Rule>;
  /** Those that also want read-only calls. */
  readonly everything: RuleSet<Rule>;
  readonly hasPatterns: boolean;
}

const compiled = new WeakMap<Mark, Asked>();
const NO_RULES = compiledOf([]);

export const matching: Follower = {
  name: 'events_matching',
  async follow(entries, tx) {
    const known = new Map<string, Asked | undefined>();
    const logged = new Map<string, boolean>();
    const found = new Map<Rule, Match[]>();
    for (const entry of entries) {
      if (!mayHappen(entry)) continue;
      const bus = busOfEntry(entry);
      const place = `${entry.account} ${entry.region}`;
      const key = `${place} ${bus}`;
      if (!known.has(key)) known.set(key, await askedOf(tx, entry, bus));
      const asked = known.get(key) ?? NO_RULES;
      if (!asked.hasPatterns && !wasPut(entry)) continue;
      if (isCall(entry)) {
        if (!logged.has(place)) logged.set(place, await isLoggedAt(tx, entry));
        if (!logged.get(place)) continue;
      }
      const happening = happeningOf(entry);
      if (!happening) continue;
      if (happening.sealed && known.get(key)) {
        await owe<OwedOpening>(tx, entry, OPEN, `${entry.sequence}`, { sequence: entry.sequence });
        continue;
      }
      const matched = matchesOf(asked, happening);
      await logMatches(tx, entry, happening, matched);
      for (const rule of matched) {
        const matches = found.get(rule);
        if (matches) matches.push({ entry, happening });
        else found.set(rule, [{ entry, happening }]);
      }
    }
    for (const [rule, matches] of found) await handed(tx, rule, matches);
  },
};

/** A schedule's events are for its own rule; what EventBridge logs are events that were put on a bus, or matched. */
function logMatches(store: Transaction, entry: JournalRow, happening: Happening, matched: readonly Rule[]) {
  const { account, region, time, sequence } = entry;
  const put = wasPut(entry) && happening.event.source !== OWN;
  const bus = { account, region, name: happening.bus };
  return logMatching({ store, now: new Date(time) }, bus, { happening, sequence, put }, matched);
}

/** The source of a schedule's events, which nobody else can put. */
const OWN = 'aws.events';

/** Calls reach EventBridge by way of CloudTrail, where a trail logs. */
const isLoggedAt = async (tx: Transaction, entry: JournalRow): Promise<boolean> =>
  isLogged(tx, entry, await organizationIdOf(tx, entry.account));

/** Hands one event to the rules that match it. */
export async function distributed(tx: Transaction, entry: JournalRow, happening: Happening): Promise<void> {
  const matched = matchesOf((await askedOf(tx, entry, happening.bus)) ?? NO_RULES, happening);
  await logMatches(tx, entry, happening, matched);
  for (const rule of matched) await handed(tx, rule, [{ entry, happening }]);
}

async function handed(tx: Transaction, rule: Rule, matches: readonly Match[]): Promise<void> {
  if (rule.archive === undefined) {
    const now = new Date(matches.at(-1)!.entry.time);
    tellMatched({ store: tx, now }, rule, matches.length, rule.targets.length);
    for (const target of rule.targets) await oweDelivery(tx, rule, target, matches);
  } else if (rule.archiveSealed) {
    const { account, region, archive } = rule;
    const [first] = matches;
    const sequences = matches.map(({ entry }) => entry.sequence);
    const id = [sequences[0], account, region, archive].join(' ');
    await owe<OwedArchiving>(tx, first!.entry, ARCHIVE_SEALED, id, { account, region, archive, sequences });
  } else await archive(tx, rule, rule.archive, matches);
}

/** The rules of an encrypted event are to be found. */
export const OPEN = 'events.open';
/** Events are to be encrypted into an archive. */
export const ARCHIVE_SEALED = 'events.archive-sealed';

export interface OwedOpening {
  readonly sequence: number;
}

export interface OwedArchiving {
  readonly account: string;
  readonly region: string;
  readonly archive: string;
  readonly sequences: readonly number[];
}

function owe<Body>(store: Transaction, { account, region, time }: JournalRow, kind: string, id: string, body: Body) {
  const random = (): never => {
    throw new Error('Tasks of events have ids of their own.');
  };
  return later<Body>({ store, now: new Date(time), account, region, random }, { kind, id, body });
}

interface Match {
  readonly entry: JournalRow;
  readonly happening: Happening;
}

async function askedOf(tx: Transaction, { account, region }: JournalRow, bus: string): Promise<Asked | undefined> {
  const mark = await tx.get(marks, [account, region, bus]);
  if (!mark) return undefined;
  const kept = compiled.get(mark);
  if (kept) return kept;
  const asked = compiledOf(await rulesOf(tx, mark));
  compiled.set(mark, asked);
  return asked;
}

async function rulesOf(tx: Transaction, mark: Mark): Promise<Rule[]> {
  const found: Rule[] = [];
  for await (const rule of everyRow(tx, rules, [mark.account, mark.region, mark.bus])) {
    if (rule.state !== 'DISABLED') found.push(rule);
  }
  return found;
}

function compiledOf(all: readonly Rule[]): Asked {
  const patterned = all.flatMap((rule) =>
    rule.pattern === undefined ? [] : [{ rule, pattern: compilePattern(rule.pattern) }],
  );
  const wantsAll = ({ rule }: { rule: Rule }) => rule.state === 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS';
  return {
    byName: new Map(all.map((rule) => [rule.name, rule])),
    usual: ruleSetOf(patterned),
    everything: ruleSetOf(patterned.filter(wantsAll)),
    hasPatterns: patterned.length > 0,
  };
}

function matchesOf(asked: Asked, { event, only, readOnlyCall }: Happening): readonly Rule[] {
  if (only === undefined) return (readOnlyCall ? asked.everything : asked.usual).matching(event);
  const named = only.flatMap((name) => asked.byName.get(name) ?? []);
  if (event['replay-name'] === undefined) return named;
  const matched = new Set(asked.usual.matching(event));
  return named.filter((rule) => matched.has(rule));
}

async function archive(tx: Transaction, rule: Rule, name: string, matches: readonly Match[]): Promise<void> {
  let bytes = 0;
  for (const { entry, happening } of matches) {
    const row = keptAs(rule, name, entry, happening);
    bytes += Buffer.byteLength(row.event);
    await tx.replace(archivedEvents, row);
  }
  await grown(tx, { ...rule, name }, { events: matches.length, bytes });
}

type Place = Pick<BusName, 'account' | 'region'>;

/** An event as an archive keeps it. */
export function keptAs({ account, region }: Place, name: string, entry: JournalRow, { event }: Happening) {
  const time = Date.parse(event.time) || entry.time;
  return {
    account,
    region,
    archive: name,
    time,
    kept: entry.time,
    id: `${entry.sequence}`,
    event: JSON.stringify(event),
  };
}

export async function grown(
  tx: Transaction,
  { account, region, name }: BusName,
  more: { readonly events: number; readonly bytes: number },
): Promise<void> {
  const size = await tx.get(archiveSizes, [account, region, name]);
  const events = (size?.events ?? 0) + more.events;
  await tx.replace(archiveSizes, { account, region, archive: name, events, bytes: (size?.bytes ?? 0) + more.bytes });
}
