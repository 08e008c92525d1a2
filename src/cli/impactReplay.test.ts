/** Trails are replayed alike, however they are read. */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import fc from 'fast-check';
import { recordOf, roleIdentity, UNIT } from '../impact/fixtures.ts';
import { type Question, replay, resultOf } from '../impact/index.ts';
import { at, folder, noStart, noTeam, org, write } from './impact.fixture.ts';

it('workers find what one thread finds, however the trail is cut into files', { timeout: 120_000 }, async () => {
  const call = fc.record({
    name: fc.constantFrom('StartInstances', 'DescribeInstances', 'RunInstances'),
    role: fc.constantFrom('a', 'b', 'c'),
    second: fc.integer({ min: 10, max: 59 }),
    denied: fc.boolean(),
  });
  const question: Question = { inputs: [org], changes: [`${noStart}@${UNIT}`, `${noTeam}@root`], strict: false };
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(call, { maxLength: 20 }), { minLength: 1, maxLength: 8 }), async (files) => {
      const top = mkdtempSync(join(folder, 'cut-'));
      files.forEach((calls, i) => {
        const Records = calls.map(({ name, role, second, denied }, n) =>
          recordOf(name, {
            ...{ eventID: `${i}-${n}`, eventTime: `2026-01-01T00:00:${second}Z`, userIdentity: roleIdentity(role) },
            ...(denied ? { errorCode: 'AccessDenied' } : {}),
          }),
        );
        const text = JSON.stringify({ Records });
        writeFileSync(join(top, `${i}.json`), i % 2 ? text : `${text.slice(0, -2)},{"bad":1}]}`);
      });
      const found = await Promise.all([0, 2].map((workers) => replay([top], question, { workers })));
      const [here, there] = found.map((summary) => resultOf(summary));
      assert.deepEqual(there, here);
    }),
    { numRuns: 5 },
  );
});

it('a stream of bytes is replayed like a file at once', async () => {
  const records = Array.from({ length: 6_000 }, (_, i) =>
    at('01:00:00', { eventID: String(i), userAgent: 'x'.repeat(1_000) }),
  );
  const large = write('large/large.json', { Records: records });
  write('small/small.json', { Records: records.slice(0, 100) });
  const question: Question = { inputs: [org], changes: [`${noStart}@${UNIT}`], strict: true };
  cpSync(large, join(folder, 'large/again.json'));
  const result = resultOf(await replay([join(folder, 'large'), join(folder, 'small')], question, { workers: 0 }));
  assert.deepEqual([result.files, result.counts.newlyDenied], [3, 12_100]);
});
