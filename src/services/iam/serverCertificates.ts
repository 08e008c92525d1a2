/**
 * Server certificates: a certificate, its chain and its private key, of which only the first two are ever told again.
 */
import { createPrivateKey, type KeyObject, type X509Certificate } from 'node:crypto';
import {
  type DeleteServerCertificateRequest,
  EntityAlreadyExistsException,
  type GetServerCertificateRequest,
  type GetServerCertificateResponse,
  KeyPairMismatchException,
  LimitExceededException,
  type ListServerCertificatesRequest,
  type ListServerCertificatesResponse,
  MalformedCertificateException,
  NoSuchEntityException,
  type ServerCertificateMetadata,
  type UpdateServerCertificateRequest,
  type UploadServerCertificateRequest,
  type UploadServerCertificateResponse,
} from '@aws-sdk/client-iam';
import type { Context } from '../../core/context.ts';
import { awsError, fail } from '../../core/errors.ts';
import { uniqueId } from '../../core/ids.ts';
import type { Tag } from '../../core/operation.ts';
import { type Access, Missing, type Operation, type Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { requestTags } from '../../core/tags.ts';
import { table } from '../../store/store.ts';
import { pathPage } from './pages.ts';
import { parseCertificate } from './signingCertificates.ts';
import { tagging } from './tagging.ts';
import { newTags, tagsView } from './tags.ts';

export interface ServerCertificate {
  readonly account: string;
  readonly name: string;
  readonly path: string;
  /** `ASCA…` */
  readonly id: string;
  /** PEM, as they were uploaded but for white space around them. */
  readonly body: string;
  readonly chain?: string;
  /** Sealed for the purpose `server-certificate-key`. */
  readonly privateKey: string;
  readonly uploaded: string;
  readonly expires: string;
  readonly tags: readonly Tag[];
}

/** Index `path`: [account, path + name]. */
export const serverCertificates = table<ServerCertificate>('iam_server_certificate', {
  key: (c) => [c.account, c.name.toLowerCase()],
  indexes: { path: (c) => [[c.account, `${c.path}${c.name.toLowerCase()}`]] },
});

const TAGS_QUOTA = 'TagsPerServerCertificate';

export const UploadServerCertificate: Operation<
  Present<UploadServerCertificateRequest>,
  UploadServerCertificateResponse
> = {
  access: (input, ctx) => ({
    resource: certificateArn({ account: ctx.account, path: input.Path ?? '/', name: input.ServerCertificateName }),
    conditions: requestTags(input.Tags),
  }),
  async run(input, ctx) {
    const certificate = parseCertificate(input.CertificateBody);
    if (!certificate.checkPrivateKey(parsePrivateKey(input.PrivateKey))) {
      fail(KeyPairMismatchException, "The private key doesn't match the public key of the certificate.");
    }
    if (input.CertificateChain !== undefined) checkChain(certificate, input.CertificateChain);
    const max = quota(ctx, 'ServerCertificatesQuota', 20);
    if (!(await ctx.store.fits(serverCertificates, [ctx.account], max))) {
      fail(LimitExceededException, `Cannot exceed quota for ServerCertificatesPerAccount: ${max}`);
    }
    const row: ServerCertificate = {
      account: ctx.account,
      name: input.ServerCertificateName,
      path: input.Path ?? '/',
      id: uniqueId('ASCA', ctx),
      body: input.CertificateBody.trim(),
      ...(input.CertificateChain === undefined ? {} : { chain: input.CertificateChain.trim() }),
      privateKey: ctx.secrets.seal('server-certificate-key', input.PrivateKey, ctx.random(12)),
      uploaded: ctx.now.toISOString(),
      expires: new Date(certificate.validTo).toISOString(),
      tags: newTags(input.Tags, TAGS_QUOTA),
    };
    if (!(await ctx.store.insert(serverCertificates, row))) failTaken(row.name);
    return { ServerCertificateMetadata: metadata(row), ...tagsView(row.tags) };
  },
};

export const GetServerCertificate: Operation<
  Present<GetServerCertificateRequest>,
  GetServerCertificateResponse,
  ServerCertificate
> = {
  load: (input, ctx) => findCertificate(ctx, input.ServerCertificateName),
  access: (_input, _ctx, row) => certificateAccess(row),
  async run(_input, _ctx, row) {
    return {
      ServerCertificate: {
        ServerCertificateMetadata: metadata(row),
        CertificateBody: row.body,
        CertificateChain: row.chain,
        ...tagsView(row.tags),
      },
    };
  },
};

export const ListServerCertificates: Operation<ListServerCertificatesRequest, ListServerCertificatesResponse> = {
  access: (input, ctx) => ({
    resource: certificateArn({ account: ctx.account, path: input.PathPrefix ?? '/', name: '' }),
  }),
  async run(input, ctx) {
    const { rows, page } = await pathPage(ctx, serverCertificates, input);
    return { ServerCertificateMetadataList: rows.map(metadata), ...page };
  },
};

/** A new name or path is a new ARN: permission is needed on the old one and on the new one. */
export const UpdateServerCertificate: Operation<Present<UpdateServerCertificateRequest>, object, ServerCertificate> = {
  load: (input, ctx) => findCertificate(ctx, input.ServerCertificateName),
  access: (input, _ctx, row) => {
    const next = renamed(row, input);
    return certificateArn(next) === certificateArn(row)
      ? certificateAccess(row)
      : [certificateAccess(row), certificateAccess(next)];
  },
  async run(input, ctx, row) {
    const next = renamed(row, input);
    if (next.name.toLowerCase() === row.name.toLowerCase()) await ctx.store.replace(serverCertificates, next);
    else {
      if (!(await ctx.store.insert(serverCertificates, next))) failTaken(next.name);
      await ctx.store.remove(serverCertificates, keyOf(row));
    }
    return {};
  },
};

export const DeleteServerCertificate: Operation<Present<DeleteServerCertificateRequest>, object, ServerCertificate> = {
  load: (input, ctx) => findCertificate(ctx, input.ServerCertificateName),
  access: (_input, _ctx, row) => certificateAccess(row),
  async run(_input, ctx, row) {
    await ctx.store.remove(serverCertificates, keyOf(row));
    return {};
  },
};

export const {
  Tag: TagServerCertificate,
  Untag: UntagServerCertificate,
  List: ListServerCertificateTags,
} = tagging({
  find: (ctx, input: { readonly ServerCertificateName: string }) => findCertificate(ctx, input.ServerCertificateName),
  access: certificateAccess,
  quotaName: TAGS_QUOTA,
  save: (ctx, row: ServerCertificate, tags) => ctx.store.replace(serverCertificates, { ...row, tags }),
});

const keyOf = (row: ServerCertificate) => [row.account, row.name.toLowerCase()];

const certificateArn = (row: { account: string; path: string; name: string }) =>
  `arn:aws:iam::${row.account}:server-certificate${row.path}${row.name}`;

async function findCertificate(ctx: Context, name: string): Promise<ServerCertificate | Missing> {
  const row = await ctx.store.get(serverCertificates, [ctx.account, name.toLowerCase()]);
  const missing = awsError(NoSuchEntityException, `The Server Certificate with name ${name} cannot be found.`);
  return row ?? new Missing(certificateArn({ account: ctx.account, path: '/', name }), missing);
}

function certificateAccess(row: ServerCertificate, conditions: Access['conditions'] = {}): Access {
  return { resource: certificateArn(row), resourceTags: row.tags, conditions };
}

const renamed = (
  row: ServerCertificate,
  input: { NewPath?: string | undefined; NewServerCertificateName?: string | undefined },
): ServerCertificate => ({
  ...row,
  path: input.NewPath ?? row.path,
  name: input.NewServerCertificateName ?? row.name,
});

const failTaken = (name: string): never =>
  fail(EntityAlreadyExistsException, `The Server Certificate with name ${name} already exists.`);

function parsePrivateKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    const sentence = 'Unable to parse key; the key must be in PEM format, not encrypted and without a passphrase.';
    return fail(MalformedCertificateException, sentence);
  }
}

const BROKEN_CHAIN =
  'Unable to validate certificate chain. The certificate chain must start with the immediate signing certificate, ' +
  'followed by any intermediaries in order.';

/** Each certificate of the chain signed the one before it; the first signed the server's. */
function checkChain(leaf: X509Certificate, chain: string): void {
  let below = leaf;
  for (const [index, body] of certificatesIn(chain).entries()) {
    const issuer = parseCertificate(body);
    if (!isSignedBy(below, issuer)) {
      const sentence = `${BROKEN_CHAIN} The index within the chain of the invalid certificate is: ${index}`;
      fail(MalformedCertificateException, sentence);
    }
    below = issuer;
  }
}

const END = '-----END CERTIFICATE-----';

/** The certificates of a chain, one at least; what is no certificate is left for the parser to refuse. */
function certificatesIn(chain: string): readonly string[] {
  const bodies = chain.split(END).map((body) => body.trim());
  const rest = bodies.pop();
  return [...bodies.map((body) => `${body}\n${END}`), ...(rest || bodies.length === 0 ? [rest ?? ''] : [])];
}

function isSignedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
  } catch {
    return false; // A key of a kind that cannot sign.
  }
}

const metadata = (row: ServerCertificate): ServerCertificateMetadata => ({
  Path: row.path,
  ServerCertificateName: row.name,
  ServerCertificateId: row.id,
  Arn: certificateArn(row),
  UploadDate: new Date(row.uploaded),
  Expiration: new Date(row.expires),
});
