/**
 * A whole cloud in a test, without a socket: real SDK clients, real signatures, real wire formats, a store in memory, a
 * clock and dice that hold still.
 */
import { createHash } from 'node:crypto';
import type { Prices, Settings, Source } from '../core/context.ts';
import { durationMs } from '../core/duration.ts';
import { accessKeyId, digits, secretAccessKey, uniqueId } from '../core/ids.ts';
import type { KeyStoreBackings } from '../core/keyStores.ts';
import { secretsUnder } from '../core/secrets.ts';
import type { WireRequest } from '../core/wire.ts';
import type { Surroundings } from '../core/worker.ts';
import { keptDecisions } from '../gateway/decisions.ts';
import { errand } from '../gateway/errand.ts';
import type { Deps } from '../gateway/invocation.ts';
import { attributesOf } from '../gateway/record.ts';
import { resolverOf } from '../gateway/resolve.ts';
import { useNotes } from '../gateway/useNotes.ts';
import { waitingRoom } from '../gateway/waiting.ts';
import { begin } from '../identity/genesis.ts';
import { accounts } from '../identity/organization.ts';
import { accessKeys, users } from '../identity/principals.ts';
import { followers, services, serviceWorkers, taskHandlers } from '../services/index.ts';
import { front as signInPages } from '../signin/front.ts';
import { mailTask } from '../signin/mail.ts';
import { type BlobDriver, blobsOver } from '../store/blobs.ts';
import { memoryBlobs } from '../store/memoryBlobs.ts';
import { openStore } from '../store/open.ts';
import { blobSweep } from '../workers/blobs.ts';
import { taskWorker } from '../workers/tasks.ts';
import { type Credentials, clientsWith, inProcess } from './clients.ts';

export const ADMIN = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}';

export type { Clients, Credentials } from './clients.ts';
export type Cloud = Awaited<ReturnType<typeof testCloud>>;

const MANAGEMENT = '111122223333';

interface CloudOptions {
  readonly now?: Date;
  readonly seed?: string;
  readonly quotas?: Record<string, number>;
  readonly prices?: Prices;
  readonly smtp?: string;
  readonly keyStores?: KeyStoreBackings;
  /** URL; in memory when absent. */
  readonly store?: string;
  /** Where large bytes lie; in memory when absent. */
  readonly blobs?: BlobDriver;
}

export async function testCloud(options: CloudOptions = {}) {
  let now = options.now ?? new Date('2030-01-01T00:00:00Z');
  const deps = await depsOf(options, () => now);
  const { store, random, secrets } = deps;
  const { made } = await begin(store, { accountId: MANAGEMENT, now, random, secrets, rootKey: undefined });
  const as = (credentials: Credentials, region = 'us-east-1') => clientsWith(deps, credentials, region);

  const userOf = async (account: string, name: string, documents: readonly Document[]) => {
    await insertUser(deps, account, name, documents);
    return as(await keyFor(deps, account, name));
  };
  return {
    deps,
    managementAccount: MANAGEMENT,
    root: as({ accessKeyId: made!.id, secretAccessKey: made!.secret }),
    unsigned: as({ accessKeyId: '', secretAccessKey: '' }),
    as,
    /** An access key for a user of the account, or for its root. */
    keyFor: (account: string, userName?: string) => keyFor(deps, account, userName),
    /** An IAM user of the management account with these inline policies. */
    user: (name: string, ...documents: Document[]) => userOf(MANAGEMENT, name, documents),
    /** A second account, in no organization. */
    async memberAccount(name: string) {
      const id = `2${digits(11, deps)}`;
      const row = { id, name, email: `${name}@example.com`, created: now.toISOString() };
      await store.transaction((tx) => tx.insert(accounts, { ...row, status: 'ACTIVE', attachments: {} }));
      const user = (userName: string, ...documents: Document[]) => userOf(id, userName, documents);
      return { id, root: as(await keyFor(deps, id)), user };
    },
    now: () => now,
    advance(duration: string) {
      now = new Date(now.getTime() + durationMs(duration)!);
      deps.waiting.wake();
    },
    /** The machine's clock is set back. */
    turnBack(duration: string) {
      now = new Date(now.getTime() - durationMs(duration)!);
    },
    /**
     * Lets everything happen that is owed by now: followers, tasks that are due, workers, and what they owe in turn.
     */
    settle: () => settled(deps),
    /** A request as it comes from the socket. `from`: where it comes from, if not from the machine itself. */
    send: (request: Partial<WireRequest>, from?: Partial<Source>) => inProcess(deps, request, from),
  };
}

async function depsOf(options: CloudOptions, now: () => Date): Promise<Deps> {
  const random = seeded(options.seed ?? 'test');
  const fail = (error: unknown) => {
    throw error; // A failure inside is a bug: fail the test with its own stack.
  };
  const store = await openStore(options.store ?? ':memory:', { attributes: attributesOf, followers, log: fail });
  return {
    resolver: resolverOf(services, [signInPages]),
    store,
    blobs: blobsOver(options.blobs ?? memoryBlobs(), store, () => now().getTime()),
    secrets: secretsUnder(random(32)),
    settings: settingsOf(options),
    decisions: keptDecisions(),
    uses: useNotes(),
    waiting: waitingRoom(store),
    now,
    wallClock: Date.now,
    random,
    log: fail,
  };
}

const settingsOf = (options: CloudOptions): Settings => ({
  managementAccount: MANAGEMENT,
  region: 'us-east-1',
  endpoint: 'http://cloud.test',
  quotas: options.quotas ?? {},
  prices: options.prices ?? {},
  smtp: options.smtp,
  keyStores: options.keyStores,
});

const TURNS_MAX = 10_000;

async function settled(deps: Deps): Promise<void> {
  const around: Surroundings = { ...deps, errand: (as, work) => errand(deps, as, work) };
  const workers = [taskWorker([...taskHandlers, mailTask]), blobSweep, ...serviceWorkers];
  for (let turn = 0, busy = true; busy; turn++) {
    if (turn === TURNS_MAX) throw new Error(`Something is still owed after ${TURNS_MAX} turns.`);
    const before = await deps.store.journal.tip();
    await deps.store.journal.catchUp();
    busy = false;
    for (const worker of workers) if (await worker.work(around)) busy = true;
    for (const worker of workers) if (await worker.rest?.()) busy = true;
    if ((await deps.store.journal.tip()) !== before) busy = true;
  }
}

async function keyFor(deps: Deps, account: string, userName?: string): Promise<Credentials> {
  const key = { accessKeyId: accessKeyId('AKIA', account, deps), secretAccessKey: secretAccessKey(deps) };
  const secret = deps.secrets.seal('access-key', key.secretAccessKey, deps.random(12));
  const created = deps.now().toISOString();
  const row = { id: key.accessKeyId, account, secret, status: 'Active', created } as const;
  await deps.store.transaction((tx) => tx.insert(accessKeys, userName === undefined ? row : { ...row, userName }));
  return key;
}

/** A policy document: text, or what it would parse to. */
type Document = string | object;

async function insertUser(deps: Deps, account: string, name: string, documents: readonly Document[]): Promise<void> {
  const texts = documents.map((d) => (typeof d === 'string' ? d : JSON.stringify(d)));
  const inline = Object.fromEntries(texts.map((text, i) => [`policy-${i + 1}`, text]));
  const common = {
    account,
    name,
    path: '/',
    id: uniqueId('AIDA', { random: deps.random, now: deps.now() }),
    created: deps.now().toISOString(),
  };
  await deps.store.transaction((tx) => tx.insert(users, { ...common, tags: [], groups: [], attached: [], inline }));
}

/** Dice that fall the same way for the same seed. */
export function seeded(seed: string): Deps['random'] {
  let n = 0;
  return (bytes) => {
    const count = Math.ceil(bytes / 32);
    const blocks = Array.from({ length: count }, () => createHash('sha256').update(`${seed}:${n++}`).digest());
    return new Uint8Array(Buffer.concat(blocks).subarray(0, bytes));
  };
}
