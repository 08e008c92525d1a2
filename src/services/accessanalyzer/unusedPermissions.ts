/** The services and actions that a user or role may use and has not used for long. */
import type { Context } from '../../core/context.ts';
import { grantedActions, grantedServices } from '../../identity/grantedServices.ts';
import { type ActionUse, actionUses, type ServiceUse, serviceUses } from '../../identity/lastUsed.ts';
import { policiesHeld } from '../../identity/policies.ts';
import { byName, groups, type Role, type User } from '../../identity/principals.ts';
import { everyRow } from '../../store/everyRow.ts';

export interface UnusedService {
  /** Prefix, as in policies. */
  readonly service: string;
  /** ISO 8601; absent when it was never used. */
  readonly lastAccessed?: string | undefined;
  /** Present when the service is in use, and these of its actions are not. */
  readonly actions?: readonly { readonly name: string; readonly lastAccessed?: string | undefined }[];
}

/** The texts of all identity-based policies of a principal, its groups' too. */
export async function documentsOf(ctx: Context, holder: User | Role): Promise<string[]> {
  const held = [...(await policiesHeld(ctx.store, holder))];
  for (const name of 'groups' in holder ? holder.groups : []) {
    const group = await ctx.store.get(groups, byName(holder.account, name));
    if (group) held.push(...(await policiesHeld(ctx.store, group)));
  }
  return held.map(({ body }) => body.text);
}

/** Sorted by service. `since` is ISO 8601: what was used after it is in use. */
export async function unusedPermissions(ctx: Context, holder: User | Role, since: string): Promise<UnusedService[]> {
  const documents = await documentsOf(ctx, holder);
  const uses = new Map<string, ServiceUse>();
  for await (const use of everyRow(ctx.store, serviceUses, [holder.id])) uses.set(use.service, use);
  const unused: UnusedService[] = [];
  for (const service of grantedServices(documents)) {
    const lastAccessed = uses.get(service)?.time;
    if (lastAccessed === undefined || lastAccessed <= since) unused.push({ service, lastAccessed });
    else unused.push(...(await unusedActions(ctx, { holder, documents, service, lastAccessed, since })));
  }
  return unused;
}

interface Question {
  readonly holder: User | Role;
  readonly documents: readonly string[];
  readonly service: string;
  readonly lastAccessed: string;
  readonly since: string;
}

async function unusedActions(ctx: Context, asked: Question): Promise<UnusedService[]> {
  const { holder, documents, service, lastAccessed, since } = asked;
  const uses = new Map<string, ActionUse>();
  for await (const use of everyRow(ctx.store, actionUses, [holder.id, service]))
    uses.set(actionNameOf(use.action), use);
  const actions = grantedActions(documents, service)
    .map((name) => ({ name, lastAccessed: uses.get(name.toLowerCase())?.time }))
    .filter((action) => action.lastAccessed === undefined || action.lastAccessed <= since);
  return actions.length > 0 ? [{ service, lastAccessed, actions }] : [];
}

/** `ListFindingsV2` is permitted by `ListFindings`. */
const actionNameOf = (operation: string) => operation.replace(/V2$/, '').toLowerCase();
