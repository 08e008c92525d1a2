/** The zone of trust: one account, or all accounts of an organization. Whoever is outside is external. */
import type { Context } from '../../core/context.ts';
import { accounts, chainOf } from '../../identity/organization.ts';
import { everyRow } from '../../store/everyRow.ts';
import type { Analyzer } from './analyzerRows.ts';

export interface Zone {
  /** Account that owns the analyzer. */
  readonly owner: string;
  readonly accounts: ReadonlySet<string>;
  /** `o-…`; absent where the account alone is trusted. */
  readonly organization?: string | undefined;
}

/** Accounts in the order of their ids. */
export async function zoneOf(ctx: Context, analyzer: Analyzer): Promise<Zone> {
  const { account: owner } = analyzer;
  if (!analyzer.type.startsWith('ORGANIZATION')) return { owner, accounts: new Set([owner]) };
  const organization = (await chainOf(ctx.store, owner))?.organization.id;
  if (organization === undefined) return { owner, accounts: new Set([owner]) };
  const members = new Set<string>();
  for await (const { id } of everyRow(ctx.store, accounts, [organization], 'organization')) members.add(id);
  return { owner, accounts: members, organization };
}
