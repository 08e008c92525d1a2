/**
 * What operations on an instance have in common: which of them additional Regions have, the key `sso:PrimaryRegion`,
 * permission to decrypt where the instance lies under a key of the customer's, and what delegated administrators may not.
 * https://docs.aws.amazon.com/singlesignon/latest/userguide/api-support-in-additional-regions.html
 */
import type { Context } from '../../core/context.ts';
import { type Access, Open, type Operation } from '../../core/operation.ts';
import type { Application } from '../../identity/applications.ts';
import { unlock } from '../../identity/instanceKeys.ts';
import type { Instance } from '../../identity/instances.ts';
import { type PermissionSet, permissionSetArn, provisionedSets } from '../../identity/permissionSets.ts';
import { failInvalid, notFromHere } from './errors.ts';

// biome-ignore lint/suspicious/noExplicitAny: each operation has types of its own
type AnyOperation = Operation<any, any, any>;

/** Applications are written in every Region; of the rest only what is told of the instance is read there. */
const EVERYWHERE =
  /Application|^((Describe|List)(Instance|Region|TrustedTokenIssuer)s?|ListTagsForResource|(Tag|Untag)Resource)$/;

/** Whoever must get a key out of the way has no use of it for that. */
const WITHOUT_KEY = /^(Describe|Update|Delete)Instance$/;

export function underKey<O extends Readonly<Record<string, AnyOperation>>>(operations: O): O {
  const entries = Object.entries(operations).map(([name, operation]) => [name, kept(name, operation)]);
  return Object.fromEntries(entries) as O;
}

type Target =
  | Instance
  | { readonly instance: Instance; readonly application?: Application; readonly set?: PermissionSet | undefined }
  | undefined;

const instanceIn = (target: Target): Instance | undefined =>
  target && 'instance' in target ? target.instance : target;

const kept = (name: string, operation: AnyOperation): AnyOperation => ({
  ...operation,
  access(input, ctx, target: Target) {
    const access = operation.access(input, ctx, target);
    const region = instanceIn(target)?.region;
    if (region === undefined || access instanceof Open) return access;
    return [access].flat().map((each: Access) => ({
      ...each,
      conditions: { 'sso:PrimaryRegion': region, ...each.conditions },
    }));
  },
  async run(input, ctx, target: Target) {
    const instance = instanceIn(target);
    if (instance) await requireServed(name, ctx, instance);
    if (target && 'application' in target) requireManaged(name, ctx, target.instance, target.application);
    if (target && 'set' in target && target.set) await requireAlterable(name, ctx, target.instance, target.set);
    return operation.run(input, ctx, target);
  },
});

async function requireServed(name: string, ctx: Context, instance: Instance): Promise<void> {
  if (ctx.region !== instance.region && !EVERYWHERE.test(name)) {
    failInvalid(`${name} is supported in the primary Region of the instance only: ${instance.region}.`);
  }
  if (!WITHOUT_KEY.test(name)) await unlock(ctx, instance, 'sso', 'caller');
}

/** An application is managed in the Region where it was made; the others know it. */
function requireManaged(name: string, ctx: Context, instance: Instance, application: Application | undefined): void {
  const home = application?.region ?? instance.region;
  if (ctx.region !== home && /^(Create|Update|Delete|Put)/.test(name)) {
    failInvalid(`The application is managed in the Region where it was created: ${home}.`);
  }
}

/**
 * What stands in the management account is altered from there only, and assigned nowhere else.
 * https://docs.aws.amazon.com/singlesignon/latest/userguide/delegated-admin.html
 */
async function requireAlterable(name: string, ctx: Context, instance: Instance, set: PermissionSet): Promise<void> {
  if (ctx.account === instance.account || /^(Describe|Get|List)/.test(name)) return;
  const standing = await ctx.store.get(provisionedSets, [instance.id, instance.account, set.id]);
  if (standing) throw notFromHere(ctx, name, permissionSetArn(set));
}
