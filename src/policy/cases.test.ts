// Every file of cases/ is a list of policy cases, each with the page of AWS's documentation that it follows.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { decide, readPolicyCase } from './index.ts';

const folder = join(import.meta.dirname, 'cases');

for (const file of readdirSync(folder).sort()) {
  describe(`policy cases: ${file}`, () => {
    for (const value of JSON.parse(readFileSync(join(folder, file), 'utf8'))) {
      const { id, title, request, policies, expected } = readPolicyCase(value);
      it(`${id}: ${title}`, () => {
        const decision = decide(request, policies);
        assert.equal(decision.verdict, expected, `decided by ${decision.kind}`);
      });
    }
  });
}
