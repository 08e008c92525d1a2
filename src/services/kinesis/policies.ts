/**
 * Who else may use a stream or a consumer. AWS lets few operations be shared, with accounts, users and roles by name.
 * https://docs.aws.amazon.com/streams/latest/dev/controlling-access.html#sharing-data-streams
 */
import {
  type DeleteResourcePolicyInput,
  type GetResourcePolicyInput,
  type GetResourcePolicyOutput,
  type PutResourcePolicyInput,
  ResourceNotFoundException,
} from '@aws-sdk/client-kinesis';
import { fail } from '../../core/errors.ts';
import type { Present } from '../../core/operation.ts';
import { bindPrincipals, InvalidPrincipal, showPrincipals } from '../../identity/principalBinding.ts';
import { parsePolicy, validatePolicy } from '../../policy/index.ts';
import { refuse } from './errors.ts';
import { onResource, type Resource } from './resources.ts';

const POLICY_BYTES_MAX = 20 * 1024;

const SHARED: Readonly<Record<Resource['kind'], ReadonlySet<string>>> = {
  stream: new Set(
    ['DescribeStreamSummary', 'GetRecords', 'GetShardIterator', 'ListShards', 'PutRecord', 'PutRecords'].map(lower),
  ),
  consumer: new Set(['DescribeStreamConsumer', 'SubscribeToShard'].map(lower)),
  channel: new Set(),
};

function lower(operation: string): string {
  return `kinesis:${operation}`.toLowerCase();
}

export const PutResourcePolicy = onResource<Present<PutResourcePolicyInput>, object>({
  async run({ Policy }, ctx, resource) {
    resource.requireReady(ctx);
    requireAllowed(Policy, resource);
    const policy = await bindPrincipals(ctx.store, Policy);
    if (policy instanceof InvalidPrincipal) return refuse(policy.message);
    await resource.change(ctx, { policy });
    return {};
  },
});

/** @throws InvalidArgumentException */
function requireAllowed(text: string, { kind, arn }: Resource): void {
  if (kind === 'channel') refuse(`Resource policies are not supported for ${arn}.`);
  if (Buffer.byteLength(text) > POLICY_BYTES_MAX) refuse('The size of the resource policy cannot exceed 20 KB.');
  const fault = validatePolicy(text, 'resource');
  if (fault !== undefined) refuse(`Invalid resource policy: ${fault}`);
  for (const statement of parsePolicy(text).statements) {
    const { principal, notPrincipal, action, resource } = statement;
    if (!principal || notPrincipal) refuse('The resource policy must name its principals.');
    if (principal.any || principal.AWS.some((name) => name.includes('*'))) {
      refuse('Wildcards are not supported in the principals of a resource policy.');
    }
    if ([principal.Service, principal.Federated, principal.CanonicalUser].some((names) => names.length > 0)) {
      refuse('The principals of a resource policy must be AWS accounts, users or roles.');
    }
    const stranger = (action ?? ['*']).find((name) => !SHARED[kind].has(name.toLowerCase()));
    if (stranger !== undefined) refuse(`Action ${stranger} is not supported in the resource policy of a ${kind}.`);
    if (resource?.length !== 1 || resource[0] !== arn) {
      refuse(`The resource of each statement of the resource policy must be ${arn}.`);
    }
  }
}

export const GetResourcePolicy = onResource<Present<GetResourcePolicyInput>, GetResourcePolicyOutput>({
  async run(_input, ctx, { policy, arn }) {
    if (policy === undefined) return none(arn);
    return { Policy: await showPrincipals(ctx.store, policy) };
  },
});

export const DeleteResourcePolicy = onResource<Present<DeleteResourcePolicyInput>, object>({
  async run(_input, ctx, resource) {
    if (resource.policy === undefined) return none(resource.arn);
    await resource.change(ctx, { policy: undefined });
    return {};
  },
});

const none = (arn: string): never =>
  fail(ResourceNotFoundException, `No resource policy found for resource ARN ${arn}`);
