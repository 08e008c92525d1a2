/**
 * A thread that answers one query of CloudTrail Lake and ends. The engine (DuckDB) holds the events in memory of its
 * own, within a limit, and may touch neither files nor the network nor its own settings.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { gunzipSync } from 'node:zlib';
import { type DuckDBConnection, DuckDBInstance, StatementType } from '@duckdb/node-api';
import { ACTIVITY_COLUMNS, COLUMNS, MACROS } from './lakeSchema.ts';

export interface LakeQuestion {
  readonly statement: string;
  /** Event data store → its segments: gzip of lines of JSON. */
  readonly stores: readonly LakeStore[];
  readonly memoryMegabytes: number;
  readonly timeoutMs: number;
  readonly rowsMax: number;
}

export interface LakeStore {
  readonly id: string;
  readonly segments: readonly Uint8Array[];
  /** Of events from outside of AWS. */
  readonly activity: boolean;
  /** ISO 8601: what happened before is past its retention, though its segment may not be. */
  readonly since: string;
}

export type LakeAnswer =
  | {
      readonly columns: readonly string[];
      readonly rows: readonly (readonly (string | null)[])[];
      readonly events: number;
    }
  | { readonly error: string; readonly timedOut: boolean };

async function answer(question: LakeQuestion): Promise<LakeAnswer> {
  const instance = await DuckDBInstance.create(':memory:', {
    max_memory: `${question.memoryMegabytes}MB`,
    threads: '1',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  const connection = await instance.connect();
  const late = AbortSignal.timeout(question.timeoutMs);
  late.addEventListener('abort', () => connection.interrupt());
  try {
    for (const macro of MACROS) await connection.run(macro);
    let events = 0;
    for (const store of question.stores) events += await load(connection, store);
    await connection.run("set temp_directory=''");
    await connection.run('set enable_external_access=false');
    await connection.run('set lock_configuration=true');
    return { ...(await asked(connection, question)), events };
  } catch (error) {
    return { error: (error as Error).message, timedOut: late.aborted };
  }
}

async function load(connection: DuckDBConnection, store: LakeStore): Promise<number> {
  const { id, segments, activity, since } = store;
  await connection.run('create table raw(j varchar)');
  const appender = await connection.createAppender('raw');
  let events = 0;
  for (const segment of segments) {
    for (const line of gunzipSync(segment).toString().split('\n')) {
      if (line === '') continue;
      appender.appendVarchar(line);
      appender.endRow();
      events++;
    }
  }
  appender.closeSync();
  const time = "strptime(r.eventTime, '%Y-%m-%dT%H:%M:%SZ') as eventTime";
  const shaped = `select json_transform(j, '${JSON.stringify(activity ? ACTIVITY_COLUMNS : COLUMNS)}') as r, j from raw`;
  await connection.run(`create table "${id}" as select r.* replace (${time}), j as eventJson from (${shaped})
    where r.eventTime >= '${since}'`);
  await connection.run('drop table raw');
  return events;
}

async function asked(connection: DuckDBConnection, { statement, rowsMax }: LakeQuestion) {
  const statements = await connection.extractStatements(statement);
  if (statements.count !== 1) throw new Error('Only one statement can be run.');
  const prepared = await statements.prepare(0);
  if (prepared.statementType !== StatementType.SELECT) throw new Error('Only SELECT statements can be run.');
  const reader = await prepared.streamAndReadUntil(rowsMax);
  const rows = reader.getRowsJson().slice(0, rowsMax);
  return { columns: reader.deduplicatedColumnNames(), rows: rows.map((row) => row.map(textOf)) };
}

function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

parentPort?.postMessage(await answer(workerData as LakeQuestion));
