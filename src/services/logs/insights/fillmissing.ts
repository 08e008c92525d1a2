/**
 * `fillmissing [with value for field, …]` after `stats … by bin(…)`: rows for periods in which nothing was, between the
 * first and the last one that there are, of every combination of what else `by` names; the earliest first.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Fillmissing.html
 */
import { ceilTo, type Period } from './periods.ts';
import type { Row } from './records.ts';
import { fieldName, numberAt, quoted, type Scanner, sign, word, wrong } from './scanner.ts';
import type { Stage } from './stages.ts';
import { Moment, numberOf, shown, type Value } from './values.ts';

/** What the last `stats` counted by. */
export interface Bins {
  /** The column of the periods, and the others. */
  readonly name: string;
  readonly period: Period;
  readonly others: readonly string[];
}

export function fillmissingAt(scanner: Scanner, bins: Bins | undefined): Stage {
  if (!bins) return wrong(scanner, 'fillmissing must follow stats by bin()');
  const values: [string, Value][] = [];
  if (word(scanner, 'with')) {
    do {
      const value = quoted(scanner) ?? signedAt(scanner) ?? wrong(scanner);
      if (!word(scanner, 'for')) wrong(scanner);
      values.push([fieldName(scanner) ?? wrong(scanner), value]);
    } while (sign(scanner, ','));
  }
  return filling(bins, values);
}

function signedAt(scanner: Scanner): number | undefined {
  const negative = sign(scanner, '-');
  const number = numberAt(scanner);
  return number === undefined ? undefined : negative ? -number : number;
}

const ROW_BYTES = 300;

function filling({ name, period, others }: Bins, values: readonly (readonly [string, Value])[]): Stage {
  const timeOf = ({ made }: Row) => numberOf(made.get(name) ?? null);
  return (next, budget) => {
    const groups = new Map<string, { readonly keys: readonly [string, Value][]; readonly rows: Map<number, Row> }>();
    return {
      push(row) {
        const time = timeOf(row);
        if (time === undefined) return true;
        const keys = others.map((other): [string, Value] => [other, row.made.get(other) ?? null]);
        const id = JSON.stringify(keys.map(([, value]) => shown(value) ?? null));
        let group = groups.get(id);
        if (!group) groups.set(id, (group = { keys, rows: new Map() }));
        budget.take(ROW_BYTES);
        group.rows.set(time, row);
        return true;
      },
      async end() {
        const times = [...groups.values()].flatMap(({ rows }) => [...rows.keys()]);
        const last = times.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
        let wanted = true;
        for (let time = times.reduce((a, b) => Math.min(a, b), last); wanted && time <= last; ) {
          for (const { keys, rows } of groups.values()) {
            budget.take(ROW_BYTES);
            const empty = (): Row => ({ made: new Map<string, Value>([...values, ...keys, [name, new Moment(time)]]) });
            budget.row();
            wanted = next.push(rows.get(time) ?? empty());
            if (!wanted) break;
            const pause = budget.pause();
            if (pause) await pause;
          }
          time = ceilTo(period, time + 1);
        }
        await next.end();
      },
    };
  };
}
