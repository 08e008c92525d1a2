/**
 * All benchmarks, one after the other: `npm run bench`. Each prints its figures, beside their limits where there are any,
 * and ends with 1 when one is beyond its limit.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const BENCHES: readonly (readonly [file: string, ...args: string[]])[] = [
  ['start.ts'],
  ['policy.ts'],
  ['events.ts'],
  ['impact.ts'],
  ['store.ts'],
  ['import.ts'],
  ['hostile.ts'],
  ['gateway.ts'],
  ['gateway.ts', '--users', '100000', '--records', '1000000'],
  ['kms.ts', '--many', '1000000'],
  ['s3.ts'],
  ['records.ts'],
  ['logs.ts'],
  ['provision.ts'],
  ['signin.ts'],
  ['signin.ts', '--directory'],
];

for (const [file, ...args] of BENCHES) {
  console.log(`\n${file} ${args.join(' ')}`);
  const { status } = spawnSync(process.execPath, [join(import.meta.dirname, file), ...args], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
