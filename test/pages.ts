/** Our own pages, read as a newcomer reads them: their blocks of code, and a shell that runs what stands there. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { awsSince } from './awsClients.ts';
import { type Ended, run } from './processes.ts';

const root = join(import.meta.dirname, '..');

/** The first `aws` here that heeds AWS_ENDPOINT_URL. */
export const aws = awsSince({ 1: 29, 2: 13 });

/** What stands between ```LANGUAGE and ```, block by block. */
export function blocksOf(page: string, language: string): string[] {
  const text = readFileSync(join(root, page), 'utf8');
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(([, block]) => block!);
}

/** bash, where `npx gatehouse` is this checkout's and `aws` has nothing of this machine's configuration. */
export function shell(script: string, data: string): Promise<Ended> {
  const functions = `set -uo pipefail
    aws() { command '${aws}' "$@"; }
    npx() { shift; '${process.execPath}' '${root}/bin/gatehouse.js' "$@"; }`;
  const none = { AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null', AWS_PAGER: '' };
  // Which might be kept in the folder that the script is in.
  const uncached = { NODE_DISABLE_COMPILE_CACHE: '1' };
  return run('bash', ['-c', `${functions}\n${script}`], { GATEHOUSE_DATA: data, ...none, ...uncached });
}
