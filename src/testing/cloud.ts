/**
 * A whole cloud in a test, without a socket: real SDK clients, real signatures, real wire formats, a store in memory, a
 * clock and dice that hold still.
 */
import { createHash } from 'node:crypto';
import { Account } from '@aws-sdk/client-account';
import { CloudTrail } from '@aws-sdk/client-cloudtrail';
import { CloudWatch } from '@aws-sdk/client-cloudwatch';
import { CostExplorer } from '@aws-sdk/client-cost-explorer';
import { IAM } from '@aws-sdk/client-iam';
import { Organizations } from '@aws-sdk/client-organizations';
import { SQS } from '@aws-sdk/client-sqs';
import { STS } from '@aws-sdk/client-sts';
import { type HttpRequest, HttpResponse } from '@smithy/core/protocols';
import type { Prices } from '../core/context.ts';
import { durationMs } from '../core/duration.ts';
import { accessKeyId, digits, secretAccessKey, uniqueId } from '../core/ids.ts';
import { secretsUnder } from '../core/secrets.ts';
import { keptDecisions } from '../gateway/decisions.ts';
import { type Deps, handle } from '../gateway/pipeline.ts';
import { attributesOf } from '../gateway/record.ts';
import { resolverOf } from '../gateway/resolve.ts';
import { begin } from '../identity/genesis.ts';
import { accounts } from '../identity/organization.ts';
import { accessKeys, users } from '../identity/principals.ts';
import type { WireRequest, WireResponse } from '../protocols/protocol.ts';
import { followers, services } from '../services/index.ts';
import { openStore } from '../store/open.ts';

export const ADMIN = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export type Clients = ReturnType<typeof clientsWith>;
export type Cloud = Awaited<ReturnType<typeof testCloud>>;

const MANAGEMENT = '111122223333';

export async function testCloud(
  options: { now?: Date; seed?: string; quotas?: Record<string, number>; prices?: Prices } = {},
) {
  let now = options.now ?? new Date('2030-01-01T00:00:00Z');
  const random = seeded(options.seed ?? 'test');
  const secrets = secretsUnder(random(32));
  const fail = (error: unknown) => {
    throw error; // A failure inside is a bug: fail the test with its own stack.
  };
  const store = await openStore(':memory:', { attributes: attributesOf, followers, log: fail });
  const deps: Deps = {
    resolver: resolverOf(services),
    store,
    secrets,
    settings: {
      managementAccount: MANAGEMENT,
      region: 'us-east-1',
      endpoint: 'http://cloud.test',
      quotas: options.quotas ?? {},
      prices: options.prices ?? {},
    },
    decisions: keptDecisions(),
    now: () => now,
    wallClock: Date.now,
    random,
    log: fail,
  };
  const { made } = await begin(store, { accountId: MANAGEMENT, now, random, secrets, rootKey: undefined });
  const as = (credentials: Credentials, region = 'us-east-1') => clientsWith(deps, credentials, region);

  /** An access key for a user of the account, or for its root. */
  async function keyFor(account: string, userName?: string): Promise<Credentials> {
    const key = { accessKeyId: accessKeyId('AKIA', account, deps), secretAccessKey: secretAccessKey(deps) };
    const secret = secrets.seal('access-key', key.secretAccessKey, random(12));
    const row = { id: key.accessKeyId, account, secret, status: 'Active', created: now.toISOString() } as const;
    await store.transaction((tx) => tx.insert(accessKeys, userName === undefined ? row : { ...row, userName }));
    return key;
  }

  async function userOf(account: string, name: string, documents: readonly (string | object)[]): Promise<Clients> {
    const texts = documents.map((d) => (typeof d === 'string' ? d : JSON.stringify(d)));
    const inline = Object.fromEntries(texts.map((text, i) => [`policy-${i + 1}`, text]));
    const common = { account, name, path: '/', id: uniqueId('AIDA', deps), created: now.toISOString() };
    await store.transaction((tx) => tx.insert(users, { ...common, tags: [], groups: [], attached: [], inline }));
    return as(await keyFor(account, name));
  }

  return {
    deps,
    managementAccount: MANAGEMENT,
    root: as({ accessKeyId: made!.id, secretAccessKey: made!.secret }),
    unsigned: as({ accessKeyId: '', secretAccessKey: '' }),
    as,
    keyFor,
    /** An IAM user of the management account with these inline policies. */
    user: (name: string, ...documents: (string | object)[]) => userOf(MANAGEMENT, name, documents),
    /** A second account, in no organization. */
    async memberAccount(name: string) {
      const id = `2${digits(11, deps)}`;
      const row = { id, name, email: `${name}@example.com`, created: now.toISOString() };
      await store.transaction((tx) => tx.insert(accounts, { ...row, status: 'ACTIVE', attachments: {} }));
      const user = (userName: string, ...documents: (string | object)[]) => userOf(id, userName, documents);
      return { id, root: as(await keyFor(id)), user };
    },
    now: () => now,
    advance(duration: string) {
      now = new Date(now.getTime() + durationMs(duration)!);
    },
    /** A request as it comes from the socket. */
    send: (request: Partial<WireRequest>) => inProcess(deps, request),
  };
}

function clientsWith(deps: Deps, credentials: Credentials, region: string) {
  const unsigned = credentials.accessKeyId === '';
  const config = {
    region,
    endpoint: 'http://cloud.test',
    maxAttempts: 1,
    credentials,
    ...(unsigned && { signer: { sign: async (request: never) => request } }),
    requestHandler: { handle: (request: HttpRequest) => fromSdk(deps, request), destroy: () => undefined },
  };
  return lazily({
    iam: () => new IAM(config as object),
    sts: () => new STS(config as object),
    organizations: () => new Organizations(config as object),
    account: () => new Account(config as object),
    cloudtrail: () => new CloudTrail(config as object),
    costExplorer: () => new CostExplorer(config as object),
    cloudwatch: () => new CloudWatch(config as object),
    sqs: () => new SQS(config as object),
  });
}

/** An object whose members are made at the first look. */
function lazily<T extends Record<string, () => unknown>>(makers: T): { readonly [K in keyof T]: ReturnType<T[K]> } {
  const made = {} as { readonly [K in keyof T]: ReturnType<T[K]> };
  for (const [name, make] of Object.entries(makers)) {
    let value: unknown;
    Object.defineProperty(made, name, { enumerable: true, get: () => (value ??= make()) });
  }
  return made;
}

async function fromSdk(deps: Deps, request: HttpRequest) {
  const pairs = Object.entries(request.query ?? {}).flatMap(([key, value]) =>
    [value].flat().map((v) => [key, v ?? '']),
  );
  const wire = await inProcess(deps, {
    method: request.method,
    path: request.path,
    query: pairs.map(([k, v]) => `${encodeURIComponent(k!)}=${encodeURIComponent(v!)}`).join('&'),
    headers: Object.fromEntries(Object.entries(request.headers).map(([k, v]) => [k.toLowerCase(), v])),
    body: typeof request.body === 'string' ? Buffer.from(request.body) : new Uint8Array(request.body ?? []),
  });
  const response = new HttpResponse({
    statusCode: wire.status,
    headers: { ...wire.headers },
    body: typeof wire.body === 'string' ? Buffer.from(wire.body) : wire.body,
  });
  return { response };
}

function inProcess(deps: Deps, request: Partial<WireRequest>): Promise<WireResponse> {
  const whole = { method: 'POST', path: '/', query: '', headers: {}, body: Buffer.alloc(0), ...request };
  const source = { ip: '127.0.0.1', userAgent: whole.headers['user-agent'] ?? '', host: whole.headers.host ?? '' };
  return handle(whole, source, deps);
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
