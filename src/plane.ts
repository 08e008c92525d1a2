/** The plane: opens the store, begins it if it is new, starts gateway and workers. The only file that wires. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { join, resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import { type Config, ConfigError, forgetSecrets } from './config.ts';
import { Sealed } from './core/errors.ts';
import { pagesAt } from './core/pagesAddress.ts';
import { writePrivate } from './core/privateFiles.ts';
import { openSeal, ROOT_KEY_FILE, SealError, sealed, sealIn } from './core/seal.ts';
import { secretsUnder } from './core/secrets.ts';
import type { Surroundings } from './core/worker.ts';
import { keptDecisions } from './gateway/decisions.ts';
import { errand } from './gateway/errand.ts';
import { gatewayServer } from './gateway/http.ts';
import type { Deps } from './gateway/invocation.ts';
import type { Controls } from './gateway/pages/page.ts';
import { attributesOf } from './gateway/record.ts';
import { resolverOf } from './gateway/resolve.ts';
import { useNotes } from './gateway/useNotes.ts';
import { waitingRoom } from './gateway/waiting.ts';
import { begin, type RootKey, told } from './identity/genesis.ts';
import { followers, services, serviceWorkers, taskHandlers } from './services/index.ts';
import { front as signInPages } from './signin/front.ts';
import { mailTask } from './signin/mail.ts';
import { type BlobDriver, blobsOver } from './store/blobs.ts';
import { folderBlobs } from './store/folderBlobs.ts';
import { memoryBlobs } from './store/memoryBlobs.ts';
import { openStore } from './store/open.ts';
import type { Store } from './store/store.ts';
import { blobSweep } from './workers/blobs.ts';
import { retention } from './workers/retention.ts';
import { taskWorker } from './workers/tasks.ts';
import { startWorkers, type Workers } from './workers/worker.ts';

const VERSION = (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string })
  .version;

/** Serves until a signal says stop. Throws ConfigError or GenesisError on what the operator can mend. */
export async function serve(config: Config): Promise<void> {
  forgetSecrets();
  mkdirSync(config.data, { recursive: true, mode: 0o700 });
  const log = (error: unknown) => console.error(new Date().toISOString(), error);
  const rootKeys = await rootKeysOf(config);
  if (typeof rootKeys === 'string') return serveSealed(config, rootKeys, log);
  const store = await opened(config, log);
  const clock = { offsetMs: 0 };
  const deps: { -readonly [K in keyof Deps]: Deps[K] } = {
    resolver: resolverOf(services, [signInPages]),
    store,
    blobs: blobsOver(await blobDriverOf(config), store, () => deps.now().getTime()),
    secrets: secretsUnder(...(rootKeys as [Uint8Array])),
    settings: settingsOf(config),
    decisions: keptDecisions(),
    uses: useNotes(),
    waiting: waitingRoom(store),
    now: () => new Date(Date.now() + clock.offsetMs),
    wallClock: Date.now,
    random: pooledRandom(),
    log,
  };
  const { account, made } = await begin(store, {
    ...deps,
    now: deps.now(),
    accountId: config.accountId,
    rootKey: rootKeyIn(config),
  });
  let workers: Workers | undefined;
  const controls = controlsOf(config, deps, { clock, moved: () => workers?.wake() }, account, made);
  const server = gatewayServer(deps, controls, tlsOf(config));
  const endpoint = await listening(server, config);
  deps.settings = { ...deps.settings, managementAccount: account, endpoint };
  if (made) {
    writePrivate(config.data, 'credentials', credentialsFile(made));
    await told(store);
  }
  writePrivate(config.data, 'endpoint', `${endpoint}\n`);
  const around = { ...deps, errand: (as, work) => errand(deps, as, work) } satisfies Surroundings;
  workers = startWorkers(around, [retention, blobSweep, taskWorker([...taskHandlers, mailTask]), ...serviceWorkers]);
  announce(config, endpoint, account);
  onceStopped(async () => {
    deps.waiting.close();
    await drained(server);
    await workers?.stop();
    await store.close();
  }, log);
}

/** Account and endpoint are known once the plane listens. */
const settingsOf = (config: Config): Deps['settings'] => ({
  managementAccount: '',
  region: config.region,
  endpoint: '',
  quotas: config.quotas,
  prices: config.prices,
  smtp: config.smtp,
  tlsCert: config.tlsCert,
  passwordCost: config.passwordCost,
  passwordMemorySeconds: config.passwordMemorySeconds,
  outbound: config.outbound,
  trailIntervalSeconds: config.trailIntervalSeconds,
  keyStores: { proxies: config.proxies, clusters: config.clusters, wallClock: Date.now },
});

/**
 * The root key is there but does not open: every request is told that the plane is not available, whoever sends it, and
 * the store stays closed. It takes a new start with the passphrase, key file or PIN to change that.
 */
async function serveSealed(config: Config, why: string, log: (error: unknown) => void): Promise<void> {
  const memory = await openStore(':memory:', { attributes: attributesOf, followers: [], log });
  const store: Store = { ...memory, transaction: () => Promise.reject(new Sealed(why)) };
  const settings = { managementAccount: '', region: config.region, endpoint: '', quotas: {}, prices: {} };
  const now = () => new Date();
  const deps: Deps = {
    ...{ resolver: resolverOf(services), store, settings, now, log, wallClock: Date.now, random: pooledRandom() },
    blobs: blobsOver(memoryBlobs(), store, Date.now),
    secrets: secretsUnder(randomBytes(32)),
    decisions: keptDecisions(),
    uses: useNotes(),
    waiting: waitingRoom(store),
  };
  const server = gatewayServer(deps, { version: VERSION, sealed: true }, tlsOf(config));
  const endpoint = await listening(server, config);
  writePrivate(config.data, 'endpoint', `${endpoint}\n`);
  console.log(`Gatehouse ${VERSION} is SEALED at ${endpoint}\n  ${why}\n  Then start it again.`);
  onceStopped(async () => {
    await drained(server);
    await memory.close();
  }, log);
}

function opened(config: Config, log: (error: unknown) => void): Promise<Store> {
  const url = config.ephemeral ? ':memory:' : (config.store ?? `sqlite:${join(config.data, 'gatehouse.db')}`);
  // Without the password that may stand before the host.
  const place = url
    .replace(/^sqlite:/, '')
    .split('@')
    .at(-1)!;
  return openStore(url, { attributes: attributesOf, followers, log }).catch((error: Error) => {
    if (config.store === undefined && 'syscall' in error) throw error;
    const { message } = error;
    throw new ConfigError(message.includes(place) ? message : `The store ${place} cannot be opened: ${message}`);
  });
}

async function blobDriverOf({ ephemeral, blobs, data }: Config): Promise<BlobDriver> {
  if (blobs === undefined) return ephemeral ? memoryBlobs() : folderBlobs(join(data, 'blobs'));
  const { bucketBlobs } = await import('./store/bucketBlobs.ts');
  return bucketBlobs(blobs);
}

const POOL_BYTES = 8192;

/** Random bytes, fetched from the system many at a time: a call of its own for each id would cost more than the id. */
function pooledRandom(): (bytes: number) => Uint8Array {
  let pool = randomBytes(POOL_BYTES);
  let used = 0;
  return (bytes) => {
    if (bytes > POOL_BYTES / 4) return randomBytes(bytes);
    if (used + bytes > POOL_BYTES) {
      pool = randomBytes(POOL_BYTES);
      used = 0;
    }
    used += bytes;
    return pool.subarray(used - bytes, used);
  };
}

/**
 * The keys that secrets are sealed under: in a file beside the store, never in it; with --ephemeral they are nowhere.
 * Undefined while what opens the file is not there.
 */
async function rootKeysOf({ ephemeral, data, seal }: Config): Promise<readonly Uint8Array[] | string> {
  if (ephemeral) return [randomBytes(32)];
  const file = join(data, ROOT_KEY_FILE);
  try {
    if (!existsSync(file)) writePrivate(data, ROOT_KEY_FILE, await sealed([randomBytes(32)], seal, randomBytes));
    const held = sealIn(readFileSync(file, 'utf8'));
    if (held.kind === 'none' && seal.kind !== 'none') {
      throw new ConfigError(`${file} is not sealed. Seal it with: npx gatehouse seal rotate --new-…`);
    }
    return await openSeal(held, seal);
  } catch (error) {
    if (!(error instanceof SealError)) throw error;
    if (error.why === 'missing' && existsSync(file)) return error.message;
    throw new ConfigError(error.message);
  }
}

function rootKeyIn({ rootAccessKeyId: id, rootSecretAccessKey: secret }: Config): RootKey | undefined {
  return id !== undefined && secret !== undefined ? { id, secret } : undefined;
}

function controlsOf(
  config: Config,
  deps: { -readonly [K in keyof Deps]: Deps[K] },
  { clock, moved }: { clock: { offsetMs: number }; moved: () => void },
  accountId: string,
  rootKey: RootKey | undefined,
): Controls {
  if (!config.ephemeral) return { version: VERSION };
  return {
    version: VERSION,
    advance: (ms) => {
      clock.offsetMs += ms;
      deps.waiting.wake();
      moved();
    },
    reset: async () => {
      await deps.store.clear();
      deps.blobs = blobsOver(await blobDriverOf(config), deps.store, () => deps.now().getTime());
      clock.offsetMs = 0;
      deps.secrets = secretsUnder(randomBytes(32)); // Tokens of the time before open nothing any more.
      deps.decisions = keptDecisions();
      deps.uses = useNotes();
      await begin(deps.store, { ...deps, now: deps.now(), accountId, rootKey });
    },
  };
}

function tlsOf({ tlsCert: cert, tlsKey: key }: Config) {
  if (cert === undefined || key === undefined) return undefined;
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    const why = (error as Error).message.split(':').at(-1);
    throw new ConfigError(`--tls-cert and --tls-key hold no certificate in PEM and its private key: ${why}.`);
  }
  return { cert, key };
}

function listening(server: Server, config: Config): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(new ConfigError(listenProblem(error, config))));
    server.listen(config.port, config.host, () => {
      const address = server.address();
      const port = typeof address === 'object' && address ? address.port : config.port;
      const host = config.host.includes(':') ? `[${config.host}]` : config.host;
      resolve(`${config.tlsCert === undefined ? 'http' : 'https'}://${host}:${port}`);
    });
  });
}

function listenProblem({ code, message }: NodeJS.ErrnoException, { host, port }: Config): string {
  if (code === 'EADDRINUSE') return `Port ${port} on ${host} is taken. Choose another with --port.`;
  if (code === 'EACCES') return `Port ${port} needs privileges. Choose another with --port.`;
  if (code === 'EADDRNOTAVAIL') return `This machine has no address ${host}. Choose another with --host.`;
  return `Cannot listen on ${host}:${port}: ${message}`;
}

function credentialsFile({ id, secret }: RootKey): string {
  return `[root]\naws_access_key_id = ${id}\naws_secret_access_key = ${secret}\n`;
}

function announce(config: Config, endpoint: string, account: string): void {
  const data = config.data === '.gatehouse' ? '' : ` --data ${config.data}`;
  const credentials = resolve(config.data, 'credentials');
  console.log(
    [
      `Gatehouse ${VERSION} is ready at ${endpoint}`,
      `  account      ${account}${config.ephemeral ? '  (ephemeral: gone when it stops)' : ''}`,
      `  credentials  ${credentials}  (${existsSync(credentials) ? 'profile root' : 'which is gone'})`,
      `  pages        ${pagesAt({ endpoint })}/start  /signin  (for browsers)`,
      '',
      'Next, in another terminal:',
      `  eval "$(npx gatehouse env${data})"`,
      '  aws sts get-caller-identity',
    ].join('\n'),
  );
}

/** Stops taking connections, lets what is under way be answered. */
function drained(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}

function onceStopped(stop: () => Promise<void>, log: (error: unknown) => void): void {
  let stopping = false;
  const begin = () => {
    if (stopping) return;
    stopping = true;
    stop().then(
      () => process.exit(0),
      (error) => {
        log(error);
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', begin);
  process.on('SIGINT', begin);
}
