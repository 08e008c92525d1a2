/** Every setting, its default and its environment variable. The only reader of argv and process.env. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Prices } from './core/context.ts';
import type { ClusterAddress, ProxyAddress } from './core/keyStores.ts';
import { QUOTAS } from './core/quotas.ts';
import { REGION } from './core/regionalHosts.ts';
import { type Opener, openerOf, SealError } from './core/seal.ts';
import { PASSWORD_MEMORY_SECONDS } from './identity/passwordMemory.ts';
import { PASSWORD_COSTS } from './identity/passwords.ts';

export interface Config {
  readonly port: number;
  readonly host: string;
  /** Folder of the store, the root key and the credentials file. */
  readonly data: string;
  /** Chosen at the first start; undefined when not given, which is right for every start after it. */
  readonly accountId: string | undefined;
  readonly region: string;
  /** Nothing on disk but the credentials; the clock can be moved and the plane reset. */
  readonly ephemeral: boolean;
  readonly rootAccessKeyId: string | undefined;
  readonly rootSecretAccessKey: string | undefined;
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
  /** `sqlite:FILE` or `postgres://…`; a file in the data folder by default. */
  readonly store: string | undefined;
  /** Bucket of an S3-compatible store for the bytes of objects; a folder of the data folder by default. */
  readonly blobs: string | undefined;
  readonly quotas: Readonly<Record<string, number>>;
  /** URL of the server that mail goes out through. */
  readonly smtp: string | undefined;
  /** How much work a guess of a password is. */
  readonly passwordCost: keyof typeof PASSWORD_COSTS;
  /** How long a password that was right costs no such work again. */
  readonly passwordMemorySeconds: number;
  /** Hosts beside this machine that the plane may call for its users: names, `*.example.com`, `*`. */
  readonly outbound: readonly string[];
  /** What usage costs in Cost Explorer's reports. */
  readonly prices: Prices;
  /** How often CloudTrail delivers log files. */
  readonly trailIntervalSeconds: number;
  /** What the root key is sealed by. */
  readonly seal: Opener;
  /** What custom key stores may reach: external key store proxies by endpoint, PKCS #11 tokens by cluster id. */
  readonly proxies: Readonly<Record<string, ProxyAddress>>;
  readonly clusters: Readonly<Record<string, ClusterAddress>>;
}

/** What is wrong with the settings, in a sentence for whoever typed them. */
export class ConfigError extends Error {}

interface Setting {
  readonly flag: string;
  readonly value: string | undefined;
  readonly help: string;
  readonly standard?: string;
  /** Given several times, the values are joined with a comma. */
  readonly repeated?: true;
  /** In the environment only: what stands on a command line is seen by everybody on the machine. */
  readonly secret?: true;
}

const SETTINGS: readonly Setting[] = [
  { flag: 'port', value: 'N', standard: '4566', help: 'port to listen on' },
  {
    flag: 'host',
    value: 'ADDRESS',
    standard: '127.0.0.1',
    help: 'address to listen on; loopback unless told otherwise',
  },
  { flag: 'data', value: 'DIR', standard: '.gatehouse', help: 'folder of the store, the root key and the credentials' },
  { flag: 'account-id', value: 'N', help: 'twelve digits of the management account (000000000001)' },
  { flag: 'region', value: 'REGION', standard: 'us-east-1', help: 'Region of requests that name none' },
  { flag: 'ephemeral', value: undefined, help: 'keep nothing on disk; time can be moved, the plane reset' },
  { flag: 'root-access-key-id', value: 'ID', help: 'access key id of the root user, made up otherwise' },
  { flag: 'root-secret-access-key', value: 'SECRET', help: 'secret access key of the root user' },
  { flag: 'tls-cert', value: 'FILE', help: 'PEM certificate chain: serve HTTPS' },
  { flag: 'tls-key', value: 'FILE', help: 'PEM private key of that certificate' },
  { flag: 'store', value: 'URL', help: 'sqlite:FILE (default: in the data folder) or postgres://…' },
  { flag: 'blobs', value: 'URL', help: 's3://BUCKET or https://HOST/BUCKET for objects’ bytes (the data folder)' },
  {
    flag: 'quota',
    value: 'NAME=N',
    repeated: true,
    help: 'another quota than AWS’s standard one (UsersQuota=200000); docs/quotas.md lists them',
  },
  { flag: 'trail-interval', value: 'SECONDS', standard: '300', help: 'how often CloudTrail delivers log files' },
  {
    flag: 'smtp',
    value: 'URL',
    help: 'smtp://USER:PASSWORD@HOST:PORT: where mail goes out; otherwise gatehouse mail and outbox show it',
  },
  {
    flag: 'password-cost',
    value: 'NAME',
    standard: 'standard',
    help: 'what a guess of a password costs: standard (19 MiB × 2), strong (64 MiB × 3), light (3 MiB × 1)',
  },
  {
    flag: 'password-memory',
    value: 'SECONDS',
    standard: String(PASSWORD_MEMORY_SECONDS),
    help: 'how long a password that was right costs no such work again; 0: always',
  },
  {
    flag: 'outbound',
    value: 'HOST',
    repeated: true,
    help: 'host that API destinations and topics may call beside this machine (hooks.example.com, *.example.com, *)',
  },
  { flag: 'prices', value: 'FILE', help: 'JSON: service → usage type → US dollars a unit; all is free otherwise' },
  { flag: 'seal-passphrase', value: 'TEXT', secret: true, help: 'passphrase that the root key is sealed under' },
  { flag: 'seal-passphrase-file', value: 'FILE', help: 'file of that passphrase' },
  { flag: 'seal-key-file', value: 'FILE', help: 'seal the root key under this file’s 32 bytes in base 64' },
  { flag: 'seal-module', value: 'FILE', help: 'seal the root key by a PKCS #11 token: the module' },
  { flag: 'seal-token', value: 'LABEL', help: 'label of that token' },
  { flag: 'seal-pin', value: 'PIN', secret: true, help: 'PIN of that token' },
  { flag: 'seal-pin-file', value: 'FILE', help: 'file of that PIN' },
  { flag: 'xks-proxies', value: 'FILE', help: 'JSON: the external key store proxies that KMS may call, by endpoint' },
  { flag: 'hsm-clusters', value: 'FILE', help: 'JSON: the PKCS #11 tokens that KMS may use, by CloudHSM cluster id' },
];

export const environmentName = (flag: string) => `GATEHOUSE_${flag.toUpperCase().replaceAll('-', '_')}`;

export function helpText(): string {
  const lines = SETTINGS.map(({ flag, value, standard, help, secret }) => {
    const left = secret ? `  ${environmentName(flag)}`.padEnd(34) : `  --${flag}${value ? ` ${value}` : ''}`.padEnd(34);
    return `${left}${help}${standard ? ` (${standard})` : ''}`;
  });
  const tail = 'Each flag is also an environment variable: GATEHOUSE_PORT, GATEHOUSE_ROOT_ACCESS_KEY_ID, …';
  return ['Usage: npm start -- [FLAG…]   or   npx gatehouse up [FLAG…]', '', ...lines, '', tail].join('\n');
}

/** Throws ConfigError with one clear sentence. Flags win over the environment, which wins over the defaults. */
export function readConfig(args: readonly string[], env: NodeJS.ProcessEnv = process.env): Config {
  const given = readFlags(args);
  const read = (flag: string) => given.get(flag) ?? fromEnvironment(flag, env) ?? standardOf(flag);
  const config: Config = {
    port: integer('port', read('port')!, 0, 65_535),
    host: read('host')!,
    data: read('data')!,
    accountId: matching('account-id', read('account-id'), /^\d{12}$/, 'twelve digits'),
    region: matching('region', read('region'), REGION, 'a Region such as us-east-1')!,
    ephemeral: boolean('ephemeral', read('ephemeral')),
    rootAccessKeyId: read('root-access-key-id'),
    rootSecretAccessKey: read('root-secret-access-key'),
    tlsCert: pem('tls-cert', read('tls-cert')),
    tlsKey: pem('tls-key', read('tls-key')),
    store: read('store'),
    blobs: matching('blobs', read('blobs'), BUCKET_URL, 's3://BUCKET or https://HOST/BUCKET'),
    quotas: quotasOf(read('quota')),
    smtp: mailServer(read('smtp')),
    passwordCost: costIn(read('password-cost')!),
    passwordMemorySeconds: integer('password-memory', read('password-memory')!, 0, PASSWORD_MEMORY_SECONDS),
    outbound: hostsOf(read('outbound')),
    prices: pricesIn(read('prices')),
    trailIntervalSeconds: integer('trail-interval', read('trail-interval')!, 1, 3600),
    seal: sealIn(read),
    proxies: proxiesIn(read('xks-proxies')),
    clusters: clustersIn(read('hsm-clusters')),
  };
  requireTogether(config);
  return config;
}

/** Without credentials, which would be seen by others. */
const BUCKET_URL = /^(s3:\/\/[^/@]+(\/.*)?|https?:\/\/[^/@]+\/[^/?]+.*)$/;

/** Takes passphrase and PIN out of the environment: what we start, and reports of a crash, have no use for them. */
export function forgetSecrets(env: NodeJS.ProcessEnv = process.env): void {
  for (const { flag, secret } of SETTINGS) if (secret) delete env[environmentName(flag)];
}

const standardOf = (flag: string) => SETTINGS.find((setting) => setting.flag === flag)?.standard;

function readFlags(args: readonly string[]): Map<string, string> {
  const given = new Map<string, string>();
  for (let i = 0; i < args.length; i++) {
    const [, flag, inline] = /^--([a-z-]+)(?:=(.*))?$/s.exec(args[i]!) ?? [];
    const setting = SETTINGS.find((s) => s.flag === flag);
    if (!setting) throw new ConfigError(`Unknown flag: ${args[i]}. --help lists the flags.`);
    if (setting.secret) throw new ConfigError(`--${flag} would be seen by others: set ${environmentName(flag!)}.`);
    const value = setting.value === undefined ? (inline ?? 'true') : (inline ?? args[++i]);
    if (value === undefined || value === '' || (inline === undefined && value.startsWith('--')))
      throw new ConfigError(`--${setting.flag} needs a value: ${setting.value}.`);
    const before = given.get(setting.flag);
    if (before !== undefined && !setting.repeated) throw new ConfigError(`--${setting.flag} is given twice.`);
    given.set(setting.flag, before === undefined ? value : `${before},${value}`);
  }
  return given;
}

/** A misspelt variable must not pass in silence: it may have been meant to make the plane safer. */
function fromEnvironment(flag: string, env: NodeJS.ProcessEnv): string | undefined {
  const unknown = Object.keys(env).find(
    (name) =>
      name.startsWith('GATEHOUSE_') && !SETTINGS.some((s) => environmentName(s.flag) === name) && !FOREIGN.has(name),
  );
  if (unknown) throw new ConfigError(`Unknown environment variable: ${unknown}.`);
  return env[environmentName(flag)] || undefined;
}

/** Read by our tests and our command line, not by the server. */
const FOREIGN = new Set([
  'GATEHOUSE_TEST_POSTGRES',
  'GATEHOUSE_ENDPOINT',
  'GATEHOUSE_NEW_SEAL_PASSPHRASE',
  'GATEHOUSE_NEW_SEAL_PIN',
]);

function integer(flag: string, text: string, min: number, max: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max))
    throw new ConfigError(`--${flag} must be a number from ${min} to ${max}: ${text}`);
  return value;
}

function costIn(name: string): Config['passwordCost'] {
  if (Object.hasOwn(PASSWORD_COSTS, name)) return name as Config['passwordCost'];
  throw new ConfigError(`--password-cost must be one of ${Object.keys(PASSWORD_COSTS).join(', ')}: ${name}`);
}

function matching(flag: string, text: string | undefined, pattern: RegExp, what: string): string | undefined {
  if (text !== undefined && !pattern.test(text)) throw new ConfigError(`--${flag} must be ${what}: ${text}`);
  return text;
}

/** What is wrong is not repeated: there may be a password in it. */
function mailServer(url: string | undefined): string | undefined {
  if (url === undefined || /^smtps?:$/.test(URL.parse(url)?.protocol ?? '')) return url;
  throw new ConfigError('--smtp must be smtp://HOST:PORT or smtps://…, with USER:PASSWORD@ where the server asks.');
}

function boolean(flag: string, text: string | undefined): boolean {
  if (text === undefined || text === 'false' || text === '0') return false;
  if (text === 'true' || text === '1') return true;
  throw new ConfigError(`--${flag} must be true or false: ${text}`);
}

function pem(flag: string, file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError(`--${flag}: cannot read ${file}: ${(error as NodeJS.ErrnoException).code}`);
  }
}

function quotasOf(text: string | undefined): Record<string, number> {
  const quotas: Record<string, number> = {};
  for (const part of text?.split(',') ?? []) {
    const [, name, number] = /^([^=]+)=(\d{1,9})$/.exec(part.trim()) ?? [];
    if (!name) throw new ConfigError(`--quota must be NAME=NUMBER: ${part}`);
    if (!QUOTA_NAMES.has(name)) throw new ConfigError(`--quota: there is no ${name}; docs/quotas.md lists all.`);
    quotas[name] = Number(number);
  }
  return quotas;
}

const QUOTA_NAMES: ReadonlySet<string> = new Set(Object.values(QUOTAS).flat());

function hostsOf(text: string | undefined): string[] {
  const hosts = text?.split(',').map((host) => host.trim()) ?? [];
  for (const host of hosts) {
    if (/^(\*|(\*\.)?[A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])$/.test(host)) continue;
    throw new ConfigError(`--outbound must be a host name, *.NAME or *: ${host}`);
  }
  return hosts;
}

/** `{"AWS Cost Explorer": {"USE1-APIRequest": 0.01}}` */
function pricesIn(file: string | undefined): Prices {
  if (file === undefined) return {};
  const table = jsonIn('prices', file);
  if (!isTable(table)) throw new ConfigError(`--prices: ${file} must hold an object of services.`);
  for (const [service, types] of Object.entries(table)) {
    if (!isTable(types)) throw new ConfigError(`--prices: ${file}: "${service}" must be an object of usage types.`);
    for (const [type, price] of Object.entries(types)) {
      if (typeof price === 'number' && price >= 0 && price <= PRICE_MAX) continue;
      throw new ConfigError(`--prices: ${file}: "${service}" "${type}" must be a number from 0 to ${PRICE_MAX}.`);
    }
  }
  return table as Prices;
}

/** US dollars a unit. */
const PRICE_MAX = 1_000_000;

const isTable = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function sealIn(read: (flag: string) => string | undefined): Opener {
  try {
    return openerOf({
      passphrase: read('seal-passphrase'),
      passphraseFile: read('seal-passphrase-file'),
      keyFile: read('seal-key-file'),
      module: read('seal-module'),
      token: read('seal-token'),
      pin: read('seal-pin'),
      pinFile: read('seal-pin-file'),
    });
  } catch (error) {
    throw error instanceof SealError ? new ConfigError(error.message) : error;
  }
}

/** `{"https://xks.example.com": {"connect": "10.0.0.1:8443", "ca": "ca.pem", "timeoutMs": 250}}` */
const proxiesIn = (file: string | undefined) =>
  addressesIn<ProxyAddress>('xks-proxies', file, {
    name: /^https:\/\/[a-zA-Z0-9.-]+$/,
    members: { connect: /^.+:\d{1,5}$/, ca: 'pem', vpcEndpointService: /^com\.amazonaws\.vpce\./, timeoutMs: 'number' },
    required: [],
  });

/** `{"cluster-1a23b4cdefg": {"module": "/usr/lib/…/x.so", "token": "kms", "trustAnchor": "customerCA.crt"}}` */
const clustersIn = (file: string | undefined) =>
  addressesIn<ClusterAddress>('hsm-clusters', file, {
    name: /^cluster-[2-7a-zA-Z]{11,16}$/,
    members: { module: /./, token: /./, trustAnchor: 'pem', account: /^\d{12}$/, pin: /^(kept|rotated)$/ },
    required: ['module', 'token', 'trustAnchor'],
  });

interface AddressRules {
  readonly name: RegExp;
  /** `pem`: a file, beside the one that names it. */
  readonly members: Readonly<Record<string, RegExp | 'pem' | 'number'>>;
  readonly required: readonly string[];
}

function addressesIn<Address>(flag: string, file: string | undefined, rules: AddressRules): Record<string, Address> {
  if (file === undefined) return {};
  const table = jsonIn(flag, file);
  const wrong = (what: string) => new ConfigError(`--${flag}: ${file}: ${what}.`);
  if (!isTable(table)) throw wrong('an object is wanted');
  const addresses = Object.entries(table).map(([name, given]) => {
    if (!rules.name.test(name) || !isTable(given)) throw wrong(`"${name}" is no such name, or has no object`);
    const missing = rules.required.find((member) => given[member] === undefined);
    if (missing) throw wrong(`"${name}" has no "${missing}"`);
    const members = Object.entries(given).map(([member, value]) => {
      const rule = Object.hasOwn(rules.members, member) ? rules.members[member] : undefined;
      const fits = rule === 'number' ? Number.isInteger(value) : typeof value === 'string' && rule !== undefined;
      if (!fits || (rule instanceof RegExp && !rule.test(String(value))))
        throw wrong(`"${name}": "${member}" is wrong`);
      return [member, rule === 'pem' ? pem(flag, resolve(dirname(file), String(value))) : value] as const;
    });
    return [name, Object.fromEntries(members) as Address] as const;
  });
  return Object.fromEntries(addresses);
}

function jsonIn(flag: string, file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError(`--${flag}: cannot read ${file}: ${(error as NodeJS.ErrnoException).code}`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ConfigError(`--${flag}: ${file} is not JSON: ${(error as Error).message}`);
  }
}

function requireTogether(config: Config): void {
  const { rootAccessKeyId: id, rootSecretAccessKey: secret } = config;
  if ((id === undefined) !== (secret === undefined)) {
    throw new ConfigError('--root-access-key-id and --root-secret-access-key must be given together.');
  }
  if (id !== undefined && !/^[\w]{4,128}$/.test(id)) {
    throw new ConfigError('--root-access-key-id must have 4 to 128 letters, digits or underscores.');
  }
  if (secret !== undefined && !/^[\x21-\x7e]{1,128}$/.test(secret)) {
    throw new ConfigError('--root-secret-access-key must have 1 to 128 visible characters, no spaces.');
  }
  if ((config.tlsCert === undefined) !== (config.tlsKey === undefined)) {
    throw new ConfigError('--tls-cert and --tls-key must be given together.');
  }
  if (config.store !== undefined && !/^(sqlite:|postgres(ql)?:\/\/)/.test(config.store)) {
    throw new ConfigError(`--store must be sqlite:FILE or postgres://…: ${config.store.split('@').at(-1)}`);
  }
  if (config.ephemeral && config.store !== undefined) {
    throw new ConfigError('--ephemeral keeps nothing: it cannot be used with --store.');
  }
  requireSealKept(config);
}

/** A PIN that KMS changes must not be the one that opens the seal. */
function requireSealKept({ seal, clusters }: Config): void {
  if (seal.kind !== 'token') return;
  for (const [name, { module, token, pin }] of Object.entries(clusters)) {
    if (pin === 'kept' || module !== seal.address.module || token !== seal.address.token) continue;
    throw new ConfigError(`--hsm-clusters: "${name}" is the token of the seal: it must have "pin": "kept".`);
  }
}
