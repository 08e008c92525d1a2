/** MFA delete: versions go only with a code of the root user's device. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stepAt, totp } from '../../identity/mfa.ts';
import { testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';

const Bucket = 'precious';
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

function bytesOf(seed: Uint8Array): Uint8Array {
  const bits = Array.from(Buffer.from(seed).toString(), (c) => ALPHABET.indexOf(c).toString(2).padStart(5, '0'));
  return Uint8Array.from(bits.join('').match(/.{8}/g)!, (eight) => Number.parseInt(eight, 2));
}

async function guarded() {
  const cloud = await testCloud();
  const { iam, s3 } = cloud.root;
  const { VirtualMFADevice } = await iam.createVirtualMFADevice({ VirtualMFADeviceName: 'phone' });
  const SerialNumber = VirtualMFADevice!.SerialNumber!;
  const seed = bytesOf(VirtualMFADevice!.Base32StringSeed!);
  const code = (steps = 0) => totp(seed, stepAt(cloud.now()) + steps);
  const codes = { AuthenticationCode1: code(-1), AuthenticationCode2: code() };
  await iam.enableMFADevice({ UserName: cloud.managementAccount, SerialNumber, ...codes });
  const fresh = () => {
    cloud.advance('PT1M');
    return `${SerialNumber} ${code()}`;
  };
  await s3.createBucket({ Bucket });
  const VersioningConfiguration = { Status: 'Enabled', MFADelete: 'Enabled' } as const;
  await rejected(s3.putBucketVersioning({ Bucket, VersioningConfiguration }), 'AccessDenied', /Mfa Authentication/);
  await s3.putBucketVersioning({ Bucket, VersioningConfiguration, MFA: fresh() });
  const put = async (Key: string) => ({ Key, VersionId: (await s3.putObject({ Bucket, Key, Body: 'x' })).VersionId! });
  return { cloud, s3, put, fresh, SerialNumber };
}

test('a version is removed with a code, once; a delete marker needs none', async () => {
  const { cloud, s3, put, fresh } = await guarded();
  assert.equal((await s3.getBucketVersioning({ Bucket })).MFADelete, 'Enabled');
  const [one, two] = [await put('one'), await put('two')];
  await rejected(s3.deleteObject({ Bucket, ...one }), 'AccessDenied', /Mfa Authentication/);
  assert.equal((await s3.deleteObject({ Bucket, Key: 'one' })).DeleteMarker, true);
  const MFA = fresh();
  await s3.deleteObject({ Bucket, ...one, MFA });
  await rejected(s3.deleteObject({ Bucket, ...two, MFA }), 'AccessDenied', /Mfa Authentication/);
  const admin = await cloud.user('admin', { Version: '2012-10-17', Statement: ALL });
  await rejected(admin.s3.deleteObject({ Bucket, ...two, MFA: fresh() }), 'AccessDenied', /Mfa Authentication/);
  const VersioningConfiguration = { Status: 'Suspended', MFADelete: 'Disabled' } as const;
  await rejected(s3.putBucketVersioning({ Bucket, VersioningConfiguration }), 'AccessDenied', /Mfa Authentication/);
  await s3.putBucketVersioning({ Bucket, VersioningConfiguration, MFA: fresh() });
  await s3.deleteObject({ Bucket, ...two });
});

const ALL = { Effect: 'Allow', Action: '*', Resource: '*' };

test('one code is for all that a request removes; without one, or with a wrong one, nothing of it is', async () => {
  const { s3, put, fresh, SerialNumber } = await guarded();
  const Objects = [await put('one'), await put('two')];
  const mixed = [{ Key: 'three' }, ...Objects];
  await put('three');
  const counted = async () => {
    const { Versions = [], DeleteMarkers = [] } = await s3.listObjectVersions({ Bucket });
    return [Versions.length, DeleteMarkers.length];
  };
  const remove = (objects: typeof mixed, MFA?: string) =>
    s3.deleteObjects({ Bucket, Delete: { Objects: objects }, ...(MFA !== undefined && { MFA }) });
  await rejected(remove(mixed), 'AccessDenied', /Mfa Authentication/);
  await rejected(remove([{ Key: 'three' }], `${SerialNumber} 000000`), 'AccessDenied', /Mfa Authentication/);
  assert.deepEqual(await counted(), [3, 0]);
  const { Deleted = [], Errors } = await remove(mixed, fresh());
  assert.deepEqual([Deleted.length, Errors], [3, undefined]);
  assert.deepEqual(await counted(), [1, 1]);
});

test('no lifecycle rule goes around the code', async () => {
  const { s3, fresh } = await guarded();
  const Rules = [{ Status: 'Enabled', Filter: {}, NoncurrentVersionExpiration: { NoncurrentDays: 1 } }] as const;
  const put = () => s3.putBucketLifecycleConfiguration({ Bucket, LifecycleConfiguration: { Rules: [...Rules] } });
  await rejected(put(), 'InvalidBucketState', /MFA-enabled/);
  const versioning = (MFADelete: 'Enabled' | 'Disabled') => ({ Status: 'Enabled' as const, MFADelete });
  await s3.putBucketVersioning({ Bucket, VersioningConfiguration: versioning('Disabled'), MFA: fresh() });
  await put();
  const again = s3.putBucketVersioning({ Bucket, VersioningConfiguration: versioning('Enabled'), MFA: fresh() });
  await rejected(again, 'InvalidBucketState', /MFA-enabled/);
});
