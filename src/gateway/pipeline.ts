/**
 * What happens to a request, top to bottom. Start reading here.
 */
import type { Caller, Context, Source } from '../core/context.ts';
import { CommonError } from '../core/errors.ts';
import type { FormSignature } from '../core/front.ts';
import { timeUuid } from '../core/ids.ts';
import type { Operation, Preparation, Service } from '../core/operation.ts';
import { regionOfHost } from '../core/regionalHosts.ts';
import type { WireRequest, WireResponse } from '../core/wire.ts';
import { requireWithinReach } from '../identity/sessions.ts';
import { describeError } from '../protocols/errors.ts';
import { errorProtocol } from '../protocols/index.ts';
import type { Protocol, WireError } from '../protocols/protocol.ts';
import { inputOf, takesStream } from '../protocols/schema.ts';
import type { Transaction } from '../store/store.ts';
import { ANONYMOUS, authenticate, missingToken, timeOf } from './authenticate.ts';
import { Denied } from './authorize.ts';
import { BODY_BYTES_MAX, collected, requireLength, unpacked } from './body.ts';
import { type Claim, claimOf } from './claim.ts';
import { denialOf, encodedMessage } from './decisions.ts';
import {
  contextFor,
  type Deps,
  implementationOf,
  invoke,
  type Journey,
  noteAttempt,
  notImplemented,
  preparationOf,
  recordsOfCall,
} from './invocation.ts';
import { reaching } from './reaching.ts';
import { routeIn, serviceOf } from './resolve.ts';
import { begun } from './streams.ts';
import { isChunked, uploadOf } from './uploads.ts';
import { ClientGone, type WhenGone } from './waiting.ts';

/** A request on its way: what is known of it so far. */
interface Passage extends Journey {
  source: Source;
  /** As sent, which is what was signed. */
  request: WireRequest;
  /** Else the request that a front made this one of. */
  readonly signed?: WireRequest | undefined;
  /** In the form of the model, with its body unpacked. */
  content: WireRequest;
  /** When it came, in milliseconds of the real clock: a long body does not make a signature old. */
  readonly arrived: number;
  /** What it is signed with, once that proved right. */
  secret?: string;
  /** The input as the operation's preparation made it. */
  prepared?: { readonly input: unknown; readonly undo: (() => Promise<void>) | undefined };
  readonly deps: Deps;
  claim?: Claim | undefined;
  region: string | undefined;
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
  return (await fronted(request, source, deps)) ?? (await operated(request, source, deps, { whenGone }));
}

/** The answer to what is no operation but is made into some: a page of a web site, a form, a browser's question. */
export async function fronted(request: WireRequest, source: Source, deps: Deps): Promise<WireResponse | undefined> {
  const { endpoint } = deps.settings;
  const front = deps.resolver.frontOf(request, endpoint);
  if (!front) return undefined;
  const answer = await front.load();
  return answer(request, {
    store: deps.store,
    endpoint,
    wallClock: deps.wallClock(),
    unpacked,
    source,
    settings: deps.settings,
    secrets: deps.secrets,
    random: deps.random,
    within: (work) => byNobody(source, deps, work),
    ask: (inner, signed, found) =>
      operated(inner, found?.source ?? source, deps, {
        ...(signed && !('text' in signed) ? { signed } : { claim: signed ? claimOfForm(signed) : null }),
        region: found?.region,
      }),
  });
}

/** A write set of a front's own. Calls in it that are refused leave their records all the same. */
async function byNobody<T>(source: Source, deps: Deps, work: (ctx: Context) => Promise<T>): Promise<T> {
  const now = deps.now();
  const journey: Journey = { deps, source, requestId: timeUuid(now, deps), questions: [], failed: [] };
  const from = { caller: ANONYMOUS, account: '', region: deps.settings.region, now };
  const keep = (tx: Transaction) => {
    for (const record of journey.failed) tx.append(record);
  };
  try {
    return await reaching(journey, async (tx) => {
      journey.failed = [];
      const answer = await work(contextFor(journey, undefined, from, tx));
      keep(tx);
      return answer;
    });
  } catch (error) {
    if (journey.failed.length > 0) await deps.store.transaction(async (tx) => keep(tx));
    throw error;
  }
}

/** What a form says of its signature. */
const claimOfForm = ({
  accessKeyId,
  date,
  region,
  service,
  signature,
  timestamp,
  sessionToken,
  text,
}: FormSignature): Claim => ({
  algorithm: 'AWS4-HMAC-SHA256',
  accessKeyId,
  date,
  region,
  service,
  scope: `${date}/${region}/${service}/aws4_request`,
  signedHeaders: [],
  signature,
  timestamp,
  sessionToken,
  expires: undefined,
  text,
});

interface Manner {
  readonly whenGone?: WhenGone | undefined;
  /** How the request is signed; null: not at all. Read off the request when absent. */
  readonly claim?: Claim | null | undefined;
  /** The request that was signed, where that is another one. */
  readonly signed?: WireRequest | undefined;
  /** Of a request that says it elsewhere than in a signature of ours. */
  readonly region?: string | undefined;
}

async function operated(
  request: WireRequest,
  source: Source,
  deps: Deps,
  { whenGone, claim, signed, region }: Manner,
): Promise<WireResponse> {
  const passage: Passage = {
    request,
    signed,
    content: request,
    source,
    deps,
    requestId: timeUuid(deps.now(), deps),
    questions: [],
    failed: [],
    mayWait: false,
    arrived: deps.wallClock(),
    region,
  };
  try {
    passage.claim = claim === undefined ? claimOf(signed ?? request) : (claim ?? undefined);
    const service = await serviceOf(request, passage.claim, deps.resolver);
    if (!service) throw unknownService(passage);
    passage.service = service;
    if (service.regionByHost) passage.region ??= regionOfHost(request.headers.host ?? '');
    if (service.keys && passage.claim) passage.source = { ...source, signature: signatureOf(passage, passage.claim) };
    passage.content = understood(request, service, deps);
    const { protocol, operation } = routeIn(service, passage.content);
    passage.protocol = protocol;
    passage.operation = operation;
    if (request.body.length > BODY_BYTES_MAX && !takesStream(service, operation)) {
      requireLength(request.body.length, implementationOf(service, operation)?.bodyBytesMax);
    }
    if (service.wire.keepsEncoding || request.stream) await receive(passage, service, protocol, operation);
    const output = await deps.waiting.patiently((mayWait) => {
      passage.mayWait = mayWait;
      return reaching(passage, (tx) => answer(passage, service, protocol, operation, tx));
    }, whenGone);
    deps.decisions.keep(passage.requestId, passage.ctx?.account ?? '', passage.questions);
    const whole = begun(protocol.encode(output, service, operation, passage.requestId));
    return await finished(passage, whole instanceof Promise ? await whole : whole, output);
  } catch (error) {
    await passage.prepared?.undo?.().catch(deps.log);
    if (error instanceof ClientGone) return NOBODY;
    return refuse(passage, error);
  }
}

/** The answer with what the service adds to it, once that is kept which it keeps of it. */
async function finished(
  passage: Passage,
  response: WireResponse,
  output: unknown,
  error?: string,
): Promise<WireResponse> {
  const { service, ctx, request, operation = '', input, arrived, deps } = passage;
  if (!service?.afterwards || ctx?.audit.about === undefined) return response;
  const elapsedMs = Math.max(0, deps.wallClock() - arrived);
  const after = service.afterwards(ctx, { request, operation, input, output, error, response, elapsedMs });
  if (!after) return response;
  const { headers, keep } = after;
  if (keep) await deps.store.transaction((tx) => keep({ ...ctx, store: tx }, tx));
  return { ...response, headers: { ...response.headers, ...headers }, toldPages: true };
}

/** Where a service tells policies how a request is signed. */
const signatureOf = (
  { request, arrived }: Passage,
  { algorithm, expires, timestamp, text }: Claim,
): Source['signature'] => ({
  algorithm,
  kind: text !== undefined ? 'POST' : expires === undefined ? 'REST-HEADER' : 'REST-QUERY-STRING',
  ageMs: Math.max(0, arrived - timeOf(timestamp)),
  content: request.headers['x-amz-content-sha256'],
});

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
  work: 'prepare' | 'run' = 'run',
): Promise<unknown> {
  const { content, deps } = passage;
  const now = service.wholeSeconds ? wholeSecond(deps.now()) : deps.now();
  const implementation = implementationOf(service, operation);
  const caller = await callerOf(passage, service, implementation, tx, now);
  passage.questions = [];
  passage.failed = [];
  const region = passage.claim?.region ?? passage.region ?? deps.settings.region;
  const standpoint = { caller, account: caller.account, region, now };
  const ctx = { ...contextFor(passage, service, standpoint, tx), mayWait: passage.mayWait };
  passage.ctx = ctx;
  if (service.bodyProved && content.body.length > 0 && !takesStream(service, operation)) {
    await service.bodyProved(operation, content);
  }
  passage.input = passage.prepared ? passage.prepared.input : protocol.decode(content, service, operation);
  if (caller.session) requireWithinReach(caller.session, service.name, operation);
  if (!implementation) throw notImplemented(service.name, operation);
  if (work === 'prepare') return preparationOf(service, operation, passage.input, ctx, passage);
  const output = await invoke(service, operation, passage.input, ctx, passage);
  for (const record of passage.failed) tx.append(record);
  return output;
}

/** The request as its service's model has it. */
function understood(request: WireRequest, service: Service, { settings }: Deps): WireRequest {
  const content = service.wire.keepsEncoding ? request : unpacked(request);
  return service.understood
    ? { ...content, ...service.understood({ ...request, endpoint: settings.endpoint }) }
    : content;
}

/**
 * A body that is long or has to be unpacked as it comes. Where the operation takes a stream, whether the caller may is
 * decided before it is read, and it is put away before the write set opens in which the operation runs.
 */
async function receive(passage: Passage, service: Service, protocol: Protocol, operation: string): Promise<void> {
  const { request, content, claim } = passage;
  const implementation = implementationOf(service, operation);
  if (!takesStream(service, operation)) {
    if (request.stream) {
      const body = await collected(request.stream, implementation?.bodyBytesMax);
      passage.request = { ...request, body, stream: undefined };
      passage.content = { ...content, body, stream: undefined };
    }
  } else if (!request.upload && (request.stream || isChunked(request))) {
    const upload = uploadOf(request, claim, () => passage.secret ?? '');
    passage.request = { ...request, upload };
    passage.content = { ...content, upload };
  }
  const bytes = passage.content.upload ? Number.POSITIVE_INFINITY : passage.content.body.length;
  if (bytes >= (implementation?.preparesFrom ?? Number.POSITIVE_INFINITY))
    await prepare(passage, service, protocol, operation);
}

async function prepare(passage: Passage, service: Service, protocol: Protocol, operation: string): Promise<void> {
  const asked = await reaching(passage, (tx) => answer(passage, service, protocol, operation, tx, 'prepare'));
  passage.noted = undefined;
  const preparation = asked as Preparation | undefined;
  if (!preparation) return;
  const input = await preparation.carryOut();
  passage.prepared = { input, undo: preparation.undo };
}

const wholeSecond = (time: Date) => new Date(Math.floor(time.getTime() / 1000) * 1000);

async function callerOf(
  passage: Passage,
  service: Service,
  operation: Operation<unknown, unknown, unknown> | undefined,
  tx: Transaction,
  now: Date,
): Promise<Caller> {
  const { request, signed = request, claim, deps, arrived } = passage;
  if (claim) {
    const proven = request.upload && ((secret: string) => void (passage.secret = secret));
    return authenticate(signed, claim, tx, {
      secrets: deps.secrets,
      now,
      wallClock: arrived,
      ...(proven && { proven }),
    });
  }
  if (!operation?.unsigned && !service.anonymous) throw missingToken();
  return ANONYMOUS;
}

/**
 * An error changes nothing: its record, and the reasons of a denial, are all that is written. Recorded is every call of
 * somebody who proved who he is, also of an operation that we do not have; not what is no operation at all. Where that
 * cannot be kept, because the disk is full, nobody learns more than that.
 */
async function refuse(passage: Passage, error: unknown): Promise<WireResponse> {
  const { deps, service, requestId, request, ctx } = passage;
  const protocol = passage.protocol ?? errorProtocol(request, service);
  const wire = describeError(worded(passage, error), service, protocol.name);
  const answerOf = (told: WireError): WireResponse => {
    const whole = protocol.encodeError(told, service, requestId);
    return request.method === 'HEAD' ? { ...whole, body: '' } : whole;
  };
  if (wire.code === 'InternalFailure') deps.log(error);
  try {
    if (ctx) await keepRefusal(passage, ctx, error, wire);
    const answer = await finished(passage, answerOf(wire), undefined, wire.code);
    const message = error instanceof Denied && ctx ? encodedMessage(error.question, ctx) : undefined;
    return message ? { ...answer, headers: { ...answer.headers, [ENCODED_MESSAGE]: message } } : answer;
  } catch (failure) {
    deps.log(failure);
    return answerOf(describeError(UNRECORDED, service, protocol.name));
  }
}

const UNRECORDED = new CommonError(
  'ServiceUnavailable',
  'The request has failed due to a temporary failure of the server.',
  503,
);

async function keepRefusal(passage: Passage, ctx: Context, error: unknown, told: WireError): Promise<void> {
  const { deps, requestId, questions } = passage;
  if (error instanceof Denied) questions.push(error.question);
  deps.decisions.keep(requestId, ctx.account, questions);
  await deps.store.transaction((tx) => recordRefusal(passage, { ...ctx, store: tx }, error, told));
}

/** In the words of the service, where it has its own. */
function worded({ service, request, claim, arrived }: Passage, error: unknown): unknown {
  if (!service?.refusalOf) return error;
  const { method, path } = request;
  const { accessKeyId, timestamp, expires } = claim ?? {};
  return service.refusalOf(error, { method, path, accessKeyId, timestamp, expires, now: new Date(arrived) });
}

/** Where a denial's encoded authorization message is: AWS's sentences leave no room for it. */
const ENCODED_MESSAGE = 'x-gatehouse-authorization-message';

async function recordRefusal(passage: Passage, ctx: Context, error: unknown, told: WireError): Promise<void> {
  const { service, operation, input } = passage;
  if (!service || !operation || !inputOf(service, operation)) return;
  for (const entry of [...passage.failed, ...(ctx.audit.kept ?? []), ...(passage.noted?.values() ?? [])]) {
    ctx.store.append(entry);
  }
  if (passage.questions.length === 0) noteAttempt(passage, ctx, service, operation);
  const outcome = { input, error: { code: told.code, message: told.message } };
  for (const record of await recordsOfCall(service, operation, outcome, ctx)) ctx.store.append(record);
  if (error instanceof Denied) ctx.store.append(denialOf(error.question, ctx));
}
