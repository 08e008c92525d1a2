/** The clients that people use, as far as this machine has them, and an environment that holds nothing of its own. */
import { execFileSync } from 'node:child_process';
import type { planeOnSocket } from './socket.ts';

type Plane = Awaited<ReturnType<typeof planeOnSocket>>;

/** What a program prints; empty where it is not here, or fails. */
export function outputOf(file: string, ...args: string[]): string {
  try {
    return execFileSync(file, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return '';
  }
}

/** On the path, Debian's, and where AWS's own installer puts one. */
const AWS = ['aws', '/usr/bin/aws', '/usr/local/aws-cli/v2/current/dist/aws'];

/** `aws` of that major version: Debian's is 2, pip's may be 1. */
export const awsOf = (major: number): string | undefined => awsSince({ [major]: 0 });

/** The first `aws` that is, of its major version, of that minor one or later. */
export const awsSince = (minors: Readonly<Record<number, number>>): string | undefined =>
  AWS.find((file) => {
    const [, major, minor] = /^aws-cli\/(\d+)\.(\d+)/.exec(outputOf(file, '--version')) ?? [];
    return Number(minor ?? -1) >= (minors[Number(major)] ?? Number.POSITIVE_INFINITY);
  });

/** A Python that has the module. */
export const pythonWith = (module: string): string | undefined =>
  ['/usr/bin/python3', 'python3'].find((file) => outputOf(file, '-W', 'ignore', '-c', `import ${module}; print(1)`));

/** Root's credentials, nothing of the machine's own configuration, and `more`. */
export function environment(
  { credentials }: Pick<Plane, 'credentials'>,
  more: NodeJS.ProcessEnv = {},
): NodeJS.ProcessEnv {
  const clean = Object.entries(process.env).filter(([name]) => !/^(AWS|RCLONE)_/.test(name));
  return {
    ...Object.fromEntries(clean),
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_PAGER: '',
    ...more,
  };
}
