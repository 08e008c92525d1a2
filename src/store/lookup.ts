/**
 * Look-up rows: for every entry one under its kind, account and Region, one more for each attribute value within them,
 * and one under the whole journal, by which the oldest are found. So a look-up of any kind is one walk back in time.
 */
import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { JournalDriver, LookupRow, Place } from './driver.ts';
import { spaceKey } from './keys.ts';
import type { JournalEntry, JournalRow, Lookup, StoreOptions } from './store.ts';

const everything = '';
/** Longer scopes are told by their digest: databases bound the length of an index key. */
const scopeLengthMax = 400;
const pruneStep = 100;

export function lookupRows(entry: JournalRow, { attributes }: StoreOptions): LookupRow[] {
  const { time, sequence } = entry;
  const scopes = new Set([everything, scopeOf(entry)]);
  for (const [name, value] of attributes(entry)) scopes.add(scopeOf(entry, { name, value }));
  return Array.from(scopes, (scope) => ({ scope, time, sequence }));
}

export async function lookupEntries(journal: JournalDriver, question: Lookup) {
  const limit = Math.max(0, question.limit);
  const scope = scopeOf(question, question.attribute);
  const last: Place = { time: question.to ?? Number.MAX_SAFE_INTEGER, sequence: Number.MAX_SAFE_INTEGER };
  let before = question.after === undefined ? last : earlier(last, placeOf(question.after));
  const entries: JournalRow[] = [];
  while (entries.length <= limit) {
    const wanted = limit + 1 - entries.length;
    const places = await journal.lookup(scope, before, question.from ?? Number.MIN_SAFE_INTEGER, wanted);
    entries.push(...(await journal.entries(places.map((place) => place.sequence))));
    const oldest = places.at(-1);
    if (oldest === undefined || places.length < wanted) break;
    before = { time: oldest.time, sequence: oldest.sequence - 1 };
  }
  const shown = entries.slice(0, limit);
  const end = shown.at(-1);
  return entries.length > limit && end !== undefined ? { entries: shown, next: cursorOf(end) } : { entries: shown };
}

/** Goes in steps, each with its look-up rows in one commit. Returns how many entries went. */
export async function pruneEntries(journal: JournalDriver, options: StoreOptions, before: number, limit: number) {
  let pruned = 0;
  while (pruned < limit) {
    const step = Math.min(pruneStep, limit - pruned);
    const places = await journal.oldest(everything, before, step);
    if (places.length === 0) break;
    const sequences = places.map((place) => place.sequence);
    const entries = await journal.entries(sequences);
    const roots = places.map((place) => ({ scope: everything, ...place }));
    await journal.prune(sequences, [...roots, ...entries.flatMap((entry) => lookupRows(entry, options))]);
    pruned += entries.length;
    if (places.length < step) break;
    await nextTurn();
  }
  return pruned;
}

type Scope = Pick<JournalEntry, 'kind' | 'account' | 'region'>;

function scopeOf({ kind, account, region }: Scope, attribute?: { readonly name: string; readonly value: string }) {
  const parts = [account, region];
  if (attribute !== undefined) parts.push(attribute.name, attribute.value);
  const scope = spaceKey(kind, parts);
  if (scope.length <= scopeLengthMax) return scope;
  return `${spaceKey(kind, [account, region])}#${createHash('sha256').update(scope).digest('base64url')}`;
}

/** The last entry shown: the next page begins before it. */
function cursorOf({ time, sequence }: Place): string {
  return Buffer.from(`${time}.${sequence}`).toString('base64url');
}

function placeOf(cursor: string): Place {
  const [time = Number.NaN, sequence = Number.NaN] = Buffer.from(cursor, 'base64url').toString().split('.').map(Number);
  if (!Number.isSafeInteger(time) || !Number.isSafeInteger(sequence))
    return { time: Number.MIN_SAFE_INTEGER, sequence: 0 };
  return { time, sequence: sequence - 1 };
}

function earlier(a: Place, b: Place): Place {
  return a.time < b.time || (a.time === b.time && a.sequence < b.sequence) ? a : b;
}
