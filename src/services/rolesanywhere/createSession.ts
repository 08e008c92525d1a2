/**
 * CreateSession: a request signed with a certificate's key becomes a session of a role. It is AssumeRole with a
 * certificate for credentials: the role's trust policy decides, asked by the service on behalf of the trust anchor.
 * https://docs.aws.amazon.com/rolesanywhere/latest/userguide/authentication-create-session.html
 */
import type { Caller, Context } from '../../core/context.ts';
import { AccessDenied } from '../../core/errors.ts';
import { metrics } from '../../core/metrics.ts';
import { type Limit, Open, type Operation, type Present } from '../../core/operation.ts';
import { mapped, sourceIdentity } from './attributes.ts';
import { serialHex } from './certificates.ts';
import { authenticated, type Entrant } from './entrants.ts';
import { deny } from './errors.ts';
import { noticeOfUse } from './notices.ts';
import { SERVICE } from './profiles.ts';
import { arnOf } from './rows.ts';
import { sighted } from './sightings.ts';
import type * as t from './types.ts';

const ARN = { required: true, length: [1, 1011] } as const;

export const sessionLimits: Readonly<Record<string, Limit>> = {
  profileArn: ARN,
  roleArn: ARN,
  trustAnchorArn: ARN,
  durationSeconds: { range: [900, 43200] },
  roleSessionName: { length: [2, 64], pattern: '[\\w+=,.@-]*', regex: '^(?:[A-Za-z0-9_+=,.@\\-]*)$' },
  instanceProperties: { length: [0, 50] },
  'instanceProperties{key}': { length: [1, 200] },
  'instanceProperties{value}': { length: [1, 200] },
};

type Input = Present<t.CreateSessionRequest>;

/** As `sts:AssumeRole` answers. */
interface Assumed {
  readonly Credentials: {
    readonly AccessKeyId: string;
    readonly SecretAccessKey: string;
    readonly SessionToken: string;
    readonly Expiration: Date;
  };
  readonly AssumedRoleUser: { readonly Arn: string; readonly AssumedRoleId: string };
  readonly PackedPolicySize?: number;
}

export const CreateSession: Operation<Input, t.CreateSessionResponse, Entrant> = {
  unsigned: true,
  load: authenticated,
  access: () => new Open("The certificate is the credential, and the role's trust policy decides."),
  async run(input, ctx, entrant) {
    requireAllowed(input, entrant);
    const identity = sourceIdentity(entrant.certificate);
    const assumed = await assume(input, ctx, entrant, identity);
    const subjectArn = await sighted(ctx, entrant, input.instanceProperties, false);
    const output = { credentialSet: [credentialsOf(assumed, input.roleArn, identity)], subjectArn };
    ctx.audit.responseElements = recorded(output);
    await noticeOfUse(ctx, entrant.anchor, entrant.path);
    const { account, region } = entrant.anchor;
    metrics(ctx, {
      namespace: 'AWS/RolesAnywhere',
      account,
      region,
      dimensions: { Operation: 'CreateSession', TrustAnchorArn: arnOf('trust-anchor', entrant.anchor) },
      points: [{ name: 'Success', value: 1, unit: 'Count' }],
    });
    return output;
  },
};

/** What the profile says of the request. */
function requireAllowed(input: Input, { profile, anchor }: Entrant): void {
  const account = /^arn:[^:]+:iam::(\d{12}):role\//.exec(input.roleArn)?.[1];
  if (account !== anchor.account || !profile.roleArns.includes(input.roleArn)) {
    deny(`Unable to assume role for ${input.roleArn}`);
  }
  if (input.roleSessionName !== undefined && !profile.acceptRoleSessionName) {
    deny('Not authorized to set roleSessionName.');
  }
  if (profile.requireInstanceProperties && Object.keys(input.instanceProperties ?? {}).length === 0) {
    deny('Instance properties are required.');
  }
}

async function assume(input: Input, ctx: Context, entrant: Entrant, identity: string): Promise<Assumed> {
  const { certificate, anchor, profile } = entrant;
  const { tags, failed } = mapped(certificate, profile.mappings);
  const caller: Caller = {
    type: 'Service',
    account: '',
    arn: SERVICE,
    userId: SERVICE,
    service: SERVICE,
    source: { arn: arnOf('trust-anchor', anchor), account: anchor.account },
    tags,
  };
  const request = {
    RoleArn: input.roleArn,
    RoleSessionName: input.roleSessionName ?? serialHex(certificate),
    DurationSeconds: Math.min(profile.durationSeconds, input.durationSeconds ?? profile.durationSeconds),
    SourceIdentity: identity,
    Tags: tags,
    ...(profile.sessionPolicy !== undefined && { Policy: profile.sessionPolicy }),
    ...(profile.managedPolicyArns.length > 0 && { PolicyArns: profile.managedPolicyArns.map((arn) => ({ arn })) }),
  };
  try {
    return await ctx.call<Assumed>('sts', 'AssumeRole', request, caller);
  } catch (error) {
    if (error instanceof AccessDenied) deny(refusalOf(input.roleArn, failed));
    throw error;
  }
}

function refusalOf(role: string, failed: readonly string[]): string {
  const sentence = `Unable to assume role for ${role}`;
  if (failed.length === 0) return sentence;
  const of = (field: string) =>
    failed.flatMap((key) => (key.startsWith(`${field}/`) ? [key.slice(field.length + 1)] : [])).join(', ');
  const lists = `Issuer: [ ${of('x509Issuer')} ]; Subject: [ ${of('x509Subject')} ]; SAN: [ ${of('x509SAN')} ]`;
  return `${sentence}. Some attributes failed to be mapped into session tags. ${lists}`;
}

const credentialsOf = (assumed: Assumed, roleArn: string, identity: string): t.CredentialResponse => ({
  assumedRoleUser: { arn: assumed.AssumedRoleUser.Arn, assumedRoleId: assumed.AssumedRoleUser.AssumedRoleId },
  credentials: {
    accessKeyId: assumed.Credentials.AccessKeyId,
    expiration: assumed.Credentials.Expiration,
    secretAccessKey: assumed.Credentials.SecretAccessKey,
    sessionToken: assumed.Credentials.SessionToken,
  },
  packedPolicySize: assumed.PackedPolicySize ?? 0,
  roleArn,
  sourceIdentity: identity,
});

const recorded = ({ credentialSet, subjectArn }: t.CreateSessionResponse) => ({
  credentialSet: credentialSet.map((each) => ({
    ...each,
    credentials: { ...each.credentials, secretAccessKey: 'HIDDEN_DUE_TO_SECURITY_REASONS' },
  })),
  subjectArn,
});
