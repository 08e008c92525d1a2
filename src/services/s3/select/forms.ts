/** Functions of S3 Select whose arguments are not just a list. `condition` parses an argument. */
import { type Cursor, need, next, take } from './cursor.ts';
import { selectError } from './errors.ts';
import { functionNamed, timeOf, trimmed } from './functions.ts';
import type { Compute } from './query.ts';
import { added, difference, extractOf, isDatePart, type Precision } from './timestamps.ts';
import { isUnknown, numberIn, type Value } from './values.ts';

type Parse = (c: Cursor) => Compute;

/** Also `SUBSTRING(text FROM 2 FOR 3)`. */
function substring(c: Cursor, condition: Parse): Compute {
  const list = [condition(c)];
  while (take(c, ',') || take(c, 'from') || take(c, 'for')) list.push(condition(c));
  need(c, ')');
  const compute = functionNamed('substring', list.length, c.scope.now);
  return (row) => compute(list.map((each) => each(row)));
}

/** `TRIM(text)`, `TRIM(LEADING FROM text)`, `TRIM(BOTH 'x' FROM text)` */
function trim(c: Cursor, condition: Parse): Compute {
  const side = (['leading', 'trailing', 'both'] as const).find((each) => take(c, each));
  let characters: Compute = () => ' ';
  let text: Compute | undefined;
  if (!side || !take(c, 'from')) {
    text = condition(c);
    if (take(c, 'from')) {
      characters = text;
      text = undefined;
    }
  }
  const of = text ?? condition(c);
  need(c, ')');
  return (row) => trimmed(side ?? 'both', of(row), characters(row));
}

function datePart(c: Cursor): Precision {
  const { kind, text } = next(c);
  if (kind !== 'word' || !isDatePart(text)) throw selectError('ParseExpectedDatePart');
  c.at++;
  return text;
}

/** What takes a part of dates and two values; where one of those is unknown, the outcome is. */
const ofDates =
  (outcome: (part: Precision, first: Value, second: Value) => Value) =>
  (c: Cursor, condition: Parse): Compute => {
    const part = datePart(c);
    need(c, ',');
    const first = condition(c);
    need(c, ',');
    const second = condition(c);
    need(c, ')');
    return (row) => {
      const [one, other] = [first(row), second(row)];
      return isUnknown(one) || isUnknown(other) ? null : outcome(part, one, other);
    };
  };

/** `DATE_ADD(month, 1, time)` */
const dateAdd = ofDates((part, count, time) => {
  const number = numberIn(count);
  if (number === undefined || !Number.isInteger(number)) throw selectError('IncorrectSqlFunctionArgumentType');
  return added(part, number, timeOf(time));
});

/** `DATE_DIFF(day, time, time)` */
const dateDiff = ofDates((part, early, late) => difference(part, timeOf(early), timeOf(late)));

/** `EXTRACT(year FROM time)` */
function extract(c: Cursor, condition: Parse): Compute {
  const { kind, text } = next(c);
  const part = kind === 'word' ? extractOf(text) : undefined;
  if (!part) throw selectError('ParseExpectedDatePart');
  c.at++;
  need(c, 'from');
  const time = condition(c);
  need(c, ')');
  return (row) => {
    const of = time(row);
    return isUnknown(of) ? null : part(timeOf(of));
  };
}

/** Functions whose arguments are not just a list. */
export const OWN_FORMS: Readonly<Record<string, (c: Cursor, condition: Parse) => Compute>> = {
  date_add: dateAdd,
  date_diff: dateDiff,
  extract,
  substring,
  trim,
};
