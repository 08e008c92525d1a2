/** Accounts as `gatehouse import account` keeps them. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { importAccount } from './import.ts';
import { said } from './said.fixture.ts';

/** Gone when the tests of the file are over. */
export const folder = mkdtempSync(join(tmpdir(), 'imported-'));
after(() => rmSync(folder, { recursive: true }));

let number = 0;

/** A folder into which these files were imported. */
export async function imported(...contents: object[]): Promise<string> {
  const data = join(folder, `data-${number++}`);
  const files = contents.map((content, i) => {
    const file = `${data}-${i}.json`;
    writeFileSync(file, JSON.stringify(content));
    return file;
  });
  const { code, text } = await said(importAccount, 'account', '--data', data, ...files);
  assert.equal(code, 0, text);
  return data;
}
