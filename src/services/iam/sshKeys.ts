/** SSH public keys of users: RSA, as an `ssh-rsa` line or as PEM; given back as either. */
import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import {
  type DeleteSSHPublicKeyRequest,
  DuplicateSSHPublicKeyException,
  type GetSSHPublicKeyRequest,
  type GetSSHPublicKeyResponse,
  InvalidPublicKeyException,
  LimitExceededException,
  type ListSSHPublicKeysRequest,
  type ListSSHPublicKeysResponse,
  NoSuchEntityException,
  UnrecognizedPublicKeyEncodingException,
  type UpdateSSHPublicKeyRequest,
  type UploadSSHPublicKeyRequest,
  type UploadSSHPublicKeyResponse,
} from '@aws-sdk/client-iam';
import type { Context } from '../../core/context.ts';
import { awsError, fail } from '../../core/errors.ts';
import { uniqueId } from '../../core/ids.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import type { User } from '../../identity/principals.ts';
import { table } from '../../store/store.ts';
import { rowsPage } from './pages.ts';
import { findOwned, findOwner, findUser, type Owned, type Owner, userAccess } from './subjects.ts';

export interface SshPublicKey {
  readonly account: string;
  /** Unique id of the user. */
  readonly owner: string;
  /** `APKA…` */
  readonly id: string;
  /** As it was uploaded. */
  readonly body: string;
  /** The key in SSH's wire form, base 64. */
  readonly blob: string;
  readonly status: 'Active' | 'Inactive';
  readonly uploaded: string;
}

/** Index `owner`: [account, user id]. */
export const sshPublicKeys = table<SshPublicKey>('iam_ssh_key', {
  key: (k) => [k.account, k.owner, k.id],
  indexes: { owner: (k) => [[k.account, k.owner]] },
});

export const UploadSSHPublicKey: Operation<Present<UploadSSHPublicKeyRequest>, UploadSSHPublicKeyResponse, User> = {
  load: (input, ctx) => findUser(ctx, input.UserName),
  access: (_input, _ctx, user) => userAccess(user),
  async run(input, ctx, user) {
    const blob = blobOf(input.SSHPublicKeyBody).toString('base64');
    const max = quota(ctx, 'SSHPublicKeysPerUserQuota', 5);
    const { rows } = await ctx.store.list(sshPublicKeys, [user.account, user.id], { limit: max + 1 });
    if (rows.some((row) => row.blob === blob)) {
      fail(DuplicateSSHPublicKeyException, 'The SSH public key is already associated with the specified IAM user.');
    }
    if (rows.length >= max) fail(LimitExceededException, `Cannot exceed quota for SSHPublicKeysPerUser: ${max}`);
    const key: SshPublicKey = {
      account: user.account,
      owner: user.id,
      id: uniqueId('APKA', ctx),
      body: input.SSHPublicKeyBody.trim(),
      blob,
      status: 'Active',
      uploaded: ctx.now.toISOString(),
    };
    await ctx.store.insert(sshPublicKeys, key);
    return { SSHPublicKey: keyView(user, key, key.body) };
  },
};

export const GetSSHPublicKey: Operation<
  Present<GetSSHPublicKeyRequest>,
  GetSSHPublicKeyResponse,
  Owned<SshPublicKey>
> = {
  load: (input, ctx) => findKey(ctx, input.UserName, input.SSHPublicKeyId),
  access: (_input, _ctx, { owner }) => userAccess(owner),
  async run(input, _ctx, { owner, row }) {
    return { SSHPublicKey: keyView(owner, row, input.Encoding === 'PEM' ? asPem(row) : asSsh(row)) };
  },
};

export const ListSSHPublicKeys: Operation<ListSSHPublicKeysRequest, ListSSHPublicKeysResponse, Owner> = {
  load: (input, ctx) => findOwner(ctx, input.UserName),
  access: (_input, _ctx, owner) => userAccess(owner),
  async run(input, ctx, owner) {
    const { rows, page } = await rowsPage(ctx, sshPublicKeys, [owner.account, owner.id], input);
    return { SSHPublicKeys: rows.map((row) => metadata(owner, row)), ...page };
  },
};

export const UpdateSSHPublicKey: Operation<Present<UpdateSSHPublicKeyRequest>, object, Owned<SshPublicKey>> = {
  load: (input, ctx) => findKey(ctx, input.UserName, input.SSHPublicKeyId),
  access: (_input, _ctx, { owner }) => userAccess(owner),
  async run(input, ctx, { row }) {
    await ctx.store.replace(sshPublicKeys, { ...row, status: input.Status === 'Active' ? 'Active' : 'Inactive' });
    return {};
  },
};

export const DeleteSSHPublicKey: Operation<Present<DeleteSSHPublicKeyRequest>, object, Owned<SshPublicKey>> = {
  load: (input, ctx) => findKey(ctx, input.UserName, input.SSHPublicKeyId),
  access: (_input, _ctx, { owner }) => userAccess(owner),
  async run(_input, ctx, { row }) {
    await ctx.store.remove(sshPublicKeys, [row.account, row.owner, row.id]);
    return {};
  },
};

const findKey = (ctx: Context, userName: string, id: string) =>
  findOwned(
    ctx,
    userName,
    (owner) => ctx.store.get(sshPublicKeys, [owner.account, owner.id, id]),
    () => awsError(NoSuchEntityException, `The Public Key with id ${id} cannot be found.`),
  );

const metadata = (owner: Owner, key: SshPublicKey) => ({
  UserName: owner.name,
  SSHPublicKeyId: key.id,
  Status: key.status,
  UploadDate: new Date(key.uploaded),
});

const keyView = (owner: Owner, key: SshPublicKey, body: string) => ({
  ...metadata(owner, key),
  Fingerprint: createHash('md5').update(key.blob, 'base64').digest('hex').match(/../g)!.join(':'),
  SSHPublicKeyBody: body,
});

const RSA_BITS_MIN = 2048;

/** The key in SSH's wire form (RFC 4253, section 6.6): name, exponent, modulus. */
function blobOf(body: string): Buffer {
  const text = body.trim();
  if (text.startsWith('-----BEGIN')) return fromPem(text);
  const [name, encoded] = text.split(/\s+/);
  if (name !== 'ssh-rsa' || encoded === undefined) {
    return fail(
      UnrecognizedPublicKeyEncodingException,
      'The public key encoding format is unsupported or unrecognized.',
    );
  }
  const blob = Buffer.from(encoded, 'base64');
  if (blob.toString('base64').replace(/=+$/, '') !== encoded.replace(/=+$/, '')) failInvalid();
  requireStrong(keyOf(blob));
  return blob;
}

function fromPem(text: string): Buffer {
  const key = parsed(() => createPublicKey(text));
  requireStrong(key);
  const jwk = key.export({ format: 'jwk' });
  const number = (value = '') => mpint(Buffer.from(value, 'base64url'));
  return Buffer.concat([field(Buffer.from('ssh-rsa')), number(jwk.e), number(jwk.n)]);
}

function keyOf(blob: Buffer): KeyObject {
  const fields: Buffer[] = [];
  for (let at = 0; at + 4 <= blob.length && fields.length < 4; ) {
    const length = blob.readUInt32BE(at);
    if (length > blob.length - at - 4) failInvalid();
    fields.push(blob.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  const [name, e, n] = fields;
  if (fields.length !== 3 || name?.toString('latin1') !== 'ssh-rsa' || !e || !n) return failInvalid();
  const unsigned = (bytes: Buffer) => (bytes[0] === 0 ? bytes.subarray(1) : bytes).toString('base64url');
  return parsed(() => createPublicKey({ format: 'jwk', key: { kty: 'RSA', e: unsigned(e), n: unsigned(n) } }));
}

function parsed(parse: () => KeyObject): KeyObject {
  try {
    return parse();
  } catch {
    return failInvalid();
  }
}

function requireStrong(key: KeyObject): void {
  const isRsa = key.asymmetricKeyType === 'rsa';
  if (!isRsa || (key.asymmetricKeyDetails?.modulusLength ?? 0) < RSA_BITS_MIN) failInvalid();
}

const failInvalid = (): never => fail(InvalidPublicKeyException, 'The public key is malformed or otherwise invalid.');

function field(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** A number of SSH is signed: a zero byte keeps it positive. */
const mpint = (bytes: Buffer) => field((bytes[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes);

const isPem = (key: SshPublicKey) => key.body.startsWith('-----BEGIN');
const asSsh = (key: SshPublicKey) => (isPem(key) ? `ssh-rsa ${key.blob}` : key.body);
const asPem = (key: SshPublicKey) =>
  isPem(key) ? key.body : keyOf(Buffer.from(key.blob, 'base64')).export({ type: 'spki', format: 'pem' }).toString();
