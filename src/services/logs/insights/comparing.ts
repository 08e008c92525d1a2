/** `pattern`, and what compares patterns with those of another time: `diff`, `logcompare`, `anomaly`. */
import { type Draft, show, shownNow } from './draft.ts';
import type { Evaluate } from './expressions.ts';
import { ANOMALY_FIELDS, anomaly, DIFF_FIELDS, PATTERN_FIELDS, pattern } from './patternStage.ts';
import { durationAt } from './periods.ts';
import { fieldReader } from './records.ts';
import { peekWord, sign, word, wrong } from './scanner.ts';

export function patternAt(draft: Draft, value: Evaluate): void {
  if (draft.pattern) wrong(draft.scanner, 'a query may have one pattern command');
  draft.pattern = { compares: false };
  draft.standardOnly = 'pattern';
  draft.remade = true;
  draft.stages.push(pattern(value, draft.clock, draft.pattern));
  show(draft, PATTERN_FIELDS);
  draft.ordered = false;
}

const EARLIER: Readonly<Record<string, (time: number, length: number) => number>> = {
  previous: (time, length) => time - length,
  previousday: (time) => time - DAY_MS,
  previousweek: (time) => time - 7 * DAY_MS,
  previousmonth: (time) => {
    const date = new Date(time);
    return date.setUTCMonth(date.getUTCMonth() - 1);
  },
};
const DAY_MS = 86_400_000;

export function diffAt(draft: Draft): void {
  const { scanner, clock } = draft;
  const name = peekWord(scanner);
  const known = Object.hasOwn(EARLIER, name) && name !== 'previous';
  if (known) scanner.at += name.length;
  const begin = EARLIER[known ? name : 'previous']!(clock.from, clock.to - clock.from + 1000);
  comparedWith(draft, begin);
}

/** `logcompare timeshift duration` */
export function logCompareAt(draft: Draft): void {
  const { scanner, clock } = draft;
  if (!word(scanner, 'timeshift')) wrong(scanner);
  sign(scanner, '=');
  comparedWith(draft, clock.from - durationAt(scanner));
}

/** A range of the same length; patterns of the messages, if no `pattern` says of what. */
function comparedWith(draft: Draft, from: number): void {
  if (!draft.pattern) patternAt(draft, fieldReader('@message'));
  draft.pattern!.compares = true;
  draft.compared = { from, to: from + draft.clock.to - draft.clock.from + 999 };
  show(draft, [...PATTERN_FIELDS, ...DIFF_FIELDS]);
}

export function anomalyAt(draft: Draft): void {
  if (!draft.pattern) wrong(draft.scanner, 'anomaly must follow pattern');
  draft.stages.push(anomaly);
  show(draft, [...shownNow(draft), ...ANOMALY_FIELDS]);
}
