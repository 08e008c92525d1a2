/**
 * Hostile input costs about what its length costs. Work that grows with the square of it, or doubles with each byte,
 * takes minutes or never ends; what is right takes milliseconds, also where the machine is slow, compiles the code
 * for the first time or collects garbage. The bound lies far from both, and only what the thread itself spends
 * counts: it says that a cost does not explode, not how long anything takes.
 */
import assert from 'node:assert/strict';

const CPU_SECONDS_MAX = 10;

/** What `work` answers or throws; fails where its cost explodes. */
export function promptly<T>(work: () => T): T {
  const start = process.threadCpuUsage();
  const check = () => {
    const { user, system } = process.threadCpuUsage(start);
    const seconds = (user + system) / 1e6;
    assert.ok(seconds < CPU_SECONDS_MAX, `it took ${seconds} s of the processor`);
  };
  let pending = false;
  try {
    const answer = work();
    pending = answer instanceof Promise;
    return answer instanceof Promise ? (answer.finally(check) as T) : answer;
  } finally {
    if (!pending) check();
  }
}
