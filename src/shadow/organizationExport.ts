/**
 * An organization out of what its API says: accounts, units, policies and what they are attached to. docs/import.md
 * describes the two shapes that are read: one object with everything, or the calls with their input and output.
 *
 * What one call says is only half of a fact (ListAccountsForParent names no parent), so facts are gathered over the
 * whole file and made rows at its end. A fact that is missing then is an error at the place that needs it.
 */
import {
  type Account,
  FULL_AWS_ACCESS,
  type Organization,
  type OrganizationPolicy,
  type OrganizationPolicyType,
  RCP_FULL_AWS_ACCESS,
  type Unit,
} from '../identity/organization.ts';
import { document, type Fields, fieldsOf, has, object, objects, optionalText, optionalTime, text } from './fields.ts';
import { Unreadable } from './splitter.ts';

export type OrganizationRow =
  | { readonly kind: 'organization'; readonly row: Organization }
  | { readonly kind: 'unit'; readonly row: Unit }
  | { readonly kind: 'account'; readonly row: Account }
  | { readonly kind: 'organizationPolicy'; readonly row: OrganizationPolicy };

export interface OrganizationFacts {
  /** Whether the member of the whole-organization object is one of ours. */
  knows(key: string, value: unknown): boolean;
  member(key: string, value: unknown, offset: number): void;
  /** One call. @throws Malformed */
  call(operation: string, input: Fields, output: Fields, offset: number): void;
  /** @throws Unreadable when something that is needed was not said. */
  rows(): { readonly id: string; readonly rows: readonly OrganizationRow[] } | undefined;
}

interface Said<T> {
  readonly value: T;
  readonly offset: number;
}

type Policy = Omit<OrganizationPolicy, 'organization'>;

interface Gathered {
  organization?: Said<Omit<Organization, 'root'>>;
  readonly roots: Map<string, Said<readonly OrganizationPolicyType[] | undefined>>;
  readonly units: Map<string, Said<string>>;
  readonly accounts: Map<string, Said<Omit<Account, 'attachments'>>>;
  readonly parents: Map<string, string>;
  readonly policies: Map<string, Said<Policy>>;
  /** Policy → its targets. */
  readonly targets: Map<string, Set<string>>;
}

export function organizationFacts(): OrganizationFacts {
  const facts: Gathered = {
    ...{ roots: new Map(), units: new Map(), accounts: new Map(), parents: new Map() },
    ...{ policies: new Map(), targets: new Map() },
  };
  return {
    knows: (key, value) => key in members && (key !== 'Policies' || !isIamPolicy(value)),
    member: (key, value, offset) => members[key]!(facts, fieldsOf(value), offset),
    call(operation, input, output, offset) {
      calls[operation.replaceAll('-', '').toLowerCase()]?.(facts, input, output, offset);
    },
    rows: () => rowsOf(facts),
  };
}

const isIamPolicy = (value: unknown) => typeof value === 'object' && value !== null && 'PolicyVersionList' in value;

type Taker = (facts: Gathered, fields: Fields, offset: number) => void;

const members: Readonly<Record<string, Taker>> = {
  Organization: takeOrganization,
  Roots: takeRoot,
  OrganizationalUnits: takeUnit,
  Accounts: takeAccount,
  Policies(facts, fields, offset) {
    const id = takePolicy(facts, fields, offset);
    for (const target of objects(fields, 'Targets')) attach(facts, id, text(target, 'TargetId'));
  },
};

/** By the operation's name, without dashes and case. Those that are not here say nothing that is needed. */
const calls: Readonly<Record<string, (facts: Gathered, input: Fields, output: Fields, offset: number) => void>> = {
  describeorganization: (facts, _input, output, offset) =>
    each(output, 'Organization', takeOrganization, facts, offset),
  listroots: (facts, _input, output, offset) => each(output, 'Roots', takeRoot, facts, offset),
  listorganizationalunitsforparent(facts, input, output, offset) {
    each(output, 'OrganizationalUnits', takeUnit, facts, offset, text(input, 'ParentId'));
  },
  listaccounts: (facts, _input, output, offset) => each(output, 'Accounts', takeAccount, facts, offset),
  listaccountsforparent(facts, input, output, offset) {
    each(output, 'Accounts', takeAccount, facts, offset, text(input, 'ParentId'));
  },
  listparents(facts, input, output) {
    for (const parent of objects(output, 'Parents')) facts.parents.set(text(input, 'ChildId'), text(parent, 'Id'));
  },
  describepolicy: (facts, _input, output, offset) => each(output, 'Policy', takePolicy, facts, offset),
  listtargetsforpolicy(facts, input, output) {
    for (const target of objects(output, 'Targets')) attach(facts, text(input, 'PolicyId'), text(target, 'TargetId'));
  },
  listpoliciesfortarget(facts, input, output) {
    for (const policy of objects(output, 'Policies')) attach(facts, text(policy, 'Id'), text(input, 'TargetId'));
  },
};

function each(
  output: Fields,
  name: string,
  take: (facts: Gathered, fields: Fields, offset: number) => unknown,
  facts: Gathered,
  offset: number,
  parent?: string,
): void {
  const all = Array.isArray(output.members[name])
    ? objects(output, name)
    : [object(output, name) ?? fieldsOf(undefined)];
  for (const fields of all) {
    take(facts, fields, offset);
    if (parent !== undefined) facts.parents.set(text(fields, 'Id'), parent);
  }
}

function attach(facts: Gathered, policy: string, target: string): void {
  const targets = facts.targets.get(policy);
  if (targets) targets.add(target);
  else facts.targets.set(policy, new Set([target]));
}

function takeOrganization(facts: Gathered, fields: Fields, offset: number): void {
  const value = {
    id: text(fields, 'Id'),
    management: optionalText(fields, 'ManagementAccountId') ?? text(fields, 'MasterAccountId'),
    featureSet: (optionalText(fields, 'FeatureSet') ?? 'ALL') as Organization['featureSet'],
    created: new Date(0).toISOString(), // Organizations does not say.
  };
  facts.organization = { value, offset };
}

function takeRoot(facts: Gathered, fields: Fields, offset: number): void {
  const enabled = objects(fields, 'PolicyTypes').filter((type) => text(type, 'Status') === 'ENABLED');
  const types = enabled.map((type) => text(type, 'Type') as OrganizationPolicyType);
  facts.roots.set(text(fields, 'Id'), { value: has(fields, 'PolicyTypes') ? types : undefined, offset });
}

function takeUnit(facts: Gathered, fields: Fields, offset: number): void {
  facts.units.set(text(fields, 'Id'), { value: text(fields, 'Name'), offset });
  takeParent(facts, fields);
}

function takeParent(facts: Gathered, fields: Fields): void {
  const parent = optionalText(fields, 'ParentId');
  if (parent !== undefined) facts.parents.set(text(fields, 'Id'), parent);
}

function takeAccount(facts: Gathered, fields: Fields, offset: number): void {
  const id = text(fields, 'Id');
  const joined = optionalTime(fields, 'JoinedTimestamp');
  const status: Account['status'] = CLOSED.find((closed) => closed === optionalText(fields, 'Status')) ?? 'ACTIVE';
  const value = {
    ...{ id, name: optionalText(fields, 'Name') ?? id, email: optionalText(fields, 'Email') ?? '' },
    created: joined ?? new Date(0).toISOString(),
    status,
    ...(joined !== undefined && { joined }),
  };
  facts.accounts.set(id, { value, offset });
  takeParent(facts, fields);
}

const CLOSED = ['SUSPENDED', 'PENDING_CLOSURE'] as const;

function takePolicy(facts: Gathered, fields: Fields, offset: number): string {
  const summary = object(fields, 'PolicySummary') ?? fields;
  const id = text(summary, 'Id');
  const type = text(summary, 'Type') as OrganizationPolicyType;
  const isEvaluated = type === 'SERVICE_CONTROL_POLICY' || type === 'RESOURCE_CONTROL_POLICY';
  const content = isEvaluated ? document(fields, 'Content') : text(fields, 'Content');
  const names = { name: text(summary, 'Name'), description: optionalText(summary, 'Description') ?? '' };
  facts.policies.set(id, { value: { id, type, content, ...names }, offset });
  return id;
}

function rowsOf(facts: Gathered): ReturnType<OrganizationFacts['rows']> {
  const { organization } = facts;
  if (organization === undefined) {
    const said = [...facts.roots.values(), ...facts.units.values(), ...facts.accounts.values()][0];
    if (said) throw new Unreadable('The file has parts of an organization but no Organization', said.offset);
    return undefined;
  }
  const { id, management } = organization.value;
  const [root, second] = facts.roots.keys();
  if (root === undefined || second !== undefined)
    throw new Unreadable('An organization has one root', organization.offset);
  if (!facts.accounts.has(management)) {
    throw new Unreadable(`The management account ${management} is not among the accounts`, organization.offset);
  }
  const attachments = attachmentsOf(facts);
  const enabledTypes = facts.roots.get(root)!.value ?? [
    ...new Set([...attachments.values()].flatMap((a) => Object.keys(a))),
  ];
  const common = { organization: id };
  const placed = (child: string, said: Said<unknown>) => requirePlace(facts, child, said.offset, root);
  const rows: OrganizationRow[] = [
    { kind: 'organization', row: { ...organization.value, root } },
    {
      kind: 'unit',
      row: {
        ...{ ...common, id: root, name: 'Root', attachments: attachments.get(root) ?? {} },
        enabledTypes: enabledTypes as OrganizationPolicyType[],
      },
    },
  ];
  for (const [unit, said] of facts.units) {
    const row = { ...common, id: unit, name: said.value, parent: placed(unit, said) };
    rows.push({ kind: 'unit', row: { ...row, attachments: attachments.get(unit) ?? {} } });
  }
  for (const [account, said] of facts.accounts) {
    const row = { ...said.value, ...common, parent: placed(account, said) };
    rows.push({ kind: 'account', row: { ...row, attachments: attachments.get(account) ?? {} } });
  }
  for (const { value } of facts.policies.values())
    rows.push({ kind: 'organizationPolicy', row: { ...value, ...common } });
  if (enabledTypes.includes('SERVICE_CONTROL_POLICY')) requireScps(facts, rows);
  return { id, rows };
}

/** Its parent, from which a way leads to the root. */
function requirePlace(facts: Gathered, child: string, offset: number, root: string): string {
  const parent = facts.parents.get(child);
  if (parent === undefined)
    throw new Unreadable(`Nothing says under which root or unit ${child} is (ParentId)`, offset);
  let above: string | undefined = parent;
  for (let steps = 0; above !== root; steps++) {
    if (above === undefined || !facts.units.has(above) || steps > 10) {
      throw new Unreadable(`No way leads from ${child} to the root: ${above ?? 'a unit'} is not in the file`, offset);
    }
    above = facts.parents.get(above);
  }
  return parent;
}

type Attached = Partial<Record<OrganizationPolicyType, string[]>>;

function attachmentsOf(facts: Gathered): Map<string, Attached> {
  const all = new Map<string, Attached>();
  for (const [policy, targets] of facts.targets) {
    const type = facts.policies.get(policy)?.value.type ?? AWS_OWN[policy];
    if (type === undefined) {
      const offset = facts.organization?.offset ?? 0;
      throw new Unreadable(`${policy} is attached to something, but its content is not in the file`, offset);
    }
    for (const target of targets) {
      const own = all.get(target) ?? {};
      all.set(target, own);
      (own[type] ??= []).push(policy);
    }
  }
  const enabled = [...facts.roots.values()].some((root) => root.value?.includes('RESOURCE_CONTROL_POLICY'));
  if (enabled) addFullResourceAccess(facts, all);
  return all;
}

/** RCPFullAWSAccess is attached to everything as long as RCPs are enabled, and cannot be taken away. */
function addFullResourceAccess(facts: Gathered, all: Map<string, Attached>): void {
  for (const target of [...facts.roots.keys(), ...facts.units.keys(), ...facts.accounts.keys()]) {
    const own = all.get(target) ?? {};
    all.set(target, own);
    const ids = (own.RESOURCE_CONTROL_POLICY ??= []);
    if (!ids.includes(RCP_FULL_AWS_ACCESS.id)) ids.unshift(RCP_FULL_AWS_ACCESS.id);
  }
}

const AWS_OWN: Readonly<Record<string, OrganizationPolicyType>> = {
  [FULL_AWS_ACCESS.id]: 'SERVICE_CONTROL_POLICY',
  [RCP_FULL_AWS_ACCESS.id]: 'RESOURCE_CONTROL_POLICY',
};

/** AWS keeps at least one SCP on every root, unit and account: where none is, the file does not tell all. */
function requireScps(facts: Gathered, rows: readonly OrganizationRow[]): void {
  for (const { kind, row } of rows) {
    if ((kind !== 'unit' && kind !== 'account') || row.attachments.SERVICE_CONTROL_POLICY?.length) continue;
    const said = facts.units.get(row.id) ?? facts.accounts.get(row.id) ?? facts.roots.get(row.id);
    throw new Unreadable(
      `No service control policy is attached to ${row.id}, yet AWS requires one: are the targets of ${FULL_AWS_ACCESS.id} missing?`,
      said?.offset ?? 0,
    );
  }
}
