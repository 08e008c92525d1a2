/**
 * Look-up rows: for every entry one under its kind, account and Region, one more for each attribute value within them,
 * and one under the whole journal, by which the oldest are found. So a look-up of any kind is one walk back in time.
 * A scope is kept as a number of 53 bits, which makes rows a third as long; the entries found are compared with the
 * question, so two scopes that share a number are still told apart.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { JournalDriver, LookupRow, Place } from './driver.ts';
import { spaceKey } from './keys.ts';
import type { JournalEntry, JournalRow, Lookup, StoreOptions } from './store.ts';

const everything = 0;
const pruneStep = 100;

export function lookupRows(entry: JournalRow, { attributes }: StoreOptions): LookupRow[] {
  const { time, sequence } = entry;
  const scopes = new Set([everything, scopeOf(entry)]);
  for (const [name, value] of attributes(entry)) scopes.add(scopeOf(entry, { name, value }));
  return Array.from(scopes, (scope) => ({ scope, time, sequence }));
}

export async function lookupEntries(journal: JournalDriver, options: StoreOptions, question: Lookup) {
  const limit = Math.max(0, question.limit);
  const scope = scopeOf(question, question.attribute);
  const last: Place = { time: question.to ?? Number.MAX_SAFE_INTEGER, sequence: Number.MAX_SAFE_INTEGER };
  let before = question.after === undefined ? last : earlier(last, placeOf(question.after));
  const entries: JournalRow[] = [];
  while (entries.length <= limit) {
    const wanted = limit + 1 - entries.length;
    const places = await journal.lookup(scope, before, question.from ?? Number.MIN_SAFE_INTEGER, wanted);
    const found = await journal.entries(places.map((place) => place.sequence));
    for (const entry of found) if (answers(entry, question, options)) entries.push(entry);
    const oldest = places.at(-1);
    if (oldest === undefined || places.length < wanted) break;
    before = { time: oldest.time, sequence: oldest.sequence - 1 };
  }
  const shown = entries.slice(0, limit);
  const end = shown.at(-1);
  return entries.length > limit && end !== undefined ? { entries: shown, next: cursorOf(end) } : { entries: shown };
}

/** Goes in steps, each with its look-up rows in one commit. Returns how many entries went. */
export async function pruneEntries(journal: JournalDriver, options: StoreOptions, { before, limit, only }: Prune) {
  const scope = only === undefined ? everything : scopeOf(only);
  let pruned = 0;
  while (pruned < limit) {
    const step = Math.min(pruneStep, limit - pruned);
    const places = await journal.oldest(scope, before, step);
    if (places.length === 0) break;
    const found = await journal.entries(places.map((place) => place.sequence));
    const entries = only === undefined ? found : found.filter((entry) => scopeKey(entry) === scopeKey(only));
    if (only !== undefined && entries.length === 0) break;
    const kept = new Set(found.filter((entry) => !entries.includes(entry)).map((entry) => entry.sequence));
    const gone = places.filter((place) => !kept.has(place.sequence));
    const roots = gone.map((place) => ({ scope, ...place }));
    const rows = entries.flatMap((entry) => lookupRows(entry, options));
    await journal.prune(
      gone.map((place) => place.sequence),
      [...roots, ...rows],
    );
    pruned += entries.length;
    if (places.length < step) break;
    await nextTurn();
  }
  return pruned;
}

interface Prune {
  readonly before: number;
  readonly limit: number;
  readonly only?: Scope | undefined;
}

type Scope = Pick<JournalEntry, 'kind' | 'account' | 'region'>;

type Attribute = { readonly name: string; readonly value: string };

const scopeKey = ({ kind, account, region }: Scope) => spaceKey(kind, [account, region]);

function scopeOf(scope: Scope, attribute?: Attribute): number {
  const { kind, account, region } = scope;
  if (attribute === undefined) return known(`${kind} ${account} ${region}`, () => numberOf(scopeKey(scope)));
  const { name, value } = attribute;
  if (TIME_UUID.test(value)) return timeOf(value);
  return known(`${kind} ${account} ${region} ${name} ${value}`, () =>
    numberOf(spaceKey(kind, [account, region, name, value])),
  );
}

/** Few names make most of what happens: their numbers are worked out once. Two generations, forgotten as a whole. */
let younger = new Map<string, number>();
let elder = younger;
const KNOWN_MAX = 2_000;

function known(text: string, work: () => number): number {
  const found = younger.get(text);
  if (found !== undefined) return found;
  const number = elder.get(text) ?? work();
  if (younger.size >= KNOWN_MAX) {
    elder = younger;
    younger = new Map();
  }
  younger.set(text, number);
  return number;
}

const TIME_UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-/;

/**
 * The first 52 bits of a version-7 UUID, its version left out: ids made one after the other lie side by side. Scattered
 * as a hash scatters them, each would cost a page of the disk.
 */
function timeOf(uuid: string): number {
  return Number.parseInt(uuid.slice(0, 8) + uuid.slice(9, 13) + uuid[15], 16) || 1;
}

/** Mixes a text into 53 bits, never 0: two multiplicative hashes side by side, stirred into each other at the end. */
function numberOf(text: string): number {
  let high = 0x5bd1e995;
  let low = 0x1b873593;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    high = Math.imul(high ^ unit, 0x85ebca6b);
    low = Math.imul(low ^ unit, 0xc2b2ae35);
    high ^= high >>> 15;
    low ^= low >>> 13;
  }
  high = Math.imul(high ^ (low >>> 16), 0x27d4eb2f);
  low = Math.imul(low ^ (high >>> 15), 0x165667b1);
  return ((high ^ (low >>> 7)) & 0x1fffff) * 2 ** 32 + (low >>> 0) || 1;
}

function answers(entry: JournalEntry, { kind, account, region, attribute }: Lookup, { attributes }: StoreOptions) {
  if (entry.kind !== kind || entry.account !== account || entry.region !== region) return false;
  if (attribute === undefined) return true;
  return attributes(entry).some(([name, value]) => name === attribute.name && value === attribute.value);
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
