/** What `npm ci --omit=dev` installs is under a licence that asks for no more than its notice. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '..');
const ALLOWED = new Set(['MIT', 'MIT-0', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'ISC']);

interface Locked {
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly optional?: boolean;
}

interface Installed {
  readonly name: string;
  readonly license?: string;
}

const json = (file: string) => JSON.parse(readFileSync(join(root, file), 'utf8'));

/** `(MIT OR GPL-2.0)` leaves the choice to us; `MIT AND X` does not. */
const isFree = (licence: string) =>
  licence
    .replace(/^\((.*)\)$/, '$1')
    .split(' OR ')
    .some((choice) => choice.split(' AND ').every((name) => ALLOWED.has(name.trim())));

test('Every dependency is under MIT, Apache-2.0, BSD or ISC', () => {
  const packages = Object.entries(json('package-lock.json').packages as Record<string, Locked>);
  const production = packages.filter(([path, { dev, devOptional }]) => path !== '' && !dev && !devOptional);
  const present = production.filter(([path, { optional }]) => !optional || existsSync(join(root, path)));
  const found = present.map(([path]) => json(`${path}/package.json`) as Installed);
  assert.ok(found.length > 20, 'the lock file lists what is installed');
  const others = found.filter(({ license }) => license === undefined || !isFree(license));
  assert.deepEqual(
    others.map(({ name, license }) => `${name}: ${license}`),
    [],
  );
});

test('A choice of licences is free when one of them is, a sum when all are', () => {
  const cases = { MIT: true, '(GPL-2.0 OR MIT)': true, 'MIT AND GPL-2.0': false, 'AGPL-3.0': false };
  for (const [licence, free] of Object.entries(cases)) assert.equal(isFree(licence), free, licence);
});
