/**
 * May the caller? Gathers what bears on the request, asks the policy engine, and says no in AWS's words.
 */

import { accountOf } from '../core/arn.ts';
import type { Caller, Context } from '../core/context.ts';
import { AccessDenied } from '../core/errors.ts';
import { wantsContext, withQuestion } from '../core/eventContexts.ts';
import type { Access } from '../core/operation.ts';
import { canonicalUserOf } from '../identity/canonicalUsers.ts';
import { chainOf } from '../identity/organization.ts';
import { guardrailsOf, standingOf } from '../identity/policies.ts';
import {
  compilePolicy,
  contextOf,
  type Decision,
  decide,
  denialReason,
  type PolicyRequest,
  type PolicySet,
  type Principal,
} from '../policy/index.ts';
import { conditionsOf } from './conditions.ts';

/** A question as the policy engine was asked it: kept, so that the answer can be explained afterwards. */
export interface Question {
  readonly request: PolicyRequest;
  readonly policies: PolicySet;
  /** The context in plain form. */
  readonly conditions: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly decision: Decision;
}

/** The denial of a question. */
export class Denied extends AccessDenied {
  readonly question: Question;
  constructor(message: string, question: Question) {
    super(message);
    this.question = question;
  }
}

/** Throws Denied unless every policy that bears on the request lets it pass. */
export async function authorize(ctx: Context, action: string, access: Access): Promise<Question> {
  const question = await ask(access.caller ? { ...ctx, caller: access.caller } : ctx, action, access);
  const { conditions } = question;
  const organization = conditions['aws:PrincipalOrgID'] as string | undefined;
  if (await wantsContext(ctx.store, ctx.account, organization)) {
    ctx.audit.context = withQuestion(ctx.audit.context, access.resource, conditions);
  }
  if (question.decision.verdict === 'Allowed') return question;
  throw new Denied(sentence(ctx, action, access, question), question);
}

/** To whoever comes with a token and no signature AWS says neither who they are nor why. */
function sentence({ caller }: Context, action: string, access: Access, question: Question): string {
  if (access.caller) return `Not authorized to perform ${action}`;
  const isS3 = action.startsWith('s3:');
  if (isS3 && isStranger(question)) return 'Access Denied';
  const who = caller.type === 'Anonymous' ? 'anonymous' : (caller.service ?? caller.arn);
  if (action.startsWith('kms:') && isForeign(question)) {
    const what = OF_CIPHERTEXT.has(action) ? 'the resource associated with this ciphertext' : 'this resource';
    return `User: ${who} is not authorized to perform: ${action} on ${what} because ${NOT_SAID}`;
  }
  const resource = isS3 && access.resource !== '*' ? `"${access.resource}"` : access.resource;
  const reason = denialReason(question.decision, action);
  return `User: ${who} is not authorized to perform: ${action} on resource: ${resource} ${reason}`;
}

/** KMS tells nobody of another account which key an alias or a ciphertext stands for, nor whether there is one. */
const NOT_SAID =
  'the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access';
const OF_CIPHERTEXT: ReadonlySet<string> = new Set(['kms:Decrypt', 'kms:ReEncryptFrom']);

const isForeign = ({ request: { principal, principalAccount, resourceAccount } }: Question): boolean =>
  principal.type !== 'Service' && resourceAccount !== null && principalAccount !== resourceAccount;

/**
 * Outside the account and the organization of the resource: S3 does not say why it refuses them.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html
 */
function isStranger({ request, conditions }: Question): boolean {
  const { principal, principalAccount, resourceAccount } = request;
  if (principal.type === 'Anonymous') return true;
  if (principal.type === 'Service' || resourceAccount === null || principalAccount === resourceAccount) return false;
  const organization = conditions['aws:PrincipalOrgID'];
  return organization === undefined || organization !== conditions['aws:ResourceOrgID'];
}

async function ask(ctx: Context, action: string, access: Access): Promise<Question> {
  const { caller, store } = ctx;
  const resourceAccount = access.resourceAccount ?? accountOf(access.resource) ?? ctx.account;
  const standing = await standingOf(store, caller);
  const principalChain = caller.account === '' ? undefined : await chainOf(store, caller.account);
  const resourceChain = resourceAccount === caller.account ? principalChain : await chainOf(store, resourceAccount);
  const conditions = conditionsOf(ctx, access, {
    principalTags: standing.tags,
    principalChain,
    resourceChain,
    sourceChain: caller.source?.account === undefined ? undefined : await chainOf(store, caller.source.account),
    resourceAccount: resourceAccount === '' ? undefined : resourceAccount,
  });
  const scps = await guardrailsOf(store, principalChain, 'SERVICE_CONTROL_POLICY');
  const rcps = await guardrailsOf(store, resourceChain, 'RESOURCE_CONTROL_POLICY');
  // Compiled before the context is built: a context keeps the keys that some compiled policy mentions.
  const resource =
    access.resourcePolicy === undefined ? undefined : compilePolicy(access.resourcePolicy, access.resource);
  const request: PolicyRequest = {
    principal: principalOf(caller),
    action,
    resource: access.resource,
    context: contextOf(conditions),
    principalAccount: caller.account === '' ? null : caller.account,
    resourceAccount: resourceAccount === '' ? null : resourceAccount,
    flags: {
      principalAccountIsManagement: principalChain?.organization.management === caller.account,
      resourceAccountIsManagement: resourceChain?.organization.management === resourceAccount,
      principalIsServiceLinkedRole: standing.isServiceLinkedRole,
      ...(access.awsManaged && { resourceIsAwsManagedKmsKey: true }),
    },
  };
  const policies: PolicySet = {
    identity: standing.identity,
    ...(standing.boundary && { boundary: standing.boundary }),
    ...(standing.session && { session: standing.session }),
    ...(scps && { scps }),
    ...(rcps && { rcps }),
    ...(resource && { resource }),
    ...(access.grants && { grants: access.grants }),
  };
  return { request, policies, conditions, decision: decide(request, policies) };
}

function principalOf(caller: Caller): Principal {
  if (caller.type === 'Service') return { type: 'Service', service: caller.service ?? '' };
  if (caller.type === 'Anonymous') return { type: 'Anonymous' };
  const { session } = caller;
  const behind = session?.kind === 'FederatedUser' && { userArn: session.principalArn, userId: session.principalId };
  return { type: caller.type, arn: caller.arn, canonicalUser: canonicalUserOf(caller.account), ...behind };
}
