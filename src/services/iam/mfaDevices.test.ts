import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inflateSync } from 'node:zlib';
import { stepAt, totp } from '../../identity/mfa.ts';
import { ADMIN, type Cloud, testCloud } from '../../testing/cloud.ts';

/** Stands in for a phone: shows the code of now, or of a number of steps from now. */
function phone(cloud: Cloud, seed: Uint8Array) {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = Array.from(Buffer.from(seed).toString(), (c) => alphabet.indexOf(c).toString(2).padStart(5, '0')).join(
    '',
  );
  const bytes = Uint8Array.from(bits.match(/.{8}/g)!, (eight) => Number.parseInt(eight, 2));
  return (steps = 0) => totp(bytes, stepAt(cloud.now()) + steps);
}

async function device(cloud: Cloud, VirtualMFADeviceName = 'phone') {
  const { VirtualMFADevice } = await cloud.root.iam.createVirtualMFADevice({ VirtualMFADeviceName });
  return {
    SerialNumber: VirtualMFADevice!.SerialNumber!,
    png: Buffer.from(VirtualMFADevice!.QRCodePNG!),
    seed: VirtualMFADevice!.Base32StringSeed!,
    code: phone(cloud, VirtualMFADevice!.Base32StringSeed!),
  };
}

test('CreateVirtualMFADevice gives a seed of 64 characters and a picture of it', async () => {
  const cloud = await testCloud();
  const { SerialNumber, png, seed } = await device(cloud);
  assert.equal(SerialNumber, 'arn:aws:iam::111122223333:mfa/phone');
  assert.match(Buffer.from(seed).toString(), /^[A-Z2-7]{64}$/);
  assert.equal(png.subarray(0, 8).toString('latin1'), '\x89PNG\r\n\x1a\n');
  const side = png.readUInt32BE(16);
  const length = png.readUInt32BE(33);
  assert.equal(inflateSync(png.subarray(41, 41 + length)).length, side * (1 + Math.ceil(side / 8)));
  await assert.rejects(cloud.root.iam.createVirtualMFADevice({ VirtualMFADeviceName: 'phone' }), {
    name: 'EntityAlreadyExistsException',
    message: 'MFADevice entity at the same path and name already exists.',
  });
});

test('EnableMFADevice takes two consecutive codes and nothing else', async () => {
  const cloud = await testCloud();
  const { iam } = cloud.root;
  await iam.createUser({ UserName: 'alice' });
  const { SerialNumber, code } = await device(cloud);
  const enable = (AuthenticationCode1: string, AuthenticationCode2: string) =>
    iam.enableMFADevice({ UserName: 'alice', SerialNumber, AuthenticationCode1, AuthenticationCode2 });
  const refused = {
    name: 'InvalidAuthenticationCodeException',
    message: 'Authentication code for device is not valid.',
  };
  await assert.rejects(enable(code(0), code(0)), refused);
  await assert.rejects(enable(code(0), code(-1)), refused);
  await assert.rejects(enable(code(-2), code(0)), refused);
  await assert.rejects(enable(code(-200), code(-199)), refused);
  await enable(code(-1), code(0));
  const { MFADevices } = await iam.listMFADevices({ UserName: 'alice' });
  assert.deepEqual(MFADevices, [{ UserName: 'alice', SerialNumber, EnableDate: cloud.now() }]);
  await assert.rejects(enable(code(1), code(2)), { name: 'EntityAlreadyExistsException' });
  await assert.rejects(iam.deleteVirtualMFADevice({ SerialNumber }), {
    name: 'DeleteConflictException',
    message: 'MFA VirtualDevice in use. Must deactivate first.',
  });
  await assert.rejects(iam.deleteUser({ UserName: 'alice' }), { message: /must delete MFA device first/ });
});

test('ResyncMFADevice follows a clock that runs ahead, and takes no code twice', async () => {
  const cloud = await testCloud();
  const { iam } = cloud.root;
  await iam.createUser({ UserName: 'alice' });
  const { SerialNumber, code } = await device(cloud);
  const target = { UserName: 'alice', SerialNumber };
  await iam.enableMFADevice({ ...target, AuthenticationCode1: code(-1), AuthenticationCode2: code(0) });
  const again = iam.resyncMFADevice({ ...target, AuthenticationCode1: code(-1), AuthenticationCode2: code(0) });
  await assert.rejects(again, { name: 'InvalidAuthenticationCodeException' });
  await iam.resyncMFADevice({ ...target, AuthenticationCode1: code(9), AuthenticationCode2: code(10) });
});

test('GetSessionToken takes a code once, and only of the caller’s own device', async () => {
  const cloud = await testCloud();
  const alice = await cloud.user('alice', ADMIN);
  const bob = await cloud.user('bob', ADMIN);
  const { SerialNumber, code } = await device(cloud);
  const codes = { AuthenticationCode1: code(-1), AuthenticationCode2: code(0) };
  await cloud.root.iam.enableMFADevice({ UserName: 'alice', SerialNumber, ...codes });
  await assert.rejects(alice.sts.getSessionToken({ SerialNumber, TokenCode: code(0) }), { name: 'AccessDenied' });
  cloud.advance('PT60S');
  const wrong = String((Number(code()) + 1) % 1_000_000).padStart(6, '0');
  await assert.rejects(alice.sts.getSessionToken({ SerialNumber, TokenCode: wrong }), { name: 'AccessDenied' });
  await assert.rejects(bob.sts.getSessionToken({ SerialNumber, TokenCode: code() }), { name: 'AccessDenied' });
  await alice.sts.getSessionToken({ SerialNumber, TokenCode: code() });
  await assert.rejects(alice.sts.getSessionToken({ SerialNumber, TokenCode: code() }), { name: 'AccessDenied' });
});

test('a device takes no code for a while after too many wrong ones', async () => {
  const cloud = await testCloud();
  const alice = await cloud.user('alice', ADMIN);
  const { SerialNumber, code } = await device(cloud);
  const codes = { AuthenticationCode1: code(-1), AuthenticationCode2: code(0) };
  await cloud.root.iam.enableMFADevice({ UserName: 'alice', SerialNumber, ...codes });
  cloud.advance('PT2M');
  const wrong = String((Number(code()) + 1) % 1_000_000).padStart(6, '0');
  for (let i = 0; i < 10; i++) {
    await assert.rejects(alice.sts.getSessionToken({ SerialNumber, TokenCode: wrong }), { name: 'AccessDenied' });
  }
  await assert.rejects(alice.sts.getSessionToken({ SerialNumber, TokenCode: code() }), { name: 'AccessDenied' });
  cloud.advance('PT6M');
  await alice.sts.getSessionToken({ SerialNumber, TokenCode: code() });
});

test('a code is used up by a request that is refused for another reason, and right ones are no guesses', async () => {
  const cloud = await testCloud();
  const alice = await cloud.user('alice', ADMIN);
  const { SerialNumber, code } = await device(cloud);
  const codes = { AuthenticationCode1: code(-1), AuthenticationCode2: code(0) };
  await cloud.root.iam.enableMFADevice({ UserName: 'alice', SerialNumber, ...codes });
  const RoleArn = `arn:aws:iam::${cloud.managementAccount}:role/nobody`;
  const assume = (TokenCode: string) =>
    alice.sts.assumeRole({ RoleArn, RoleSessionName: 'alice', SerialNumber, TokenCode });
  for (let i = 0; i < 7; i++) {
    cloud.advance('PT30S');
    await assert.rejects(assume(code(1)), {
      name: 'AccessDenied',
      message: /is not authorized to perform: sts:AssumeRole/,
    });
  }
  await assert.rejects(alice.sts.getSessionToken({ SerialNumber, TokenCode: code(1) }), { message: /invalid MFA/ });
  cloud.advance('PT1M');
  await alice.sts.getSessionToken({ SerialNumber, TokenCode: code() });
});

test('of many guesses that come at once a few are judged, in STS as where S3 asks for a code', async () => {
  const cloud = await testCloud();
  const { iam, sts, s3 } = cloud.root;
  const { SerialNumber, code } = await device(cloud);
  await iam.enableMFADevice({
    ...{ UserName: cloud.managementAccount, SerialNumber },
    ...{ AuthenticationCode1: code(-1), AuthenticationCode2: code(0) },
  });
  await s3.createBucket({ Bucket: 'precious' });
  cloud.advance('PT2M');
  const all = Array.from({ length: 30 }, (_, i) => String((Number(code()) + i + 1) % 1_000_000).padStart(6, '0'));
  const guess = (codes: readonly string[], ask: (code: string) => Promise<unknown>) =>
    Promise.all(
      codes.map((each) =>
        ask(each).then(
          () => true,
          () => false,
        ),
      ),
    );
  const toSts = (TokenCode: string) => sts.getSessionToken({ SerialNumber, TokenCode });
  const VersioningConfiguration = { Status: 'Enabled', MFADelete: 'Enabled' } as const;
  const toS3 = (each: string) =>
    s3.putBucketVersioning({ Bucket: 'precious', MFA: `${SerialNumber} ${each}`, VersioningConfiguration });
  for (const ask of [toSts, toS3]) {
    assert.ok(!(await guess([...all, code()], ask)).includes(true));
    assert.deepEqual(await guess([code()], ask), [false]);
    cloud.advance('PT1H');
    assert.deepEqual(await guess([code()], ask), [true]);
    cloud.advance('PT2M');
  }
});

test('DeactivateMFADevice frees the device, and the root user can have one too', async () => {
  const cloud = await testCloud();
  const { iam } = cloud.root;
  const { SerialNumber, code } = await device(cloud, 'root-account-mfa-device');
  const root = { UserName: cloud.managementAccount, SerialNumber };
  await iam.enableMFADevice({ ...root, AuthenticationCode1: code(-1), AuthenticationCode2: code(0) });
  assert.equal((await iam.getAccountSummary({})).SummaryMap?.AccountMFAEnabled, 1);
  const assigned = await iam.listVirtualMFADevices({ AssignmentStatus: 'Assigned' });
  assert.equal(assigned.VirtualMFADevices?.[0]?.User?.Arn, 'arn:aws:iam::111122223333:root');
  assert.equal((await iam.listMFADevices({})).MFADevices?.length, 1);
  await iam.deactivateMFADevice({ SerialNumber });
  assert.deepEqual((await iam.listVirtualMFADevices({ AssignmentStatus: 'Assigned' })).VirtualMFADevices, []);
  assert.deepEqual((await iam.listVirtualMFADevices({ AssignmentStatus: 'Unassigned' })).VirtualMFADevices, [
    { SerialNumber },
  ]);
  await assert.rejects(iam.deactivateMFADevice({ SerialNumber }), {
    name: 'NoSuchEntityException',
    message: 'MFA Device invalid for user.',
  });
  await iam.tagMFADevice({ SerialNumber, Tags: [{ Key: 'a', Value: 'b' }] });
  assert.deepEqual((await iam.listMFADeviceTags({ SerialNumber })).Tags, [{ Key: 'a', Value: 'b' }]);
  await iam.deleteVirtualMFADevice({ SerialNumber });
  await assert.rejects(iam.listMFADeviceTags({ SerialNumber }), { name: 'NoSuchEntityException' });
});
