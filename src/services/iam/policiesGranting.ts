/** ListPoliciesGrantingServiceAccess: by which of its policies an identity reaches a service. */
import {
  InvalidInputException,
  type ListPoliciesGrantingServiceAccessRequest,
  type ListPoliciesGrantingServiceAccessResponse,
  type PolicyGrantingServiceAccess,
  type PolicyOwnerEntityType,
} from '@aws-sdk/client-iam';
import { fail } from '../../core/errors.ts';
import { serviceName } from '../../core/facts.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { grantedServices } from '../../identity/grantedServices.ts';
import { itemsPage } from './pages.ts';
import { type Entity, findEntity, type PolicySource, policySources } from './policySources.ts';

type List = Operation<
  Present<ListPoliciesGrantingServiceAccessRequest>,
  ListPoliciesGrantingServiceAccessResponse,
  Entity
>;
export const ListPoliciesGrantingServiceAccess: List = {
  load: (input, ctx) => findEntity(ctx, input.Arn),
  access: (_input, _ctx, entity) => ({ resource: entity.arn }),
  async run(input, ctx, entity) {
    for (const namespace of input.ServiceNamespaces) {
      if (serviceName(namespace) === undefined) fail(InvalidInputException, `Invalid service namespace: ${namespace}`);
    }
    const grants = (await policySources(ctx, entity)).map((source) => {
      return { source, services: new Set(grantedServices([source.document])) };
    });
    const { items, page } = itemsPage(input.ServiceNamespaces, { Marker: input.Marker });
    const PoliciesGrantingServiceAccess = items.map((ServiceNamespace) => {
      const granting = grants.filter(({ services }) => services.has(ServiceNamespace.toLowerCase()));
      return { ServiceNamespace, Policies: distinct(granting.map(({ source }) => view(source))) };
    });
    return { PoliciesGrantingServiceAccess, ...page };
  },
};

function view(source: PolicySource): PolicyGrantingServiceAccess {
  if (source.arn !== undefined) return { PolicyName: source.name, PolicyType: 'MANAGED', PolicyArn: source.arn };
  const { kind = 'user', name = '' } = source.holder ?? {};
  const EntityType = kind.toUpperCase() as PolicyOwnerEntityType;
  return { PolicyName: source.name, PolicyType: 'INLINE', EntityType, EntityName: name };
}

/** A managed policy may come to a user from several sides. */
const distinct = (policies: readonly PolicyGrantingServiceAccess[]) => [
  ...new Map(policies.map((policy) => [JSON.stringify(policy), policy])).values(),
];
