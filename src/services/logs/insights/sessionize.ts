/**
 * `sessionize field, … [maxspan duration] [as name]`: rows of the same values belong to one session as long as not more
 * than that lies between one and the next, in the order in which rows come. Sessions are numbered.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Sessionize.html
 */
import { durationAt } from './periods.ts';
import { fieldReader, type Row, withFields } from './records.ts';
import type { RowCommand } from './rowCommands.ts';
import { fieldName, type Scanner, sign, word, wrong } from './scanner.ts';
import type { Stage } from './stages.ts';
import { numberOf, shown } from './values.ts';

const SPAN_MS = 30 * 60_000;

export function sessionizeAt(scanner: Scanner): RowCommand {
  const fields: string[] = [];
  do fields.push(fieldName(scanner) ?? wrong(scanner));
  while (sign(scanner, ','));
  let span = SPAN_MS;
  if (word(scanner, 'maxspan')) {
    sign(scanner, '=');
    span = durationAt(scanner);
  }
  const out = word(scanner, 'as') ? (fieldName(scanner) ?? wrong(scanner)) : 'session_id';
  return { stage: sessions(fields.map(fieldReader), span, out), adds: [out] };
}

const timestamp = fieldReader('@timestamp');

/** What lacks one of the values, or a time, belongs to no session. */
const sessions =
  (fields: readonly ReturnType<typeof fieldReader>[], span: number, out: string): Stage =>
  (next, budget) => {
    const last = new Map<string, { id: number; time: number }>();
    let count = 0;
    const sessionOf = (row: Row): number | null => {
      const time = numberOf(timestamp(row));
      const texts = fields.map((read) => shown(read(row)));
      if (time === undefined || texts.includes(undefined)) return null;
      const key = JSON.stringify(texts);
      const known = last.get(key);
      if (!known) {
        budget.take(2 * key.length + 150);
        last.set(key, { id: ++count, time });
        return count;
      }
      if (Math.abs(time - known.time) > span) known.id = ++count;
      known.time = time;
      return known.id;
    };
    return { push: (row) => next.push(withFields(row, [[out, sessionOf(row)]])), end: () => next.end() };
  };
