/**
 * One operation carried out: limits, load, permission, run, record. A request does it once; a service that calls
 * another does it again inside the same write set, and so does work that no request is waiting for.
 */
import { checkLimits } from '../core/constraints.ts';
import type { Caller, Context, Settings, Source } from '../core/context.ts';
import { CommonError } from '../core/errors.ts';
import { contextId } from '../core/eventContexts.ts';
import { anyDataEventWanted, wantsDataEvent } from '../core/eventSelectors.ts';
import { type Access, Missing, Open, type Operation, type Preparation, type Service } from '../core/operation.ts';
import type { Secrets } from '../core/secrets.ts';
import { organizationIdOf } from '../identity/organization.ts';
import { describeError } from '../protocols/errors.ts';
import { schemaFacts } from '../protocols/schema.ts';
import type { Blobs } from '../store/blobs.ts';
import type { JournalEntry, Store, Transaction } from '../store/store.ts';
import { authorize, type Question } from './authorize.ts';
import type { Decisions } from './decisions.ts';
import { ongoing } from './ongoing.ts';
import { Asking, type Reached, reachFrom, reaching } from './reaching.ts';
import { type Call, GLOBAL_REGION, recordsOf } from './record.ts';
import type { Resolver } from './resolve.ts';
import { namesTags, requireCompliantTags } from './tagPolicies.ts';
import { noteUse, type UseNotes } from './useNotes.ts';
import type { WaitingRoom } from './waiting.ts';

/** All that the gateway needs of the world. */
export interface Deps {
  readonly resolver: Resolver;
  readonly store: Store;
  readonly blobs: Blobs;
  readonly secrets: Secrets;
  readonly settings: Settings;
  readonly decisions: Decisions;
  readonly uses: UseNotes;
  readonly waiting: WaitingRoom;
  /** The plane's clock. */
  readonly now: () => Date;
  /** The real clock, in milliseconds, that signatures are dated by. */
  readonly wallClock: () => number;
  readonly random: (bytes: number) => Uint8Array;
  readonly log: (error: unknown) => void;
}

/** What calls made one after another for the same reason have in common. */
export interface Journey {
  readonly deps: Deps;
  readonly source: Source;
  readonly requestId: string;
  /** Of the last run: its decisions, and the records of the inner calls that failed. */
  questions: Question[];
  failed: JournalEntry[];
  /** Uses first seen on this journey, which are durable when it is; see useNotes.ts. */
  noted?: Map<string, JournalEntry> | undefined;
  /** What was asked outside; see reaching.ts. */
  reached?: Reached | undefined;
}

export const notImplemented = (service: string, operation: string) =>
  new CommonError('NotImplemented', `${service}:${operation} is not implemented.`, 501);

/** Also the way one service calls another: same checks, same write set, a record of its own. */
export async function invoke(
  service: Service,
  name: string,
  input: unknown,
  ctx: Context,
  journey: Journey,
): Promise<unknown> {
  const operation = implementationOf(service, name)!;
  const target = await permitted(service, name, operation, input, ctx, journey);
  const preparation = operation.prepare && (await operation.prepare(input, ctx, target));
  if (preparation) input = await preparation.carryOut();
  const output = await operation.run(input, ctx, target);
  for (const entry of ctx.audit.kept ?? []) ctx.store.append(entry);
  if (operation.recorded === undefined) {
    const call = { service, operation: name, readOnly: isReadOnly(operation, name), input, output };
    for (const record of recordsOf(call, ctx)) ctx.store.append(record);
  } else {
    for (const record of await recordsOfCall(service, name, { input, output }, ctx)) ctx.store.append(record);
  }
  return output;
}

/** All that comes before the work: limits, the thing it is about, permission, and only then whether it exists. */
async function permitted(
  service: Service,
  name: string,
  operation: Operation<unknown, unknown, unknown>,
  input: unknown,
  ctx: Context,
  journey: Journey,
): Promise<unknown> {
  checkLimits(service, name, input, schemaFacts(service));
  const target = operation.load && (await operation.load(input, ctx));
  const action = operation.action ?? `${service.prefix}:${name}`;
  const access = target instanceof Missing ? { resource: target.resource } : operation.access(input, ctx, target);
  if (!(access instanceof Open)) {
    const accesses = listed(access);
    if (operation.recorded !== undefined) for (const each of accesses) noteUse(journey, ctx, each.action ?? action);
    await permit(service, ctx, action, accesses, journey.questions);
    for (const each of accesses) if (namesTags(each)) await requireCompliantTags(ctx, each.action ?? action, each);
  }
  if (target instanceof Missing) throw target.error;
  return target;
}

/** Of a call that was refused before permission was asked: whom it names, or how, was wrong. */
export function noteAttempt(journey: Journey, ctx: Context, service: Service, name: string): void {
  const operation = implementationOf(service, name);
  if (operation?.recorded !== undefined) noteUse(journey, ctx, operation.action ?? `${service.prefix}:${name}`);
}

/** What is to be done outside the write set before `invoke`, for a caller who has permission. */
export async function preparationOf(
  service: Service,
  name: string,
  input: unknown,
  ctx: Context,
  journey: Journey,
): Promise<Preparation | undefined> {
  const operation = implementationOf(service, name)!;
  const target = await permitted(service, name, operation, input, ctx, journey);
  return operation.prepare?.(input, ctx, target);
}

/** What the audit keeps of a call: always its record, of a data event where somebody asked for it. */
export async function recordsOfCall(
  service: Service,
  name: string,
  outcome: Pick<Call, 'input' | 'output' | 'error'>,
  ctx: Context,
): Promise<JournalEntry[]> {
  const operation = implementationOf(service, name);
  if (operation?.recorded === 'never') return [];
  const data = operation?.recorded === 'data';
  if (data && !(await anyDataEventWanted(ctx.store))) return [];
  const records = recordsOf({ service, operation: name, readOnly: isReadOnly(operation, name), data, ...outcome }, ctx);
  if (!data) return records;
  const wanted: JournalEntry[] = [];
  for (const record of records) {
    const organization = await organizationIdOf(ctx.store, record.account);
    if (await wantsDataEvent(ctx.store, record, organization)) wanted.push(record);
    else if (ctx.audit.context) ctx.store.dropBytes(contextId(record.id));
  }
  return wanted;
}

async function permit(
  service: Service | undefined,
  ctx: Context,
  action: string,
  access: Access | readonly Access[],
  questions: Question[],
): Promise<void> {
  for (const asked of listed(access)) {
    const each = service?.keys ? { ...asked, conditions: { ...service.keys(ctx, asked), ...asked.conditions } } : asked;
    const through = each.through && { ...each.through, conditions: { ...each.conditions, ...each.through.conditions } };
    if (through) questions.push(await authorize(ctx, through.action ?? each.action ?? action, through));
    questions.push(await authorize(ctx, each.action ?? action, each));
  }
}

const listed = (access: Access | readonly Access[]) =>
  Array.isArray(access) ? (access as readonly Access[]) : [access as Access];

const READ_ONLY =
  /^(Get|List|Describe|Lookup|Search|Simulate|Generate(?!DataKey)|BatchGet|Check|Validate|Decode|Filter|Test)/;

export const isReadOnly = (operation: Operation<unknown, unknown, unknown> | undefined, name: string) =>
  operation?.readOnly ?? READ_ONLY.test(name);

export const implementationOf = (service: Service, name: string): Operation<unknown, unknown, unknown> | undefined =>
  Object.hasOwn(service.operations, name) ? service.operations[name] : service.inner?.[name];

/** Who acts, where, when. */
export interface Standpoint {
  readonly caller: Caller;
  readonly account: string;
  readonly region: string;
  readonly now: Date;
}

/** The road that a context belongs to: what operations need not know. */
export function contextFor(
  journey: Journey,
  service: Service | undefined,
  from: Standpoint,
  store: Transaction,
): Context {
  const { deps, requestId, source } = journey;
  const ctx: Context = {
    caller: from.caller,
    account: from.account,
    partition: 'aws',
    region: service?.global ? GLOBAL_REGION : from.region,
    now: from.now,
    random: deps.random,
    store,
    journal: deps.store.journal,
    requestId,
    source,
    secrets: deps.secrets,
    blobs: deps.blobs,
    settings: deps.settings,
    audit: {},
    call: (...inner) => innerCall(journey, service, ctx, innerCallOf(inner)),
    permit: (action, access, as) => permit(service, asOther(ctx, as), action, access, journey.questions),
    ongoing: (first, look) => ongoing(deps.waiting, turnOf(journey, service, from), first, look),
    reach: reachFrom(journey),
    beforehand: (name, work) => ctx.reach(name, () => deps.store.transaction(work)),
  };
  return ctx;
}

/** The same road at a later time, in a write set of its own. */
function turnOf(journey: Journey, service: Service | undefined, from: Standpoint) {
  return <T>(work: (ctx: Context) => Promise<T>): Promise<T> => {
    const turn: Journey = { ...journey, questions: [], failed: [], noted: undefined };
    const later = { ...from, now: journey.deps.now() };
    return reaching(turn, (tx) => work(contextFor(turn, service, later, tx)));
  };
}

const asOther = (ctx: Context, as: Caller | undefined): Context =>
  as ? { ...ctx, caller: as, account: as.account || ctx.account, calledVia: undefined } : ctx;

interface InnerCall {
  readonly name: string;
  readonly operation: string;
  readonly input: object;
  /** A service in its own name; the outer caller, through the service, when absent. */
  readonly as: Caller | undefined;
  readonly region: string | undefined;
}

const innerCallOf = ([name, operation, input, as, region]: Parameters<Context['call']>): InnerCall => ({
  name,
  operation,
  input,
  as,
  region,
});

function calledVia(caller: Caller, from: Service | undefined, outer: Context): readonly string[] | undefined {
  if (caller.via !== undefined) return [caller.via];
  return caller.type === 'Service' || !from ? undefined : [...(outer.calledVia ?? []), from.eventSource];
}

async function innerCall<Out>(
  journey: Journey,
  from: Service | undefined,
  outer: Context,
  { name, operation, input, as, region }: InnerCall,
): Promise<Out> {
  const service = await journey.deps.resolver.load(name);
  if (!service || !implementationOf(service, operation)) throw notImplemented(name, operation);
  const caller = as ?? outer.caller;
  const ctx: Context = {
    ...outer,
    caller,
    account: caller.account || outer.account,
    region: service.global ? GLOBAL_REGION : (region ?? outer.region),
    calledVia: calledVia(caller, from, outer),
    audit: {},
    call: (...next) => innerCall(journey, service, ctx, innerCallOf(next)),
    permit: (action, access, as) => permit(service, asOther(ctx, as), action, access, journey.questions),
  };
  try {
    return (await invoke(service, operation, input, ctx, journey)) as Out;
  } catch (error) {
    if (error instanceof Asking) throw error;
    const { code, message } = describeError(error, service);
    journey.failed.push(...(await recordsOfCall(service, operation, { input, error: { code, message } }, ctx)));
    journey.failed.push(...(ctx.audit.kept ?? []));
    throw error;
  }
}
