/** Making, listing, retiring and revoking grants. https://docs.aws.amazon.com/kms/latest/developerguide/grants.html */
import {
  type CreateGrantRequest,
  type CreateGrantResponse,
  type GrantConstraints,
  type GrantListEntry,
  type GrantOperation,
  InvalidArnException,
  InvalidGrantIdException,
  InvalidGrantTokenException,
  LimitExceededException,
  type ListGrantsRequest,
  type ListGrantsResponse,
  type ListRetirableGrantsRequest,
  NotFoundException,
  type RetireGrantRequest,
  type RevokeGrantRequest,
} from '@aws-sdk/client-kms';
import type { Context } from '../../core/context.ts';
import { AccessDenied, awsError, fail, ValidationFailure } from '../../core/errors.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { bindPrincipal, InvalidPrincipal, shownPrincipal } from '../../identity/principalBinding.ts';
import { everyRow } from '../../store/everyRow.ts';
import { type Conditions, contextConditions } from './conditions.ts';
import { forDecision, type Grant, grants } from './grantRows.ts';
import { grantOf, tokenFor } from './grantTokens.ts';
import { type Key, keyArn, keys } from './keys.ts';
import { type PageInput, rowsPage } from './pages.ts';
import { endDryRun, type Found, findKey, keyAccess, onKey, presentKey } from './resolve.ts';

type Asked = Present<CreateGrantRequest>;

const isForAwsResource = (ctx: Context) => ({
  'kms:GrantIsForAWSResource': String(ctx.calledVia !== undefined || ctx.caller.type === 'Service'),
});

export const CreateGrant = onKey<Asked, CreateGrantResponse>({
  operation: 'CreateGrant',
  state: 'enabled',
  conditions: (input, _key, ctx) => grantConditions(ctx, input),
  // A grant that asks for one context exactly lets nobody make a grant that asks for less.
  permits: (parent, { Constraints }) =>
    parent.constraints?.encryptionContextEquals === undefined || Constraints?.EncryptionContextEquals !== undefined,
  async run(input, ctx, key) {
    requireSound(key, input);
    const parts = await partsOf(ctx, input);
    endDryRun(input);
    const grant = (await sameGrant(ctx, key, parts)) ?? (await newGrant(ctx, key, parts));
    ctx.audit.responseElements = { grantId: grant.id, keyId: keyArn(key) };
    return { GrantId: grant.id, GrantToken: tokenFor(ctx, grant) };
  },
});

/** Of the constraints that a grant has, or is to have. */
function constraintConditions(constraints: GrantConstraints | undefined): Conditions {
  const { EncryptionContextEquals, EncryptionContextSubset } = constraints ?? {};
  const types = Object.entries(constraints ?? {}).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  return {
    'kms:GrantConstraintType': types.length > 1 ? types : types[0],
    ...contextConditions({ ...EncryptionContextSubset, ...EncryptionContextEquals }),
  };
}

function grantConditions(ctx: Context, input: Asked): Conditions {
  return {
    ...isForAwsResource(ctx),
    'kms:GrantOperations': input.Operations,
    'kms:GranteePrincipal': input.GranteePrincipal,
    'kms:GranteeServicePrincipal': input.GranteeServicePrincipal,
    'kms:RetiringPrincipal': input.RetiringPrincipal,
    'kms:RetiringServicePrincipal': input.RetiringServicePrincipal,
    'kms:GrantConstraintSourceArn': input.Constraints?.SourceArn,
    ...constraintConditions(input.Constraints),
  };
}

/** What a key of each usage can be granted for. */
const CRYPTOGRAPHIC: Readonly<Record<string, readonly GrantOperation[]>> = {
  ENCRYPT_DECRYPT: ['Encrypt', 'Decrypt', 'ReEncryptFrom', 'ReEncryptTo'],
  SIGN_VERIFY: ['Sign', 'Verify'],
  GENERATE_VERIFY_MAC: ['GenerateMac', 'VerifyMac'],
  KEY_AGREEMENT: ['DeriveSharedSecret'],
  ENCAPSULATE_DECAPSULATE: ['Encapsulate', 'Decapsulate'],
};
const SYMMETRIC_ONLY: readonly GrantOperation[] = [
  'GenerateDataKey',
  'GenerateDataKeyWithoutPlaintext',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
];
const ALWAYS: readonly GrantOperation[] = ['CreateGrant', 'RetireGrant', 'DescribeKey'];
const PAIRS_MAX = 8;
const CONTEXT_CHARACTERS_MAX = 384;

function requireSound(key: Key, input: Asked): void {
  const isSymmetric = key.spec === 'SYMMETRIC_DEFAULT';
  const possible = new Set([...ALWAYS, ...(CRYPTOGRAPHIC[key.usage] ?? [])]);
  if (isSymmetric) for (const operation of SYMMETRIC_ONLY) possible.add(operation);
  else if (!key.spec.startsWith('HMAC')) possible.add('GetPublicKey');
  const wrong = input.Operations.find((operation) => !possible.has(operation));
  if (wrong) throw new ValidationFailure(`Operation ${wrong} is not supported for key usage ${key.usage}.`);
  if ((input.GranteePrincipal === undefined) === (input.GranteeServicePrincipal === undefined)) {
    throw new ValidationFailure('You must specify either GranteePrincipal or GranteeServicePrincipal, but not both.');
  }
  if (input.RetiringPrincipal !== undefined && input.RetiringServicePrincipal !== undefined) {
    throw new ValidationFailure('You cannot specify both RetiringPrincipal and RetiringServicePrincipal.');
  }
  if (input.GranteeServicePrincipal !== undefined) {
    if (!input.Constraints?.SourceArn) {
      throw new ValidationFailure('You must specify a SourceArn constraint with a GranteeServicePrincipal.');
    }
    if ((input.RetiringPrincipal ?? input.RetiringServicePrincipal) === undefined) {
      throw new ValidationFailure('You must specify a retiring principal with a GranteeServicePrincipal.');
    }
  }
  if (input.Constraints && Object.values(input.Constraints).every((value) => value === undefined)) {
    throw new ValidationFailure('Constraints must hold at least one constraint that is supported.');
  }
  requireSoundConstraints(input.Constraints ?? {}, isSymmetric);
}

function requireSoundConstraints(constraints: GrantConstraints, isSymmetric: boolean): void {
  for (const context of [constraints.EncryptionContextEquals, constraints.EncryptionContextSubset]) {
    if (context === undefined) continue;
    if (!isSymmetric) {
      throw new ValidationFailure('Encryption context constraints are supported on symmetric encryption keys only.');
    }
    const pairs = Object.entries(context);
    if (pairs.length > PAIRS_MAX || pairs.flat().join('').length > CONTEXT_CHARACTERS_MAX) {
      throw new ValidationFailure('The encryption context constraint is too long.');
    }
  }
}

const SERVICE = /^[a-z0-9.-]+\.amazonaws\.com$/;

/**
 * Who an ARN means: the unique id of a user, a role or a role's session; undefined for accounts, which are their names.
 * AWS's services name themselves, others may not name them so.
 */
async function idOf(ctx: Context, name: string | undefined): Promise<string | undefined> {
  if (name === undefined) return undefined;
  const isByService = ctx.calledVia !== undefined || ctx.caller.type === 'Service';
  if (isByService && SERVICE.test(name)) return undefined;
  const bound = await bindPrincipal(ctx.store, name);
  if (name !== '*' && !(bound instanceof InvalidPrincipal)) return bound === name ? undefined : bound;
  return fail(InvalidArnException, `ARN does not refer to a valid principal: ${name}`);
}

type Parts = Omit<Grant, 'account' | 'region' | 'keyId' | 'id' | 'created' | 'issuingAccount'>;

async function partsOf(ctx: Context, input: Asked): Promise<Parts> {
  const grantee = input.GranteePrincipal ?? input.GranteeServicePrincipal!;
  const retiring = input.RetiringPrincipal ?? input.RetiringServicePrincipal;
  const granteeId = await idOf(ctx, input.GranteePrincipal);
  const retiringId = await idOf(ctx, input.RetiringPrincipal);
  return {
    ...(input.Name !== undefined && { name: input.Name }),
    grantee,
    ...(granteeId !== undefined && { granteeId }),
    ...((input.GranteeServicePrincipal !== undefined || SERVICE.test(grantee)) && { granteeIsService: true as const }),
    ...(input.GranteeServicePrincipal !== undefined && { granteeAsService: true as const }),
    ...(retiring !== undefined && { retiring }),
    ...(retiringId !== undefined && { retiringId }),
    ...(input.RetiringServicePrincipal !== undefined && { retiringIsService: true as const }),
    operations: [...new Set(input.Operations)],
    ...(input.Constraints && { constraints: input.Constraints }),
  };
}

/** The grant that an earlier, identical request of that name has made. */
async function sameGrant(ctx: Context, key: Key, wanted: Parts): Promise<Grant | undefined> {
  if (wanted.name === undefined) return undefined;
  const prefix = [key.account, key.region, key.id, wanted.name];
  for await (const grant of everyRow(ctx.store, grants, prefix, 'name')) {
    const { account: _a, region: _r, keyId: _k, id: _i, created: _c, issuingAccount: _s, ...parts } = grant;
    if (JSON.stringify(parts) === JSON.stringify(wanted)) return grant;
  }
  return undefined;
}

async function newGrant(ctx: Context, key: Key, parts: Parts): Promise<Grant> {
  const { account, region, id: keyId } = key;
  const max = quota(ctx, 'GrantsPerKeyQuota', 50_000);
  if (!(await ctx.store.fits(grants, [account, region, keyId], max, 'key'))) {
    fail(LimitExceededException, `The maximum number of grants for ${keyArn(key)} has been reached.`);
  }
  const grant: Grant = {
    ...{ account, region, keyId, id: Buffer.from(ctx.random(32)).toString('hex') },
    created: ctx.now.toISOString(),
    issuingAccount: ctx.account || account,
    ...parts,
  };
  await ctx.store.insert(grants, grant);
  if (!key.granted) await ctx.store.replace(keys, { ...key, granted: true });
  return grant;
}

export const ListGrants = onKey<Present<ListGrantsRequest>, ListGrantsResponse>({
  state: 'any',
  conditions: (_input, _key, ctx) => isForAwsResource(ctx),
  async run(input, ctx, key) {
    if (input.GranteePrincipal !== undefined && input.GranteeServicePrincipal !== undefined) {
      throw new ValidationFailure('You cannot specify both GranteePrincipal and GranteeServicePrincipal.');
    }
    const grantee = input.GranteePrincipal ?? input.GranteeServicePrincipal;
    const prefix = [key.account, key.region, key.id];
    if (input.GrantId !== undefined) {
      const grant = await ctx.store.get(grants, [...prefix, validId(input.GrantId)]);
      const isAsked = grant && (grantee === undefined || grant.grantee === grantee);
      return { Grants: isAsked ? [await grantView(ctx, grant)] : [], Truncated: false };
    }
    if (grantee === undefined) return grantsPage(ctx, prefix, input, {});
    const id = await knownId(ctx, grantee);
    const keep = ({ granteeId = id }: Grant) => granteeId === id;
    return grantsPage(ctx, [...prefix, grantee], input, { index: 'grantee', keep });
  },
});

export const ListRetirableGrants: Operation<Present<ListRetirableGrantsRequest>, ListGrantsResponse> = {
  access: () => ({ resource: '*' }),
  async run(input, ctx) {
    const principal = input.RetiringPrincipal ?? input.RetiringServicePrincipal;
    if (
      principal === undefined ||
      (input.RetiringPrincipal !== undefined) === (input.RetiringServicePrincipal !== undefined)
    ) {
      throw new ValidationFailure(
        'You must specify either RetiringPrincipal or RetiringServicePrincipal, but not both.',
      );
    }
    const isOwn = principal.split(':')[4] === ctx.account || principal === ctx.account;
    if (!isOwn && principal !== ctx.caller.service) {
      throw new AccessDenied(`User: ${ctx.caller.arn} is not authorized to list the retirable grants of ${principal}`);
    }
    const id = await knownId(ctx, principal);
    const keep = ({ retiringId = id }: Grant) => retiringId === id;
    return grantsPage(ctx, [ctx.region, principal], input, { index: 'retiring', keep });
  },
};

/** The unique id behind a name now. Grants to somebody who had the name before are not this one's. */
async function knownId(ctx: Context, name: string): Promise<string | undefined> {
  const bound = await bindPrincipal(ctx.store, name);
  return bound instanceof InvalidPrincipal || bound === name ? undefined : bound;
}

async function grantsPage(
  ctx: Context,
  prefix: readonly string[],
  input: PageInput,
  which: { readonly index?: string; readonly keep?: (grant: Grant) => boolean },
): Promise<ListGrantsResponse> {
  const { rows, page } = await rowsPage(ctx, grants, prefix, input, { standard: 50, ...which });
  return { Grants: await Promise.all(rows.map((grant) => grantView(ctx, grant))), ...page };
}

export const RevokeGrant = onKey<Present<RevokeGrantRequest>, object>({
  state: 'any',
  conditions: (_input, _key, ctx) => isForAwsResource(ctx),
  async run(input, ctx, key) {
    const grant = await ctx.store.get(grants, [key.account, key.region, key.id, validId(input.GrantId)]);
    if (!grant) throw noSuchGrant(input.GrantId);
    endDryRun(input);
    await removeGrant(ctx, grant);
    return {};
  },
  recordsNothing: true,
});

interface Retirable {
  readonly found: Found;
  readonly grant?: Grant | undefined;
  readonly absent: Error;
}

/** The retiring principal may, the grantee if the grant says so, and whom IAM lets in the key's account. */
export const RetireGrant: Operation<Present<RetireGrantRequest>, object, Retirable> = {
  async load(input, ctx) {
    const name = namedGrant(ctx, input);
    if (name instanceof Error) return { found: { arn: keyArn({ ...ctx, id: '*' }) }, absent: name };
    const found = await findKey(ctx, name.key, false);
    const { key } = found;
    const grant = key && (await ctx.store.get(grants, [key.account, key.region, key.id, name.id]));
    return { found, grant, absent: found.absent ?? noSuchGrant(name.id) };
  },
  access: (_input, ctx, { found, grant }) =>
    keyAccess(
      ctx,
      { ...found, ...(grant && { grants: [forDecision(grant)] }) },
      constraintConditions(grant?.constraints),
    ),
  async run(input, ctx, { found, grant, absent }) {
    if (!grant) throw absent;
    presentKey(ctx, found);
    endDryRun(input);
    await removeGrant(ctx, grant);
    ctx.audit.additionalEventData = { grantId: grant.id };
    ctx.audit.requestParameters = { grantToken: undefined };
    ctx.audit.responseElements = null;
    return {};
  },
};

function namedGrant(ctx: Context, input: Present<RetireGrantRequest>): { key: string; id: string } | Error {
  if (input.GrantToken !== undefined) {
    const name = grantOf(ctx, input.GrantToken);
    if (!name) return awsError(InvalidGrantTokenException, 'The specified grant token is not valid.');
    const [account, region, keyId, id] = name;
    return { key: keyArn({ account, region, id: keyId }), id };
  }
  if (input.KeyId === undefined || input.GrantId === undefined) {
    return new ValidationFailure('You must specify a GrantToken, or a KeyId and a GrantId.');
  }
  return { key: input.KeyId, id: input.GrantId };
}

const removeGrant = (ctx: Context, grant: Grant) =>
  ctx.store.remove(grants, [grant.account, grant.region, grant.keyId, grant.id]);

const validId = (id: string): string => (/^[0-9a-f]{64}$/.test(id) ? id : fail(InvalidGrantIdException, id));
const noSuchGrant = (id: string) => awsError(NotFoundException, `Grant ID ${id} not found`);

/** A principal that was deleted is shown by its unique id, as AWS shows it. */
async function grantView({ store }: Context, grant: Grant): Promise<GrantListEntry> {
  const shown = async (name: string, id: string | undefined) => (id === undefined ? name : shownPrincipal(store, id));
  const grantee = await shown(grant.grantee, grant.granteeId);
  const retiring = grant.retiring && (await shown(grant.retiring, grant.retiringId));
  return {
    KeyId: keyArn({ ...grant, id: grant.keyId }),
    GrantId: grant.id,
    Name: grant.name ?? '',
    CreationDate: new Date(grant.created),
    ...(grant.granteeAsService ? { GranteeServicePrincipal: grantee } : { GranteePrincipal: grantee }),
    ...(retiring !== undefined &&
      (grant.retiringIsService ? { RetiringServicePrincipal: retiring } : { RetiringPrincipal: retiring })),
    IssuingAccount: `arn:aws:iam::${grant.issuingAccount}:root`,
    Operations: [...grant.operations],
    ...(grant.constraints && { Constraints: grant.constraints }),
  };
}
