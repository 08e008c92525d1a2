/** The start of the plane: reads the settings and hands over to it. */
import { ConfigError, helpText, readConfig } from './config.ts';
import { GenesisError } from './identity/genesis.ts';

/** Runs until a signal says stop. Exit codes: 0 drained, 1 failed, 2 wrong settings. */
export async function up(args: readonly string[]): Promise<void> {
  if (args.includes('--help') || args.includes('-h')) {
    console.log(helpText());
    return;
  }
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
