/**
 * What happens to a request, top to bottom. Start reading here.
 */
import type { Caller, Context, Source } from '../core/context.ts';
import { CommonError } from '../core/errors.ts';
import { timeUuid } from '../core/ids.ts';
import type { Operation, Service } from '../core/operation.ts';
import { requireWithinReach } from '../identity/sessions.ts';
import { describeError } from '../protocols/errors.ts';
import { errorProtocol } from '../protocols/index.ts';
import type { Protocol, WireError, WireRequest, WireResponse } from '../protocols/protocol.ts';
import { inputOf } from '../protocols/schema.ts';
import type { Transaction } from '../store/store.ts';
import { ANONYMOUS, authenticate, missingToken } from './authenticate.ts';
import { Denied } from './authorize.ts';
import { unpacked } from './body.ts';
import { type Claim, claimOf } from './claim.ts';
import { denialOf, encodedMessage } from './decisions.ts';
import {
  contextFor,
  type Deps,
  implementationOf,
  invoke,
  type Journey,
  notImplemented,
  recordsOfCall,
} from './invocation.ts';
import { routeIn, serviceOf } from './resolve.ts';
import { ClientGone, type WhenGone } from './waiting.ts';

/** A request on its way: what is known of it so far. */
interface Passage extends Journey {
  /** As sent, which is what was signed. */
  readonly request: WireRequest;
  /** With its body unpacked. */
  content: WireRequest;
  readonly deps: Deps;
  claim?: Claim | undefined;
  service?: Service;
  protocol?: Protocol;
  operation?: string;
  /** Whether there is time left to wait. */
  mayWait: boolean;
  /** Of the last run: its context, from which an error is recorded. */
  ctx?: Context;
  input?: unknown;
}

/** `whenGone` tells that the client left: then nobody needs the answer. */
export async function handle(
  request: WireRequest,
  source: Source,
  deps: Deps,
  whenGone?: WhenGone,
): Promise<WireResponse> {
  const passage: Passage = {
    request,
    content: request,
    source,
    deps,
    requestId: timeUuid(deps.now(), deps),
    questions: [],
    failed: [],
    mayWait: false,
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
    const output = await deps.waiting.patiently((mayWait) => {
      passage.mayWait = mayWait;
      return deps.store.transaction((tx) => answer(passage, service, protocol, operation, tx));
    }, whenGone);
    deps.decisions.keep(passage.requestId, passage.ctx?.account ?? '', passage.questions);
    return protocol.encode(output, service, operation, passage.requestId);
  } catch (error) {
    if (error instanceof ClientGone) return NOBODY;
    return refuse(passage, error);
  }
}

/** To a client that hung up. */
const NOBODY: WireResponse = { status: 499, headers: {}, body: '' };

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
  const region = passage.claim?.region ?? deps.settings.region;
  const standpoint = { caller, account: caller.account, region, now };
  const ctx = { ...contextFor(passage, service, standpoint, tx), mayWait: passage.mayWait };
  passage.ctx = ctx;
  passage.input = protocol.decode(content, service, operation);
  if (caller.session) requireWithinReach(caller.session, service.name, operation);
  if (!implementation) throw notImplemented(service.name, operation);
  const output = await invoke(service, operation, passage.input, ctx, passage.questions);
  for (const record of passage.failed) tx.append(record);
  return output;
}

const wholeSecond = (time: Date) => new Date(Math.floor(time.getTime() / 1000) * 1000);

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
    await deps.store.transaction((tx) => recordRefusal(passage, { ...ctx, store: tx }, error, wire));
  }
  const response = protocol.encodeError(wire, service, requestId);
  const message = error instanceof Denied && ctx ? encodedMessage(error.question, ctx) : undefined;
  return message ? { ...response, headers: { ...response.headers, [ENCODED_MESSAGE]: message } } : response;
}

/** Where a denial's encoded authorization message is: AWS's sentences leave no room for it. */
const ENCODED_MESSAGE = 'x-gatehouse-authorization-message';

async function recordRefusal(passage: Passage, ctx: Context, error: unknown, told: WireError): Promise<void> {
  const { service, operation, input } = passage;
  if (!service || !operation || !inputOf(service, operation)) return;
  for (const record of passage.failed) ctx.store.append(record);
  const outcome = { input, error: { code: told.code, message: told.message } };
  for (const record of await recordsOfCall(service, operation, outcome, ctx)) ctx.store.append(record);
  if (error instanceof Denied) ctx.store.append(denialOf(error.question, ctx));
}
