/**
 * Service-specific credentials of IAM users. Passwords are asked for by services that this plane does not have; an API
 * key is a bearer token that says itself whose it is: a prefix of the service, then Base64 of `ALIAS:SECRET`.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_service-specific-creds.html
 */
import { timingSafeEqual } from 'node:crypto';
import type { Context } from '../core/context.ts';
import { table } from '../store/store.ts';
import { type User, users } from './principals.ts';

export interface ServiceSpecificCredential {
  readonly account: string;
  /** Unique id of the user. */
  readonly owner: string;
  /** `ACCA…` */
  readonly id: string;
  readonly service: string;
  /** `jane-at-123456789012`: unique in its account and service. */
  readonly serviceUserName: string;
  /** Sealed for the purpose `service-credential`. */
  readonly secret: string;
  readonly status: 'Active' | 'Inactive';
  readonly created: string;
  readonly expires?: string;
}

/**
 * Index `owner`: [account, user id]. `service`: [account, service]. `ownerService`: [account, user id, service]. `alias`:
 * [account, service, serviceUserName].
 */
export const serviceSpecificCredentials = table<ServiceSpecificCredential>('iam_service_credential', {
  key: (c) => [c.account, c.owner, c.id],
  indexes: {
    owner: (c) => [[c.account, c.owner]],
    service: (c) => [[c.account, c.service]],
    ownerService: (c) => [[c.account, c.owner, c.service]],
    alias: (c) => [[c.account, c.service, c.serviceUserName]],
  },
});

const PURPOSE = 'service-credential';

type Sealing = Pick<Context, 'secrets' | 'random'>;

export const sealedSecret = ({ secrets, random }: Sealing, secret: string): string =>
  secrets.seal(PURPOSE, secret, random(12));

/** What API keys of a service begin with. */
export const API_KEY_PREFIXES: Readonly<Record<string, string>> = {
  'bedrock.amazonaws.com': 'ABSK',
  'logs.amazonaws.com': 'ACWL',
};

/** The bearer token of an API key. */
export const apiKey = (prefix: string, alias: string, secret: string): string =>
  prefix + Buffer.from(`${alias}:${secret}`).toString('base64');

type Finding = Pick<Context, 'store' | 'secrets' | 'now'>;

/** The user whose API key of the service a token is; undefined for any other token, also one that holds no longer. */
export async function userOfApiKey(ctx: Finding, service: string, token: string): Promise<User | undefined> {
  const prefix = API_KEY_PREFIXES[service];
  if (prefix === undefined || !token.startsWith(prefix)) return undefined;
  const [, alias = '', account = ''] =
    /^(.+-at-(\d{12})):/s.exec(Buffer.from(token.slice(prefix.length), 'base64').toString()) ?? [];
  const page = { limit: 1, index: 'alias' };
  const [row] = (await ctx.store.list(serviceSpecificCredentials, [account, service, alias], page)).rows;
  const holds = row?.status === 'Active' && (row.expires === undefined || ctx.now.getTime() < Date.parse(row.expires));
  if (!row || !holds || !isSecretOf(ctx, row, token)) return undefined;
  return (await ctx.store.list(users, [row.owner], { limit: 1, index: 'id' })).rows[0];
}

function isSecretOf({ secrets }: Finding, { secret }: ServiceSpecificCredential, token: string): boolean {
  const kept = secrets.open(PURPOSE, secret);
  const given = Buffer.from(token);
  return kept !== undefined && kept.length === given.length && timingSafeEqual(kept, given);
}
