/** The start of the plane: reads the settings and hands over to it. */
import { ConfigError, helpText, readConfig } from './config.ts';
import { GenesisError } from './identity/genesis.ts';

/** Runs until a signal says stop. Exit codes: 0 drained, 1 failed, 2 what the operator can mend. */
export async function up(args: readonly string[]): Promise<void> {
  if (args.includes('--help') || args.includes('-h')) {
    console.log(helpText());
    return;
  }
  try {
    const config = readConfig(args);
    const { serve } = await import('./plane.ts');
    await serve(config).catch((error) => {
      throw folderProblem(error, config.data) ?? error;
    });
  } catch (error) {
    const expected = error instanceof ConfigError || error instanceof GenesisError;
    console.error(expected ? `gatehouse: ${error.message}` : error);
    process.exit(expected ? 2 : 1);
  }
}

/** What the system says of a folder that a plane cannot live in. */
const FOLDER_PROBLEMS: Readonly<Record<string, string>> = {
  EACCES: 'it may not be read and written by this user',
  EDQUOT: 'this user may not write more to its disk',
  EEXIST: 'it is no folder',
  ENOENT: 'it cannot be made there',
  ENOSPC: 'its disk is full',
  ENOTDIR: 'it is no folder',
  EPERM: 'it may not be read and written by this user',
  EROFS: 'its disk may only be read',
};

/** Whatever else a start reads or writes has been named by then. */
function folderProblem(error: NodeJS.ErrnoException, data: string): ConfigError | undefined {
  const { code = '', message } = error;
  const problem =
    message === SQLITE_FULL ? FOLDER_PROBLEMS.ENOSPC : Object.hasOwn(FOLDER_PROBLEMS, code) && FOLDER_PROBLEMS[code];
  return problem
    ? new ConfigError(`The plane cannot live in ${data}: ${problem}. Mend that, or choose another with --data.`)
    : undefined;
}
const SQLITE_FULL = 'database or disk is full';
