/** The start: keeps compiled code from one start to the next, reads the settings, and hands over to the plane. */
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

/** Runs until a signal says stop. Exit codes: 0 drained, 1 failed, 2 wrong settings. */
export async function up(args: readonly string[]): Promise<void> {
  // A folder of our own: code that anybody on the machine may write is not code to run.
  enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/gatehouse'));
  const { ConfigError, helpText, readConfig } = await import('./config.ts');
  if (args.includes('--help') || args.includes('-h')) {
    console.log(helpText());
    return;
  }
  const { GenesisError } = await import('./identity/genesis.ts');
  try {
    const config = readConfig(args);
    const { serve } = await import('./plane.ts');
    await serve(config);
  } catch (error) {
    const expected = error instanceof ConfigError || error instanceof GenesisError;
    console.error(expected ? `gatehouse: ${error.message}` : error);
    process.exit(expected ? 2 : 1);
  }
}

if (import.meta.main) await up(process.argv.slice(2));
