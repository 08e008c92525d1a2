/** Applications that people reach through IAM Identity Center, and the providers that they are made of. */
import type {
  ApplicationProvider,
  CreateApplicationRequest,
  CreateApplicationResponse,
  DeleteApplicationRequest,
  DescribeApplicationProviderRequest,
  DescribeApplicationProviderResponse,
  DescribeApplicationRequest,
  DescribeApplicationResponse,
  ListApplicationProvidersRequest,
  ListApplicationProvidersResponse,
  ListApplicationsRequest,
  ListApplicationsResponse,
  PortalOptions,
  UpdateApplicationRequest,
} from '@aws-sdk/client-sso-admin';
import type { Context } from '../../core/context.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { requestTags } from '../../core/tags.ts';
import {
  type Application,
  type ApplicationPortal,
  applicationArn,
  applications,
  forgetApplication,
  S3_ACCESS_GRANTS_PROVIDER,
} from '../../identity/applications.ts';
import { type Instance, identityStoreArn, instanceArn } from '../../identity/instances.ts';
import { accessTo, onInstance } from './access.ts';
import { changeApplication, type FoundApplication, onApplication } from './applicationAccess.ts';
import { once } from './clientTokens.ts';
import { failInvalid, failQuota, notFound } from './errors.ts';
import { itemsPage, rowsPage } from './pages.ts';
import { checkedTags, putTags } from './tagRows.ts';

type OnApplication<In, Out> = Operation<In, Out, FoundApplication>;
type OnInstance<In, Out> = Operation<In, Out, Instance>;

const CUSTOM = 'arn:aws:sso::aws:applicationProvider/custom';

const PROVIDERS: readonly ApplicationProvider[] = [
  {
    ApplicationProviderArn: CUSTOM,
    FederationProtocol: 'OAUTH',
    DisplayData: { DisplayName: 'Custom application', Description: 'Custom OAuth 2.0 application' },
  },
  {
    ApplicationProviderArn: 'arn:aws:sso::aws:applicationProvider/custom-saml',
    FederationProtocol: 'SAML',
    DisplayData: { DisplayName: 'Custom SAML 2.0 application', Description: 'Custom SAML 2.0 application' },
  },
  {
    ApplicationProviderArn: S3_ACCESS_GRANTS_PROVIDER,
    FederationProtocol: 'OAUTH',
    DisplayData: { DisplayName: 'S3 Access Grants', Description: 'Amazon S3 Access Grants' },
  },
];

export const ListApplicationProviders: Operation<ListApplicationProvidersRequest, ListApplicationProvidersResponse> = {
  access: () => ({ resource: '*' }),
  async run(input) {
    const { items: rows, page } = itemsPage(PROVIDERS, input);
    return { ApplicationProviders: [...rows], ...page };
  },
};

const providerNamed = (arn: string) => PROVIDERS.find((each) => each.ApplicationProviderArn === arn);
const noProvider = (arn: string) => notFound(`ApplicationProvider with ARN ${arn} not found`);

export const DescribeApplicationProvider: Operation<
  Present<DescribeApplicationProviderRequest>,
  DescribeApplicationProviderResponse,
  ApplicationProvider
> = {
  load: ({ ApplicationProviderArn: arn }) => Promise.resolve(providerNamed(arn) ?? new Missing(arn, noProvider(arn))),
  access: (_input, _ctx, { ApplicationProviderArn: arn }) => accessTo(arn!),
  run: async (_input, _ctx, provider) => provider as DescribeApplicationProviderResponse,
};

/** AWS too makes SAML applications in its console only; S3 makes its own. */
export const CreateApplication: OnInstance<Present<CreateApplicationRequest>, CreateApplicationResponse> = {
  ...onInstance,
  access: ({ ApplicationProviderArn, Tags }, ctx, instance) => [
    accessTo(instanceArn(instance)),
    accessTo(ApplicationProviderArn),
    accessTo(applicationArn({ account: ctx.account, instance: instance.id, id: '*' }), {
      conditions: requestTags(Tags),
    }),
  ],
  async run(input, ctx, instance) {
    const provider = providerNamed(input.ApplicationProviderArn);
    if (!provider) throw noProvider(input.ApplicationProviderArn);
    if (provider.ApplicationProviderArn !== CUSTOM) {
      failInvalid('Applications of this application provider cannot be created with this operation.');
    }
    const ApplicationArn = await once(ctx, instance.id, 'CreateApplication', input, () => made(ctx, instance, input));
    return { ApplicationArn, InstanceArn: instanceArn(instance), IdentityStoreArn: identityStoreArn(instance) };
  },
};

async function made(ctx: Context, instance: Instance, input: Present<CreateApplicationRequest>): Promise<string> {
  const max = quota(ctx, 'ApplicationsPerInstanceQuota', 3000);
  if (!(await ctx.store.fits(applications, [instance.id], max))) {
    failQuota(`The number of applications exceeds the limit of ${max}.`);
  }
  const row: Application = {
    instance: instance.id,
    id: `apl-${Buffer.from(ctx.random(8)).toString('hex')}`,
    account: ctx.account,
    provider: input.ApplicationProviderArn,
    name: input.Name,
    description: input.Description,
    status: input.Status ?? 'ENABLED',
    portal: portalOf(input.PortalOptions),
    created: ctx.now.toISOString(),
    region: ctx.region,
    assignmentRequired: true,
    backgroundSessions: 'DISABLED',
    scopes: [],
    grants: {},
  };
  await ctx.store.insert(applications, row);
  await putTags(ctx, applicationArn(row), checkedTags(input.Tags));
  return applicationArn(row);
}

function portalOf(options: PortalOptions | undefined, before?: ApplicationPortal): ApplicationPortal {
  const { SignInOptions: signIn, Visibility } = options ?? {};
  const visibility = Visibility ?? before?.visibility ?? 'ENABLED';
  if (!signIn) return { ...(before ?? { origin: 'IDENTITY_CENTER' }), visibility };
  const { Origin, ApplicationUrl: url } = signIn;
  if ((Origin === 'APPLICATION') !== (url !== undefined)) {
    failInvalid('ApplicationUrl is required for, and only for, the sign-in origin APPLICATION.');
  }
  return { origin: Origin!, url, visibility };
}

export const DescribeApplication: OnApplication<Present<DescribeApplicationRequest>, DescribeApplicationResponse> = {
  ...onApplication,
  run: async (_input, _ctx, { application, instance }) => applicationView(application, instance),
};

export const UpdateApplication: OnApplication<Present<UpdateApplicationRequest>, object> = {
  ...onApplication,
  async run({ Name, Description, Status, PortalOptions }, ctx, { application }) {
    await changeApplication(ctx, application, {
      name: Name ?? application.name,
      description: Description ?? application.description,
      status: Status ?? application.status,
      portal: portalOf(PortalOptions, application.portal),
    });
    return {};
  },
};

/** Its assignments and tags go with it. */
export const DeleteApplication: OnApplication<Present<DeleteApplicationRequest>, object> = {
  ...onApplication,
  async run({ ApplicationArn }, ctx, { application }) {
    await forgetApplication(ctx.store, application);
    await putTags(ctx, ApplicationArn, []);
    return {};
  },
};

export const ListApplications: OnInstance<Present<ListApplicationsRequest>, ListApplicationsResponse> = {
  ...onInstance,
  access: () => ({ resource: '*' }),
  async run(input, ctx, instance) {
    const { ApplicationAccount: account, ApplicationProvider: provider } = input.Filter ?? {};
    const wanted = (row: Application) =>
      (account === undefined || row.account === account) && (provider === undefined || row.provider === provider);
    const { rows, page } = await rowsPage(ctx, applications, [instance.id], input, { keep: wanted });
    return { Applications: rows.map((row) => applicationView(row, instance)), ...page };
  },
};

const applicationView = (row: Application, instance: Instance) => ({
  ApplicationArn: applicationArn(row),
  ApplicationProviderArn: row.provider,
  Name: row.name,
  ApplicationAccount: row.account,
  InstanceArn: instanceArn(instance),
  IdentityStoreArn: identityStoreArn(instance),
  Status: row.status,
  PortalOptions: {
    SignInOptions: {
      Origin: row.portal.origin,
      ...(row.portal.url !== undefined && { ApplicationUrl: row.portal.url }),
    },
    Visibility: row.portal.visibility,
  },
  ...(row.description !== undefined && { Description: row.description }),
  CreatedDate: new Date(row.created),
  CreatedFrom: row.region ?? instance.region,
});
