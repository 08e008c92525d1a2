/**
 * New accounts. The account and its administrator role are written at once; the request that asked for them is in
 * progress for a moment, as everywhere in AWS, so that clients wait for it as they must there.
 */
import {
  type CreateAccountFailureReason,
  type CreateAccountRequest,
  type CreateAccountResponse,
  CreateAccountStatusNotFoundException,
  type DescribeCreateAccountStatusRequest,
  type DescribeCreateAccountStatusResponse,
  type ListCreateAccountStatusRequest,
  type ListCreateAccountStatusResponse,
  type CreateAccountStatus as View,
} from '@aws-sdk/client-organizations';
import type { Context } from '../../core/context.ts';
import { awsError } from '../../core/errors.ts';
import { digits, lowerId } from '../../core/ids.ts';
import { Missing, type Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { requestTags } from '../../core/tags.ts';
import { isAccountAddress } from '../../identity/addresses.ts';
import { type Account, accounts, type Organization } from '../../identity/organization.ts';
import { table } from '../../store/store.ts';
import { openInvitations } from './handshakeRows.ts';
import { keepingValidAt } from './heldPolicies.ts';
import { joinedEvent } from './membershipEvents.ts';
import { rowsPage } from './pages.ts';
import { putTags } from './places.ts';
import { firstAttachments } from './policyTypes.ts';
import { invalid, violated } from './refusals.ts';
import { addAdministratorRole, addServiceLinkedRole } from './roles.ts';
import { rootOf } from './roots.ts';
import { operation } from './seats.ts';
import { checkedNewTags } from './tagging.ts';

/** A request to create an account. */
export interface Creation {
  readonly organization: string;
  /** `car-…` */
  readonly id: string;
  readonly name: string;
  readonly requested: string;
  /** Absent when it failed. */
  readonly account?: string;
  readonly failure?: CreateAccountFailureReason;
}

/** Index `requested`: [organization, when]. */
export const creations = table<Creation>('org_creation', {
  key: (c) => [c.organization, c.id],
  indexes: { requested: (c) => [[c.organization, c.requested]] },
});

const CREATION_MILLISECONDS = 1500;
const IN_PROGRESS_MAX = 5;
export const ACCOUNTS_MAX = 10;

export const CreateAccount = operation<Present<CreateAccountRequest>, CreateAccountResponse>({
  who: 'management',
  access: (input) => ({ resource: '*', conditions: requestTags(input.Tags) }),
  async run(input, ctx, { organization }) {
    const tags = checkedNewTags(input.Tags);
    if (/^AWSServiceRoleFor/i.test(input.RoleName ?? '')) invalid('INVALID_ROLE_NAME');
    await requireRoom(ctx, organization);
    await requireFewInProgress(ctx, organization);
    const failure = await failureOf(ctx, input.Email);
    const account = failure ? undefined : await newAccount(ctx, organization, input);
    if (account) await putTags(ctx, organization, account.id, tags);
    const creation: Creation = {
      organization: organization.id,
      id: `car-${lowerId(32, ctx)}`,
      name: input.AccountName,
      requested: ctx.now.toISOString(),
      ...(account && { account: account.id }),
      ...(failure && { failure }),
    };
    await ctx.store.insert(creations, creation);
    ctx.audit.serviceEvents = [
      ...(account ? [joinedEvent(organization, account.id, 'CREATED', account.created)] : []),
      resultEvent(organization, creation),
    ];
    return { CreateAccountStatus: viewOf(creation, ctx.now) };
  },
});

export const DescribeCreateAccountStatus = operation<
  Present<DescribeCreateAccountStatusRequest>,
  DescribeCreateAccountStatusResponse,
  Creation
>({
  who: 'readers',
  async find(input, ctx, { organization }) {
    const creation = await ctx.store.get(creations, [organization.id, input.CreateAccountRequestId]);
    return creation ?? new Missing('*', awsError(CreateAccountStatusNotFoundException, NO_SUCH_REQUEST));
  },
  run: async (_input, ctx, _seat, creation) => ({ CreateAccountStatus: viewOf(creation, ctx.now) }),
});

export const ListCreateAccountStatus = operation<ListCreateAccountStatusRequest, ListCreateAccountStatusResponse>({
  who: 'readers',
  async run(input, ctx, { organization }) {
    const { rows, page } = await rowsPage(ctx, creations, [organization.id], input);
    const views = rows.map((creation) => viewOf(creation, ctx.now));
    const wanted = views.filter((view) => !input.States?.length || input.States.some((state) => state === view.State));
    return { CreateAccountStatuses: wanted, ...page };
  },
});

const NO_SUCH_REQUEST = "You specified a create account request that doesn't exist.";

/** Room for one more account, open invitations counted. */
export async function hasRoom(ctx: Context, organization: Organization): Promise<boolean> {
  const max = quota(ctx, 'OrganizationAccountsQuota', ACCOUNTS_MAX);
  const invited = await openInvitations(ctx, organization);
  return ctx.store.fits(accounts, [organization.id], max - invited, 'organization');
}

async function requireRoom(ctx: Context, organization: Organization): Promise<void> {
  if (!(await hasRoom(ctx, organization))) violated('ACCOUNT_NUMBER_LIMIT_EXCEEDED');
}

async function requireFewInProgress(ctx: Context, { id }: Organization): Promise<void> {
  const since = new Date(ctx.now.getTime() - CREATION_MILLISECONDS);
  let underway = 0;
  for (const minute of new Set([since, ctx.now].map((time) => time.toISOString().slice(0, 16)))) {
    const recent = { limit: 100, index: 'requested', startsWith: minute };
    const { rows } = await ctx.store.list(creations, [id], recent);
    underway += rows.filter((creation) => ctx.now < completedAt(creation)).length;
  }
  if (underway >= quota(ctx, 'AccountsInProgressQuota', IN_PROGRESS_MAX)) {
    violated('ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED');
  }
}

/** Addresses that pass the pattern of the API may still not be addresses. */
async function failureOf(ctx: Context, email: string): Promise<CreateAccountFailureReason | undefined> {
  if (!isAccountAddress(email)) return 'INVALID_EMAIL';
  return (await ctx.store.fits(accounts, [email.toLowerCase()], 1, 'email')) ? undefined : 'EMAIL_ALREADY_EXISTS';
}

async function newAccount(ctx: Context, organization: Organization, input: Present<CreateAccountRequest>) {
  const root = await rootOf(ctx, organization);
  const now = ctx.now.toISOString();
  const account: Account = {
    id: await freeAccountId(ctx),
    name: input.AccountName,
    email: input.Email,
    created: now,
    status: 'ACTIVE',
    organization: organization.id,
    parent: organization.root,
    joined: now,
    joinedMethod: 'CREATED',
    attachments: root ? firstAttachments(root) : {},
  };
  await keepingValidAt(ctx, organization, account.id, () => ctx.store.insert(accounts, account));
  await addAdministratorRole(ctx, account.id, input.RoleName ?? 'OrganizationAccountAccessRole');
  if (organization.featureSet === 'ALL') await addServiceLinkedRole(ctx, account.id);
  return account;
}

async function freeAccountId(ctx: Context): Promise<string> {
  const id = digits(12, ctx);
  return (await ctx.store.get(accounts, [id])) ? freeAccountId(ctx) : id;
}

const completedAt = (creation: Creation) => new Date(Date.parse(creation.requested) + CREATION_MILLISECONDS);

function viewOf(creation: Creation, now: Date): View {
  const begun: View = {
    Id: creation.id,
    AccountName: creation.name,
    State: 'IN_PROGRESS',
    RequestedTimestamp: new Date(creation.requested),
  };
  if (now < completedAt(creation)) return begun;
  const ended = { ...begun, CompletedTimestamp: completedAt(creation) };
  return creation.failure
    ? { ...ended, State: 'FAILED', FailureReason: creation.failure }
    : { ...ended, State: 'SUCCEEDED', AccountId: creation.account };
}

/** What CloudTrail tells the management account when the request has ended. */
function resultEvent(organization: Organization, creation: Creation) {
  const { Id, AccountName, State, RequestedTimestamp, CompletedTimestamp, AccountId, FailureReason } = viewOf(
    creation,
    completedAt(creation),
  );
  return {
    account: organization.management,
    eventName: 'CreateAccountResult',
    details: {
      createAccountStatus: {
        accountId: AccountId,
        state: State,
        failureReason: FailureReason,
        accountName: AccountName,
        id: Id,
        requestedTimestamp: RequestedTimestamp?.toISOString(),
        completedTimestamp: CompletedTimestamp?.toISOString(),
      },
    },
  };
}
