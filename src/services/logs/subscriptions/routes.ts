/**
 * From what a subscription names to the stream behind it and the role that leads there. A destination of another
 * account is asked each time whether it still lets in who subscribed.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CrossAccountSubscriptions.html
 */
import { type Arn, parseArn } from '../../../core/arn.ts';
import type { Context } from '../../../core/context.ts';
import { AccessDenied } from '../../../core/errors.ts';
import type { Access } from '../../../core/operation.ts';
import { chainOf, organizationPath } from '../../../identity/organization.ts';
import { compilePolicy, contextOf, decide } from '../../../policy/index.ts';
import { type Destination, destinationArn, destinations, type Putter, type Subscription } from './rows.ts';

/** The destination that an ARN names; undefined where it is no destination's. */
export function destinationNamed(text: string): (Arn & { readonly name: string }) | undefined {
  const arn = parseArn(text);
  const name = /^destination:([^:*]{1,512})$/.exec(arn?.resource ?? '')?.[1];
  return arn?.service === 'logs' && name !== undefined ? { ...arn, name } : undefined;
}

export async function findDestination(
  { store }: Pick<Context, 'store'>,
  text: string,
): Promise<Destination | undefined> {
  const named = destinationNamed(text);
  return named && store.get(destinations, [named.account, named.region, named.name]);
}

/** What whoever subscribes to a destination needs there; it may not exist. */
export const destinationAccess = (arn: string, destination: Destination | undefined): Access => ({
  resource: arn,
  resourcePolicy: destination?.policy,
  resourceTags: destination?.tags,
});

export interface Route {
  /** ARN of the stream. */
  readonly stream: string;
  readonly role: string;
}

/** Undefined where the way ends. @throws AccessDenied where the destination does not let in who subscribed, any more */
export async function routeOf(ctx: Context, { destination: text, role, by }: Subscription): Promise<Route | undefined> {
  if (!destinationNamed(text)) return role === undefined ? undefined : { stream: text, role };
  const destination = await findDestination(ctx, text);
  if (!destination) return undefined;
  if (by && !(await letsIn(ctx, destination, by))) throw new AccessDenied(`${text} does not take what ${by.arn} sends`);
  return { stream: destination.target, role: destination.role };
}

const EVERYTHING = [
  compilePolicy('{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}', 'everything'),
];

async function letsIn({ store }: Context, destination: Destination, by: Putter): Promise<boolean> {
  if (destination.policy === undefined) return false;
  const resource = destinationArn(destination);
  const policy = compilePolicy(destination.policy, resource);
  const chain = await chainOf(store, by.account);
  const context = contextOf({
    'aws:PrincipalAccount': by.account,
    'aws:PrincipalArn': by.principal,
    'aws:userid': by.userId,
    'aws:PrincipalOrgID': chain?.organization.id,
    'aws:PrincipalOrgPaths': chain && [organizationPath(chain)],
  });
  const request = {
    principal: { type: by.type, arn: by.arn },
    action: 'logs:PutSubscriptionFilter',
    resource,
    context,
    principalAccount: by.account,
    resourceAccount: destination.account,
  };
  return decide(request, { identity: EVERYTHING, resource: policy }).verdict === 'Allowed';
}
