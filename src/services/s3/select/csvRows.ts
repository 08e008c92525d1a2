/** Records of comma-separated values, as they come: no more of them is in memory than one record. */
import type { CSVInput } from '@aws-sdk/client-s3';
import { selectError } from './errors.ts';
import type { Row } from './query.ts';
import { RECORD_CHARACTERS_MAX, type Value } from './values.ts';

const COLUMNS_MAX = 10_000;

interface Format {
  readonly header: 'NONE' | 'USE' | 'IGNORE';
  readonly field: string;
  readonly record: string;
  readonly quote: string;
  /** What stands before a quotation mark that ends nothing. */
  readonly before: string;
  readonly comment: string;
}

/** Throws where the format is none. */
export function csvFormat(input: CSVInput): Format {
  const header = input.FileHeaderInfo ?? 'NONE';
  if (header !== 'NONE' && header !== 'USE' && header !== 'IGNORE') throw selectError('InvalidFileHeaderInfo');
  const quote = input.QuoteCharacter ?? '"';
  const format = {
    header,
    field: input.FieldDelimiter ?? ',',
    record: input.RecordDelimiter ?? '\n',
    quote,
    before: input.QuoteEscapeCharacter ?? quote,
    comment: input.Comments ?? '#',
  } as const;
  const lengths = [format.field.length === 1, [1, 2].includes(format.record.length), quote.length <= 1];
  const more = [format.before.length <= 1, format.comment.length <= 1, format.field !== format.record];
  if ([...lengths, ...more].includes(false)) throw selectError('InvalidRequestParameter');
  return format;
}

export async function* csvRows(text: AsyncIterable<string>, format: Format): AsyncGenerator<Row> {
  let names: ReadonlyMap<string, number> | undefined;
  let order: readonly string[] | undefined;
  let first = true;
  for await (const fields of records(text, format)) {
    if (first && format.header !== 'NONE') {
      if (format.header === 'USE') {
        order = fields;
        names = new Map(fields.map((name, i) => [name, i]));
      }
    } else yield csvRow(fields, names, order);
    first = false;
  }
}

/** By `_1`, or by a name of the first line. */
function csvRow(
  fields: readonly string[],
  names: ReadonlyMap<string, number> | undefined,
  order?: readonly string[],
): Row {
  return {
    get(name, exact): Value {
      const [, place] = /^_(\d{1,5})$/.exec(name) ?? [];
      const at = names?.get(name) ?? (exact ? undefined : caseless(names, name));
      return fields[at ?? (place === undefined ? -1 : Number(place) - 1)];
    },
    all: () => fields.map((value, i) => [order?.[i] ?? `_${i + 1}`, value]),
  };
}

function caseless(names: ReadonlyMap<string, number> | undefined, name: string): number | undefined {
  if (!names) return undefined;
  const lower = name.toLowerCase();
  for (const [each, place] of names) if (each.toLowerCase() === lower) return place;
  return undefined;
}

async function* records(text: AsyncIterable<string>, format: Format): AsyncGenerator<string[]> {
  let rest = '';
  for await (const chunk of text) {
    rest += chunk;
    rest = rest.slice(yield* wholeRecords(rest, format, false));
    if (rest.length > RECORD_CHARACTERS_MAX) throw selectError('OverMaxRecordSize');
  }
  const end = yield* wholeRecords(rest, format, true);
  if (end < rest.length) throw selectError('CSVParsingError'); // A quotation that never ends.
}

/** Returns where the first record begins of which not all is there. `last`: nothing comes behind. */
function* wholeRecords(text: string, format: Format, last: boolean): Generator<string[], number> {
  const marks = { field: nextOf(text, format.field), record: nextOf(text, format.record) };
  for (let at = 0; ; ) {
    const found = at < text.length ? recordIn({ text, at, format, marks, last }) : undefined;
    if (!found) return at;
    if (found.fields) yield found.fields;
    at = found.end;
  }
}

interface Marks {
  readonly field: (from: number) => number;
  readonly record: (from: number) => number;
}

/** Looks for a mark from places further and further on; passes over the text once, however many they are. */
function nextOf(text: string, mark: string): (from: number) => number {
  let found = -2;
  return (from) => {
    if (found !== -1 && found < from) found = text.indexOf(mark, from);
    return found;
  };
}

interface Place {
  readonly text: string;
  readonly at: number;
  readonly format: Format;
  readonly marks: Marks;
  readonly last: boolean;
}

interface Found {
  readonly end: number;
  /** Undefined of a comment, or of nothing. */
  readonly fields: string[] | undefined;
}

/** The record that begins there, if all of it is there. */
function recordIn({ text, at: start, format, marks, last }: Place): Found | undefined {
  const { field, record, comment } = format;
  const ends = (at: number) => text.startsWith(record, at);
  if (comment !== '' && text.startsWith(comment, start)) {
    const end = marks.record(start);
    if (end < 0) return last ? { end: text.length, fields: undefined } : undefined;
    return { end: end + record.length, fields: undefined };
  }
  const fields: string[] = [];
  for (let at = start; ; ) {
    const part = fieldIn({ text, at, format, marks, last });
    if (!part) return undefined;
    fields.push(
      record === '\n' && !part.quoted && !text.startsWith(field, part.end) ? part.value.replace(/\r$/, '') : part.value,
    );
    if (fields.length > COLUMNS_MAX) throw selectError('OverMaxColumn');
    at = part.end;
    if (text.startsWith(field, at)) {
      at += field.length;
      continue;
    }
    if (ends(at)) at += record.length;
    else if (text[at] === '\r' && text.startsWith(record, at + 1)) at += 1 + record.length;
    return { end: at, fields: fields.length === 1 && fields[0] === '' && !part.quoted ? undefined : fields };
  }
}

interface Part {
  readonly value: string;
  /** Where the delimiter behind it begins, or the end of all. */
  readonly end: number;
  readonly quoted: boolean;
}

function fieldIn({ text, at: from, format, marks, last }: Place): Part | undefined {
  if (format.quote !== '' && text.startsWith(format.quote, from)) return quotedIn(text, from + 1, format, last);
  const [a, b] = [marks.field(from), marks.record(from)];
  const end = a < 0 ? b : b < 0 ? a : Math.min(a, b);
  if (end < 0) return last ? { value: text.slice(from), end: text.length, quoted: false } : undefined;
  return { value: text.slice(from, end), end, quoted: false };
}

/** What is behind the closing mark belongs to it too. */
function quotedIn(
  text: string,
  from: number,
  { field, record, quote, before }: Format,
  last: boolean,
): Part | undefined {
  let value = '';
  for (let at = from; at < text.length; at++) {
    const char = text[at]!;
    if (char === before && (text[at + 1] === quote || (before !== quote && at + 1 < text.length))) {
      value += text[++at];
    } else if (char !== quote) value += char;
    else {
      if (at + 2 >= text.length && !last) return undefined; // It may be half of two.
      const behind = text.startsWith(field, at + 1) || text.startsWith(record, at + 1) || at + 1 >= text.length;
      if (!behind && !(text[at + 1] === '\r' && text.startsWith(record, at + 2))) throw selectError('CSVParsingError');
      return { value, end: at + 1, quoted: true };
    }
  }
  return undefined;
}
