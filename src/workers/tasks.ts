/**
 * Works through what is owed (core/tasks.ts): what is due, the oldest first, many at a time so that they share commits.
 */
import { type Again, pauseOf, type Task, type TaskHandler, tasks } from '../core/tasks.ts';
import type { ServiceRole, Surroundings, Worker } from '../core/worker.ts';
import type { Transaction } from '../store/store.ts';

/** Of one kind: however many there are of it, the others get their turn. */
const TASKS_A_TURN = 256;
/** Reaching outside at the same time, of one kind: nobody else waits for who hangs. */
const OUTSIDE_MAX = 64;
/** How long a task that reaches outside belongs to the plane that took it up. */
const HOLD_MS = 60_000;
const GIVEN_UP_AFTER_MS = 86_400_000;

export function taskWorker(handlers: readonly TaskHandler[]): Worker {
  const outside = new Map(handlers.map((handler) => [handler.kind, new Map<string, Promise<boolean>>()]));
  /** Starts what reaches outside, as far as there is room. The next turn does not wait for it. */
  const setOut = (handler: TaskHandler, due: readonly Task[], around: Surroundings): void => {
    const out = outside.get(handler.kind)!;
    for (const task of due) {
      if (out.size >= OUTSIDE_MAX) return;
      if (out.has(task.id)) continue;
      out.set(
        task.id,
        worked(task, handler, around).finally(() => out.delete(task.id)),
      );
    }
  };
  return {
    name: 'tasks',
    everyMs: 25,
    async work(around) {
      const now = around.now().getTime();
      if (!(await isAnyDue(around, now))) return false;
      const turns = handlers.map(async (handler) => {
        const { due, delayed } = await around.store.transaction((tx) => dueTasks(tx, handler.kind, now));
        if (handler.reach) {
          setOut(handler, due, around);
          return delayed;
        }
        const done = await Promise.all(due.map((task) => worked(task, handler, around)));
        return delayed || done.some((done) => done);
      });
      return (await Promise.all(turns)).some((done) => done);
    },
    async rest() {
      const under = [...outside.values()].flatMap((out) => [...out.values()]);
      return (await Promise.all(under)).some((done) => done);
    },
  };
}

async function isAnyDue({ store }: Surroundings, now: number): Promise<boolean> {
  const { rows } = await store.transaction((tx) => tx.list(tasks, [], { limit: 1, index: 'due' }));
  return rows[0] !== undefined && rows[0].due <= now;
}

/** Of each lane only the head. Those behind a head that is tried again later wait with it, out of the others' way. */
async function dueTasks(tx: Transaction, kind: string, now: number) {
  const { rows } = await tx.list(tasks, [kind], { limit: TASKS_A_TURN, index: 'kind' });
  const due: Task[] = [];
  const heads = new Map<string, Task>();
  let delayed = false;
  for (const task of rows) {
    if (task.due > now) break;
    const { lane } = task;
    if (lane !== undefined && !heads.has(lane)) heads.set(lane, await headOf(tx, lane));
    const head = lane === undefined ? task : heads.get(lane)!;
    if (head.kind === task.kind && head.id === task.id) due.push(task);
    else if (head.due > now) {
      await tx.replace(tasks, { ...task, due: head.due });
      delayed = true;
    }
  }
  return { due, delayed };
}

async function headOf(tx: Transaction, lane: string): Promise<Task> {
  const { rows } = await tx.list(tasks, [lane], { limit: 1, index: 'lane' });
  return rows[0]!;
}

/** Whether anything was done. A task that nobody here knows how to do waits for a plane that does. */
async function worked(task: Task, handler: TaskHandler, around: Surroundings): Promise<boolean> {
  try {
    let seen: unknown;
    if (handler.reach) {
      if (!(await held(task, around))) return false;
      seen = await handler.reach(task, { ...around, now: around.now() });
    }
    return await around.errand(roleOf(handler, task), async (ctx) => {
      const row = await stillOwed(ctx.store, task);
      if (row) await settled(ctx.store, row, await handler.settle(task, ctx, seen), ctx.now);
      return row !== undefined;
    });
  } catch (error) {
    return failed(task, handler, error, around);
  }
}

async function failed(task: Task, handler: TaskHandler, error: unknown, around: Surroundings): Promise<boolean> {
  try {
    return await around.errand(roleOf(handler, task), async (ctx) => {
      const row = await stillOwed(ctx.store, task);
      if (!row) return false;
      const again = handler.failed ? await handler.failed(task, ctx, error) : againByDefault(task, ctx.now);
      await settled(ctx.store, row, again, ctx.now);
      return true;
    });
  } catch (worse) {
    around.log(error);
    around.log(worse);
    return postponed(task, around);
  }
}

const roleOf = (handler: TaskHandler, { account, region }: Task): ServiceRole => ({
  principal: handler.principal,
  account,
  region,
});

function againByDefault(task: Task, now: Date): Again {
  return now.getTime() - task.given < GIVEN_UP_AFTER_MS ? pauseOf(task.attempt) : undefined;
}

/** The row, if it is as it was when it was taken up, but for being held. */
async function stillOwed(tx: Transaction, task: Task): Promise<Task | undefined> {
  const row = await tx.get(tasks, [task.kind, task.id]);
  return row?.attempt === task.attempt && row.given === task.given ? row : undefined;
}

/** `before`: the row as the work found it. Work that gave its own task anew, perhaps in the same moment, settled it. */
async function settled(tx: Transaction, before: Task, again: Again, now: Date): Promise<void> {
  const row = await tx.get(tasks, [before.kind, before.id]);
  if (row !== before) return;
  if (again === undefined) await tx.remove(tasks, [row.kind, row.id]);
  else await tx.replace(tasks, { ...row, due: now.getTime() + again, attempt: row.attempt + 1 });
}

/** Moves the task out of the others' way while it is reached for; false when another plane has it. */
function held(task: Task, { store, now }: Surroundings): Promise<boolean> {
  return store.transaction(async (tx) => {
    const row = await tx.get(tasks, [task.kind, task.id]);
    if (row === undefined || row.due !== task.due || row.attempt !== task.attempt) return false;
    await tx.replace(tasks, { ...row, due: now().getTime() + HOLD_MS });
    return true;
  });
}

async function postponed(task: Task, { store, now }: Surroundings): Promise<boolean> {
  await store.transaction(async (tx) => {
    if (await stillOwed(tx, task)) await tx.replace(tasks, { ...task, due: now().getTime() + HOLD_MS });
  });
  return false;
}
