/**
 * The start of everything, in plain JavaScript: to read one first file of TypeScript, Node would load the program that
 * strips types and keep it, 15 MB of memory. Compiled code is kept from one start to the next, so a later start never
 * needs it.
 */
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

// A folder of our own: code that anybody on the machine may write is not code to run.
enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/gatehouse'));
await import('../src/cli/index.ts');
