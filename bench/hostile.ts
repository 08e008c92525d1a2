/**
 * How long a plane takes to refuse what strangers send to keep it busy, over a real socket: `node bench/hostile.ts`.
 * The first of each finds code that has not run yet, and is not counted.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostileBodies, hostilePolicies } from '../src/testing/hostileRequests.ts';
import { signed } from '../src/testing/signed.ts';
import { bytesOf, isWhole, raw, statusOf } from '../src/testing/socket.ts';
import { show } from './figures.ts';
import { ROOT, startPlane, stopped, target } from './servers.ts';

const RUNS = 5;
const LIMIT_MS = 100;
const PLANE = target();
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-bench-hostile-'));
const plane = await startPlane(PLANE, folder);
try {
  for (const { what, service, request } of [...hostileBodies, ...hostilePolicies]) {
    const times: number[] = [];
    let status = 0;
    for (let i = 0; i <= RUNS; i++) {
      const bytes = bytesOf(signed(request, { ...ROOT, service }));
      const start = performance.now();
      status = statusOf((await raw(PLANE.port, bytes, isWhole)).text);
      if (i > 0) times.push(performance.now() - start);
    }
    const median = times.sort((a, b) => a - b)[Math.floor(RUNS / 2)]!;
    show(what, median, 'ms', { atMost: LIMIT_MS }, String(status));
  }
} finally {
  await stopped(plane);
  rmSync(folder, { recursive: true, force: true });
}
