/** Files for their owner only. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A file in the folder, whole and on the disk when this returns: whatever happens meanwhile, the old file is there or
 * the new one. What is sealed under a lost key is lost.
 */
export function writePrivate(folder: string, name: string, text: string): void {
  const half = join(folder, `.${name}.${process.pid}`);
  const file = openSync(half, 'w', 0o600);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
    renameSync(half, join(folder, name));
  } catch (error) {
    rmSync(half, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
  const entries = openSync(folder, 'r');
  fsyncSync(entries);
  closeSync(entries);
}
