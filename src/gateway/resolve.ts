/**
 * Which service, which protocol, which operation: from the credential scope, else the `X-Amz-Target`, else the host,
 * else the API version of a query.
 */
import { CommonError } from '../core/errors.ts';
import type { Front } from '../core/front.ts';
import type { PublicDocuments, Service, ServiceEntry } from '../core/operation.ts';
import type { WireRequest } from '../core/wire.ts';
import { matchOperation } from '../protocols/index.ts';
import type { Protocol } from '../protocols/protocol.ts';
import type { Claim } from './claim.ts';

export interface Resolver {
  /** By name or alias; a service's code and SDK client load on its first use. */
  load(name: string): Promise<Service | undefined>;
  entryOf(request: WireRequest): ServiceEntry | undefined;
  /** The service that a path is of, whatever name it is signed with. */
  pathOwner(request: WireRequest): ServiceEntry | undefined;
  /** Who answers what is no operation; `endpoint`: how clients reach the plane. */
  frontOf(request: WireRequest, endpoint: string): Front | undefined;
  documentsAt(path: string): PublicDocuments | undefined;
}

/** `pages`: fronts beside those of the services, asked first. */
export function resolverOf(entries: readonly ServiceEntry[], pages: readonly Front[] = []): Resolver {
  const byName = new Map(entries.flatMap((entry) => [entry.name, ...(entry.aliases ?? [])].map((n) => [n, entry])));
  const byTarget = new Map(entries.flatMap((entry) => (entry.target ? [[entry.target, entry] as const] : [])));
  const byVersion = new Map(entries.flatMap((entry) => (entry.version ? [[entry.version, entry] as const] : [])));
  const unnamed = entries.find((entry) => entry.unnamed);
  const shown = entries.filter((entry) => entry.shown);
  const fronts = [...pages, ...entries.flatMap((entry) => entry.front ?? [])];
  const byPath = entries.filter(({ path }) => path !== undefined);
  const loaded = new Map<ServiceEntry, Promise<Service>>();
  const documents = entries.flatMap((entry) => entry.documents ?? []);
  return {
    pathOwner: ({ path, headers }) =>
      headers['x-amz-account-id'] === undefined ? undefined : byPath.find((entry) => path.startsWith(entry.path!)),
    frontOf: (request, endpoint) => fronts.find((front) => front.takes(request, endpoint)),
    documentsAt: (path) => documents.find(({ prefix }) => path.startsWith(prefix)),
    async load(name) {
      const entry = byName.get(name);
      if (!entry) return undefined;
      let service = loaded.get(entry);
      if (!service) loaded.set(entry, (service = entry.load()));
      return service;
    },
    entryOf(request) {
      const target = request.headers['x-amz-target']?.split('.').at(-2);
      const host = (request.headers.host ?? '').split('.', 1)[0]!;
      const named = byTarget.get(target ?? '') ?? byName.get(host) ?? byVersion.get(versionOf(request));
      if (named) return named;
      return shown.find((entry) => entry.shown?.(request)) ?? (isUnnamed(request) ? unnamed : undefined);
    },
  };
}

/** Calls in JSON are of other services; what a POST without a type is about may be in its query: `?uploads`. */
const isUnnamed = ({ method, path, query, headers }: WireRequest) =>
  /^\/[a-z\d]/i.test(path) &&
  method !== 'PATCH' &&
  !(method === 'POST' && /json|cbor/.test(headers['content-type'] ?? (query === '' ? 'json' : '')));

const VERSION = /(?:^|&)Version=(\d{4}-\d\d-\d\d)(?:&|$)/;

function versionOf(request: WireRequest): string {
  const form = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded');
  const text = form ? Buffer.from(request.body).toString('latin1') : request.query;
  return VERSION.exec(text)?.[1] ?? '';
}

export interface Route {
  readonly service: Service;
  readonly protocol: Protocol;
  readonly operation: string;
}

/** The service alone, so that even an unknown operation is answered in the protocol of its service. */
export async function serviceOf(
  request: WireRequest,
  claim: Claim | undefined,
  resolver: Resolver,
): Promise<Service | undefined> {
  const name = resolver.pathOwner(request)?.name ?? claim?.service ?? resolver.entryOf(request)?.name;
  return name === undefined ? undefined : resolver.load(name);
}

export function routeIn(service: Service, request: WireRequest): Route {
  const match = matchOperation(request, service);
  if (match) return { service, ...match };
  throw new CommonError('UnknownOperationException', `No operation of ${service.name} matches this request.`, 404);
}
