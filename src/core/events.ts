/** What a journal entry says. */
import type { JournalEntry } from '../store/store.ts';

const read = new WeakMap<JournalEntry, unknown>();

/** The entry's body as a value, parsed once for all who follow it. To be read, not changed. */
export function eventOf<T>(entry: JournalEntry): T {
  let event = read.get(entry);
  if (event === undefined) {
    event = JSON.parse(entry.body);
    read.set(entry, event);
  }
  return event as T;
}
