import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ConfigError, readConfig } from './config.ts';

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-config-'));
after(() => rmSync(folder, { recursive: true }));

function priced(text: string) {
  const file = join(folder, 'prices.json');
  writeFileSync(file, text);
  return readConfig(['--prices', file], {}).prices;
}

test('--prices reads services, usage types and US dollars; all is free without it', () => {
  const table = { 'AWS Cost Explorer': { 'USE1-APIRequest': 0.01, 'EUC1-APIRequest': 0 } };
  assert.deepEqual(priced(JSON.stringify(table)), table);
  assert.deepEqual(readConfig([], {}).prices, {});
});

const WRONG: readonly (readonly [text: string, sentence: RegExp])[] = [
  ['{', /^--prices: .*prices\.json is not JSON: /],
  ['[]', /must hold an object of services\.$/],
  ['{"AWS Cost Explorer": 1}', /"AWS Cost Explorer" must be an object of usage types\.$/],
  ['{"a": {"b": -1}}', /"a" "b" must be a number from 0 to 1000000\.$/],
  ['{"a": {"b": "0.1"}}', /must be a number/],
  ['{"a": {"b": 1e7}}', /must be a number/],
];

test('--prices refuses what is not a price table, with a sentence', () => {
  for (const [text, message] of WRONG) {
    assert.throws(
      () => priced(text),
      (error) => error instanceof ConfigError && message.test(error.message),
      text,
    );
  }
  assert.throws(() => readConfig(['--prices', join(folder, 'none.json')], {}), /cannot read .*none\.json: ENOENT$/);
});
