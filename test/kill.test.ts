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
import { counter, diceOf } from './dice.ts';
import { folder, startedPlane } from './processes.ts';

const KILLS = 100;
const ANSWERS_MAX = 300;
const CONNECTIONS = 8;
const ACCOUNT = '000000000001';
const key = { accessKeyId: 'AKIAKILLKILLKILLKILL', secretAccessKey: 'kill' };
const signer = { ...key, region: 'us-east-1', service: 'iam' };

test(`CreateUser survives ${KILLS} kills: nothing answered is lost, nothing is half-written`, async (t) => {
  const dice = diceOf(t);
  const data = folder(t);
  const answered: string[] = [];
  const names = { n: 0 };
  for (let i = 0; i < KILLS; i++) {
    const plane = await startedPlane(t, data, { key, flags: ['--quota', 'UsersQuota=1000000'] });
    // The first call loads the service: the kill shall come when there is load.
    const answers = counter();
    const running = hammer(plane.port, answered, names, answers.add);
    await answers.more(1 + Math.floor(dice() * ANSWERS_MAX), plane.ended);
    await Promise.all([running, plane.kill()]);
  }
  assert.ok(answered.length > KILLS, `only ${answered.length} calls were answered`);
  t.diagnostic(`${answered.length} calls answered`);
  await verify(data, answered, names.n);
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

/** Creates users over several connections until the plane dies; notes each that was answered with 200. */
async function hammer(port: number, answered: string[], names: { n: number }, told: () => void): Promise<void> {
  await Promise.all(Array.from({ length: CONNECTIONS }, () => one(port, answered, names, told)));
}

function one(port: number, answered: string[], names: { n: number }, told: () => void): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    let name = '';
    let text = '';
    const send = () => {
      name = `user-${names.n++}`;
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
      send();
    });
    socket.on('error', () => resolve());
    socket.on('close', () => resolve());
  });
}
