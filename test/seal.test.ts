/** The seal of the root key, with real processes: a plane that starts sealed, `gatehouse seal`, and kill -9 in between. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { KMS } from '@aws-sdk/client-kms';
import { STS } from '@aws-sdk/client-sts';
import { diceOf } from './dice.ts';
import { type Environment, folder, gatehouse, plane, startedPlane } from './processes.ts';

const KILLS = 12;

const withPassphrase = (text: string): Environment => ({ GATEHOUSE_SEAL_PASSPHRASE: text });

const seal = (args: readonly string[], env?: Environment) => gatehouse(['seal', ...args], env);

async function started(t: TestContext, data: string, env: Environment) {
  const found = await startedPlane(t, data, { env });
  return { ...found, kms: new KMS(found.config), sts: new STS(found.config) };
}

const failing = (call: Promise<unknown>) =>
  call.then(
    () => assert.fail('the plane answered'),
    (error) => [error.name, error.$metadata.httpStatusCode],
  );

test('a plane whose passphrase is missing starts sealed, and opens again with it; resealing loses nothing', async (t) => {
  const data = folder(t);
  const first = await started(t, data, withPassphrase('one'));
  const KeyId = (await first.kms.createKey({})).KeyMetadata!.KeyId!;
  const { CiphertextBlob } = await first.kms.encrypt({ KeyId, Plaintext: Buffer.from('kept') });
  await first.stop();
  assert.equal(JSON.parse(readFileSync(join(data, 'root.key'), 'utf8')).kind, 'passphrase');

  const closed = await started(t, data, {});
  const decrypt = { CiphertextBlob: CiphertextBlob! };
  assert.deepEqual(await failing(closed.kms.decrypt(decrypt)), ['KeyUnavailableException', 500]);
  assert.deepEqual(await failing(closed.sts.getCallerIdentity()), ['ServiceUnavailable', 503]);
  const health = await fetch(`${closed.endpoint}/_gatehouse/health`);
  assert.deepEqual([health.status, ((await health.json()) as { status: string }).status], [503, 'sealed']);
  const asked = await gatehouse(['mail', '--data', data]).ended;
  assert.deepEqual([asked.code, asked.out], [1, '']);
  assert.match(asked.err, /^gatehouse: .*sealed/);
  await closed.stop();

  const wrong = await plane(['--port', '0', '--data', data], withPassphrase('two')).ended;
  assert.equal(wrong.code, 2);
  assert.match(wrong.err, /root\.key does not open: the passphrase is another one/);

  const rotated = await seal(['rotate', '--data', data, '--new-root-key', '--json'], {
    ...withPassphrase('one'),
    GATEHOUSE_NEW_SEAL_PASSPHRASE: 'two',
  }).ended;
  assert.equal(rotated.code, 0, rotated.out);
  const { rootKeys, opens } = JSON.parse(rotated.out);
  assert.deepEqual({ rootKeys, opens }, { rootKeys: 2, opens: true });
  const opened = await started(t, data, withPassphrase('two'));
  const plain = async () => Buffer.from((await opened.kms.decrypt(decrypt)).Plaintext!).toString();
  assert.equal(await plain(), 'kept');
  assert.equal((await opened.kms.createKey({})).KeyMetadata!.KeyState, 'Enabled');
  await opened.stop();
});

test('seal status tells the seal and whether it opens; wrong use exits with 2', async (t) => {
  const data = folder(t);
  await (await started(t, data, {})).stop();
  const status = async (args: readonly string[] = [], env: Environment = {}) => {
    const { code, out } = await seal(['status', '--data', data, '--json', ...args], env).ended;
    return { code, ...JSON.parse(out) };
  };
  const unsealed = await status();
  assert.deepEqual([unsealed.code, unsealed.seal, unsealed.opens, unsealed.rootKeys], [0, 'none', true, 1]);
  const keyFile = join(data, 'elsewhere.key');
  const toFile = await seal(['rotate', '--data', data, '--new-key-file', keyFile]).ended;
  assert.equal(toFile.code, 0, toFile.out);
  const shut = await status();
  assert.deepEqual([shut.code, shut.seal, shut.opens], [1, 'key-file', false]);
  const found = await status(['--seal-key-file', keyFile]);
  assert.deepEqual([found.code, found.opens, found.rootKeyId], [0, true, unsealed.rootKeyId]);
  const back = await seal(['rotate', '--data', data, '--seal-key-file', keyFile, '--none']).ended;
  assert.equal(back.code, 0, back.out);
  assert.equal((await status()).rootKeyId, unsealed.rootKeyId);
  for (const args of [
    [],
    ['melt'],
    ['status', 'now'],
    ['status', '--data', join(data, 'nowhere')],
    ['rotate', '--wax'],
  ]) {
    assert.equal((await seal(args).ended).code, 2, args.join(' '));
  }
  assert.equal((await seal(['rotate', '--data', data, '--none', '--new-key-file', keyFile]).ended).code, 2);
  assert.equal((await seal(['--help']).ended).code, 0);
  const told = await plane(['--seal-passphrase', 'x', '--data', data]).ended;
  assert.equal(told.code, 2);
  assert.match(told.err, /set GATEHOUSE_SEAL_PASSPHRASE/);
  const refused = await plane(['--data', data], withPassphrase('x')).ended;
  assert.match(refused.err, /is not sealed/);
});

test('a root key that was made while another was being made is not lost', async (t) => {
  const data = folder(t);
  writeFileSync(join(data, 'root.key'), `${Buffer.alloc(32, 7).toString('base64')}\n`, { mode: 0o600 });
  const pipe = join(data, 'passphrase');
  execFileSync('mkfifo', [pipe]); // The first one reads root.key, and then waits for its new passphrase.
  const first = seal(['rotate', '--data', data, '--new-root-key', '--new-passphrase-file', pipe]);
  const passphrase = await open(pipe, 'w');
  const second = await seal(['rotate', '--data', data, '--new-root-key', '--none', '--json']).ended;
  await passphrase.writeFile('late\n');
  await passphrase.close();
  const { code, err } = await first.ended;
  assert.equal(code, 2);
  assert.match(err, /root\.key has changed meanwhile/);
  const { rootKeyId, rootKeys } = JSON.parse(second.out);
  const status = JSON.parse((await seal(['status', '--data', data, '--json']).ended).out);
  assert.deepEqual([status.rootKeyId, status.rootKeys, rootKeys], [rootKeyId, 2, 2]);
});

test(`root.key survives ${KILLS} kills in the midst of seal rotate`, async (t) => {
  const data = folder(t);
  const dice = diceOf(t);
  writeFileSync(join(data, 'root.key'), `${Buffer.alloc(32, 7).toString('base64')}\n`, { mode: 0o600 });
  const started = performance.now();
  const first = await seal(['rotate', '--data', data], { GATEHOUSE_NEW_SEAL_PASSPHRASE: 'p0' }).ended;
  const longMs = performance.now() - started;
  assert.equal(first.code, 0, first.out);
  const { rootKeyId } = JSON.parse(readFileSync(join(data, 'root.key'), 'utf8'));
  let current = 'p0';
  for (let i = 1; i <= KILLS; i++) {
    const next = `p${i}`;
    const env = { ...withPassphrase(current), GATEHOUSE_NEW_SEAL_PASSPHRASE: next };
    const { child, ended } = seal(['rotate', '--data', data], env);
    setTimeout(() => child.kill('SIGKILL'), dice() * longMs * 1.1);
    await ended;
    const held = await Promise.all(
      [current, next].map(async (text) =>
        JSON.parse((await seal(['status', '--json', '--data', data], withPassphrase(text)).ended).out),
      ),
    );
    assert.deepEqual(held.map(({ opens }) => opens).sort(), [false, true], 'the old seal holds, or the new one');
    assert.ok(held.every((status) => status.rootKeyId === rootKeyId));
    if (held[1].opens) current = next;
  }
  t.diagnostic(`sealed anew ${current.slice(1)} times at the last; left behind: ${readdirSync(data).length - 1} files`);
});
