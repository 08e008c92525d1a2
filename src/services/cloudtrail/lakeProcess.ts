/**
 * The process that answers one query of CloudTrail Lake and ends. The engine (DuckDB) holds the events in memory of its
 * own and may touch neither files nor the network nor its own settings. It is a process, not a thread, because texts
 * that a query makes are not in what the engine counts as memory: who grows beyond bounds is ended, and nobody else.
 */
import { on } from 'node:events';
import { gunzipSync } from 'node:zlib';
import { type DuckDBConnection, DuckDBInstance, StatementType } from '@duckdb/node-api';
import { functionsAt } from './lakeFunctions.ts';
import type { FromLake, LakeAnswer, LakeEvents, LakeQuestion, LakeStore, ToLake } from './lakeMessages.ts';
import { pagesOf } from './lakePages.ts';
import { rangesIn } from './lakeRanges.ts';
import { ACTIVITY_COLUMNS, COLUMNS, INSIGHT_COLUMNS } from './lakeSchema.ts';

const LOOKED_AT_EVERY_MS = 20;

const inbox = on(process, 'message');
const next = async () => ((await inbox.next()).value as [ToLake])[0];
const tell = (message: FromLake) => process.send?.(message);

async function answer(question: LakeQuestion): Promise<LakeAnswer> {
  const late = AbortSignal.timeout(question.timeoutMs);
  try {
    const connection = await engine(question);
    late.addEventListener('abort', () => connection.interrupt());
    await prepared(connection, question);
    tell({ ranges: await rangesIn(connection, question) });
    await connection.run('set lock_configuration=true');
    let events = 0;
    for (let message = await next(); message !== 'run'; message = await next()) {
      events += await load(connection, question, message as LakeEvents);
      tell('taken');
    }
    await connection.run('drop table raw');
    const results = await (await prepared(connection, question)).stream();
    return { ...(await pagesOf(results, question.statement, question.rowsMax)), events };
  } catch (error) {
    return { error: (error as Error).message, timedOut: late.aborted };
  }
}

/** With empty tables. From here on it reaches nothing that is not in them. */
async function engine({ memoryMegabytes, now, stores }: LakeQuestion): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(':memory:', {
    max_memory: `${memoryMegabytes}MB`,
    threads: '1',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    secret_directory: '',
  });
  const connection = await instance.connect();
  for (const statement of functionsAt(now)) await connection.run(statement);
  await connection.run('create table raw(j varchar)');
  for (const store of stores) await connection.run(`create table "${store.id}" as ${shaped(store)} limit 0`);
  await connection.run("set temp_directory=''");
  await connection.run('set enable_external_access=false');
  return connection;
}

/** The events among the raw lines, in the columns of their kind. */
const COLUMNS_OF = { calls: COLUMNS, activity: ACTIVITY_COLUMNS, insights: INSIGHT_COLUMNS } as const;

function shaped({ kind, since }: LakeStore): string {
  const columns = JSON.stringify(COLUMNS_OF[kind]);
  const time = "strptime(r.eventTime, '%Y-%m-%dT%H:%M:%SZ') as eventTime";
  return `select r.* replace (${time}), j as eventJson from (select json_transform(j, '${columns}') as r, j from raw)
    where r.eventTime >= '${since}'`;
}

async function load(connection: DuckDBConnection, { stores }: LakeQuestion, given: LakeEvents): Promise<number> {
  const store = stores.find(({ id }) => id === given.store);
  if (!store) return 0;
  const appender = await connection.createAppender('raw');
  let events = 0;
  for (const line of gunzipSync(given.segment).toString().split('\n')) {
    if (line === '') continue;
    appender.appendVarchar(line);
    appender.endRow();
    events++;
  }
  appender.closeSync();
  await connection.run(`insert into "${store.id}" ${shaped(store)}`);
  await connection.run('truncate raw');
  return events;
}

/** Throws unless it is one SELECT, as the engine reads it. */
async function prepared(connection: DuckDBConnection, { statement }: LakeQuestion) {
  const statements = await connection.extractStatements(statement);
  if (statements.count !== 1) throw new Error('Only one statement can be run.');
  const only = await statements.prepare(0);
  if (only.statementType !== StatementType.SELECT) throw new Error('Only SELECT statements can be run.');
  return only;
}

/** A process that exits would wait for the engine. */
const end = () => process.kill(process.pid, 'SIGKILL');

// Whoever asked is gone: so are we.
process.once('disconnect', end);
const question = (await next()) as LakeQuestion;
const bytesMax = question.memoryMegabytes * 2 * 1024 * 1024;
setInterval(() => {
  if (process.memoryUsage.rss() <= bytesMax) return;
  process.send?.({ error: 'The query needs more memory than it may take.', timedOut: false } satisfies FromLake, end);
}, LOOKED_AT_EVERY_MS);
tell(await answer(question));
