/** Who asks for a session: certificate, trust anchor and profile, each believed before the next is looked at. */
import type { Context } from '../../core/context.ts';
import { type Certificate, certificatesIn, parseCertificate } from './certificates.ts';
import { MalformedDer } from './der.ts';
import { deny, missing } from './errors.ts';
import { trustedPath } from './paths.ts';
import { parseRevocationList, type RevocationList } from './revocation.ts';
import {
  arnOf,
  type Crl,
  crls,
  type Kind,
  named,
  type Profile,
  profiles,
  type TrustAnchor,
  trustAnchors,
} from './rows.ts';

export interface Entrant {
  readonly certificate: Certificate;
  /** It, and the authorities between it and the anchor. */
  readonly path: readonly Certificate[];
  readonly anchor: TrustAnchor;
  readonly profile: Profile;
}

/** What is noted of a request, for afterwards. */
export interface Attempt {
  readonly anchor: TrustAnchor;
  /** Absent until it is trusted. */
  readonly certificate?: Certificate;
  readonly instance?: Readonly<Record<string, string>> | undefined;
}

interface Asked {
  readonly trustAnchorArn: string;
  readonly profileArn: string;
  readonly instanceProperties?: Record<string, string> | undefined;
}

/** Throws AWS's refusals. */
export async function authenticated(input: Asked, ctx: Context): Promise<Entrant> {
  const claim = ctx.source.certificate;
  if (!claim) return deny('Missing X.509 certificate.');
  const place = placed('trust-anchor', input.trustAnchorArn, ctx);
  const anchor = place && (await ctx.store.get(trustAnchors, [place.account, place.region, place.id]));
  if (anchor) note(ctx, claim.certificate, anchor);
  if (claim.fault !== undefined) deny(claim.fault);
  if (!anchor) throw missing('trust-anchor');
  if (!anchor.enabled) deny('Trust anchor is disabled.');
  const certificate = parseCertificate(Buffer.from(claim.certificate));
  const path = trustedPath(certificate, {
    anchors: anchorsOf(anchor),
    intermediates: claim.chain.flatMap(readable),
    lists: await listsOf(anchor, ctx),
    now: ctx.now.getTime(),
  });
  if (typeof path === 'string') return deny(path);
  ctx.audit.additionalEventData = claim.details;
  ctx.audit.about = { anchor, certificate, instance: input.instanceProperties } satisfies Attempt;
  return { certificate, path, anchor, profile: await profileOf(input.profileArn, anchor, ctx) };
}

/** The row that an ARN names in the Region of the request; undefined where it names none. */
function placed(kind: Kind, arn: string, { region }: Context) {
  const name = named(arn);
  return name?.kind === kind && name.region === region ? name : undefined;
}

/** The record goes to the account of the trust anchor. */
function note(ctx: Context, certificate: Uint8Array, anchor: TrustAnchor): void {
  const { account } = anchor;
  ctx.audit.recipientAccountId = account;
  ctx.audit.userIdentity = {
    type: 'Unknown',
    principalId: '',
    arn: '',
    accountId: account,
    accessKeyId: '',
    userName: '',
  };
  ctx.audit.requestParameters = { cert: Buffer.from(certificate).toString('base64') };
  ctx.audit.resources = [
    { ARN: arnOf('trust-anchor', anchor), accountId: account, type: 'AWS::RolesAnywhere::TrustAnchor' },
  ];
  ctx.audit.about = { anchor } satisfies Attempt;
}

async function profileOf(arn: string, anchor: TrustAnchor, ctx: Context): Promise<Profile> {
  const place = placed('profile', arn, ctx);
  const here = place && place.account === anchor.account;
  const profile = here ? await ctx.store.get(profiles, [place.account, place.region, place.id]) : undefined;
  if (!profile) throw missing('profile');
  return profile.enabled ? profile : deny('Profile is disabled.');
}

const anchorsRead = new WeakMap<TrustAnchor, readonly Certificate[]>();

/** A row is the same object until it changes. */
function anchorsOf(anchor: TrustAnchor): readonly Certificate[] {
  let read = anchorsRead.get(anchor);
  if (!read) anchorsRead.set(anchor, (read = certificatesIn(anchor.bundle)));
  return read;
}

const listsRead = new WeakMap<Crl, RevocationList>();

async function listsOf(anchor: TrustAnchor, ctx: Context): Promise<RevocationList[]> {
  const { account, region, id } = anchor;
  const { rows } = await ctx.store.list(crls, [account, region, id], { limit: 100, index: 'anchor' });
  return rows.filter(({ enabled }) => enabled).map(listOf);
}

function listOf(crl: Crl): RevocationList {
  let read = listsRead.get(crl);
  if (!read) listsRead.set(crl, (read = parseRevocationList(Buffer.from(crl.data, 'base64'))));
  return read;
}

/** What cannot be read leads nowhere. */
function readable(der: Uint8Array): Certificate[] {
  try {
    return [parseCertificate(Buffer.from(der))];
  } catch (error) {
    if (error instanceof MalformedDer) return [];
    throw error;
  }
}
