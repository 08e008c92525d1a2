/** IAM Roles Anywhere: temporary credentials for whoever holds a certificate of a trusted authority. */
import { defineService, type Limits } from '../../core/operation.ts';
import { afterwards } from './afterwards.ts';
import { DeleteAttributeMapping, PutAttributeMapping } from './attributeMappings.ts';
import { CreateSession, sessionLimits } from './createSession.ts';
import { DeleteCrl, DisableCrl, EnableCrl, GetCrl, ImportCrl, ListCrls, UpdateCrl } from './crls.ts';
import limits from './limits.json' with { type: 'json' };
import * as sdk from './model.ts';
import { PutNotificationSettings, ResetNotificationSettings } from './notifications.ts';
import {
  CreateProfile,
  DeleteProfile,
  DisableProfile,
  EnableProfile,
  GetProfile,
  ListProfiles,
  UpdateProfile,
} from './profiles.ts';
import { GetSubject, ListSubjects } from './subjects.ts';
import { ListTagsForResource, TagResource, UntagResource } from './tags.ts';
import {
  CreateTrustAnchor,
  DeleteTrustAnchor,
  DisableTrustAnchor,
  EnableTrustAnchor,
  GetTrustAnchor,
  ListTrustAnchors,
  UpdateTrustAnchor,
} from './trustAnchors.ts';

export const rolesanywhere = defineService<typeof sdk>({
  name: 'rolesanywhere',
  eventSource: 'rolesanywhere.amazonaws.com',
  sdk,
  wire: { protocols: ['restJson'], version: '2018-05-10' },
  limits: { ...(limits as unknown as Limits), CreateSession: sessionLimits },
  afterwards,
  operations: {
    CreateProfile,
    CreateSession,
    CreateTrustAnchor,
    DeleteAttributeMapping,
    DeleteCrl,
    DeleteProfile,
    DeleteTrustAnchor,
    DisableCrl,
    DisableProfile,
    DisableTrustAnchor,
    EnableCrl,
    EnableProfile,
    EnableTrustAnchor,
    GetCrl,
    GetProfile,
    GetSubject,
    GetTrustAnchor,
    ImportCrl,
    ListCrls,
    ListProfiles,
    ListSubjects,
    ListTagsForResource,
    ListTrustAnchors,
    PutAttributeMapping,
    PutNotificationSettings,
    ResetNotificationSettings,
    TagResource,
    UntagResource,
    UpdateCrl,
    UpdateProfile,
    UpdateTrustAnchor,
  },
});
