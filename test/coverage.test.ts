import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { coverage } from '../scripts/coverage.ts';

test('docs/coverage.md says what is answered', async () => {
  const text = readFileSync(join(import.meta.dirname, '../docs/coverage.md'), 'utf8');
  assert.equal(text, await coverage(), 'run node scripts/coverage.ts');
});
