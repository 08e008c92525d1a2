/**
 * kill -9 at random moments under load, on a real process with a real disk: whatever was answered is there afterwards
 * with its audit record, and nothing is half-written.
 */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { signedForm } from '../bench/load.ts';
import { attributesOf } from '../src/gateway/record.ts';
import { byName, users } from '../src/identity/principals.ts';
import { openStore } from '../src/store/open.ts';
import { folder, startedPlane } from './processes.ts';

const KILLS = 100;
const CONNECTIONS = 8;
const ACCOUNT = '000000000001';
const key = { accessKeyId: 'AKIAKILLKILLKILLKILL', secretAccessKey: 'kill' };
const signer = { ...key, region: 'us-east-1', service: 'iam' };

test(`CreateUser survives ${KILLS} kills: nothing answered is lost, nothing is half-written`, async (t) => {
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
  t.diagnostic(`SEED=${seed}`);
  const dice = diceOf(seed);
  const data = folder(t);
  const answered: string[] = [];
  const counter = { n: 0 };
  for (let i = 0; i < KILLS; i++) {
    const plane = await startedPlane(t, data, { key, flags: ['--quota', 'UsersQuota=1000000'] });
    await oneAnswer(plane.port, answered, counter);
    const running = hammer(plane.port, answered, counter);
    await new Promise((resolve) => setTimeout(resolve, dice() * 150));
    await Promise.all([running, plane.kill()]);
  }
  assert.ok(answered.length > KILLS, `only ${answered.length} calls were answered`);
  t.diagnostic(`${answered.length} calls answered`);
  await verify(data, answered, counter.n);
});

async function verify(data: string, answered: readonly string[], asked: number): Promise<void> {
  const store = await openStore(`sqlite:${join(data, 'gatehouse.db')}`, {
    attributes: attributesOf,
    followers: [],
    log: (error) => assert.fail(String(error)),
  });
  const recorded = new Set<string>();
  for (let after = 0; ; ) {
    const entries = await store.journal.read(after, 1000);
    for (const { body } of entries) recorded.add(JSON.parse(body).responseElements.user.userName);
    if (entries.length === 0) break;
    after = entries.at(-1)!.sequence;
  }
  await store.transaction(async (tx) => {
    for (const name of answered) {
      assert.ok(await tx.get(users, byName(ACCOUNT, name)), `${name} was answered and is lost`);
      assert.ok(recorded.has(name), `${name} was answered and its record is lost`);
    }
    const listed = await tx.list(users, [ACCOUNT], { limit: asked + 1 });
    assert.deepEqual(new Set(listed.rows.map((user) => user.name)), recorded, 'rows and records differ');
    const byPath = await tx.list(users, [ACCOUNT], { limit: asked + 1, index: 'path' });
    assert.equal(byPath.rows.length, listed.rows.length, 'rows and index rows differ');
    assert.equal(await tx.count(users, [ACCOUNT]), listed.rows.length, 'rows and their count differ');
  });
  await store.close();
}

/** The first call loads the service: the kill shall come when there is load. */
function oneAnswer(port: number, answered: string[], counter: { n: number }): Promise<void> {
  const first = new AbortController();
  return one(port, answered, counter, () => first.abort(), first.signal);
}

/** Creates users over several connections until the plane dies; notes each that was answered with 200. */
async function hammer(port: number, answered: string[], counter: { n: number }): Promise<void> {
  await Promise.all(Array.from({ length: CONNECTIONS }, () => one(port, answered, counter)));
}

function one(
  port: number,
  answered: string[],
  counter: { n: number },
  told: () => void = () => undefined,
  signal?: AbortSignal,
): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    signal?.addEventListener('abort', () => socket.destroy());
    let name = '';
    let text = '';
    const send = () => {
      name = `user-${counter.n++}`;
      text = '';
      socket.write(
        signedForm(signer, { host: '127.0.0.1', port }, `Action=CreateUser&UserName=${name}&Version=2010-05-08`),
      );
    };
    socket.on('connect', send);
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (!text.includes('</CreateUserResponse>')) return;
      answered.push(name);
      told();
      if (!signal?.aborted) send();
    });
    socket.on('error', () => resolve());
    socket.on('close', () => resolve());
  });
}

/** Numbers from 0 to 1, the same for the same seed. */
function diceOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
