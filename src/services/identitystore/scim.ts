/**
 * SCIM 2.0, as identity providers speak it: a path says the tenant and the resource, a bearer token says that the
 * provider may. Each call leaves its record in the account of the instance; what people are called is hidden in it.
 * https://docs.aws.amazon.com/singlesignon/latest/developerguide/what-is-scim.html
 */
import type { Caller, Context } from '../../core/context.ts';
import type { FrontAnswer } from '../../core/front.ts';
import { record } from '../../core/ownRecords.ts';
import { regionOfHost } from '../../core/regionalHosts.ts';
import type { WireRequest, WireResponse } from '../../core/wire.ts';
import { unlock } from '../../identity/instanceKeys.ts';
import { type Instance, identityStoreArn, instanceOfStore } from '../../identity/instances.ts';
import { believedToken, type ScimToken, scimIssuer, storeOfTenant } from '../../identity/scimTokens.ts';
import { denied, errorResponse, failInvalid, json, type ToldError, toldError, unauthorized } from './scimErrors.ts';
import * as groups from './scimGroups.ts';
import { hidden } from './scimRecords.ts';
import { bodyOf, type ScimAnswer, type ScimOperation } from './scimRequests.ts';
import * as schemas from './scimSchemas.ts';
import * as users from './scimUsers.ts';

/** Method and resource; `/` where the path names one of them. */
const OPERATIONS: Readonly<Record<string, ScimOperation>> = {
  'GET Users': users.ListUsers,
  'POST Users': users.CreateUser,
  'GET Users/': users.GetUser,
  'PUT Users/': users.PutUser,
  'PATCH Users/': users.PatchUser,
  'DELETE Users/': users.DeleteUser,
  'GET Groups': groups.ListGroups,
  'POST Groups': groups.CreateGroup,
  'GET Groups/': groups.GetGroup,
  'PATCH Groups/': groups.PatchGroup,
  'DELETE Groups/': groups.DeleteGroup,
  'GET ServiceProviderConfig': schemas.ServiceProviderConfig,
  'GET Schemas': schemas.ListSchemas,
  'GET Schemas/': schemas.GetSchema,
  'GET ResourceTypes': schemas.ListResourceTypes,
};

interface Target {
  readonly tenant: string;
  readonly operation: ScimOperation | undefined;
  readonly id: string;
}

interface Asker {
  readonly instance: Instance;
  readonly token: ScimToken;
}

export const answerScim: FrontAnswer = async (request, { within }) => {
  const target = targetOf(request);
  let asker: Asker | undefined;
  try {
    return await within(async (ctx) => {
      asker = await askerOf(ctx, request, target.tenant);
      return answered(ctx, request, target, asker);
    });
  } catch (error) {
    const told = toldError(error);
    if (!told) throw error;
    return within((ctx) => refused(ctx, request, target, asker, told));
  }
};

const PATH = /^(?:\/scim)?\/([^/]+)\/scim\/v2\/(\w+)(?:\/([^/]+))?\/?$/;

function targetOf({ method, path }: WireRequest): Target {
  const [, tenant = '', resource = '', id] = PATH.exec(path) ?? [];
  const name = `${method} ${resource}${id === undefined ? '' : '/'}`;
  const operation = Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name] : undefined;
  return { tenant, operation, id: id === undefined ? '' : decoded(id) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const BEARER = /^Bearer +([\w-]{1,200})$/i;

/** A wrong tenant is answered like a wrong token. */
async function askerOf(ctx: Context, { headers }: WireRequest, tenant: string): Promise<Asker> {
  const token = BEARER.exec(headers.authorization ?? '')?.[1];
  const store = storeOfTenant(tenant);
  const row = token && store ? await believedToken(ctx.store, store, token, ctx.now) : undefined;
  const instance = row && (await instanceOfStore(ctx.store, row.identityStore));
  if (!instance) throw unauthorized();
  const region = regionOfHost(headers.host ?? '');
  if (region !== undefined && region !== instance.region) throw denied('The directory is of another Region.');
  return { instance, token: row };
}

async function answered(ctx: Context, request: WireRequest, target: Target, asker: Asker): Promise<WireResponse> {
  const { operation, id } = target;
  if (!operation) return failInvalid('The operation is not supported.');
  const { instance } = asker;
  const inItsName = { ...ctx, caller: callerOf(asker), account: instance.account, region: instance.region };
  const { query, body } = request;
  // The provider's token is no principal of IAM: the service decrypts.
  await unlock(inItsName, instance, 'identitystore');
  const answer = await operation.run({ ctx: inItsName, instance, issuer: scimIssuer(instance), id, query, body });
  keepRecord(ctx, request, target, asker, { answer });
  return json(ctx, answer.status, answer.body);
}

/** As rows tell who wrote them. */
const callerOf = ({ instance, token }: Asker): Caller => ({
  type: 'Service',
  account: instance.account,
  arn: `${identityStoreArn(instance)}/scim/${token.id}`,
  userId: token.id,
  service: 'identitystore-scim.amazonaws.com',
});

function refused(ctx: Context, request: WireRequest, target: Target, asker: Asker | undefined, error: ToldError) {
  if (asker) keepRecord(ctx, request, target, asker, { error });
  return Promise.resolve(errorResponse(ctx, error));
}

interface Outcome {
  readonly answer?: ScimAnswer;
  readonly error?: ToldError;
}

function keepRecord(ctx: Context, request: WireRequest, target: Target, asker: Asker, outcome: Outcome): void {
  const { operation, tenant, id } = target;
  if (!operation) return;
  const { account, region } = asker.instance;
  const { answer, error } = outcome;
  record(ctx, {
    ...{ account, region, eventSource: 'identitystore-scim.amazonaws.com', eventName: operation.name },
    readOnly: operation.readOnly === true,
    userIdentity: {
      type: error ? 'Unknown' : 'WebIdentityUser',
      accountId: account,
      accessKeyId: asker.token.id,
    },
    requestParameters: {
      ...(request.body.length > 0 && { httpBody: readable(request.body) }),
      tenantId: tenant,
      ...(id !== '' && { id }),
    },
    responseElements: operation.readOnly || !answer?.body ? null : hidden(answer.body),
    error,
  });
}

function readable(body: Uint8Array): object {
  try {
    return hidden(bodyOf(body));
  } catch {
    return {};
  }
}
