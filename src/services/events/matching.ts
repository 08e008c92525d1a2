/**
 * Follows the journal and finds the rules that match: what comes of it is owed as tasks, one for each target and batch
 * of entries, or kept in an archive. Entries of accounts and Regions without rules cost a look into a map.
 */
import { compilePattern, type RuleSet, ruleSetOf } from '../../patterns/index.ts';
import { everyRow } from '../../store/everyRow.ts';
import type { Follower, JournalRow, Transaction } from '../../store/store.ts';
import { archivedEvents, archiveSizes } from './archiveRows.ts';
import { oweDelivery } from './deliveries.ts';
import { busOfEntry, type Happening, happeningOf, mayHappen, wasPut } from './happenings.ts';
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

export const matching: Follower = {
  name: 'events_matching',
  async follow(entries, tx) {
    const known = new Map<string, Asked | undefined>();
    const found = new Map<Rule, Match[]>();
    for (const entry of entries) {
      if (!mayHappen(entry)) continue;
      const bus = busOfEntry(entry);
      const key = `${entry.account} ${entry.region} ${bus}`;
      if (!known.has(key)) known.set(key, await askedOf(tx, entry, bus));
      const asked = known.get(key);
      if (!asked || (!asked.hasPatterns && !wasPut(entry))) continue;
      const happening = happeningOf(entry);
      if (!happening) continue;
      for (const rule of matchesOf(asked, happening)) {
        const matches = found.get(rule);
        if (matches) matches.push({ entry, happening });
        else found.set(rule, [{ entry, happening }]);
      }
    }
    for (const [rule, matches] of found) {
      if (rule.archive !== undefined) await archive(tx, rule, rule.archive, matches);
      else for (const target of rule.targets) await oweDelivery(tx, rule, target, matches);
    }
  },
};

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
  const { account, region } = rule;
  let bytes = 0;
  for (const { entry, happening } of matches) {
    const event = JSON.stringify(happening.event);
    bytes += Buffer.byteLength(event);
    const time = Date.parse(happening.event.time) || entry.time;
    const row = { account, region, archive: name, time, kept: entry.time, id: `${entry.sequence}`, event };
    await tx.replace(archivedEvents, row);
  }
  const size = await tx.get(archiveSizes, [account, region, name]);
  const events = (size?.events ?? 0) + matches.length;
  await tx.replace(archiveSizes, { account, region, archive: name, events, bytes: (size?.bytes ?? 0) + bytes });
}
