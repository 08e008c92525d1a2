/** Every setting, its default and its environment variable. The only reader of argv and process.env. */
import { readFileSync } from 'node:fs';
import type { Prices } from './core/context.ts';

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
  readonly quotas: Readonly<Record<string, number>>;
  /** What usage costs in Cost Explorer's reports. */
  readonly prices: Prices;
  /** How often CloudTrail delivers log files. */
  readonly trailIntervalSeconds: number;
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
  { flag: 'quota', value: 'NAME=N', repeated: true, help: 'another quota than AWS’s standard one (UsersQuota=200000)' },
  { flag: 'trail-interval', value: 'SECONDS', standard: '300', help: 'how often CloudTrail delivers log files' },
  { flag: 'prices', value: 'FILE', help: 'JSON: service → usage type → US dollars a unit; all is free otherwise' },
];

export const environmentName = (flag: string) => `GATEHOUSE_${flag.toUpperCase().replaceAll('-', '_')}`;

export function helpText(): string {
  const lines = SETTINGS.map(({ flag, value, standard, help }) => {
    const left = `  --${flag}${value ? ` ${value}` : ''}`.padEnd(34);
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
    region: matching('region', read('region'), /^[a-z]{2,}(-[a-z]+)+-\d+$/, 'a Region such as us-east-1')!,
    ephemeral: boolean('ephemeral', read('ephemeral')),
    rootAccessKeyId: read('root-access-key-id'),
    rootSecretAccessKey: read('root-secret-access-key'),
    tlsCert: pem('tls-cert', read('tls-cert')),
    tlsKey: pem('tls-key', read('tls-key')),
    store: read('store'),
    quotas: quotasOf(read('quota')),
    prices: pricesIn(read('prices')),
    trailIntervalSeconds: integer('trail-interval', read('trail-interval')!, 1, 3600),
  };
  requireTogether(config);
  return config;
}

const standardOf = (flag: string) => SETTINGS.find((setting) => setting.flag === flag)?.standard;

function readFlags(args: readonly string[]): Map<string, string> {
  const given = new Map<string, string>();
  for (let i = 0; i < args.length; i++) {
    const [, flag, inline] = /^--([a-z-]+)(?:=(.*))?$/s.exec(args[i]!) ?? [];
    const setting = SETTINGS.find((s) => s.flag === flag);
    if (!setting) throw new ConfigError(`Unknown flag: ${args[i]}. --help lists the flags.`);
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
const FOREIGN = new Set(['GATEHOUSE_TEST_POSTGRES', 'GATEHOUSE_ENDPOINT']);

function integer(flag: string, text: string, min: number, max: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max))
    throw new ConfigError(`--${flag} must be a number from ${min} to ${max}: ${text}`);
  return value;
}

function matching(flag: string, text: string | undefined, pattern: RegExp, what: string): string | undefined {
  if (text !== undefined && !pattern.test(text)) throw new ConfigError(`--${flag} must be ${what}: ${text}`);
  return text;
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
    const [, name, number] = /^([A-Za-z]+)=(\d{1,9})$/.exec(part.trim()) ?? [];
    if (!name) throw new ConfigError(`--quota must be NAME=NUMBER: ${part}`);
    quotas[name] = Number(number);
  }
  return quotas;
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
}
