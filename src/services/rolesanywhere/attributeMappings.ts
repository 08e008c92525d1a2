import type { Operation, Present } from '../../core/operation.ts';
import { refuse } from './errors.ts';
import { specifierOf } from './mappings.ts';
import { loadProfile, profileView } from './profiles.ts';
import { accessTo, changed } from './resources.ts';
import { type Profile, profiles } from './rows.ts';
import type * as t from './types.ts';

export const PutAttributeMapping: Operation<
  Present<t.PutAttributeMappingRequest>,
  t.PutAttributeMappingResponse,
  Profile
> = {
  load: loadProfile,
  access: (_input, _ctx, profile) => accessTo('profile', profile),
  async run({ certificateField: field, mappingRules }, ctx, profile) {
    const specifiers = mappingRules.map(({ specifier }) => specifierOf(field, specifier ?? ''));
    if (new Set(specifiers).size < specifiers.length) refuse('Duplicate specifiers are not allowed.');
    const mappings = { ...profile.mappings, [field]: specifiers };
    return { profile: profileView(await changed(ctx, profiles, profile, { mappings })) };
  },
};

export const DeleteAttributeMapping: Operation<
  Present<t.DeleteAttributeMappingRequest>,
  t.DeleteAttributeMappingResponse,
  Profile
> = {
  load: loadProfile,
  access: (_input, _ctx, profile) => accessTo('profile', profile),
  async run({ certificateField: field, specifiers }, ctx, profile) {
    const unwanted = specifiers?.map((text) => specifierOf(field, text));
    const kept = unwanted === undefined ? [] : profile.mappings[field].filter((each) => !unwanted.includes(each));
    const mappings = { ...profile.mappings, [field]: kept };
    return { profile: profileView(await changed(ctx, profiles, profile, { mappings })) };
  },
};
