/**
 * MFA devices: virtual ones are made with a seed that is told once, and enabled for a user or for the root user with
 * two consecutive codes. What a code is worth is decided in identity/mfa.ts. Passkeys come from the pages of sign-in,
 * by passkeyDevices.ts, and are listed, told and removed here.
 *
 * EnableMFADevice and ResyncMFADevice demand a UserName, and AWS lets root use them in its console only. Here the root
 * user names itself by its account id (or as `root`, where no IAM user has that name).
 */
import {
  type CreateVirtualMFADeviceRequest,
  type CreateVirtualMFADeviceResponse,
  type DeactivateMFADeviceRequest,
  DeleteConflictException,
  type DeleteVirtualMFADeviceRequest,
  type EnableMFADeviceRequest,
  EntityAlreadyExistsException,
  type GetMFADeviceRequest,
  type GetMFADeviceResponse,
  InvalidAuthenticationCodeException,
  LimitExceededException,
  type ListMFADevicesRequest,
  type ListMFADevicesResponse,
  type ListVirtualMFADevicesRequest,
  type ListVirtualMFADevicesResponse,
  NoSuchEntityException,
  type ResyncMFADeviceRequest,
  type VirtualMFADevice,
} from '@aws-sdk/client-iam';
import type { Context } from '../../core/context.ts';
import { awsError, fail } from '../../core/errors.ts';
import { type Access, Missing, type Operation, type Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { requestTags } from '../../core/tags.ts';
import { DEVICES_PER_USER, MFA_SEED, type MfaDevice, mfaDevices, synchronized } from '../../identity/mfa.ts';
import { accounts } from '../../identity/organization.ts';
import { passkeys } from '../../identity/passkeys.ts';
import { users } from '../../identity/principals.ts';
import { rowsPage } from './pages.ts';
import { qrCodePng } from './qrCode.ts';
import { findOwner, isRoot, type Owned, type Owner, ownerArn, userAccess } from './subjects.ts';
import { tagging } from './tagging.ts';
import { newTags, tagsView } from './tags.ts';
import { rootView, userView } from './users.ts';

const TAGS_QUOTA = 'TagsPerMFADevice';
/** As AWS's: 64 characters of base 32. */
const SEED_BYTES = 40;

type Found = Owned<MfaDevice>;

export const CreateVirtualMFADevice: Operation<
  Present<CreateVirtualMFADeviceRequest>,
  CreateVirtualMFADeviceResponse
> = {
  access: (input, ctx) => ({ resource: serialOf(ctx, input), conditions: requestTags(input.Tags) }),
  async run(input, ctx) {
    const seed = Buffer.from(ctx.random(SEED_BYTES));
    const device: MfaDevice = {
      account: ctx.account,
      serial: serialOf(ctx, input),
      path: input.Path ?? '/',
      name: input.VirtualMFADeviceName,
      seed: ctx.secrets.seal(MFA_SEED, seed, ctx.random(12)),
      created: ctx.now.toISOString(),
      tags: newTags(input.Tags, TAGS_QUOTA),
    };
    const max = quota(ctx, 'UsersQuota', 5000);
    if (!(await ctx.store.fits(mfaDevices, [ctx.account, 'Any'], max, 'virtual'))) {
      fail(LimitExceededException, `Cannot exceed quota for VirtualMFADevicesPerAccount: ${max}`);
    }
    if (!(await ctx.store.insert(mfaDevices, device))) {
      fail(EntityAlreadyExistsException, 'MFADevice entity at the same path and name already exists.');
    }
    const account = await ctx.store.get(accounts, [ctx.account]);
    const secret = base32(seed);
    const uri = `otpauth://totp/${encodeURIComponent(device.name)}@${account?.alias ?? ctx.account}?secret=${secret}`;
    return {
      VirtualMFADevice: {
        SerialNumber: device.serial,
        Base32StringSeed: Buffer.from(secret),
        QRCodePNG: await qrCodePng(uri),
        ...tagsView(device.tags),
      },
    };
  },
};

export const EnableMFADevice: Operation<Present<EnableMFADeviceRequest>, object, Owner> = {
  load: (input, ctx) => findHolder(ctx, input.UserName),
  access: (_input, _ctx, owner) => userAccess(owner),
  async run(input, ctx, owner) {
    tellOf(ctx, owner);
    const device = await ctx.store.get(mfaDevices, [ctx.account, input.SerialNumber]);
    if (!device?.seed) throw noSuchDevice(input.SerialNumber);
    if (device.owner) fail(EntityAlreadyExistsException, `MFA device ${device.serial} is already in use.`);
    await requireRoom(ctx, owner);
    const enabled = { ...(await withCodes(ctx, device, input)), owner: owner.id, enabled: ctx.now.toISOString() };
    await ctx.store.replace(mfaDevices, enabled);
    return {};
  },
};

export const ResyncMFADevice: Operation<Present<ResyncMFADeviceRequest>, object, Found> = {
  load: (input, ctx) => findDevice(ctx, input.UserName, input.SerialNumber),
  access: (_input, _ctx, { owner }) => userAccess(owner),
  async run(input, ctx, { owner, row }) {
    tellOf(ctx, owner);
    await ctx.store.replace(mfaDevices, await withCodes(ctx, row, input));
    return {};
  },
};

/** A virtual device stays, unassigned, and remembers the code that was used last. A passkey is gone. */
export const DeactivateMFADevice: Operation<Present<DeactivateMFADeviceRequest>, object, Found> = {
  load: (input, ctx) => findDevice(ctx, input.UserName, input.SerialNumber),
  access: (_input, _ctx, { owner }) => userAccess(owner),
  async run(_input, ctx, { owner, row }) {
    tellOf(ctx, owner);
    if (row.passkey !== undefined) {
      await ctx.store.remove(passkeys, [row.passkey]);
      await ctx.store.remove(mfaDevices, [row.account, row.serial]);
      return {};
    }
    const { owner: _owner, enabled: _enabled, ...unassigned } = row;
    await ctx.store.replace(mfaDevices, unassigned);
    return {};
  },
};

export const GetMFADevice: Operation<Present<GetMFADeviceRequest>, GetMFADeviceResponse, Found> = {
  load: (input, ctx) => findDevice(ctx, input.UserName, input.SerialNumber),
  access: (_input, _ctx, { owner }) => userAccess(owner),
  run: async (_input, _ctx, { owner, row }) => ({ ...enabledView(owner, row), Certifications: {} }),
};

export const ListMFADevices: Operation<ListMFADevicesRequest, ListMFADevicesResponse, Owner> = {
  load: (input, ctx) => (input.UserName === undefined ? findOwner(ctx, undefined) : findHolder(ctx, input.UserName)),
  access: (_input, _ctx, owner) => userAccess(owner),
  async run(input, ctx, owner) {
    const { rows, page } = await rowsPage(ctx, mfaDevices, [owner.account, owner.id], input, { index: 'owner' });
    return { MFADevices: rows.map((row) => enabledView(owner, row)), ...page };
  },
};

export const ListVirtualMFADevices: Operation<ListVirtualMFADevicesRequest, ListVirtualMFADevicesResponse> = {
  access: (_input, ctx) => ({ resource: `arn:aws:iam::${ctx.account}:mfa/` }),
  async run(input, ctx) {
    const key = [ctx.account, input.AssignmentStatus ?? 'Any'];
    const { rows, page } = await rowsPage(ctx, mfaDevices, key, input, { index: 'virtual' });
    return { VirtualMFADevices: await Promise.all(rows.map((row) => deviceView(ctx, row))), ...page };
  },
};

export const DeleteVirtualMFADevice: Operation<Present<DeleteVirtualMFADeviceRequest>, object, MfaDevice> = {
  load: (input, ctx) => findBySerial(ctx, input.SerialNumber),
  access: (_input, _ctx, device) => deviceAccess(device),
  async run(_input, ctx, device) {
    if (device.owner) fail(DeleteConflictException, 'MFA VirtualDevice in use. Must deactivate first.');
    await ctx.store.remove(mfaDevices, [device.account, device.serial]);
    return {};
  },
};

export const {
  Tag: TagMFADevice,
  Untag: UntagMFADevice,
  List: ListMFADeviceTags,
} = tagging({
  find: (ctx, input: { readonly SerialNumber: string }) => findBySerial(ctx, input.SerialNumber),
  access: deviceAccess,
  quotaName: TAGS_QUOTA,
  save: (ctx, device: MfaDevice, tags) => ctx.store.replace(mfaDevices, { ...device, tags }),
});

const serialOf = (ctx: Context, input: { Path?: string | undefined; VirtualMFADeviceName: string }) =>
  `arn:aws:iam::${ctx.account}:mfa${input.Path ?? '/'}${input.VirtualMFADeviceName}`;

const noSuchDevice = (serial: string) =>
  awsError(NoSuchEntityException, `VirtualMFADevice with serial number ${serial} doesn't exist.`);

async function findBySerial(ctx: Context, serial: string): Promise<MfaDevice | Missing> {
  const device = await ctx.store.get(mfaDevices, [ctx.account, serial]);
  return device?.seed ? device : new Missing(serial.startsWith('arn:') ? serial : '*', noSuchDevice(serial));
}

/** A user, and root, has a few devices, of whatever kind. */
export async function requireRoom(ctx: Context, owner: Owner): Promise<void> {
  const max = quota(ctx, 'MFADevicesPerUserQuota', DEVICES_PER_USER);
  if (await ctx.store.fits(mfaDevices, [owner.account, owner.id], max, 'owner')) return;
  fail(LimitExceededException, `Cannot exceed quota for MFADevicesPerUser: ${max}`);
}

/** As CloudTrail has it: the root user under its own name, whatever the request calls it, and no codes. */
function tellOf(ctx: Context, owner: Owner): void {
  const codes = { authenticationCode1: undefined, authenticationCode2: undefined };
  ctx.audit.requestParameters = { ...codes, ...(owner.name === undefined && { userName: 'AWS ROOT USER' }) };
}

/** Whose device it is to be: a user, or the root user under the names that stand for it here. */
async function findHolder(ctx: Context, name: string | undefined): Promise<Owner | Missing> {
  const owner = await findOwner(ctx, name);
  const meansRoot = isRoot(ctx) && (name === ctx.account || name === 'root');
  return owner instanceof Missing && meansRoot ? findOwner(ctx, undefined) : owner;
}

/** A device that is enabled for this user. */
async function findDevice(ctx: Context, userName: string | undefined, serial: string): Promise<Found | Missing> {
  const owner = await findHolder(ctx, userName);
  if (owner instanceof Missing) return owner;
  const device = await ctx.store.get(mfaDevices, [owner.account, serial]);
  if (device?.owner === owner.id) return { owner, row: device };
  return new Missing(ownerArn(owner), awsError(NoSuchEntityException, 'MFA Device invalid for user.'));
}

function deviceAccess(device: MfaDevice, conditions: Access['conditions'] = {}): Access {
  return { resource: device.serial, resourceTags: device.tags, conditions };
}

async function withCodes(
  ctx: Context,
  device: MfaDevice,
  input: { readonly AuthenticationCode1: string; readonly AuthenticationCode2: string },
): Promise<MfaDevice> {
  const synced = await synchronized(ctx, device, input.AuthenticationCode1, input.AuthenticationCode2);
  return synced ?? fail(InvalidAuthenticationCodeException, 'Authentication code for device is not valid.');
}

const enabledView = (owner: Owner, device: MfaDevice) => ({
  UserName: owner.name ?? owner.account,
  SerialNumber: device.serial,
  EnableDate: device.enabled ? new Date(device.enabled) : undefined,
});

async function deviceView(ctx: Context, device: MfaDevice): Promise<VirtualMFADevice> {
  if (!device.owner || !device.enabled) return { SerialNumber: device.serial };
  const common = { SerialNumber: device.serial, EnableDate: new Date(device.enabled) };
  if (device.owner === device.account) return { ...common, User: await rootView(ctx) };
  const { rows } = await ctx.store.list(users, [device.owner], { limit: 1, index: 'id' });
  return rows[0] ? { ...common, User: userView(rows[0]) } : common;
}

/** RFC 4648, without padding: forty bytes need none. */
function base32(bytes: Uint8Array): string {
  let bits = '';
  for (const byte of bytes) bits += byte.toString(2).padStart(8, '0');
  return bits.replace(/.{5}/g, (five) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[Number.parseInt(five, 2)]!);
}
