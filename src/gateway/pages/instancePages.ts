/**
 * Pages of the plane's own about an instance of IAM Identity Center: what AWS has in its console, with no public
 * operation behind it but with actions that policies permit, and with records.
 */
import type { Context } from '../../core/context.ts';
import { CommonError } from '../../core/errors.ts';
import { record } from '../../core/ownRecords.ts';
import { userIdentity } from '../../core/userIdentity.ts';
import type { WireRequest } from '../../core/wire.ts';
import { type DirectoryUser, userBy } from '../../identity/directory.ts';
import { KeyRefused, peopleOf } from '../../identity/instanceKeys.ts';
import { administers, type Instance, instanceArn, instances } from '../../identity/instances.ts';
import { authorize, Denied } from '../authorize.ts';
import { json, PAGES_PREFIX, type Page } from './page.ts';
import { signerOf } from './signer.ts';

export interface Asked {
  /** What follows the page's name in the path. */
  readonly id: string;
  /** The JSON object that was sent; empty when there was none. */
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Deed {
  /** `sso-directory:CreateBearerToken` */
  readonly action: string | ((asked: Asked) => string);
  readonly readOnly: boolean;
  /** What the record says beside the directory; `said`: what `run` answered. */
  readonly recorded?: (asked: Asked, said: object) => object;
  readonly run: (ctx: Context, instance: Instance, asked: Asked) => Promise<object>;
}

/** By method: `name?instance=ARN`, and `name/ID`. */
export const instancePage =
  (name: string, deeds: Readonly<Record<string, Deed>>): Page =>
  async (request, deps, source) => {
    const { readOnly, run, recorded, ...deed } = deeds[request.method]!;
    const asked = {
      id: decoded(request.path.slice(`${PAGES_PREFIX}${name}/`.length)),
      body: bodyOf(request),
    };
    const action = typeof deed.action === 'string' ? deed.action : deed.action(asked);
    const instanceAsked = new URLSearchParams(request.query).get('instance') ?? undefined;
    const answer = await deps.store.transaction(async (tx) => {
      const ctx = await signerOf(request, deps, source, tx);
      const [service = '', eventName = ''] = action.split(':');
      const told = { readOnly, eventSource: `${service}.amazonaws.com`, eventName };
      const refused = await authorize(ctx, action, { resource: '*' }).catch(orDenied);
      if (refused instanceof Denied) {
        const { account, region } = ctx;
        const error = { code: 'AccessDenied', message: refused.message };
        record(ctx, { ...told, ...by(ctx), account, region, requestParameters: null, error });
        return refused;
      }
      const instance = await instanceMeant(ctx, instanceAsked);
      const said = await run(ctx, instance, asked).catch(orBlocked);
      const { account, region, identityStore } = instance;
      const requestParameters = { directoryId: identityStore, ...recorded?.(asked, said) };
      record(ctx, { ...told, ...by(ctx), account, region, requestParameters });
      return said;
    });
    if (answer instanceof Denied) throw answer;
    return json(200, answer);
  };

const by = (ctx: Context) => ({ userIdentity: userIdentity(ctx.caller), responseElements: null });

/** A denial leaves its record, as of any call; other errors leave nothing. */
function orDenied(error: unknown): Denied {
  if (error instanceof Denied) return error;
  throw error;
}

/** The key that the directory lies under lets nobody at it. */
function orBlocked(error: unknown): never {
  throw error instanceof KeyRefused ? new CommonError('AccessDenied', error.message, 403) : error;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new CommonError('InvalidPath', 'The path is not encoded as it must be.');
  }
}

function bodyOf({ body }: WireRequest): Asked['body'] {
  if (body.length === 0) return {};
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString('utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Asked['body'];
  } catch {}
  throw new CommonError('InvalidBody', 'The body must be a JSON object.');
}

const NO_SUCH = 'There is no such instance of IAM Identity Center that you administer.';
const NOT_ENABLED =
  'This account has no instance of IAM Identity Center: aws sso-admin create-instance makes one, --instance names another.';

/** One that the caller's account administers; without an ARN, its own. */
async function instanceMeant(ctx: Context, arn: string | undefined): Promise<Instance> {
  const own = arn === undefined && (await ctx.store.list(instances, [ctx.account], { limit: 1, index: 'account' }));
  const found = own ? own.rows[0] : await ctx.store.get(instances, [arn?.split('/').at(-1) ?? '']);
  if (
    found &&
    (arn === undefined || arn === instanceArn(found)) &&
    (await administers(ctx.store, ctx.account, found))
  ) {
    return found;
  }
  throw new CommonError('NotFound', arn === undefined ? NOT_ENABLED : NO_SUCH, 404);
}

/** Somebody of the instance's directory, by name. */
export async function userNamed(ctx: Context, { identityStore }: Instance, name: string): Promise<DirectoryUser> {
  await peopleOf(ctx, identityStore);
  const user = await userBy(ctx.store, identityStore, 'name', name);
  if (!user) throw new CommonError('NotFound', 'The directory has no such user.', 404);
  return user;
}
