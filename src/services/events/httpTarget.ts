/**
 * API destinations: an event becomes an HTTP request, with the connection's credentials.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html
 */
import { type ClientRequest, type IncomingMessage, request as overHttp } from 'node:http';
import { request as overHttps } from 'node:https';
import type { ConnectionHttpParameters, Target } from '@aws-sdk/client-eventbridge';
import { mayReach } from '../../core/outbound.ts';
import { withManners } from '../../core/slowness.ts';
import type { Outside } from '../../core/tasks.ts';
import { type ApiDestination, destinationOf } from './apiDestinationRows.ts';
import { openedConnection } from './connectionKeys.ts';
import { type Authorization, type Connection, connectionOf } from './connectionRows.ts';
import { type Delivery, deliveryOf, type Owed } from './deliveries.ts';
import { DeliveryFailure, Untried } from './failures.ts';
import { dynamic, inputOf } from './transform.ts';

/** Calls the destination of a delivery; the status that it answered. Throws DeliveryFailure unless it is a success. */
export async function invoked(owed: Owed, around: Outside): Promise<number> {
  const { secrets } = around;
  const { journal } = around.store;
  const call = await around.store.transaction((tx) => callOf(owed, { store: tx, journal, secrets }));
  if (!call) return 0;
  const { delivery, destination, connection } = call;
  const authorized = connection?.state === 'AUTHORIZED' ? connection : undefined;
  const authorization =
    authorized && (await around.store.transaction((store) => openedConnection({ ...around, store }, authorized)));
  if (!connection || !authorization) throw unable('The connection is not authorized.', 'SDK_CLIENT_ERROR', true);
  const request = requestOf(delivery, destination, authorization);
  await authorize(request, authorization, connection, around);
  const outcome = await withManners(request.url.origin, () => outcomeOf(sent(request, around)));
  if (!outcome) throw new Untried(TIMEOUT, 'Unable to invoke ApiDestination endpoint: it does not answer.', true);
  if (!outcome.answer) throw outcome.failure;
  const { status, headers } = outcome.answer;
  if (status >= 200 && status < 300) return status;
  if (status === 401 || status === 407) tokens.delete(connection);
  throw refusal(status, headers['retry-after']);
}

interface Outcome {
  readonly silent: boolean;
  /** Or why there is none. */
  readonly answer?: Answer;
  readonly failure?: unknown;
}

const outcomeOf = (answer: Promise<Answer>): Promise<Outcome> =>
  answer.then(
    (answer) => ({ silent: false, answer }),
    (failure: Error) => ({ silent: failure.name === TIMEOUT, failure }),
  );

interface Call {
  readonly delivery: Delivery;
  readonly destination: ApiDestination;
  readonly connection: Connection | undefined;
}

async function callOf(owed: Owed, around: Parameters<typeof deliveryOf>[0]): Promise<Call | undefined> {
  const delivery = await deliveryOf(around, owed);
  if (!delivery || delivery.events.length === 0) return undefined;
  const destination = await destinationOf(around.store, delivery.target.Arn ?? '');
  if (!destination) throw unable('The API destination does not exist.', 'NO_RESOURCE', false);
  return { delivery, destination, connection: await connectionOf(around.store, destination.connectionArn) };
}

const unable = (why: string, code: string, again: boolean | number) =>
  new DeliveryFailure(code, `Unable to invoke ApiDestination endpoint: ${why}`, again);

const AGAIN = new Set([401, 407, 409, 429]);

function refusal(status: number, retryAfter: string | undefined): DeliveryFailure {
  const seconds = Number(retryAfter);
  const asked = retryAfter !== undefined && Number.isFinite(seconds) ? seconds : 0;
  const again = (AGAIN.has(status) || status >= 500) && asked >= 0;
  const why = `API destination endpoint returned HTTP status ${status}.`;
  return unable(why, 'SDK_CLIENT_ERROR', again && asked > 0 ? asked * 1000 : again);
}

export interface HttpRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Record<string, string>;
  body: string;
}

/** Headers that a request is never given by its users. */
const TAKEN_OUT = new Set(
  `a-im accept-charset accept-datetime accept-encoding cache-control connection content-encoding content-length
   content-md5 date expect forwarded from host http2-settings if-match if-modified-since if-none-match if-range
   if-unmodified-since max-forwards origin pragma proxy-authorization range referer te trailer transfer-encoding
   user-agent upgrade via warning`.split(/\s+/),
);

function requestOf(
  { rule, target, events }: Delivery,
  destination: ApiDestination,
  authorization: Authorization,
): HttpRequest {
  const [delivered] = events;
  const { event } = delivered!.happening;
  const { PathParameterValues = [], HeaderParameters = {}, QueryStringParameters = {} } = httpParameters(target);
  const values = PathParameterValues.map((value) => encodeURIComponent(dynamic(value, event)));
  const request: HttpRequest = {
    url: new URL(destination.endpoint.replaceAll('*', () => values.shift() ?? '')),
    method: destination.method,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: inputOf(rule, target, delivered!),
  };
  for (const [name, value] of Object.entries(QueryStringParameters)) {
    request.url.searchParams.append(name, dynamic(value, event));
  }
  for (const [name, value] of Object.entries(HeaderParameters)) addHeader(request, name, dynamic(value, event));
  addParameters(request, authorization.invocation);
  return request;
}

const httpParameters = (target: Target): NonNullable<Target['HttpParameters']> => target.HttpParameters ?? {};

function addHeader({ headers }: HttpRequest, name: string, value: string): void {
  if (!TAKEN_OUT.has(name.toLowerCase())) headers[name.toLowerCase()] = value;
}

/** What the connection adds to every request: it wins over the target's own. */
function addParameters(request: HttpRequest, added: ConnectionHttpParameters | undefined): void {
  for (const { Key, Value } of added?.HeaderParameters ?? []) addHeader(request, Key ?? '', Value ?? '');
  for (const { Key, Value } of added?.QueryStringParameters ?? []) request.url.searchParams.set(Key ?? '', Value ?? '');
  const { BodyParameters = [] } = added ?? {};
  if (BodyParameters.length === 0) return;
  const body = objectOf(request.body);
  if (!body)
    throw new DeliveryFailure('INVALID_JSON', 'The body that parameters are added to is no JSON object.', false);
  request.body = JSON.stringify({
    ...body,
    ...Object.fromEntries(BodyParameters.map(({ Key, Value }) => [Key ?? '', Value])),
  });
}

function objectOf(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

async function authorize(
  request: HttpRequest,
  { basic, apiKey, oauth }: Authorization,
  connection: Connection,
  around: Outside,
): Promise<void> {
  if (basic) {
    const pair = Buffer.from(`${basic.Username}:${basic.Password}`).toString('base64');
    request.headers.authorization = `Basic ${pair}`;
  } else if (apiKey) request.headers[apiKey.ApiKeyName.toLowerCase()] = apiKey.ApiKeyValue;
  else if (oauth) request.headers.authorization = `Bearer ${await tokenOf(connection, oauth, around)}`;
}

interface Token {
  readonly text: string;
  readonly until: number;
}

/** By the connection's row: a connection that changes asks anew. Who comes while one is being fetched waits for it. */
const tokens = new WeakMap<Connection, Promise<Token>>();
const TOKEN_SECONDS = 3600;
/** A token is not used in its last seconds. */
const MARGIN_MS = 30_000;

type OAuth = NonNullable<Authorization['oauth']>;

async function tokenOf(connection: Connection, oauth: OAuth, around: Outside): Promise<string> {
  const pending = tokens.get(connection);
  const kept = pending && (await pending);
  if (kept && around.now.getTime() < kept.until) return kept.text;
  const fetching = fetchedToken(oauth, around);
  tokens.set(connection, fetching);
  try {
    return (await fetching).text;
  } catch (error) {
    tokens.delete(connection);
    throw error;
  }
}

/** Asks the authorization endpoint for a token, with the client's credentials. Throws DeliveryFailure. */
export async function fetchedToken(oauth: OAuth, around: Pick<Outside, 'settings' | 'now'>): Promise<Token> {
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: oauth.ClientID,
    client_secret: oauth.ClientSecret,
  });
  for (const { Key, Value } of oauth.parameters?.BodyParameters ?? []) form.set(Key ?? '', Value ?? '');
  const request: HttpRequest = {
    url: new URL(oauth.endpoint),
    method: oauth.method,
    headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
    body: oauth.method === 'GET' ? '' : form.toString(),
  };
  if (oauth.method === 'GET') for (const [name, value] of form) request.url.searchParams.set(name, value);
  addParameters(request, { ...oauth.parameters, BodyParameters: [] });
  const { status, body } = await sent(request, around);
  const answer = objectOf(body) as { access_token?: unknown; expires_in?: unknown } | undefined;
  if (status < 200 || status > 299 || typeof answer?.access_token !== 'string') {
    throw unable(`The authorization endpoint returned HTTP status ${status}.`, 'SDK_CLIENT_ERROR', true);
  }
  const seconds = Number(answer.expires_in) > 0 ? Number(answer.expires_in) : TOKEN_SECONDS;
  return { text: answer.access_token, until: around.now.getTime() + seconds * 1000 - MARGIN_MS };
}

const TIMEOUT_MS = 5_000;
const TIMEOUT = 'TIMEOUT';
const ANSWER_BYTES_MAX = 1_048_576;

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

async function sent(request: HttpRequest, { settings }: Pick<Outside, 'settings'>): Promise<Answer> {
  if (!mayReach(settings, request.url)) {
    throw unable(
      `The operator of this plane has not allowed calls to ${request.url.hostname}.`,
      'CONNECTION_FAILURE',
      false,
    );
  }
  try {
    return await exchanged(request);
  } catch (error) {
    const { code = '', name, message } = error as NodeJS.ErrnoException;
    if (/^(AbortError|TimeoutError)$/.test(name)) throw unable('The request timed out.', TIMEOUT, true);
    throw unable(message, 'CONNECTION_FAILURE', code !== 'ENOTFOUND' && code !== 'ERR_INVALID_URL');
  }
}

/** No redirection is followed, no connection kept. */
function exchanged({ url, method, headers, body }: HttpRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? overHttps : overHttp;
    const outgoing: ClientRequest = send(url, {
      method,
      agent: false,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: {
        ...headers,
        'user-agent': 'Amazon/EventBridge/ApiDestinations',
        range: `bytes=0-${ANSWER_BYTES_MAX - 1}`,
        'accept-encoding': 'identity',
        connection: 'close',
        'content-length': Buffer.byteLength(body),
      },
    });
    outgoing.once('error', reject);
    outgoing.once('response', (incoming) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      const done = () =>
        resolve({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          body: Buffer.concat(chunks).toString('utf8'),
        });
      incoming.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes <= ANSWER_BYTES_MAX) chunks.push(chunk);
        else {
          done();
          outgoing.destroy();
        }
      });
      incoming.once('end', done);
      incoming.once('error', reject);
    });
    outgoing.end(body);
  });
}
