/** Access control lists of objects. https://docs.aws.amazon.com/AmazonS3/latest/userguide/managing-acls.html */
import type {
  GetObjectAclOutput,
  GetObjectAclRequest,
  PutObjectAclOutput,
  PutObjectAclRequest,
} from '@aws-sdk/client-s3';
import type { Operation, Present } from '../../core/operation.ts';
import { givenAcl, requireAcl } from './acls.ts';
import { aclsDisabled, effectiveAcl, objectOwner } from './authority.ts';
import { objectArn } from './bucketRows.ts';
import { aclConditions, privateAcl, shownGrants, shownOwner } from './grants.ts';
import { objectEvent } from './notifications.ts';
import { type ObjectTarget, objectActions, onObject, presentVersion } from './objectTargets.ts';
import { replaceVersion } from './versionStore.ts';

export const GetObjectAcl: Operation<Present<GetObjectAclRequest>, GetObjectAclOutput, ObjectTarget> = {
  ...onObject(objectActions('Get', 'Acl')),
  async run(input, _ctx, target) {
    const { settings, block } = target;
    const version = presentVersion(target, input);
    const owner = objectOwner(settings, version);
    const acl = aclsDisabled(settings) ? undefined : version.acl;
    const Grants = shownGrants(acl ? effectiveAcl(settings, block, acl) : privateAcl(owner));
    return { Owner: shownOwner(owner), Grants };
  },
};

export const PutObjectAcl: Operation<Present<PutObjectAclRequest>, PutObjectAclOutput, ObjectTarget> = {
  ...onObject<Present<PutObjectAclRequest>>(objectActions('Put', 'Acl'), aclConditions),
  async run(input, ctx, target) {
    const { settings } = target;
    const version = presentVersion(target, input);
    const owners = { owner: objectOwner(settings, version), bucketOwner: settings.account };
    const acl = await givenAcl(ctx, input, owners);
    requireAcl(ctx, target, acl, { action: 's3:PutObjectAcl', resource: objectArn(input.Bucket, input.Key) });
    if (aclsDisabled(settings) || JSON.stringify(acl) === JSON.stringify(version.acl)) return {};
    const changed = { ...version, acl };
    await replaceVersion(ctx, changed);
    await objectEvent(ctx, target, { name: 'ObjectAcl:Put', version: changed, reason: 'PutObjectAcl' });
    return {};
  },
};
