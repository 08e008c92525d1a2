/**
 * Access Grants with a directory: an instance is associated with one of IAM Identity Center, an application there.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-grants-instance-idc.html
 */
import type {
  AssociateAccessGrantsIdentityCenterRequest,
  DissociateAccessGrantsIdentityCenterRequest,
} from '@aws-sdk/client-s3-control';
import type { Context } from '../../core/context.ts';
import { type Access, Missing, type Operation, type Present } from '../../core/operation.ts';
import {
  type Application,
  applicationArn,
  applicationNamed,
  applications,
  forgetApplication,
  S3_ACCESS_GRANTS_PROVIDER,
} from '../../identity/applications.ts';
import { type Instance, instanceArn as identityCenterArn, instances } from '../../identity/instances.ts';
import { organizationIdOf } from '../../identity/organization.ts';
import { requireOwnAccount } from './accounts.ts';
import { grantError } from './grantErrors.ts';
import {
  type GrantsInstance,
  grantsInstances,
  type IdentityCenter,
  type InstanceAsked,
  loadInstance,
  onInstance,
} from './grantRows.ts';
import { GRANTS_SERVICE } from './grantsLocations.ts';

const idIn = (arn: string) => arn.slice(arn.lastIndexOf('/') + 1);

/** What AWS asks of whoever associates, on the directory's side. */
export function associationAccess(ctx: Context, arn: string): readonly Access[] {
  const application = applicationArn({ account: ctx.account, instance: idIn(arn), id: '*' });
  const conditions = { 'sso:ApplicationAccount': ctx.account };
  return [
    { action: 'sso:CreateApplication', resource: arn },
    { action: 'sso:CreateApplication', resource: S3_ACCESS_GRANTS_PROVIDER },
    { action: 'sso:CreateApplication', resource: application },
    { action: 'sso:PutApplicationGrant', resource: application, conditions },
    { action: 'sso:PutApplicationAuthenticationMethod', resource: application, conditions },
  ];
}

/** Makes the application. Throws InvalidIdentityCenterInstance unless the directory is the account's or its organization's. */
export async function newAssociation(ctx: Context, arn: string): Promise<IdentityCenter> {
  const directory = await ctx.store.get(instances, [idIn(arn)]);
  if (!directory || identityCenterArn(directory) !== arn || !(await reaches(ctx, directory))) {
    throw grantError('InvalidIdentityCenterInstance');
  }
  const application: Application = {
    instance: directory.id,
    id: `apl-${Buffer.from(ctx.random(8)).toString('hex')}`,
    account: ctx.account,
    provider: S3_ACCESS_GRANTS_PROVIDER,
    name: 'S3 Access Grants',
    status: 'ENABLED',
    portal: { origin: 'IDENTITY_CENTER', visibility: 'DISABLED' },
    created: ctx.now.toISOString(),
    // Grants say who may do what.
    assignmentRequired: false,
    backgroundSessions: 'DISABLED',
    scopes: [],
    actorPolicy: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Service: GRANTS_SERVICE },
          Action: 'sso-oauth:CreateTokenWithIAM',
          Resource: '*',
        },
      ],
    },
    grants: { 'urn:ietf:params:oauth:grant-type:token-exchange': {} },
  };
  await ctx.store.insert(applications, application);
  return { instance: arn, application: applicationArn(application) };
}

async function reaches({ store, account, region }: Context, directory: Instance): Promise<boolean> {
  if (directory.region !== region) return false;
  if (directory.account === account) return true;
  return directory.organization !== undefined && directory.organization === (await organizationIdOf(store, account));
}

/** The directory that an instance is associated with, while the application in it is there and enabled. */
export async function directoryOf(
  { store }: Pick<Context, 'store'>,
  { identityCenter }: GrantsInstance,
): Promise<Instance | undefined> {
  const application = identityCenter && (await applicationNamed(store, identityCenter.application));
  return application && store.get(instances, [application.instance]);
}

async function loadOwn(input: InstanceAsked, ctx: Context): Promise<GrantsInstance | Missing> {
  requireOwnAccount(ctx, input.AccountId);
  return loadInstance(input, ctx);
}

export const AssociateAccessGrantsIdentityCenter: Operation<
  Present<AssociateAccessGrantsIdentityCenterRequest> & InstanceAsked,
  object,
  GrantsInstance
> = {
  load: loadOwn,
  access: (input, ctx, instance) => [onInstance(instance), ...associationAccess(ctx, input.IdentityCenterArn)],
  async run(input, ctx, instance) {
    if (instance.identityCenter) throw grantError('InvalidIdentityCenterInstance');
    const identityCenter = await newAssociation(ctx, input.IdentityCenterArn);
    await ctx.store.replace(grantsInstances, { ...instance, identityCenter });
    return {};
  },
};

export const DissociateAccessGrantsIdentityCenter: Operation<
  Present<DissociateAccessGrantsIdentityCenterRequest> & InstanceAsked,
  object,
  GrantsInstance & { readonly identityCenter: IdentityCenter }
> = {
  async load(input, ctx) {
    const instance = await loadOwn(input, ctx);
    if (instance instanceof Missing) return instance;
    const { identityCenter } = instance;
    if (!identityCenter) return new Missing(onInstance(instance).resource, grantError('InvalidIdentityCenterInstance'));
    return { ...instance, identityCenter };
  },
  access: (_input, ctx, instance) => [
    onInstance(instance),
    {
      action: 'sso:DeleteApplication',
      resource: instance.identityCenter.application,
      conditions: { 'sso:ApplicationAccount': ctx.account },
    },
  ],
  async run(_input, ctx, { identityCenter, ...rest }) {
    const [instance, id] = identityCenter.application.split('/').slice(-2) as [string, string];
    const application = await ctx.store.get(applications, [instance, id]);
    if (application) await forgetApplication(ctx.store, application);
    await ctx.store.replace(grantsInstances, rest);
    return {};
  },
};
