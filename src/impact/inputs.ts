/**
 * What the replay knows beside the trail: an organization, the users, roles and policies of accounts, and policies of
 * resources, from the same files that `gatehouse import account` reads.
 */
import { createReadStream } from 'node:fs';
import type { Organization, OrganizationPolicy, Unit } from '../identity/organization.ts';
import { type Account, FULL_AWS_ACCESS, RCP_FULL_AWS_ACCESS } from '../identity/organization.ts';
import type { Group, ManagedPolicy, User } from '../identity/principals.ts';
import { type Content, contents } from '../shadow/contents.ts';
import { positionIn } from '../shadow/position.ts';
import { splitter, Unreadable } from '../shadow/splitter.ts';
import type { ShadowRole } from '../shadow/tables.ts';

export interface Snapshot {
  organization?: Organization;
  /** Units and accounts by id. */
  readonly units: Map<string, Unit>;
  readonly accounts: Map<string, Account>;
  /** SCPs and RCPs by id. */
  readonly policies: Map<string, Pick<OrganizationPolicy, 'id' | 'type' | 'name' | 'content'>>;
  /** By ARN. */
  readonly users: Map<string, User>;
  readonly roles: Map<string, ShadowRole>;
  readonly groups: Map<string, Group>;
  readonly managed: Map<string, ManagedPolicy>;
  /** Accounts whose users and roles are all known. */
  readonly dumped: Set<string>;
  /** Resource → document; null: it is known to have none. */
  readonly resourcePolicies: Map<string, string | null>;
}

/** Wrong input, in a sentence with file and position. */
export class InputError extends Error {}

export function emptySnapshot(): Snapshot {
  const scp = { ...FULL_AWS_ACCESS, type: 'SERVICE_CONTROL_POLICY' as const };
  const rcp = { ...RCP_FULL_AWS_ACCESS, type: 'RESOURCE_CONTROL_POLICY' as const };
  return {
    ...{ units: new Map(), accounts: new Map(), policies: new Map([scp, rcp].map((own) => [own.id, own])) },
    ...{ users: new Map(), roles: new Map(), groups: new Map(), managed: new Map(), dumped: new Set() },
    resourcePolicies: new Map(),
  };
}

/** Reads the files into one snapshot. Throws InputError. */
export async function readSnapshot(files: readonly string[]): Promise<Snapshot> {
  const snapshot = emptySnapshot();
  for (const file of files) await readInto(snapshot, file);
  return snapshot;
}

async function readInto(snapshot: Snapshot, file: string): Promise<void> {
  const found = contents((content) => take(snapshot, content));
  const reader = splitter(found);
  try {
    for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) reader.push(chunk);
    reader.end();
    found.end();
  } catch (error) {
    if (!(error instanceof Unreadable)) throw new InputError(`${file}: ${(error as Error).message}`);
    const { line, column } = await positionIn(file, error.offset);
    throw new InputError(`${file}:${line}:${column}: ${error.message}`);
  }
}

const arnOf = (type: string, row: { readonly account: string; readonly path: string; readonly name: string }) =>
  `arn:aws:iam::${row.account}:${type}${row.path}${row.name}`;

function take(snapshot: Snapshot, content: Content): void {
  switch (content.kind) {
    case 'organization':
      snapshot.organization = content.row;
      return;
    case 'unit':
      snapshot.units.set(content.row.id, content.row);
      return;
    case 'account':
      snapshot.accounts.set(content.row.id, content.row);
      return;
    case 'organizationPolicy':
      snapshot.policies.set(content.row.id, content.row);
      return;
    case 'user':
      snapshot.users.set(arnOf('user', content.row), content.row);
      snapshot.dumped.add(content.row.account);
      return;
    case 'role':
      snapshot.roles.set(arnOf('role', content.row), content.row);
      snapshot.resourcePolicies.set(arnOf('role', content.row), content.row.trust);
      snapshot.dumped.add(content.row.account);
      return;
    case 'group':
      snapshot.groups.set(arnOf('group', content.row), content.row);
      return;
    case 'policy':
      snapshot.managed.set(arnOf('policy', content.row), content.row);
      return;
    case 'resourcePolicy':
      snapshot.resourcePolicies.set(content.row.arn, content.row.document);
      return;
    case 'noResourcePolicy':
      snapshot.resourcePolicies.set(content.row.arn, null);
      return;
    default:
      return;
  }
}
