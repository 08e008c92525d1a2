/**
 * What happens to a request, top to bottom. Start reading here.
 */
import { checkLimits } from '../core/constraints.ts';
import type { Caller, Context, Settings, Source } from '../core/context.ts';
import { CommonError } from '../core/errors.ts';
import { timeUuid } from '../core/ids.ts';
import { type Access, Missing, Open, type Operation, type Service } from '../core/operation.ts';
import type { Secrets } from '../core/secrets.ts';
import { requireWithinReach } from '../identity/sessions.ts';
import { describeError } from '../protocols/errors.ts';
import { errorProtocol } from '../protocols/index.ts';
import type { Protocol, WireError, WireRequest, WireResponse } from '../protocols/protocol.ts';
import { inputOf, schemaFacts } from '../protocols/schema.ts';
import type { JournalEntry, Store, Transaction } from '../store/store.ts';
import { ANONYMOUS, authenticate, missingToken } from './authenticate.ts';
import { authorize, Denied, type Question } from './authorize.ts';
import { unpacked } from './body.ts';
import { type Claim, claimOf } from './claim.ts';
import { type Decisions, denialOf, encodedMessage } from './decisions.ts';
import { GLOBAL_REGION, recordsOf } from './record.ts';
import { type Resolver, routeIn, serviceOf } from './resolve.ts';

/** All that the gateway needs of the world. */
export interface Deps {
  readonly resolver: Resolver;
  readonly store: Store;
  readonly secrets: Secrets;
  readonly settings: Settings;
  readonly decisions: Decisions;
  /** The plane's clock. */
  readonly now: () => Date;
  /** The real clock, in milliseconds, that signatures are dated by. */
  readonly wallClock: () => number;
  readonly random: (bytes: number) => Uint8Array;
  readonly log: (error: unknown) => void;
}

/** A request on its way: what is known of it so far. */
interface Passage {
  /** As sent, which is what was signed. */
  readonly request: WireRequest;
  /** With its body unpacked. */
  content: WireRequest;
  readonly source: Source;
  readonly requestId: string;
  readonly deps: Deps;
  claim?: Claim | undefined;
  service?: Service;
  protocol?: Protocol;
  operation?: string;
  /** Of the last run: its context, from which an error is recorded; its decisions; the inner calls that failed. */
  ctx?: Context;
  input?: unknown;
  questions: Question[];
  failed: JournalEntry[];
}

export async function handle(request: WireRequest, source: Source, deps: Deps): Promise<WireResponse> {
  const passage: Passage = {
    request,
    content: request,
    source,
    deps,
    requestId: timeUuid(deps.now(), deps),
    questions: [],
    failed: [],
  };
  try {
    passage.claim = claimOf(request);
    passage.content = unpacked(request);
    const service = await serviceOf(passage.content, passage.claim, deps.resolver);
    if (!service) throw unknownService(passage);
    passage.service = service;
    const { protocol, operation } = routeIn(service, passage.content);
    passage.protocol = protocol;
    passage.operation = operation;
    const output = await deps.store.transaction((tx) => answer(passage, service, protocol, operation, tx));
    deps.decisions.keep(passage.requestId, passage.ctx?.account ?? '', passage.questions);
    return protocol.encode(output, service, operation, passage.requestId);
  } catch (error) {
    return refuse(passage, error);
  }
}

function unknownService({ claim }: Passage): Error {
  if (!claim) return missingToken();
  return new CommonError('NotImplemented', `The service ${claim.service} is not implemented.`, 501);
}

/** One run inside a write set; a run that loses a race is thrown away and made again. */
async function answer(
  passage: Passage,
  service: Service,
  protocol: Protocol,
  operation: string,
  tx: Transaction,
): Promise<unknown> {
  const { content, deps } = passage;
  const now = service.wholeSeconds ? wholeSecond(deps.now()) : deps.now();
  const implementation = implementationOf(service, operation);
  const caller = await callerOf(passage, implementation, tx, now);
  passage.questions = [];
  passage.failed = [];
  const ctx = contextFor(passage, service, caller, tx, now);
  passage.ctx = ctx;
  passage.input = protocol.decode(content, service, operation);
  if (caller.session) requireWithinReach(caller.session, service.name, operation);
  if (!implementation) throw notImplemented(service.name, operation);
  const output = await invoke(service, operation, passage.input, ctx, passage.questions);
  for (const record of passage.failed) tx.append(record);
  return output;
}

const wholeSecond = (time: Date) => new Date(Math.floor(time.getTime() / 1000) * 1000);

const notImplemented = (service: string, operation: string) =>
  new CommonError('NotImplemented', `${service}:${operation} is not implemented.`, 501);

async function callerOf(
  { request, claim, deps }: Passage,
  operation: Operation<unknown, unknown, unknown> | undefined,
  tx: Transaction,
  now: Date,
): Promise<Caller> {
  if (claim) {
    return authenticate(request, claim, tx, { secrets: deps.secrets, now, wallClock: deps.wallClock() });
  }
  if (!operation?.unsigned) throw missingToken();
  return ANONYMOUS;
}

/** Also the way one service calls another: same checks, same write set, a record of its own. */
async function invoke(
  service: Service,
  name: string,
  input: unknown,
  ctx: Context,
  questions: Question[],
): Promise<unknown> {
  const operation = implementationOf(service, name)!;
  checkLimits(service, name, input, schemaFacts(service));
  const target = operation.load && (await operation.load(input, ctx));
  const action = operation.action ?? `${service.prefix}:${name}`;
  const access = target instanceof Missing ? { resource: target.resource } : operation.access(input, ctx, target);
  if (!(access instanceof Open)) await permit(ctx, action, access, questions);
  if (target instanceof Missing) throw target.error;
  const output = await operation.run(input, ctx, target);
  const call = { service, operation: name, readOnly: isReadOnly(operation, name), input, output };
  for (const record of recordsOf(call, ctx)) ctx.store.append(record);
  return output;
}

async function permit(
  ctx: Context,
  action: string,
  access: Access | readonly Access[],
  questions: Question[],
): Promise<void> {
  for (const each of Array.isArray(access) ? (access as readonly Access[]) : [access as Access]) {
    questions.push(await authorize(ctx, each.action ?? action, each));
  }
}

const READ_ONLY = /^(Get|List|Describe|Lookup|Search|Simulate|Generate(?!DataKey)|BatchGet|Check|Validate|Decode)/;

const isReadOnly = (operation: Operation<unknown, unknown, unknown> | undefined, name: string) =>
  operation?.readOnly ?? READ_ONLY.test(name);

const implementationOf = (service: Service, name: string): Operation<unknown, unknown, unknown> | undefined =>
  Object.hasOwn(service.operations, name) ? service.operations[name] : undefined;

/** The road that a context belongs to: what operations need not know. */
function contextFor(passage: Passage, service: Service, caller: Caller, store: Transaction, now: Date): Context {
  const { deps, requestId, source, claim } = passage;
  const region = service.global ? GLOBAL_REGION : (claim?.region ?? deps.settings.region);
  const ctx: Context = {
    caller,
    account: caller.account,
    partition: 'aws',
    region,
    now,
    random: deps.random,
    store,
    journal: deps.store.journal,
    requestId,
    source,
    secrets: deps.secrets,
    settings: deps.settings,
    audit: {},
    call: (name, operation, input, as) => innerCall(passage, service, ctx, { name, operation, input, as }),
  };
  return ctx;
}

interface InnerCall {
  readonly name: string;
  readonly operation: string;
  readonly input: object;
  /** A service in its own name; the outer caller, through the service, when absent. */
  readonly as: Caller | undefined;
}

async function innerCall<Out>(
  passage: Passage,
  from: Service,
  outer: Context,
  { name, operation, input, as }: InnerCall,
): Promise<Out> {
  const service = await passage.deps.resolver.load(name);
  const implementation = service && implementationOf(service, operation);
  if (!service || !implementation) throw notImplemented(name, operation);
  const calledVia = as ? undefined : [...(outer.calledVia ?? []), from.eventSource];
  const caller = as ?? outer.caller;
  const ctx: Context = {
    ...outer,
    caller,
    account: caller.account || outer.account,
    ...(service.global && { region: GLOBAL_REGION }),
    calledVia,
    audit: {},
    call: (...next) =>
      innerCall(passage, service, ctx, { name: next[0], operation: next[1], input: next[2], as: next[3] }),
  };
  try {
    return (await invoke(service, operation, input, ctx, passage.questions)) as Out;
  } catch (error) {
    const readOnly = isReadOnly(implementation, operation);
    const { code, message } = describeError(error, service);
    passage.failed.push(...recordsOf({ service, operation, readOnly, input, error: { code, message } }, ctx));
    throw error;
  }
}

/**
 * An error changes nothing: its record, and the reasons of a denial, are all that is written. Recorded is every call of
 * somebody who proved who he is, also of an operation that we do not have; not what is no operation at all.
 */
async function refuse(passage: Passage, error: unknown): Promise<WireResponse> {
  const { deps, service, requestId, request, ctx } = passage;
  const protocol = passage.protocol ?? errorProtocol(request, service);
  const wire = describeError(error, service, protocol.name);
  if (wire.code === 'InternalFailure') deps.log(error);
  if (ctx) {
    if (error instanceof Denied) passage.questions.push(error.question);
    deps.decisions.keep(requestId, ctx.account, passage.questions);
    await deps.store.transaction(async (tx) => recordRefusal(passage, { ...ctx, store: tx }, error, wire));
  }
  const response = protocol.encodeError(wire, service, requestId);
  const message = error instanceof Denied && ctx ? encodedMessage(error.question, ctx) : undefined;
  return message ? { ...response, headers: { ...response.headers, [ENCODED_MESSAGE]: message } } : response;
}

/** Where a denial's encoded authorization message is: AWS's sentences leave no room for it. */
const ENCODED_MESSAGE = 'x-gatehouse-authorization-message';

function recordRefusal(passage: Passage, ctx: Context, error: unknown, { code, message }: WireError): void {
  const { service, operation, input } = passage;
  if (!service || !operation || !inputOf(service, operation)) return;
  const readOnly = isReadOnly(implementationOf(service, operation), operation);
  for (const record of passage.failed) ctx.store.append(record);
  for (const record of recordsOf({ service, operation, readOnly, input, error: { code, message } }, ctx)) {
    ctx.store.append(record);
  }
  if (error instanceof Denied) ctx.store.append(denialOf(error.question, ctx));
}
