/** X.509 signing certificates of users and of the root user. */
import { X509Certificate } from 'node:crypto';
import {
  type DeleteSigningCertificateRequest,
  DuplicateCertificateException,
  InvalidCertificateException,
  LimitExceededException,
  type ListSigningCertificatesRequest,
  type ListSigningCertificatesResponse,
  MalformedCertificateException,
  NoSuchEntityException,
  type UpdateSigningCertificateRequest,
  type UploadSigningCertificateRequest,
  type UploadSigningCertificateResponse,
} from '@aws-sdk/client-iam';
import type { Context } from '../../core/context.ts';
import { awsError, fail } from '../../core/errors.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { table } from '../../store/store.ts';
import { rowsPage } from './pages.ts';
import { findOwned, findOwner, type Owned, type Owner, userAccess } from './subjects.ts';

export interface SigningCertificate {
  readonly account: string;
  /** Unique id of the user, or the account id for its root user. */
  readonly owner: string;
  readonly id: string;
  /** PEM, as it was uploaded. */
  readonly body: string;
  readonly fingerprint: string;
  readonly status: 'Active' | 'Inactive';
  readonly uploaded: string;
}

/** Index `owner`: [account, user id]. `fingerprint`: [account, SHA-256]. */
export const signingCertificates = table<SigningCertificate>('iam_signing_certificate', {
  key: (c) => [c.account, c.owner, c.id],
  indexes: { owner: (c) => [[c.account, c.owner]], fingerprint: (c) => [[c.account, c.fingerprint]] },
});

export const UploadSigningCertificate: Operation<
  Present<UploadSigningCertificateRequest>,
  UploadSigningCertificateResponse,
  Owner
> = {
  load: (input, ctx) => findOwner(ctx, input.UserName),
  access: (_input, _ctx, owner) => userAccess(owner),
  async run(input, ctx, owner) {
    const certificate = parseCertificate(input.CertificateBody);
    if (Date.parse(certificate.validTo) <= ctx.now.getTime()) {
      fail(InvalidCertificateException, `The certificate has expired. Its validity ended at ${certificate.validTo}.`);
    }
    const fingerprint = certificate.fingerprint256;
    if ((await ctx.store.count(signingCertificates, [owner.account, fingerprint], 'fingerprint')) > 0) {
      const sentence = 'The specified certificate is already associated with an IAM user in the account.';
      fail(DuplicateCertificateException, sentence);
    }
    const max = quota(ctx, 'SigningCertificatesPerUserQuota', 2);
    if (!(await ctx.store.fits(signingCertificates, [owner.account, owner.id], max, 'owner'))) {
      fail(LimitExceededException, `Cannot exceed quota for SigningCertificatesPerUser: ${max}`);
    }
    const row: SigningCertificate = {
      account: owner.account,
      owner: owner.id,
      id: certificateId(ctx),
      body: input.CertificateBody,
      fingerprint,
      status: 'Active',
      uploaded: ctx.now.toISOString(),
    };
    await ctx.store.insert(signingCertificates, row);
    return { Certificate: certificateView(owner, row) };
  },
};

export const ListSigningCertificates: Operation<
  ListSigningCertificatesRequest,
  ListSigningCertificatesResponse,
  Owner
> = {
  load: (input, ctx) => findOwner(ctx, input.UserName),
  access: (_input, _ctx, owner) => userAccess(owner),
  async run(input, ctx, owner) {
    const { rows, page } = await rowsPage(ctx, signingCertificates, [owner.account, owner.id], input);
    return { Certificates: rows.map((row) => certificateView(owner, row)), ...page };
  },
};

export const UpdateSigningCertificate: Operation<
  Present<UpdateSigningCertificateRequest>,
  object,
  Owned<SigningCertificate>
> = {
  load: (input, ctx) => findCertificate(ctx, input.UserName, input.CertificateId),
  access: (_input, _ctx, { owner }) => userAccess(owner),
  async run(input, ctx, { row }) {
    await ctx.store.replace(signingCertificates, { ...row, status: input.Status === 'Active' ? 'Active' : 'Inactive' });
    return {};
  },
};

export const DeleteSigningCertificate: Operation<
  Present<DeleteSigningCertificateRequest>,
  object,
  Owned<SigningCertificate>
> = {
  load: (input, ctx) => findCertificate(ctx, input.UserName, input.CertificateId),
  access: (_input, _ctx, { owner }) => userAccess(owner),
  async run(_input, ctx, { row }) {
    await ctx.store.remove(signingCertificates, [row.account, row.owner, row.id]);
    return {};
  },
};

/** One certificate in PEM; raises MalformedCertificate. */
export function parseCertificate(pem: string): X509Certificate {
  try {
    const certificate = new X509Certificate(pem);
    if (!Number.isNaN(Date.parse(certificate.validTo))) return certificate;
  } catch {
    // Said below.
  }
  const sentence = 'Unable to parse certificate. Please ensure the certificate is in PEM format.';
  return fail(MalformedCertificateException, sentence);
}

const findCertificate = (ctx: Context, userName: string | undefined, id: string) =>
  findOwned(
    ctx,
    userName,
    (owner) => ctx.store.get(signingCertificates, [owner.account, owner.id, id]),
    () => awsError(NoSuchEntityException, `The Certificate with id ${id} cannot be found.`),
  );

/** 32 capital letters and digits. */
const certificateId = (ctx: Context) =>
  Array.from(ctx.random(32), (byte) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[byte % 32]).join('');

const certificateView = (owner: Owner, row: SigningCertificate) => ({
  UserName: owner.name,
  CertificateId: row.id,
  CertificateBody: row.body,
  Status: row.status,
  UploadDate: new Date(row.uploaded),
});
