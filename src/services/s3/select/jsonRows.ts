/** Records of JSON: a value a line, or those that a path finds in a whole document. */
import { selectError } from './errors.ts';
import { memberOf } from './operators.ts';
import type { Row } from './query.ts';
import { RECORD_CHARACTERS_MAX, type Value } from './values.ts';

const DOCUMENT_CHARACTERS_MAX = 16 * RECORD_CHARACTERS_MAX;

export async function* jsonRows(
  text: AsyncIterable<string>,
  type: 'LINES' | 'DOCUMENT',
  path: readonly (string | number)[],
): AsyncGenerator<Row> {
  for await (const value of type === 'LINES' ? lines(text) : document(text)) {
    for (const record of found(value, path, true)) yield jsonRow(record);
  }
}

const jsonRow = (value: Value): Row => ({
  get(name, exact) {
    if (name === '_1' && (typeof value !== 'object' || value === null)) return value;
    return memberOf(value, name, exact);
  },
  all: () =>
    typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [['_1', value]],
});

/** The first `[*]` of a path means each record; behind it, the items of a list. */
function* found(value: Value, [step, ...rest]: readonly (string | number)[], isRecord: boolean): Generator<Value> {
  if (step === undefined) yield value;
  else if (step === '*') {
    if (Array.isArray(value)) for (const item of value as Value[]) yield* found(item, rest, false);
    else if (isRecord) yield* found(value, rest, false);
    else if (typeof value === 'object' && value !== null) {
      for (const item of Object.values(value) as Value[]) yield* found(item, rest, false);
    }
  } else {
    const next = typeof step === 'number' ? (value as Value[] | undefined)?.[step] : memberOf(value, step, false);
    if (next !== undefined) yield* found(next, rest, false);
  }
}

function parsed(text: string): Value {
  try {
    return JSON.parse(text) as Value;
  } catch {
    throw selectError('JSONParsingError');
  }
}

async function* lines(text: AsyncIterable<string>): AsyncGenerator<Value> {
  let rest = '';
  for await (const chunk of text) {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() ?? '';
    for (const line of parts) {
      if (line.length > RECORD_CHARACTERS_MAX) throw selectError('OverMaxRecordSize');
      if (line.trim() !== '') yield parsed(line);
    }
    if (rest.length > RECORD_CHARACTERS_MAX) throw selectError('OverMaxRecordSize');
  }
  if (rest.trim() !== '') yield parsed(rest);
}

async function* document(text: AsyncIterable<string>): AsyncGenerator<Value> {
  let whole = '';
  for await (const chunk of text) {
    whole += chunk;
    if (whole.length > DOCUMENT_CHARACTERS_MAX) throw selectError('OverMaxRecordSize');
  }
  if (whole.trim() !== '') yield parsed(whole);
}
