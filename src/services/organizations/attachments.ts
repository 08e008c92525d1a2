/** Which policies are attached where. Their order is kept: it decides between settings of equal standing. */
import {
  type AttachPolicyRequest,
  type DetachPolicyRequest,
  DuplicatePolicyAttachmentException,
  type ListPoliciesForTargetRequest,
  type ListPoliciesForTargetResponse,
  type ListTargetsForPolicyRequest,
  type ListTargetsForPolicyResponse,
  PolicyNotAttachedException,
  type PolicyTargetSummary,
  TargetNotFoundException,
} from '@aws-sdk/client-organizations';
import type { Context } from '../../core/context.ts';
import { awsError, fail } from '../../core/errors.ts';
import { Missing, type Present } from '../../core/operation.ts';
import { type Account, accounts, type Organization, type Unit, units } from '../../identity/organization.ts';
import type { Page, Table } from '../../store/store.ts';
import { keepingValid } from './heldPolicies.ts';
import { itemsPage, pageOfStages } from './pages.ts';
import { findPlace, isAccountId, type Place, placeAccess, placeArn, putAttachments } from './places.ts';
import { type Found, findPolicy, policyAccess, policyOf, summaryOf } from './policies.ts';
import { policyTypes } from './policyTypes.ts';
import { invalid, violated } from './refusals.ts';
import { requireAllFeatures, requireEnabled, rootOf } from './roots.ts';
import { operation, type Seat } from './seats.ts';

interface Pair {
  readonly policy: Found;
  readonly place: Place;
}

export const AttachPolicy = operation<Present<AttachPolicyRequest>, object, Pair>({
  who: 'delegates',
  find: (input, ctx, seat) => findPair(ctx, seat, input),
  access: (_input, _seat, pair) => pairAccess(pair),
  async run(_input, ctx, { organization }, { policy, place }) {
    requireAllFeatures(organization);
    requireEnabled(await rootOf(ctx, organization), policy.type);
    const attached = place.attachments[policy.type] ?? [];
    if (attached.includes(policy.id)) {
      fail(DuplicatePolicyAttachmentException, 'A policy with the specified name and type already exists.');
    }
    if (attached.length >= policyTypes[policy.type].attachedMax) violated('MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED');
    await put(ctx, organization, place.id, policy.type, [...attached, policy.id]);
    return {};
  },
});

/** The last SCP stays; so does RCPFullAWSAccess. */
export const DetachPolicy = operation<Present<DetachPolicyRequest>, object, Pair>({
  who: 'delegates',
  find: (input, ctx, seat) => findPair(ctx, seat, input),
  access: (_input, _seat, pair) => pairAccess(pair),
  async run(_input, ctx, { organization }, { policy, place }) {
    const { type, id } = policy;
    const attached = place.attachments[type] ?? [];
    if (!attached.includes(id)) {
      fail(PolicyNotAttachedException, "The policy isn't attached to the specified target in the specified root.");
    }
    if (type === 'RESOURCE_CONTROL_POLICY' && policy.awsManaged) invalid('NON_DETACHABLE_POLICY');
    const rest = attached.filter((each) => each !== id);
    if (type === 'SERVICE_CONTROL_POLICY' && rest.length === 0) violated('MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED');
    await put(ctx, organization, place.id, type, rest.length > 0 ? rest : undefined);
    return {};
  },
});

export const ListPoliciesForTarget = operation<
  Present<ListPoliciesForTargetRequest>,
  ListPoliciesForTargetResponse,
  Place
>({
  who: 'readers',
  find: (input, ctx, seat) => findTarget(ctx, seat, input.TargetId),
  access: (input, _seat, place) => placeAccess(place, { 'organizations:PolicyType': input.Filter }),
  async run(input, ctx, { organization }, place) {
    const ids = place.attachments[input.Filter] ?? [];
    const { items, page } = itemsPage(ids, input);
    const policies: Found[] = [];
    for (const id of items) {
      const policy = await policyOf(ctx, organization, id);
      if (policy) policies.push(policy);
    }
    return { Policies: policies.map(summaryOf), ...page };
  },
});

export const ListTargetsForPolicy = operation<
  Present<ListTargetsForPolicyRequest>,
  ListTargetsForPolicyResponse,
  Found
>({
  who: 'readers',
  find: (input, ctx, seat) => findPolicy(ctx, seat, input.PolicyId),
  access: (_input, _seat, policy) => policyAccess(policy),
  async run(input, ctx, { organization }, { id }) {
    const attached = [organization.id, id];
    const list =
      <R extends Unit | Account>(table: Table<R>) =>
      (limit: number, after: string | undefined): Promise<Page<Unit | Account>> =>
        ctx.store.list(table, attached, { limit, after, index: 'attached' });
    const { rows, page } = await pageOfStages([list(units), list(accounts)], input);
    return { Targets: rows.map((row) => targetOf(organization, row)), ...page };
  },
});

const put = (...[ctx, organization, id, type, policies]: Parameters<typeof putAttachments>) =>
  keepingValid(ctx, organization, { types: [type], places: [id] }, () =>
    putAttachments(ctx, organization, id, type, policies),
  );

async function findPair(
  ctx: Context,
  seat: Seat,
  input: { PolicyId: string; TargetId: string },
): Promise<Pair | Missing> {
  const policy = await findPolicy(ctx, seat, input.PolicyId);
  if (policy instanceof Missing) return policy;
  const place = await findTarget(ctx, seat, input.TargetId);
  return place instanceof Missing ? place : { policy, place };
}

const findTarget = (ctx: Context, { organization }: Seat, id: string): Promise<Place | Missing> =>
  findPlace(ctx, organization, id, awsError(TargetNotFoundException, "You specified a target that doesn't exist."));

const pairAccess = ({ policy, place }: Pair) => [
  policyAccess(policy),
  placeAccess(place, { 'organizations:PolicyType': policy.type }),
];

const targetOf = (organization: Organization, { id, name }: Unit | Account): PolicyTargetSummary => ({
  TargetId: id,
  Arn: placeArn(organization, id),
  Name: name,
  Type: id === organization.root ? 'ROOT' : isAccountId(id) ? 'ACCOUNT' : 'ORGANIZATIONAL_UNIT',
});
