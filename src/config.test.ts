import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Config, ConfigError, environmentName, helpText, readConfig } from './config.ts';
import { QUOTAS } from './core/quotas.ts';

const DEFAULTS: Partial<Config> = {
  port: 4566,
  host: '127.0.0.1',
  data: '.gatehouse',
  accountId: undefined,
  region: 'us-east-1',
  ephemeral: false,
  rootAccessKeyId: undefined,
  rootSecretAccessKey: undefined,
  tlsCert: undefined,
  tlsKey: undefined,
  store: undefined,
  quotas: {},
  passwordCost: 'standard',
  passwordMemorySeconds: 3600,
};

test('without flags and variables the defaults hold', () => {
  const config = readConfig([], {});
  assert.deepEqual({ ...config, ...DEFAULTS }, config);
});

const KEY = ['--root-access-key-id', 'AKIAROOT', '--root-secret-access-key', 'secret'];

/** Every setting as a flag, and what it becomes. */
const FLAGS: readonly [args: string[], Partial<Config>][] = [
  [['--port', '0'], { port: 0 }],
  [['--port=65535'], { port: 65_535 }],
  [['--host', '::1'], { host: '::1' }],
  [['--data', '/tmp/x'], { data: '/tmp/x' }],
  [['--account-id', '111122223333'], { accountId: '111122223333' }],
  [['--region', 'eu-west-3'], { region: 'eu-west-3' }],
  [['--region', 'us-gov-west-1'], { region: 'us-gov-west-1' }],
  [['--ephemeral'], { ephemeral: true }],
  [['--ephemeral=false'], { ephemeral: false }],
  [KEY, { rootAccessKeyId: 'AKIAROOT', rootSecretAccessKey: 'secret' }],
  [['--root-access-key-id=AKIA', '--root-secret-access-key=--a=b'], { rootSecretAccessKey: '--a=b' }],
  [['--password-cost', 'light'], { passwordCost: 'light' }],
  [['--password-memory', '0'], { passwordMemorySeconds: 0 }],
  [['--store', 'sqlite:/tmp/x.db'], { store: 'sqlite:/tmp/x.db' }],
  [['--store', 'postgres://u:p@h/d'], { store: 'postgres://u:p@h/d' }],
  [['--blobs', 's3://b'], { blobs: 's3://b' }],
  [['--blobs', 'https://h:1/b/of/mine?region=x'], { blobs: 'https://h:1/b/of/mine?region=x' }],
  [['--outbound', 'a.example', '--outbound', '*.b.example'], { outbound: ['a.example', '*.b.example'] }],
  [['--quota', 'UsersQuota=7', '--quota', 'GroupsQuota=8'], { quotas: { UsersQuota: 7, GroupsQuota: 8 } }],
  [['--quota', 'Shards per Region=3'], { quotas: { 'Shards per Region': 3 } }],
];

for (const [args, expected] of FLAGS) {
  test(`${args.join(' ')} is read from flags and from the environment`, () => {
    const config = readConfig(args, {});
    assert.deepEqual({ ...config, ...expected }, config);
    const env: Record<string, string> = {};
    for (let i = 0; i < args.length; i++) {
      const [, flag, inline] = /^--([a-z-]+)(?:=(.*))?$/.exec(args[i]!)!;
      const value = inline ?? (flag === 'ephemeral' ? 'true' : args[++i]!);
      const name = environmentName(flag!);
      env[name] = env[name] ? `${env[name]},${value}` : value;
    }
    assert.deepEqual(readConfig([], env), config);
  });
}

test('a flag wins over its variable', () => {
  assert.equal(readConfig(['--port', '1'], { GATEHOUSE_PORT: '2' }).port, 1);
});

/** What is wrong, and the sentence. */
const WRONG: readonly [args: string[], env: Record<string, string>, RegExp][] = [
  [['--prot', '1'], {}, /^Unknown flag: --prot\. --help lists the flags\.$/],
  [['extra'], {}, /^Unknown flag: extra/],
  [['-p', '1'], {}, /^Unknown flag: -p/],
  [['--port'], {}, /^--port needs a value: N\.$/],
  [['--data', '--port', '1'], {}, /^--data needs a value: DIR\.$/],
  [['--port', 'x'], {}, /^--port must be a number from 0 to 65535: x$/],
  [['--port', '65536'], {}, /must be a number/],
  [['--port', '-1'], {}, /must be a number/],
  [['--port', '1', '--port', '2'], {}, /^--port is given twice\.$/],
  [['--account-id', '123'], {}, /^--account-id must be twelve digits: 123$/],
  [['--region', 'Frankfurt'], {}, /^--region must be a Region such as us-east-1: Frankfurt$/],
  [['--ephemeral=maybe'], {}, /^--ephemeral must be true or false: maybe$/],
  [['--ephemeral', '--store', 'sqlite:x'], {}, /cannot be used with --store/],
  [['--store', 'mysql://u:secret@h/d'], {}, /^--store must be sqlite:FILE or postgres:\/\/…: h\/d$/],
  [['--root-access-key-id', 'AKIA'], {}, /must be given together/],
  [['--root-secret-access-key', 'x'], {}, /must be given together/],
  [['--root-access-key-id', 'a b', '--root-secret-access-key', 'x'], {}, /^--root-access-key-id must have 4 to 128/],
  [['--root-access-key-id', 'AKIA', '--root-secret-access-key', 'a\nb'], {}, /^--root-secret-access-key must have/],
  [['--tls-cert', '/dev/null'], {}, /^--tls-cert and --tls-key must be given together\.$/],
  [['--tls-cert', '/no/such/file', '--tls-key', '/dev/null'], {}, /^--tls-cert: cannot read \/no\/such\/file: ENOENT$/],
  [['--blobs', 'https://a.example/'], {}, /^--blobs must be s3:\/\/BUCKET or https:\/\/HOST\/BUCKET: https:\/\/a/],
  [['--blobs', 'bucket'], {}, /^--blobs must be/],
  [['--outbound', 'https://a.example'], {}, /^--outbound must be a host name/],
  [['--quota', 'UsersQuota'], {}, /^--quota must be NAME=NUMBER: UsersQuota$/],
  [['--quota', 'UserQuota=7'], {}, /^--quota: there is no UserQuota; docs\/quotas\.md lists all\.$/],
  [[], { GATEHOUSE_QUOTA: 'toString=7' }, /^--quota: there is no toString/],
  [[], { GATEHOUSE_PROT: '1' }, /^Unknown environment variable: GATEHOUSE_PROT\.$/],
  [[], { GATEHOUSE_PORT: 'x' }, /^--port must be a number/],
  [[], { GATEHOUSE_DISABLE_AUTH: '1' }, /^Unknown environment variable/],
];

for (const [args, env, sentence] of WRONG) {
  test(`${[...args, ...Object.keys(env)].join(' ')} is refused in a sentence`, () => {
    assert.throws(
      () => readConfig(args, env),
      (error: Error) => error instanceof ConfigError && sentence.test(error.message) && !/secret@/.test(error.message),
    );
  });
}

test('docs/quotas.md lists every quota', () => {
  const page = readFileSync(join(import.meta.dirname, '../docs/quotas.md'), 'utf8');
  const shown = [...page.matchAll(/^\| (.*) \| (`.*`) \|$/gm)].map(([, service, names = '']) => [
    service,
    names.slice(1, -1).split('`, `'),
  ]);
  assert.deepEqual(shown, Object.entries(QUOTAS));
});

test('certificate and key are read from their files', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-config-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const [cert, key] = ['cert.pem', 'key.pem'].map((name) => join(folder, name)) as [string, string];
  writeFileSync(cert, 'CERT');
  writeFileSync(key, 'KEY');
  const config = readConfig(['--tls-cert', cert, '--tls-key', key], {});
  assert.deepEqual([config.tlsCert, config.tlsKey], ['CERT', 'KEY']);
});

test('help names every flag', () => {
  for (const flag of [
    'port',
    'host',
    'data',
    'account-id',
    'region',
    'ephemeral',
    'store',
    'tls-cert',
    'tls-key',
    'quota',
  ]) {
    assert.match(helpText(), new RegExp(`^ {2}--${flag}\\b`, 'm'));
  }
});

test('addresses of key stores are read with the certificates beside them, and refused when something is wrong', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-config-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = (name: string, content: unknown) => {
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
    return join(folder, name);
  };
  file('ca.pem', 'a certificate');
  const endpoint = 'https://xks.example.com';
  const cluster = { module: '/lib/x.so', token: 'kms', trustAnchor: 'ca.pem' };
  const proxies = file('proxies.json', { [endpoint]: { connect: '127.0.0.1:8443', ca: 'ca.pem', timeoutMs: 100 } });
  const clusters = file('clusters.json', { 'cluster-7a23b4cdefg': cluster });
  const config = readConfig(['--xks-proxies', proxies, '--hsm-clusters', clusters], {});
  assert.deepEqual(config.proxies, {
    [endpoint]: { connect: '127.0.0.1:8443', ca: 'a certificate', timeoutMs: 100 },
  });
  assert.deepEqual(config.clusters, { 'cluster-7a23b4cdefg': { ...cluster, trustAnchor: 'a certificate' } });
  const wrong = [
    [{ 'http://xks.example.com': {} }, /is no such name/],
    [{ [endpoint]: { connect: 'nowhere' } }, /"connect" is wrong/],
    [{ [endpoint]: { insecure: true } }, /"insecure" is wrong/],
    [{ [endpoint]: { ca: 'missing.pem' } }, /cannot read/],
    [[], /an object is wanted/],
  ] as const;
  for (const [content, sentence] of wrong) {
    assert.throws(() => readConfig(['--xks-proxies', file('wrong.json', content)], {}), sentence);
  }
  const { token: _, ...half } = cluster;
  const halves = file('half.json', { 'cluster-7a23b4cdefg': half });
  assert.throws(() => readConfig(['--hsm-clusters', halves], {}), /has no "token"/);
  const seal = ['--seal-module', cluster.module, '--seal-token', cluster.token];
  const sealed = (pin: object) =>
    readConfig(['--hsm-clusters', file('pin.json', { 'cluster-7a23b4cdefg': { ...cluster, ...pin } }), ...seal], {
      GATEHOUSE_SEAL_PIN: '1234567',
    });
  assert.throws(() => sealed({}), /is the token of the seal: it must have "pin": "kept"/);
  assert.equal(sealed({ pin: 'kept' }).clusters['cluster-7a23b4cdefg']!.pin, 'kept');
  assert.throws(() => sealed({ pin: 'lost' }), /"pin" is wrong/);
});

test('--smtp names a mail server; what is wrong with it is told without its password', () => {
  assert.equal(
    readConfig(['--smtp', 'smtps://me:secret@mail.example.com:465'], {}).smtp,
    'smtps://me:secret@mail.example.com:465',
  );
  assert.throws(
    () => readConfig(['--smtp', 'mail://me:secret@mail.example.com'], {}),
    (error: Error) => /^--smtp must be smtp:/.test(error.message) && !error.message.includes('secret'),
  );
});
