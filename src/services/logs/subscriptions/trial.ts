/** No subscription is kept before a control message has arrived where it leads. */
import {
  AccessDeniedException,
  InvalidParameterException,
  ResourceNotFoundException,
} from '@aws-sdk/client-cloudwatch-logs';
import { type Arn, parseArn } from '../../../core/arn.ts';
import type { Context } from '../../../core/context.ts';
import { fail } from '../../../core/errors.ts';
import type { Access } from '../../../core/operation.ts';
import { passRole } from '../../../identity/passRole.ts';
import { findDestination } from './routes.ts';
import { type Behalf, streamNamed, takesControlMessage } from './targets.ts';

/** What a subscription is asked to lead to. */
export interface Wanted {
  readonly destination: string;
  readonly role: string | undefined;
  /** The operation, as AWS's sentences call it. */
  readonly operation: string;
}

const refuse = (message: string): never => fail(InvalidParameterException, message);

/** @throws InvalidParameterException, AccessDeniedException, ResourceNotFoundException in AWS's words */
export async function requireDeliverable(ctx: Context, wanted: Wanted, behalf: Behalf): Promise<void> {
  const arn = parseArn(wanted.destination) ?? refuse('Invalid destinationArn.');
  requireOwnRole(ctx, wanted.role);
  const vendor = VENDORS[arn.service] ?? (() => unknownVendor(wanted, arn));
  await vendor(ctx, wanted, arn, behalf);
}

/** To pass a role of one's own. One of another account is refused by name. */
export const roleAccess = (ctx: Context, role: string | undefined): Access[] =>
  role !== undefined && parseArn(role)?.account === ctx.account ? [passRole(role, 'logs.amazonaws.com')] : [];

/** @throws AccessDeniedException */
function requireOwnRole(ctx: Context, role: string | undefined): void {
  if (role === undefined) return;
  const [, account] = /^arn:aws:iam::(\d{12}):role\/[\w+=,.@/-]+$/.exec(role) ?? refuse('Invalid roleArn.');
  if (account !== ctx.account) fail(AccessDeniedException, 'Cross-account pass role is not allowed.');
}

type Vendor = (ctx: Context, wanted: Wanted, arn: Arn, behalf: Behalf) => Promise<void>;

const unknownVendor = async ({ operation }: Wanted, { service }: Arn): Promise<void> =>
  refuse(`${operation} operation cannot work with destinationArn for vendor ${service}`);

const VENDORS: Readonly<Record<string, Vendor>> = {
  kinesis: toStream(
    'Could not deliver test message to specified Kinesis stream. Check if the given kinesis stream is in ACTIVE state.',
    (arn, ctx) => arn.region === ctx.region,
  ),
  // In any Region: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CrossAccountSubscriptions-Firehose.html
  firehose: toStream(
    'Could not deliver test message to specified Firehose stream. Check if the given Firehose stream is in ACTIVE state.',
    () => true,
  ),
  async lambda(ctx, _wanted, { account }) {
    if (account !== ctx.account) {
      const message = 'Cross-account lambda invocation passing is not allowed.';
      const advice = 'You must use DestinationPolicies to create cross account lambda triggers.';
      fail(AccessDeniedException, `${message} ${advice}`);
    }
    const advice = 'Make sure you have given CloudWatch Logs permission to execute your function.';
    refuse(`Could not execute the lambda function. ${advice}`);
  },
  logs: toDestination,
};

/** A stream of the account itself. */
function toStream(sentence: string, isNear: (arn: Arn, ctx: Context) => boolean): Vendor {
  return async (ctx, { destination, role }, arn, behalf) => {
    if (role === undefined) {
      return refuse(`destinationArn for vendor ${arn.service} cannot be used without roleArn`);
    }
    const own = arn.account === ctx.account && isNear(arn, ctx);
    if (!own || !(await takesControlMessage(ctx, destination, role, behalf))) refuse(sentence);
  };
}

export const noDestination = (): never => fail(ResourceNotFoundException, 'The specified destination does not exist.');

const INVALID = 'Could not deliver test message to specified destination. Check if the destination is valid.';

/** A destination of this Region, whosever it is: the role that leads on is its own. */
async function toDestination(ctx: Context, { destination: text }: Wanted, arn: Arn, behalf: Behalf): Promise<void> {
  const destination = arn.region === ctx.region ? await findDestination(ctx, text) : undefined;
  const { target, role } = destination ?? noDestination();
  if (!(await takesControlMessage(ctx, target, role, behalf))) refuse(INVALID);
}

/** What a destination leads to: a stream of its account, in any Region. @throws InvalidParameterException */
export async function requireTarget(ctx: Context, target: string, role: string, behalf: Behalf): Promise<void> {
  requireOwnRole(ctx, role);
  const own = streamNamed(target)?.arn.account === ctx.account;
  if (!own || !(await takesControlMessage(ctx, target, role, behalf))) refuse(INVALID);
}
