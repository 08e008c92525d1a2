/**
 * What the entries of a file mean. Each outer object is one of: a page of authorization details, an organization, one
 * call of Organizations, a resource's policy, a credential report. docs/import.md shows them all.
 */
import type { Group, ManagedPolicy, User } from '../identity/principals.ts';
import { details } from './authorizationDetails.ts';
import { credentialsOf } from './credentialReport.ts';
import { fieldsOf, text } from './fields.ts';
import { type OrganizationRow, organizationFacts } from './organizationExport.ts';
import { Malformed, parsedValue, unreadable } from './position.ts';
import { resourcePolicyOf } from './resourcePolicies.ts';
import { type Entry, type Outlet, type SplitState, Unreadable } from './splitter.ts';
import type { Credential, ResourcePolicy, ShadowRole } from './tables.ts';

export type Content =
  | { readonly kind: 'user'; readonly row: User }
  | { readonly kind: 'group'; readonly row: Group }
  | { readonly kind: 'role'; readonly row: ShadowRole }
  | { readonly kind: 'policy'; readonly row: ManagedPolicy }
  | { readonly kind: 'resourcePolicy'; readonly row: ResourcePolicy }
  | { readonly kind: 'noResourcePolicy'; readonly row: { readonly arn: string } }
  | { readonly kind: 'credential'; readonly row: Credential }
  | OrganizationRow;

/** What is known of a file besides its rows, as far as it was read. */
export interface Reading {
  /** Pages of authorization details that said there is more, and those that did not. */
  readonly pagesTruncated: number;
  readonly pagesLast: number;
  /** The page at work, if it is one, and whether it said that there is more. */
  readonly inPage: boolean;
  readonly isTruncated: boolean;
  readonly organization?: string;
}

/** Where a later run can go on, with what is known there. */
export interface Continuation {
  readonly split: SplitState;
  readonly reading: Reading;
}

/** `next` is undefined where a later run cannot go on after this. */
type Emit = (content: Content, next: Continuation | undefined) => void;

export interface Contents extends Outlet {
  /** All was read: what is known only now is emitted. @throws Unreadable */
  end(): void;
  reading(): Reading;
}

const nothingRead: Reading = { pagesTruncated: 0, pagesLast: 0, inPage: false, isTruncated: false };
const CALL: readonly string[] = ['Operation', 'Input', 'Output'];
const KEPT = new Set(['IsTruncated', 'ResourceArn', 'ResourceAccount', 'Policy', ...CALL, 'Content', 'GeneratedTime']);

export function contents(emit: Emit, from: Reading = nothingRead): Contents {
  const organization = organizationFacts();
  const reading = { ...from } as { -readonly [K in keyof Reading]: Reading[K] };
  let names = new Set<string>();
  let kept = new Map<string, Entry>();
  /** Facts of an organization are only in memory: a later run starts anew. */
  let gathers = false;

  const after = (next: () => SplitState) => (gathers ? undefined : { split: next(), reading: { ...reading } });
  const entry = (found: Entry, next: () => SplitState): void => {
    const { key, index, offset } = found;
    const value = index !== undefined || KEPT.has(key) || key === 'Organization' ? parsedValue(found) : undefined;
    if (organization.knows(key, value)) {
      gathers = true;
      organization.member(key, value, offset);
    } else if (index !== undefined && Object.hasOwn(details, key)) emit(details[key]!(value), after(next));
    else if (KEPT.has(key)) kept.set(key, found);
    if (key === 'IsTruncated') reading.isTruncated = value === true;
  };
  const close = (offset: number, next: () => SplitState): void => {
    const fields = fieldsOf(Object.fromEntries([...kept].map(([key, found]) => [key, parsedValue(found)])));
    const kind = others.find(({ has }) => has.every((name) => names.has(name)));
    if (!kind && !reading.inPage && ![...names].some((name) => organization.knows(name, undefined))) {
      throw new Unreadable('Nothing of what can be imported is in this object', offset);
    }
    if (reading.inPage) reading[reading.isTruncated ? 'pagesTruncated' : 'pagesLast']++;
    reading.inPage = false;
    reading.isTruncated = false;
    if (kind?.has === CALL) gathers = true;
    kind?.take(fields, (content) => emit(content, after(next)), organization, kept.get('Operation')?.offset ?? offset);
    names = new Set();
    kept = new Map();
  };
  return {
    member(key) {
      names.add(key);
      if (key !== 'Policies' && Object.hasOwn(details, key)) reading.inPage = true;
    },
    entry: (found, next) =>
      placed(
        () => found,
        0,
        () => entry(found, next),
      ),
    closed: (offset, next) =>
      placed(
        (name) => kept.get(name),
        offset,
        () => close(offset, next),
      ),
    end() {
      const all = organization.rows();
      if (!all) return;
      reading.organization = all.id;
      for (const row of all.rows) emit(row, undefined);
    },
    reading: () => ({ ...reading }),
  };
}

/** Objects other than pages and organizations, by the members they have. */
const others: readonly {
  readonly has: readonly string[];
  readonly take: (
    fields: ReturnType<typeof fieldsOf>,
    emit: (content: Content) => void,
    organization: ReturnType<typeof organizationFacts>,
    offset: number,
  ) => void;
}[] = [
  {
    has: CALL,
    take(fields, _emit, organization, offset) {
      const [input, output] = ['Input', 'Output'].map((name) => fieldsOf(fields.members[name] ?? {}, [name]));
      organization.call(text(fields, 'Operation'), input!, output!, offset);
    },
  },
  {
    has: ['ResourceArn', 'Policy'],
    take(fields, emit) {
      const { arn, row } = resourcePolicyOf(fields);
      emit(row ? { kind: 'resourcePolicy', row } : { kind: 'noResourcePolicy', row: { arn } });
    },
  },
  {
    has: ['Content', 'GeneratedTime'],
    take(fields, emit) {
      for (const row of credentialsOf(fields)) emit({ kind: 'credential', row });
    },
  },
];

/** Findings about a value are told with its place in the file; of an object's members, with the member's. */
function placed(entryNamed: (name: string) => Entry | undefined, offset: number, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    const [name, ...path] = error.path;
    const entry = entryNamed(String(name));
    if (!entry) throw new Unreadable(error.message, offset);
    throw unreadable(
      entry,
      entry.key === name && entry.index === undefined ? new Malformed(path, error.message) : error,
    );
  }
}
