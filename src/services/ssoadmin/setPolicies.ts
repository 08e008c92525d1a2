/** What a permission set grants: managed policies, policies of each account, one inline policy, and a boundary. */
import type {
  AttachCustomerManagedPolicyReferenceToPermissionSetRequest,
  AttachManagedPolicyToPermissionSetRequest,
  CustomerManagedPolicyReference,
  DeleteInlinePolicyFromPermissionSetRequest,
  DeletePermissionsBoundaryFromPermissionSetRequest,
  DetachCustomerManagedPolicyReferenceFromPermissionSetRequest,
  DetachManagedPolicyFromPermissionSetRequest,
  GetInlinePolicyForPermissionSetRequest,
  GetInlinePolicyForPermissionSetResponse,
  GetPermissionsBoundaryForPermissionSetRequest,
  GetPermissionsBoundaryForPermissionSetResponse,
  ListCustomerManagedPolicyReferencesInPermissionSetRequest,
  ListCustomerManagedPolicyReferencesInPermissionSetResponse,
  ListManagedPoliciesInPermissionSetRequest,
  ListManagedPoliciesInPermissionSetResponse,
  PutInlinePolicyToPermissionSetRequest,
  PutPermissionsBoundaryToPermissionSetRequest,
} from '@aws-sdk/client-sso-admin';
import type { Context } from '../../core/context.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { managedPolicy } from '../../identity/managedPolicies.ts';
import type { PermissionSet, PolicyReference } from '../../identity/permissionSets.ts';
import { validatePolicy } from '../../policy/index.ts';
import { type FoundSet, onSet } from './access.ts';
import { failConflict, failInvalid, failQuota, notFound } from './errors.ts';
import { itemsPage } from './pages.ts';
import { changeSet } from './permissionSets.ts';

type OnSet<In, Out> = Operation<In, Out, FoundSet>;

const referenceOf = ({ Name, Path }: CustomerManagedPolicyReference): PolicyReference => ({
  name: Name!,
  path: Path ?? '/',
});
const isSame = (a: PolicyReference) => (b: PolicyReference) => a.name === b.name && a.path === b.path;
const viewOf = ({ name, path }: PolicyReference) => ({ Name: name, Path: path });

export const AttachManagedPolicyToPermissionSet: OnSet<Present<AttachManagedPolicyToPermissionSetRequest>, object> = {
  ...onSet,
  async run({ ManagedPolicyArn }, ctx, { set }) {
    requireAwsPolicy(ManagedPolicyArn);
    if (set.managedPolicies.includes(ManagedPolicyArn)) {
      failConflict(`Permission set with id ${set.id} already has a policy attached with arn ${ManagedPolicyArn}.`);
    }
    requireRoom(ctx, set);
    await changeSet(ctx, set, { managedPolicies: [...set.managedPolicies, ManagedPolicyArn] });
    return {};
  },
};

function requireAwsPolicy(arn: string): void {
  if (!managedPolicy(arn)) throw notFound(`Policy with arn ${arn} does not exist.`);
}

/** A role takes no more of both kinds together. */
function requireRoom(ctx: Context, { managedPolicies, customerPolicies }: PermissionSet): void {
  const max = quota(ctx, 'PoliciesPerPermissionSetQuota', 20);
  if (managedPolicies.length + customerPolicies.length >= max) {
    failQuota(`The number of policies attached to the permission set exceeds the limit of ${max}.`);
  }
}

export const DetachManagedPolicyFromPermissionSet: OnSet<
  Present<DetachManagedPolicyFromPermissionSetRequest>,
  object
> = {
  ...onSet,
  async run({ ManagedPolicyArn }, ctx, { set }) {
    const managedPolicies = set.managedPolicies.filter((arn) => arn !== ManagedPolicyArn);
    if (managedPolicies.length === set.managedPolicies.length) {
      throw notFound(`Policy with arn ${ManagedPolicyArn} is not attached to the permission set.`);
    }
    await changeSet(ctx, set, { managedPolicies });
    return {};
  },
};

export const ListManagedPoliciesInPermissionSet: OnSet<
  Present<ListManagedPoliciesInPermissionSetRequest>,
  ListManagedPoliciesInPermissionSetResponse
> = {
  ...onSet,
  async run(input, _ctx, { set }) {
    const { items: rows, page } = itemsPage(set.managedPolicies, input);
    return { AttachedManagedPolicies: rows.map((Arn) => ({ Name: Arn.split('/').at(-1)!, Arn })), ...page };
  },
};

export const AttachCustomerManagedPolicyReferenceToPermissionSet: OnSet<
  Present<AttachCustomerManagedPolicyReferenceToPermissionSetRequest>,
  object
> = {
  ...onSet,
  async run({ CustomerManagedPolicyReference: reference }, ctx, { set }) {
    const added = referenceOf(reference);
    if (set.customerPolicies.some(isSame(added))) {
      failConflict(`The permission set already has a reference to the policy ${added.path}${added.name}.`);
    }
    requireRoom(ctx, set);
    await changeSet(ctx, set, { customerPolicies: [...set.customerPolicies, added] });
    return {};
  },
};

export const DetachCustomerManagedPolicyReferenceFromPermissionSet: OnSet<
  Present<DetachCustomerManagedPolicyReferenceFromPermissionSetRequest>,
  object
> = {
  ...onSet,
  async run({ CustomerManagedPolicyReference: reference }, ctx, { set }) {
    const gone = isSame(referenceOf(reference));
    const customerPolicies = set.customerPolicies.filter((each) => !gone(each));
    if (customerPolicies.length === set.customerPolicies.length) {
      throw notFound('The customer managed policy reference is not attached to the permission set.');
    }
    await changeSet(ctx, set, { customerPolicies });
    return {};
  },
};

export const ListCustomerManagedPolicyReferencesInPermissionSet: OnSet<
  Present<ListCustomerManagedPolicyReferencesInPermissionSetRequest>,
  ListCustomerManagedPolicyReferencesInPermissionSetResponse
> = {
  ...onSet,
  async run(input, _ctx, { set }) {
    const { items: rows, page } = itemsPage(set.customerPolicies, input);
    return { CustomerManagedPolicyReferences: rows.map(viewOf), ...page };
  },
};

/** As roles have it: characters that are not white space. */
const TIGHT_LENGTH_MAX = 10_240;

export const PutInlinePolicyToPermissionSet: OnSet<Present<PutInlinePolicyToPermissionSetRequest>, object> = {
  ...onSet,
  async run({ InlinePolicy }, ctx, { set }) {
    const wrong = validatePolicy(InlinePolicy, 'identity');
    if (wrong !== undefined) failInvalid(`Invalid inline policy: ${wrong}`);
    const max = quota(ctx, 'InlinePolicyCharactersQuota', 32_768);
    const tight = InlinePolicy.replace(/\s/g, '').length;
    if (InlinePolicy.length > max || tight > TIGHT_LENGTH_MAX) {
      failQuota(`The inline policy exceeds the limit of ${max} characters, ${TIGHT_LENGTH_MAX} without white space.`);
    }
    await changeSet(ctx, set, { inlinePolicy: InlinePolicy });
    return {};
  },
};

export const GetInlinePolicyForPermissionSet: OnSet<
  Present<GetInlinePolicyForPermissionSetRequest>,
  GetInlinePolicyForPermissionSetResponse
> = { ...onSet, run: async (_input, _ctx, { set }) => ({ InlinePolicy: set.inlinePolicy ?? '' }) };

export const DeleteInlinePolicyFromPermissionSet: OnSet<Present<DeleteInlinePolicyFromPermissionSetRequest>, object> = {
  ...onSet,
  async run(_input, ctx, { set }) {
    if (set.inlinePolicy === undefined) throw notFound('The permission set has no inline policy.');
    await changeSet(ctx, set, { inlinePolicy: undefined });
    return {};
  },
};

export const PutPermissionsBoundaryToPermissionSet: OnSet<
  Present<PutPermissionsBoundaryToPermissionSetRequest>,
  object
> = {
  ...onSet,
  async run({ PermissionsBoundary: { ManagedPolicyArn, CustomerManagedPolicyReference: reference } }, ctx, { set }) {
    if ((ManagedPolicyArn === undefined) === (reference === undefined)) {
      failInvalid('Specify either ManagedPolicyArn or CustomerManagedPolicyReference.');
    }
    if (ManagedPolicyArn !== undefined) requireAwsPolicy(ManagedPolicyArn);
    const boundary =
      ManagedPolicyArn === undefined
        ? { customerPolicy: referenceOf(reference!) }
        : { managedPolicy: ManagedPolicyArn };
    await changeSet(ctx, set, { boundary });
    return {};
  },
};

export const GetPermissionsBoundaryForPermissionSet: OnSet<
  Present<GetPermissionsBoundaryForPermissionSetRequest>,
  GetPermissionsBoundaryForPermissionSetResponse
> = {
  ...onSet,
  async run(_input, _ctx, { set: { boundary } }) {
    if (!boundary) throw notFound('The permission set has no permissions boundary.');
    return {
      PermissionsBoundary:
        'managedPolicy' in boundary
          ? { ManagedPolicyArn: boundary.managedPolicy }
          : { CustomerManagedPolicyReference: viewOf(boundary.customerPolicy) },
    };
  },
};

export const DeletePermissionsBoundaryFromPermissionSet: OnSet<
  Present<DeletePermissionsBoundaryFromPermissionSetRequest>,
  object
> = {
  ...onSet,
  async run(_input, ctx, { set }) {
    if (!set.boundary) throw notFound('The permission set has no permissions boundary.');
    await changeSet(ctx, set, { boundary: undefined });
    return {};
  },
};
