/**
 * Asks the query engine, in a process of its own that ends with the answer. Few at a time: each may take as much memory
 * as its question allows.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import type { FromLake, LakeAnswer, LakeEvents, LakeQuestion, ToLake } from './lakeMessages.ts';
import type { Range } from './lakeRanges.ts';

const PROCESSES_MAX = 2;
/** For what the engine does not notice itself. */
const GRACE_MS = 5_000;
const WANTED_STILL_MS = 500;
const NO_ANSWER = 'The query ended without an answer.';

export interface Asking {
  /** Asked for when its turn has come. */
  readonly question: () => Promise<LakeQuestion>;
  /** The events of the stores that the query needs. */
  readonly events: (ranges: Readonly<Record<string, Range>>) => AsyncIterable<LakeEvents>;
  /** Whether anybody still waits for the answer: asked now and then. */
  readonly isWanted?: () => Promise<boolean>;
}

let running = 0;
const waiting: (() => void)[] = [];

export async function askLake(asking: Asking): Promise<LakeAnswer> {
  if (running >= PROCESSES_MAX) await new Promise<void>((resolve) => waiting.push(resolve));
  else running++;
  try {
    return await answered(await asking.question(), asking);
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running--;
  }
}

async function answered(question: LakeQuestion, { events, isWanted }: Asking): Promise<LakeAnswer> {
  const child = fork(new URL('./lakeProcess.ts', import.meta.url), {
    serialization: 'advanced',
    execArgv: [`--max-old-space-size=${question.memoryMegabytes}`],
    env: {},
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const ended = ending(child, question.timeoutMs, isWanted);
  /** What the process replies, or with what it ended. */
  const reply = (message: ToLake) => {
    const heard = new Promise<FromLake>((resolve) => child.once('message', (told: FromLake) => resolve(told)));
    if (child.connected) child.send(message);
    return Promise.race([heard, ended]);
  };
  try {
    const first = await reply(question);
    if (first === 'taken' || !('ranges' in first)) return answerIn(first);
    for await (const each of events(first.ranges)) {
      const told = await reply(each);
      if (told !== 'taken') return answerIn(told);
    }
    return answerIn(await reply('run'));
  } finally {
    child.kill('SIGKILL');
  }
}

const answerIn = (told: FromLake): LakeAnswer =>
  told === 'taken' || 'ranges' in told ? { error: NO_ANSWER, timedOut: false } : told;

/** Resolves when no answer will come any more. */
function ending(child: ChildProcess, timeoutMs: number, isWanted: Asking['isWanted']): Promise<LakeAnswer> {
  return new Promise((resolve) => {
    const failed = (error: string, timedOut = false) => resolve({ error, timedOut });
    AbortSignal.timeout(timeoutMs + GRACE_MS).addEventListener('abort', () => failed('The query took too long.', true));
    child.once('error', (error) => failed(error.message));
    child.once('exit', () => failed(NO_ANSWER));
    if (isWanted) void watch(child, isWanted, () => failed('Nobody waits for the answer any more.'));
  });
}

async function watch(child: ChildProcess, isWanted: () => Promise<boolean>, unwanted: () => void): Promise<void> {
  while (child.exitCode === null && child.signalCode === null) {
    if (!(await isWanted())) return unwanted();
    await pause(WANTED_STILL_MS, undefined, { ref: false });
  }
}
