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
import { bindPrincipals, InvalidPrincipal } from '../../identity/principalBinding.ts';
import { type Conditions, contextConditions } from './conditions.ts';
import { forDecision, type Grant, grants } from './grantRows.ts';
import { grantOf, tokenFor } from './grantTokens.ts';
import { type Key, keyArn, keys } from './keys.ts';
import { rowsPage } from './pages.ts';
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
    await requireSound(ctx, key, input);
    endDryRun(input);
    const grant = (await sameGrant(ctx, key, input)) ?? (await newGrant(ctx, key, input));
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

async function requireSound(ctx: Context, key: Key, input: Asked): Promise<void> {
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
  for (const name of [input.GranteePrincipal, input.RetiringPrincipal]) {
    if (name !== undefined) await requirePrincipal(ctx, name);
  }
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

/** An ARN of a principal that exists, an account, or a service. */
async function requirePrincipal(ctx: Context, name: string): Promise<void> {
  if (SERVICE.test(name)) return;
  const document = JSON.stringify({ Version: '2012-10-17', Statement: [{ Principal: { AWS: name } }] });
  const isPrincipal = name !== '*' && !((await bindPrincipals(ctx.store, document)) instanceof InvalidPrincipal);
  if (!isPrincipal) fail(InvalidArnException, `ARN does not refer to a valid principal: ${name}`);
}

function partsOf(input: Asked) {
  const grantee = input.GranteePrincipal ?? input.GranteeServicePrincipal!;
  const retiring = input.RetiringPrincipal ?? input.RetiringServicePrincipal;
  return {
    ...(input.Name !== undefined && { name: input.Name }),
    grantee,
    ...((input.GranteeServicePrincipal !== undefined || SERVICE.test(grantee)) && { granteeIsService: true as const }),
    ...(input.GranteeServicePrincipal !== undefined && { granteeAsService: true as const }),
    ...(retiring !== undefined && { retiring }),
    ...(input.RetiringServicePrincipal !== undefined && { retiringIsService: true as const }),
    operations: [...new Set(input.Operations)],
    ...(input.Constraints && { constraints: input.Constraints }),
  };
}

/** The grant that an earlier, identical request of that name has made. */
async function sameGrant(ctx: Context, key: Key, input: Asked): Promise<Grant | undefined> {
  if (input.Name === undefined) return undefined;
  const prefix = [key.account, key.region, key.id, input.Name];
  const { rows } = await ctx.store.list(grants, prefix, { limit: 100, index: 'name' });
  const wanted = partsOf(input);
  return rows.find((grant) => {
    const { account: _a, region: _r, keyId: _k, id: _i, created: _c, issuingAccount: _s, ...parts } = grant;
    return JSON.stringify(parts) === JSON.stringify(wanted);
  });
}

async function newGrant(ctx: Context, key: Key, input: Asked): Promise<Grant> {
  const { account, region, id: keyId } = key;
  const max = quota(ctx, 'GrantsPerKeyQuota', 50_000);
  if (!(await ctx.store.fits(grants, [account, region, keyId], max, 'key'))) {
    fail(LimitExceededException, `The maximum number of grants for ${keyArn(key)} has been reached.`);
  }
  const grant: Grant = {
    ...{ account, region, keyId, id: Buffer.from(ctx.random(32)).toString('hex') },
    created: ctx.now.toISOString(),
    issuingAccount: ctx.account || account,
    ...partsOf(input),
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
      return { Grants: isAsked ? [grantView(grant)] : [], Truncated: false };
    }
    const { rows, page } = grantee
      ? await rowsPage(ctx, grants, [...prefix, grantee], input, { standard: 50, index: 'grantee' })
      : await rowsPage(ctx, grants, prefix, input, { standard: 50 });
    return { Grants: rows.map(grantView), ...page };
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
    const options = { standard: 50, index: 'retiring' };
    const { rows, page } = await rowsPage(ctx, grants, [ctx.region, principal], input, options);
    return { Grants: rows.map(grantView), ...page };
  },
};

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

const grantView = (grant: Grant): GrantListEntry => ({
  KeyId: keyArn({ ...grant, id: grant.keyId }),
  GrantId: grant.id,
  Name: grant.name ?? '',
  CreationDate: new Date(grant.created),
  ...(grant.granteeAsService ? { GranteeServicePrincipal: grant.grantee } : { GranteePrincipal: grant.grantee }),
  ...(grant.retiring !== undefined &&
    (grant.retiringIsService ? { RetiringServicePrincipal: grant.retiring } : { RetiringPrincipal: grant.retiring })),
  IssuingAccount: `arn:aws:iam::${grant.issuingAccount}:root`,
  Operations: [...grant.operations],
  ...(grant.constraints && { Constraints: grant.constraints }),
});
