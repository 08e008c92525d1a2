import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Context } from '../core/context.ts';
import { later, type Task, type TaskHandler, tasks } from '../core/tasks.ts';
import type { Surroundings } from '../core/worker.ts';
import { errand } from '../gateway/errand.ts';
import { testCloud } from '../testing/cloud.ts';
import { taskWorker } from './tasks.ts';

const ROLE = { principal: 'test.amazonaws.com', account: '111122223333', region: 'us-east-1' };

async function plane(handler: Partial<TaskHandler<string>>) {
  const cloud = await testCloud();
  const done: string[] = [];
  const settle = async ({ body }: Task<string>) => void done.push(body);
  const worker = taskWorker([{ kind: 'test', principal: ROLE.principal, settle, ...handler }]);
  const around: Surroundings = { ...cloud.deps, now: cloud.now, errand: (as, work) => errand(cloud.deps, as, work) };
  const inContext = <T>(work: (ctx: Context) => Promise<T>) => errand(cloud.deps, ROLE, work);
  return {
    done,
    advance: cloud.advance,
    give: (body: string, more: object = {}) => inContext((ctx) => later(ctx, { kind: 'test', body, ...more })),
    due: (duration: number) => cloud.now().getTime() + duration,
    turn: async () => {
      const done = await worker.work(around);
      return (await worker.rest?.()) || done;
    },
    rows: async () => (await inContext((ctx) => ctx.store.list(tasks, [], { limit: 100 }))).rows,
  };
}

test('a task is done when it is due, once', async () => {
  const { give, turn, done, advance, due, rows } = await plane({});
  await give('now');
  await give('then', { due: due(60_000) });
  assert.equal(await turn(), true);
  assert.equal(await turn(), false);
  assert.deepEqual(done, ['now']);
  advance('PT1M');
  await turn();
  assert.deepEqual(done, ['now', 'then']);
  assert.deepEqual(await rows(), []);
});

test('what fails is tried again with growing pauses, and holds up its lane only', async () => {
  let broken = true;
  const done: string[] = [];
  const settle = async ({ body }: Task<string>) => {
    if (body === 'first' && broken) throw new Error('away');
    done.push(body);
    return undefined;
  };
  const { give, turn, advance, rows } = await plane({ settle });
  for (const body of ['first', 'second']) await give(body, { lane: 'a' });
  await give('other', { lane: 'b' });
  await turn();
  await turn();
  assert.deepEqual(done, ['other']);
  advance('PT1S');
  await turn();
  assert.equal((await rows())[0]?.attempt, 2);
  broken = false;
  advance('PT2S');
  for (let i = 0; i < 3; i++) await turn();
  assert.deepEqual(done, ['other', 'first', 'second']);
  assert.deepEqual(await rows(), []);
});

test('a long lane that is held up keeps no room from others', async () => {
  let broken = true;
  const done: string[] = [];
  const settle = async ({ body, lane }: Task<string>) => {
    if (lane !== undefined && broken) throw new Error('away');
    done.push(body);
    return undefined;
  };
  const { give, turn, advance } = await plane({ settle });
  const waiting = Array.from({ length: 300 }, (_, n) => `${n}`);
  for (const body of waiting) await give(body, { lane: 'a' });
  await give('other');
  while (await turn());
  assert.deepEqual(done, ['other']);
  broken = false;
  advance('PT1M');
  while (await turn());
  assert.deepEqual(done, ['other', ...waiting]);
});

test('what cannot be done goes where `failed` puts it; what reaches outside hands over what it saw', async () => {
  const seen: unknown[] = [];
  const { give, turn, rows } = await plane({
    reach: async ({ body }) => {
      if (body === 'lost') throw new Error('gone');
      return `${body} seen`;
    },
    settle: async (_task, _ctx, what) => void seen.push(what),
    failed: async (_task, _ctx, error) => void seen.push((error as Error).message),
  });
  await give('fine');
  await give('lost');
  await turn();
  assert.deepEqual(seen.toSorted(), ['fine seen', 'gone']);
  assert.deepEqual(await rows(), []);
});

test('a task with an id of its own replaces the one before', async () => {
  const { give, turn, done, due, advance } = await plane({});
  await give('old', { id: 'alarm' });
  await give('new', { id: 'alarm', due: due(1000) });
  await turn();
  advance('PT1S');
  await turn();
  assert.deepEqual(done, ['new']);
});

test('work that gives its own task anew is done anew, also in the same moment', async () => {
  const done: string[] = [];
  const settle = async ({ body }: Task<string>, ctx: Context) => {
    done.push(body);
    if (done.length < 4) await later(ctx, { kind: 'test', id: 'self', body: `turn ${done.length}` });
    return undefined;
  };
  const { give, turn, rows } = await plane({ settle });
  await give('turn 0', { id: 'self' });
  for (let i = 0; i < 6; i++) await turn();
  assert.deepEqual(done, ['turn 0', 'turn 1', 'turn 2', 'turn 3']);
  assert.deepEqual(await rows(), []);
});

test('a task that fails for a day is given up', async () => {
  const { give, turn, advance, rows } = await plane({
    settle: async () => {
      throw new Error('never');
    },
  });
  await give('doomed');
  await turn();
  advance('P1DT1S');
  await turn();
  assert.deepEqual(await rows(), []);
});

test('who hangs outside holds up nobody else', async () => {
  const hanging = Promise.withResolvers<void>();
  const cloud = await testCloud();
  const done: string[] = [];
  const handlers: TaskHandler<string>[] = [
    { kind: 'outside', principal: ROLE.principal, reach: () => hanging.promise, settle: async () => undefined },
    { kind: 'inside', principal: ROLE.principal, settle: async ({ body }) => void done.push(body) },
  ];
  const worker = taskWorker(handlers);
  const around: Surroundings = { ...cloud.deps, now: cloud.now, errand: (as, work) => errand(cloud.deps, as, work) };
  await errand(cloud.deps, ROLE, async (ctx) => {
    for (let i = 0; i < 300; i++) await later(ctx, { kind: 'outside', body: `${i}` });
    await later(ctx, { kind: 'inside', body: 'mine' });
  });
  await worker.work(around);
  assert.deepEqual(done, ['mine']);
  hanging.resolve();
  assert.equal(await worker.rest?.(), true);
});

test('what a plane had in hand outside when it died is done by the next one, a minute later', async () => {
  const cloud = await testCloud();
  const around: Surroundings = { ...cloud.deps, now: cloud.now, errand: (as, work) => errand(cloud.deps, as, work) };
  const done: string[] = [];
  const settle = async ({ body }: Task<string>) => void done.push(body);
  const workerWith = (reach: () => Promise<void>) =>
    taskWorker([{ kind: 'outside', principal: ROLE.principal, reach, settle }]);
  await errand(cloud.deps, ROLE, (ctx) => later(ctx, { kind: 'outside', body: 'mine' }));
  const taken = Promise.withResolvers<void>();
  const dead = workerWith(() => {
    taken.resolve();
    return new Promise(() => undefined);
  });
  await dead.work(around);
  await taken.promise;
  const next = workerWith(async () => undefined);
  const turn = async () => {
    await next.work(around);
    await next.rest?.();
  };
  await turn();
  assert.deepEqual(done, []);
  cloud.advance('PT1M');
  await turn();
  assert.deepEqual(done, ['mine']);
});
