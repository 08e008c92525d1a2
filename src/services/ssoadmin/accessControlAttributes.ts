/**
 * Attributes of people that become tags of their sessions (attribute-based access control).
 * https://docs.aws.amazon.com/singlesignon/latest/userguide/attributesforaccesscontrol.html
 */
import type {
  AccessControlAttribute,
  CreateInstanceAccessControlAttributeConfigurationRequest,
  DeleteInstanceAccessControlAttributeConfigurationRequest,
  DescribeInstanceAccessControlAttributeConfigurationRequest,
  DescribeInstanceAccessControlAttributeConfigurationResponse,
  UpdateInstanceAccessControlAttributeConfigurationRequest,
} from '@aws-sdk/client-sso-admin';
import type { Operation, Present } from '../../core/operation.ts';
import {
  type AccessControlAttributes,
  accessControlAttributes,
  attributesOf,
  keepAttributes,
} from '../../identity/accessControlAttributes.ts';
import type { Instance } from '../../identity/instances.ts';
import { onInstance } from './access.ts';
import { failConflict, failInvalid, notFound } from './errors.ts';

type OnInstance<In, Out> = Operation<In, Out, Instance>;

const SOURCE = /^\$\{(?:path:|user:)[a-zA-Z0-9_.:[\]="'? ]+\}$/;

function checked(attributes: readonly AccessControlAttribute[] | undefined): AccessControlAttributes['attributes'] {
  const rows = (attributes ?? []).map(({ Key, Value }) => ({ key: Key!, sources: [...(Value?.Source ?? [])] }));
  if (new Set(rows.map(({ key }) => key)).size !== rows.length) failInvalid('Attribute keys must be unique.');
  for (const { sources } of rows) {
    for (const source of sources)
      if (!SOURCE.test(source)) failInvalid(`The attribute source ${source} is not supported.`);
  }
  return rows;
}

export const CreateInstanceAccessControlAttributeConfiguration: OnInstance<
  Present<CreateInstanceAccessControlAttributeConfigurationRequest>,
  object
> = {
  ...onInstance,
  async run({ InstanceAccessControlAttributeConfiguration: configuration }, ctx, { id }) {
    if (await ctx.store.get(accessControlAttributes, [id])) {
      failConflict('Attributes for access control are enabled for the instance already.');
    }
    await keepAttributes(ctx, { instance: id, attributes: checked(configuration.AccessControlAttributes) });
    return {};
  },
};

export const UpdateInstanceAccessControlAttributeConfiguration: OnInstance<
  Present<UpdateInstanceAccessControlAttributeConfigurationRequest>,
  object
> = {
  ...onInstance,
  async run({ InstanceAccessControlAttributeConfiguration: configuration }, ctx, { id }) {
    if (!(await ctx.store.get(accessControlAttributes, [id]))) throw notConfigured();
    await keepAttributes(ctx, { instance: id, attributes: checked(configuration.AccessControlAttributes) });
    return {};
  },
};

export const DescribeInstanceAccessControlAttributeConfiguration: OnInstance<
  Present<DescribeInstanceAccessControlAttributeConfigurationRequest>,
  DescribeInstanceAccessControlAttributeConfigurationResponse
> = {
  ...onInstance,
  async run(_input, ctx, { id }) {
    const row = await attributesOf(ctx.store, id);
    if (!row) throw notConfigured();
    const AccessControlAttributes = row.attributes.map(({ key, sources }) => ({
      Key: key,
      Value: { Source: [...sources] },
    }));
    return { Status: 'ENABLED', InstanceAccessControlAttributeConfiguration: { AccessControlAttributes } };
  },
};

export const DeleteInstanceAccessControlAttributeConfiguration: OnInstance<
  Present<DeleteInstanceAccessControlAttributeConfigurationRequest>,
  object
> = {
  ...onInstance,
  async run(_input, ctx, { id }) {
    if (!(await ctx.store.remove(accessControlAttributes, [id]))) throw notConfigured();
    return {};
  },
};

const notConfigured = () => notFound('Attributes for access control are not enabled for the instance.');
