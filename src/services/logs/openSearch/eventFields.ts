/** All that a row has: what `*` shows, and PPL where no fields are chosen. */
import { discoveredFields, fieldReader, type Row } from '../insights/records.ts';
import { textOf, type Value } from '../insights/values.ts';
import { said } from './values.ts';

const SYSTEM = ['@timestamp', '@message', '@logStream', '@log'].map((name) => [name, fieldReader(name)] as const);

/** Times of events are told to the millisecond. */
export const shownAs = (name: string, value: Value): string | undefined =>
  name === '@timestamp' || name === '@ingestionTime' ? textOf(value) : said(value);

export function everyField(row: Row): Map<string, string> {
  const fields = new Map<string, string>();
  const add = (name: string, text: string | undefined) => {
    if (text !== undefined && !fields.has(name)) fields.set(name, text);
  };
  if (row.sides) {
    for (const side of row.sides.values()) if (side) for (const [name, text] of everyField(side)) add(name, text);
  } else if (row.event) {
    for (const [name, read] of SYSTEM) add(name, shownAs(name, read(row)));
    for (const [name, text] of discoveredFields(row)) add(name, text);
  }
  for (const [name, value] of row.made) {
    const text = shownAs(name, value);
    if (text === undefined) fields.delete(name);
    else fields.set(name, text);
  }
  return fields;
}
