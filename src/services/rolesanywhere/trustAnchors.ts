/** Trust anchors: the authorities whose certificates are believed. */
import type { Context } from '../../core/context.ts';
import { notImplemented } from '../../core/errors.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { type Certificate, certificatesIn } from './certificates.ts';
import { MalformedDer } from './der.ts';
import { refuse } from './errors.ts';
import { scheduled } from './notices.ts';
import { acceptedSettings, settingsView } from './notifications.ts';
import { accessTo, byId, changed, createAccess, find, newRow, pageOf } from './resources.ts';
import { arnOf, type TrustAnchor, trustAnchors } from './rows.ts';
import { isStrong } from './signatures.ts';
import { acceptedTags } from './tags.ts';
import type * as t from './types.ts';

const CERTIFICATES_MAX = 2;

export const trustAnchorView = (anchor: TrustAnchor): t.TrustAnchorDetail => ({
  trustAnchorId: anchor.id,
  trustAnchorArn: arnOf('trust-anchor', anchor),
  name: anchor.name,
  source: { sourceType: 'CERTIFICATE_BUNDLE', sourceData: { x509CertificateData: anchor.bundle } },
  enabled: anchor.enabled,
  createdAt: new Date(anchor.created),
  updatedAt: new Date(anchor.updated),
  notificationSettings: settingsView(anchor.notifications, anchor.account),
});

const answer = (anchor: TrustAnchor): t.TrustAnchorDetailResponse => ({ trustAnchor: trustAnchorView(anchor) });

/** The bundle in a source, which must be one of certificates that may issue certificates. */
function bundleOf({ sourceType = 'CERTIFICATE_BUNDLE', sourceData }: t.Source): string {
  if (sourceType === 'AWS_ACM_PCA') noPrivateCa(sourceData?.acmPcaArn);
  if (sourceType !== 'CERTIFICATE_BUNDLE') notImplemented(`A trust anchor of type ${sourceType}`);
  const pem =
    sourceData?.x509CertificateData ?? refuse('Source data of a certificate bundle must be certificate data.');
  const certificates = parsed(pem);
  if (certificates.length === 0) refuse('Invalid certificate data.');
  if (certificates.length > CERTIFICATES_MAX)
    refuse(`A trust anchor can have at most ${CERTIFICATES_MAX} certificates.`);
  for (const each of certificates) requireAuthority(each);
  return pem;
}

const PRIVATE_CA = /^arn:[\w-]+:acm-pca:[a-z\d-]+:\d{12}:certificate-authority\/[\da-f-]{36}$/;

/** There is no AWS Private CA here whose authority an ARN could name; a certificate of one may come as a bundle. */
function noPrivateCa(arn: string | undefined): never {
  if (!PRIVATE_CA.test(arn ?? '')) refuse('Source data of AWS Private CA must be the ARN of a certificate authority.');
  return notImplemented('A trust anchor of type AWS_ACM_PCA');
}

function parsed(pem: string): readonly Certificate[] {
  try {
    return certificatesIn(pem);
  } catch (error) {
    if (error instanceof MalformedDer) refuse('Invalid certificate data.');
    throw error;
  }
}

/** https://docs.aws.amazon.com/rolesanywhere/latest/userguide/trust-model.html#signature-verification */
function requireAuthority(certificate: Certificate): void {
  if (certificate.authority !== true) refuse('Incorrect basic constraints for CA certificate');
  if (!certificate.usage?.certificateSign) refuse('Incorrect key usage for CA certificate');
  if (!isStrong(certificate.signed)) refuse('Unsupported signature algorithm for CA certificate');
}

export const CreateTrustAnchor: Operation<Present<t.CreateTrustAnchorRequest>, t.TrustAnchorDetailResponse> = {
  access: createAccess,
  async run(input, ctx) {
    const bundle = bundleOf(input.source);
    const max = quota(ctx, 'TrustAnchors', 50);
    if (!(await ctx.store.fits(trustAnchors, [ctx.account, ctx.region], max, 'place'))) {
      refuse(`The maximum number of trust anchors (${max}) has been reached.`);
    }
    const anchor = scheduled({
      ...newRow(ctx),
      name: input.name,
      bundle,
      enabled: input.enabled ?? false,
      tags: acceptedTags([], input.tags),
      notifications: acceptedSettings([], input.notificationSettings ?? []),
    });
    await ctx.store.replace(trustAnchors, anchor);
    return answer(anchor);
  },
};

export const UpdateTrustAnchor: Operation<
  Present<t.UpdateTrustAnchorRequest>,
  t.TrustAnchorDetailResponse,
  TrustAnchor
> = {
  load: ({ trustAnchorId }, ctx: Context) => find(ctx, 'trust-anchor', trustAnchors, trustAnchorId),
  access: (_input, _ctx, anchor) => accessTo('trust-anchor', anchor),
  run: async ({ name, source }, ctx, anchor) =>
    answer(
      await changed(ctx, trustAnchors, anchor, {
        ...(source !== undefined && scheduled({ ...anchor, bundle: bundleOf(source) })),
        ...(name !== undefined && { name }),
      }),
    ),
};

export const ListTrustAnchors: Operation<t.ListRequest, t.ListTrustAnchorsResponse> = {
  access: () => ({ resource: '*' }),
  async run(input, ctx) {
    const { rows, page } = await pageOf(ctx, trustAnchors, input);
    return { trustAnchors: rows.map(trustAnchorView), ...page };
  },
};

export const {
  Get: GetTrustAnchor,
  Enable: EnableTrustAnchor,
  Disable: DisableTrustAnchor,
  Delete: DeleteTrustAnchor,
} = byId({
  kind: 'trust-anchor',
  table: trustAnchors,
  idOf: ({ trustAnchorId }: Present<t.ScalarTrustAnchorRequest>) => trustAnchorId,
  answer,
});
