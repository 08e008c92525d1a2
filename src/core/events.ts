/** What a journal entry says. */
import type { JournalEntry } from '../store/store.ts';

const EVENT = Symbol('event');

/** The entry's body as a value, parsed once for all who follow it. To be read, not changed. */
export function eventOf<T>(entry: JournalEntry & { [EVENT]?: unknown }): T {
  entry[EVENT] ??= JSON.parse(entry.body);
  return entry[EVENT] as T;
}
