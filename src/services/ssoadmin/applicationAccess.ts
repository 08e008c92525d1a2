/** Which application, or token issuer, a request is about. */
import type { Context } from '../../core/context.ts';
import { type Access, Missing, type Tag } from '../../core/operation.ts';
import {
  type Application,
  applicationArn,
  applications,
  type TrustedTokenIssuer,
  trustedTokenIssuerArn,
  trustedTokenIssuers,
} from '../../identity/applications.ts';
import { type Instance, instanceArn, instances } from '../../identity/instances.ts';
import { accessTo, findInstance } from './access.ts';
import { notFound } from './errors.ts';
import { tagsOf } from './tagRows.ts';

const APPLICATION = /^arn:aws:sso::(\d{12}):application\/(ssoins-[^/]+)\/(apl-[^/]+)$/;
const ISSUER = /^arn:aws:sso::(\d{12}):trustedTokenIssuer\/(ssoins-[^/]+)\/(tti-[^/]+)$/;

async function instanceNamed(ctx: Context, id: string): Promise<Instance | undefined> {
  const row = await ctx.store.get(instances, [id]);
  return row && findInstance(ctx, instanceArn(row));
}

export interface FoundApplication {
  readonly instance: Instance;
  readonly application: Application;
  readonly tags: readonly Tag[];
}

export async function findApplication(ctx: Context, arn: string): Promise<FoundApplication | undefined> {
  const [, account, instanceId = '', id = ''] = APPLICATION.exec(arn) ?? [];
  const instance = await instanceNamed(ctx, instanceId);
  const application = instance && (await ctx.store.get(applications, [instanceId, id]));
  if (!instance || !application || application.account !== account) return undefined;
  return { instance, application, tags: await tagsOf(ctx, arn) };
}

export const noApplication = (arn: string) => new Missing(arn, notFound(`Application with ARN ${arn} not found`));

/** For operations on an application. */
export const onApplication = {
  load: async ({ ApplicationArn }: { ApplicationArn: string }, ctx: Context): Promise<FoundApplication | Missing> =>
    (await findApplication(ctx, ApplicationArn)) ?? noApplication(ApplicationArn),
  access: (_input: unknown, ctx: Context, { application, tags }: FoundApplication): Access =>
    accessTo(applicationArn(application), {
      // To a delegated administrator it is as its own.
      resourceAccount: ctx.account,
      resourceTags: tags,
      conditions: { 'sso:ApplicationAccount': application.account },
    }),
};

/** Sets some of what an application is. */
export async function changeApplication(
  ctx: Context,
  before: Application,
  change: Partial<Application>,
): Promise<void> {
  await ctx.store.replace(applications, { ...before, ...change });
}

export interface FoundIssuer {
  readonly instance: Instance;
  readonly issuer: TrustedTokenIssuer;
  readonly tags: readonly Tag[];
}

export async function findIssuer(ctx: Context, arn: string): Promise<FoundIssuer | undefined> {
  const [, account, instanceId = '', id = ''] = ISSUER.exec(arn) ?? [];
  const instance = await instanceNamed(ctx, instanceId);
  const issuer = instance && (await ctx.store.get(trustedTokenIssuers, [instanceId, id]));
  if (!instance || !issuer || issuer.account !== account) return undefined;
  return { instance, issuer, tags: await tagsOf(ctx, arn) };
}

export const noIssuer = (arn: string) => new Missing(arn, notFound(`TrustedTokenIssuer with ARN ${arn} not found`));

/** For operations on a trusted token issuer. */
export const onIssuer = {
  load: async ({ TrustedTokenIssuerArn: arn }: { TrustedTokenIssuerArn: string }, ctx: Context) =>
    (await findIssuer(ctx, arn)) ?? noIssuer(arn),
  access: (_input: unknown, ctx: Context, { issuer, tags }: FoundIssuer): Access =>
    accessTo(trustedTokenIssuerArn(issuer), { resourceAccount: ctx.account, resourceTags: tags }),
};
