/** The journal in PostgreSQL: entries by position, look-up rows by scope and time. */
import type pg from 'pg';
import type { JournalDriver, Place } from './driver.ts';
import type { JournalRow } from './store.ts';

const columns = 'sequence, id, kind, account, region, time, body';

export function postgresJournal(pool: pg.Pool): JournalDriver {
  const query = async (name: string, text: string, values: unknown[]) =>
    (await pool.query({ name, text, values })).rows;
  return {
    async tip() {
      return Number((await query('tip', 'select sequence from gatehouse.head', []))[0].sequence);
    },
    async read(after, limit) {
      const text = `select ${columns} from gatehouse.journal where sequence > $1 order by sequence limit $2`;
      return (await query('journal', text, [after, limit])).map(entryOf);
    },
    async entries(sequences) {
      const text = `select ${columns} from gatehouse.journal where sequence = any($1::bigint[])`;
      const found = (await query('entries', text, [[...sequences]])).map(entryOf);
      const bySequence = new Map(found.map((entry) => [entry.sequence, entry]));
      return sequences.flatMap((sequence) => bySequence.get(sequence) ?? []);
    },
    async lookup(scope, before, from, limit) {
      const text = `select time, sequence from gatehouse.lookup
        where scope = $1 and (time, sequence) <= ($2, $3) and time >= $4 order by time desc, sequence desc limit $5`;
      return (await query('lookup', text, [scope, before.time, before.sequence, from, limit])).map(placeOf);
    },
    async oldest(scope, before, limit) {
      const text = `select time, sequence from gatehouse.lookup
        where scope = $1 and time < $2 order by time, sequence limit $3`;
      return (await query('oldest', text, [scope, before, limit])).map(placeOf);
    },
    async prune(sequences, lookups) {
      const text = `with gone as (delete from gatehouse.journal where sequence = any($1::bigint[]))
        delete from gatehouse.lookup l
        using unnest($2::bigint[], $3::bigint[], $4::bigint[]) as p (scope, time, sequence)
        where l.scope = p.scope and l.time = p.time and l.sequence = p.sequence`;
      const places = [
        lookups.map((row) => row.scope),
        lookups.map((row) => row.time),
        lookups.map((row) => row.sequence),
      ];
      await query('prune', text, [[...sequences], ...places]);
    },
  };
}

function entryOf(row: Record<string, string>): JournalRow {
  const { id, kind, account, region, body } = row as unknown as JournalRow;
  return { sequence: Number(row.sequence), id, kind, account, region, time: Number(row.time), body };
}

function placeOf(row: Record<string, string>): Place {
  return { time: Number(row.time), sequence: Number(row.sequence) };
}
