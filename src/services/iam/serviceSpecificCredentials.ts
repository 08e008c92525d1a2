/**
 * Service-specific credentials: a user name and password, or an API key, that one service takes from a user. The
 * secret is told once and kept sealed, for the service that has to check it.
 */
import {
  type CreateServiceSpecificCredentialRequest,
  type CreateServiceSpecificCredentialResponse,
  type DeleteServiceSpecificCredentialRequest,
  InvalidInputException,
  LimitExceededException,
  type ListServiceSpecificCredentialsRequest,
  type ListServiceSpecificCredentialsResponse,
  NoSuchEntityException,
  type ResetServiceSpecificCredentialRequest,
  type ResetServiceSpecificCredentialResponse,
  type ServiceSpecificCredential as SdkCredential,
  type ServiceSpecificCredentialMetadata,
  type UpdateServiceSpecificCredentialRequest,
} from '@aws-sdk/client-iam';
import type { Context } from '../../core/context.ts';
import { awsError, fail } from '../../core/errors.ts';
import { uniqueId } from '../../core/ids.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { type User, userArn, users } from '../../identity/principals.ts';
import {
  API_KEY_PREFIXES,
  apiKey,
  type ServiceSpecificCredential,
  sealedSecret,
  serviceSpecificCredentials,
} from '../../identity/serviceCredentials.ts';
import { rowsPage } from './pages.ts';
import { findOwned, findOwner, findUser, type Owned, type Owner, userAccess } from './subjects.ts';

type Kind = 'password' | 'apiKey';

/** What each service takes. */
const SERVICES: Readonly<Record<string, Kind>> = {
  'codecommit.amazonaws.com': 'password',
  'cassandra.amazonaws.com': 'password',
  'bedrock.amazonaws.com': 'apiKey',
  'logs.amazonaws.com': 'apiKey',
};

export const CreateServiceSpecificCredential: Operation<
  Present<CreateServiceSpecificCredentialRequest>,
  CreateServiceSpecificCredentialResponse,
  User
> = {
  load: (input, ctx) => findUser(ctx, input.UserName),
  access: (input, _ctx, user) =>
    userAccess(user, {
      'iam:ServiceSpecificCredentialServiceName': input.ServiceName,
      'iam:ServiceSpecificCredentialAgeDays': input.CredentialAgeDays?.toString(),
    }),
  async run(input, ctx, user) {
    const kind = kindOf(input.ServiceName);
    if (input.CredentialAgeDays !== undefined && kind !== 'apiKey') {
      fail(InvalidInputException, `Credential age is not supported for service ${input.ServiceName}.`);
    }
    const owned = [user.account, user.id, input.ServiceName];
    const max = quota(ctx, 'ServiceSpecificCredentialsPerUserQuota', 2);
    const page = await ctx.store.list(serviceSpecificCredentials, owned, { limit: max + 1, index: 'ownerService' });
    if (page.rows.length >= max) {
      fail(LimitExceededException, `Cannot exceed quota for ServiceSpecificCredentialsPerUser: ${max}`);
    }
    const expires = input.CredentialAgeDays && ctx.now.getTime() + input.CredentialAgeDays * 86_400_000;
    const serviceUserName = freeUserName(user, page.rows);
    const secret = newSecret(ctx, input.ServiceName, serviceUserName);
    const row: ServiceSpecificCredential = {
      account: user.account,
      owner: user.id,
      id: uniqueId('ACCA', ctx),
      service: input.ServiceName,
      serviceUserName,
      secret: sealedSecret(ctx, secret),
      status: 'Active',
      created: ctx.now.toISOString(),
      ...(expires ? { expires: new Date(expires).toISOString() } : {}),
    };
    await ctx.store.insert(serviceSpecificCredentials, row);
    return { ServiceSpecificCredential: withSecret(user, row, secret) };
  },
};

type ListTarget = { readonly owner?: Owner };

export const ListServiceSpecificCredentials: Operation<
  ListServiceSpecificCredentialsRequest,
  ListServiceSpecificCredentialsResponse,
  ListTarget
> = {
  async load(input, ctx) {
    if (input.AllUsers) return {};
    const owner = await findOwner(ctx, input.UserName);
    return owner instanceof Missing ? owner : { owner };
  },
  access: (_input, ctx, { owner }) =>
    owner ? userAccess(owner) : { resource: userArn({ account: ctx.account, path: '/', name: '*' }) },
  async run(input, ctx, { owner }) {
    if (input.AllUsers && input.UserName !== undefined) {
      fail(InvalidInputException, 'UserName and AllUsers cannot be specified together.');
    }
    const service = input.ServiceName;
    if (service !== undefined) kindOf(service);
    const { prefix, index } = listedBy(ctx, owner, service);
    const { rows, page } = await rowsPage(ctx, serviceSpecificCredentials, prefix, input, index ? { index } : {});
    const named = await Promise.all(rows.map(async (row) => metadata(owner ?? (await ownerOf(ctx, row)), row)));
    return { ServiceSpecificCredentials: named, ...page };
  },
};

export const UpdateServiceSpecificCredential: Operation<
  Present<UpdateServiceSpecificCredentialRequest>,
  object,
  Owned<ServiceSpecificCredential>
> = {
  load: (input, ctx) => findCredential(ctx, input.UserName, input.ServiceSpecificCredentialId),
  access: (_input, _ctx, target) => credentialAccess(target),
  async run(input, ctx, { row }) {
    await ctx.store.replace(serviceSpecificCredentials, {
      ...row,
      status: input.Status === 'Active' ? 'Active' : 'Inactive',
    });
    return {};
  },
};

export const ResetServiceSpecificCredential: Operation<
  Present<ResetServiceSpecificCredentialRequest>,
  ResetServiceSpecificCredentialResponse,
  Owned<ServiceSpecificCredential>
> = {
  load: (input, ctx) => findCredential(ctx, input.UserName, input.ServiceSpecificCredentialId),
  access: (_input, _ctx, target) => credentialAccess(target),
  async run(_input, ctx, { owner, row }) {
    const secret = newSecret(ctx, row.service, row.serviceUserName);
    await ctx.store.replace(serviceSpecificCredentials, { ...row, secret: sealedSecret(ctx, secret) });
    return { ServiceSpecificCredential: withSecret(owner, row, secret) };
  },
};

export const DeleteServiceSpecificCredential: Operation<
  Present<DeleteServiceSpecificCredentialRequest>,
  object,
  Owned<ServiceSpecificCredential>
> = {
  load: (input, ctx) => findCredential(ctx, input.UserName, input.ServiceSpecificCredentialId),
  access: (_input, _ctx, target) => credentialAccess(target),
  async run(_input, ctx, { row }) {
    await ctx.store.remove(serviceSpecificCredentials, [row.account, row.owner, row.id]);
    return {};
  },
};

function kindOf(service: string): Kind {
  const kind = Object.hasOwn(SERVICES, service) ? SERVICES[service] : undefined;
  const sentence = `No such service ${service} is supported for Service Specific Credentials`;
  return kind ?? fail(NoSuchEntityException, sentence);
}

const findCredential = (ctx: Context, userName: string | undefined, id: string) =>
  findOwned(
    ctx,
    userName,
    (owner) => ctx.store.get(serviceSpecificCredentials, [owner.account, owner.id, id]),
    () => awsError(NoSuchEntityException, `No such credential ${id} exists`),
  );

const credentialAccess = ({ owner, row }: Owned<ServiceSpecificCredential>) =>
  userAccess(owner, { 'iam:ServiceSpecificCredentialServiceName': row.service });

function listedBy(ctx: Context, owner: Owner | undefined, service: string | undefined) {
  if (!owner) return service ? { prefix: [ctx.account, service], index: 'service' } : { prefix: [ctx.account] };
  return service
    ? { prefix: [owner.account, owner.id, service], index: 'ownerService' }
    : { prefix: [owner.account, owner.id] };
}

async function ownerOf(ctx: Context, row: ServiceSpecificCredential): Promise<Owner> {
  const { rows } = await ctx.store.list(users, [row.owner], { limit: 1, index: 'id' });
  return rows[0] ?? { account: row.account, id: row.owner };
}

/** `jane-at-123456789012`, and `jane+1-at-123456789012` beside it. */
function freeUserName(user: User, taken: readonly ServiceSpecificCredential[]): string {
  const names = new Set(taken.map((row) => row.serviceUserName));
  for (let number = 0; ; number++) {
    const name = `${user.name}${number === 0 ? '' : `+${number}`}-at-${user.account}`;
    if (!names.has(name)) return name;
  }
}

/** 44 characters, as AWS's; of an API key there is more around it. */
function newSecret(ctx: Context, service: string, alias: string): string {
  const secret = Buffer.from(ctx.random(32)).toString('base64');
  const prefix = API_KEY_PREFIXES[service];
  return prefix === undefined ? secret : apiKey(prefix, alias, secret);
}

const metadata = (owner: Owner, row: ServiceSpecificCredential): ServiceSpecificCredentialMetadata => ({
  UserName: owner.name,
  Status: row.status,
  ...(SERVICES[row.service] === 'apiKey'
    ? { ServiceCredentialAlias: row.serviceUserName }
    : { ServiceUserName: row.serviceUserName }),
  CreateDate: new Date(row.created),
  ...(row.expires ? { ExpirationDate: new Date(row.expires) } : {}),
  ServiceSpecificCredentialId: row.id,
  ServiceName: row.service,
});

const withSecret = (owner: Owner, row: ServiceSpecificCredential, secret: string): SdkCredential =>
  ({
    ...metadata(owner, row),
    ...(SERVICES[row.service] === 'apiKey' ? { ServiceCredentialSecret: secret } : { ServicePassword: secret }),
  }) as SdkCredential;
