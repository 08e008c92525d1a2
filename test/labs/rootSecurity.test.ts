/** The lab "Securing your root user": MFA on, access keys gone, and from then on an administrator works. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { ADMIN, testCloud } from '../../src/testing/cloud.ts';

test('root turns on MFA and gives up its access keys', async () => {
  const cloud = await testCloud();
  const { root } = cloud;
  const admin = await cloud.user('admin', ADMIN);
  assert.deepEqual(await summary(), { AccountMFAEnabled: 0, AccountAccessKeysPresent: 1 });

  const { VirtualMFADevice } = await root.iam.createVirtualMFADevice({ VirtualMFADeviceName: 'root-device' });
  const seed = base32Bytes(Buffer.from(VirtualMFADevice!.Base32StringSeed!).toString());
  const step = Math.floor(cloud.now().getTime() / 30_000);
  await assert.rejects(
    root.iam.enableMFADevice({
      UserName: 'root',
      SerialNumber: VirtualMFADevice!.SerialNumber!,
      AuthenticationCode1: '000000',
      AuthenticationCode2: '000001',
    }),
  );
  const arn = `arn:aws:iam::${cloud.managementAccount}:mfa/root-device`;
  assert.equal(VirtualMFADevice!.SerialNumber, arn);
  await enable(code(seed, step - 1), code(seed, step));
  const { MFADevices } = await root.iam.listMFADevices({});
  assert.deepEqual(
    MFADevices!.map((device) => device.SerialNumber),
    [arn],
  );

  const { AccessKeyMetadata } = await root.iam.listAccessKeys({});
  for (const { AccessKeyId } of AccessKeyMetadata!) await root.iam.deleteAccessKey({ AccessKeyId: AccessKeyId! });
  await assert.rejects(root.sts.getCallerIdentity({}), { name: 'InvalidClientTokenId' });
  assert.deepEqual(await summary(), { AccountMFAEnabled: 1, AccountAccessKeysPresent: 0 });

  async function summary() {
    const { SummaryMap } = await admin.iam.getAccountSummary({});
    const { AccountMFAEnabled, AccountAccessKeysPresent } = SummaryMap!;
    return { AccountMFAEnabled, AccountAccessKeysPresent };
  }

  async function enable(AuthenticationCode1: string, AuthenticationCode2: string) {
    const input = { UserName: 'root', SerialNumber: arn, AuthenticationCode1, AuthenticationCode2 };
    await root.iam.enableMFADevice(input);
  }
});

/** RFC 6238 with SHA-1, six digits, 30 seconds. */
function code(seed: Buffer, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', seed).update(counter).digest();
  const at = mac.at(-1)! & 0x0f;
  return ((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).toString().padStart(6, '0');
}

function base32Bytes(text: string): Buffer {
  let bits = '';
  for (const char of text.replace(/=+$/, '')) {
    bits += 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(char).toString(2).padStart(5, '0');
  }
  return Buffer.from(bits.match(/.{8}/g)!.map((byte) => Number.parseInt(byte, 2)));
}
