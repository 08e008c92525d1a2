import type { Context } from '../../core/context.ts';
import { ValidationFailure } from '../../core/errors.ts';
import type { Access } from '../../core/operation.ts';

interface Viewed {
  readonly BillingViewArn?: string | undefined;
}

/**
 * Cost Explorer names its operations as resources, and all of them in us-east-1, wherever the request was signed for:
 * https://docs.aws.amazon.com/cost-management/latest/userguide/billing-example-policies.html
 */
export function reportAccess(operation: string): (input: Viewed, ctx: Context) => Access {
  return (_input, ctx) => ({ resource: `arn:${ctx.partition}:ce:us-east-1:${ctx.account}:/${operation}` });
}

/** There is one billing view, the account's primary one. */
export function requirePrimaryView(view: string | undefined, ctx: Context): void {
  const primary = `arn:${ctx.partition}:billing::${ctx.account}:billingview/primary`;
  if (view !== undefined && view !== primary) throw new ValidationFailure(`Billing view ${view} does not exist.`);
}
