/** How a command finds the plane it talks to, and the credentials it signs with. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { REGION } from '../core/regionalHosts.ts';

/** Wrong use, in a sentence. */
export class UsageError extends Error {}

export interface Plane {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
}

export const PLANE_OPTIONS = {
  data: { type: 'string' },
  endpoint: { type: 'string' },
  region: { type: 'string' },
  profile: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

export const PLANE_HELP = `  --data DIR       folder of the plane (.gatehouse, or GATEHOUSE_DATA)
  --endpoint URL   where the plane is (GATEHOUSE_ENDPOINT, AWS_ENDPOINT_URL, or as written in that folder)
  --region REGION  (AWS_REGION, or us-east-1)
  --profile NAME   profile of the folder's credentials file (AWS_ACCESS_KEY_ID … of the environment, or root)`;

type Values = { readonly [K in 'data' | 'endpoint' | 'region' | 'profile']?: string | undefined };

/** Arguments by `options`; throws UsageError on any that are not known. */
export function parsed<T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

export function planeOf(values: Values, env: NodeJS.ProcessEnv = process.env): Plane {
  const data = values.data ?? env.GATEHOUSE_DATA;
  const folder = data ?? '.gatehouse';
  const credentials = credentialsIn(env);
  // Where the credentials are for, unless a folder is named: a shell may have been pointed at any plane.
  const pointed = data === undefined && values.profile === undefined && credentials && env.AWS_ENDPOINT_URL;
  const endpoint = values.endpoint ?? env.GATEHOUSE_ENDPOINT ?? (pointed || fileIn(folder, 'endpoint').trim());
  if (!/^https?:$/.test(URL.parse(endpoint)?.protocol ?? '')) {
    throw new UsageError(`--endpoint must be a URL such as http://127.0.0.1:4566: ${endpoint}`);
  }
  const region = values.region ?? env.GATEHOUSE_REGION ?? env.AWS_REGION ?? 'us-east-1';
  if (!REGION.test(region)) throw new UsageError(`--region must be a Region such as us-east-1: ${region}`);
  const own = values.profile === undefined ? credentials : undefined;
  return { endpoint, region, credentials: own ?? profileIn(fileIn(folder, 'credentials'), values.profile ?? 'root') };
}

function credentialsIn(env: NodeJS.ProcessEnv): Plane['credentials'] | undefined {
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: token } = env;
  return id && secret ? { accessKeyId: id, secretAccessKey: secret, ...(token && { sessionToken: token }) } : undefined;
}

function fileIn(data: string, name: string): string {
  try {
    return readFileSync(join(data, name), 'utf8');
  } catch {
    throw new UsageError(
      `${join(data, name)} cannot be read. Is a plane running there? Start one with npm start, or use --data.`,
    );
  }
}

function profileIn(text: string, profile: string): Plane['credentials'] {
  const section = text.split(/^\[/m).find((part) => part.startsWith(`${profile}]`));
  const value = (key: string) => new RegExp(`^${key}\\s*=\\s*(\\S+)`, 'm').exec(section ?? '')?.[1];
  const [accessKeyId, secretAccessKey, sessionToken] = [
    'aws_access_key_id',
    'aws_secret_access_key',
    'aws_session_token',
  ].map(value);
  if (!accessKeyId || !secretAccessKey) throw new UsageError(`The credentials file has no profile ${profile}.`);
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
}

/** Runs a command; wrong use is told in one sentence and exits 2. */
export async function told(work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    console.error(`gatehouse: ${sentenceOf(error as Error)}`);
    return error instanceof UsageError ? 2 : 1;
  }
}

/** What kept a request from the plane stands in the cause. */
function sentenceOf(error: Error & { code?: string }): string {
  const cause = error.cause instanceof Error ? (error.cause as typeof error) : undefined;
  const code = [error.code, cause?.code].find((each) => each !== undefined && UNREACHED.has(each));
  if (code === undefined) return cause?.message ? `${error.message}: ${cause.message}` : error.message;
  const what = cause?.message || error.message || code;
  return `No plane answers (${what}). Start one with npm start, or use --data or --endpoint.`;
}

const UNREACHED = new Set(['ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'ETIMEDOUT']);
