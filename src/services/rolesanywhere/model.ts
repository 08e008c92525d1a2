/**
 * AWS's model of IAM Roles Anywhere (API of 2018-05-10) in the form that the SDK's own modules have. The published client
 * this plane can get is older than the SDK's run-time schemas, and knows neither attribute mappings nor notification
 * settings; so the schemas are made here, of `shapes.json`, and the commands of them.
 */
import { commandsOf } from '../../protocols/commands.ts';
import { operation } from './schemas.ts';
import type * as t from './types.ts';

export * from './modelErrors.ts';

const command = commandsOf('RolesAnywhere', 'RolesAnywhereClient');

export const CreateProfile$ = operation(
  'CreateProfile',
  ['POST', '/profiles', 201],
  'CreateProfileRequest',
  'ProfileDetailResponse',
);
export const CreateSession$ = operation(
  'CreateSession',
  ['POST', '/sessions', 201],
  'CreateSessionRequest',
  'CreateSessionResponse',
);
export const CreateTrustAnchor$ = operation(
  'CreateTrustAnchor',
  ['POST', '/trustanchors', 201],
  'CreateTrustAnchorRequest',
  'TrustAnchorDetailResponse',
);
export const DeleteAttributeMapping$ = operation(
  'DeleteAttributeMapping',
  ['DELETE', '/profiles/{profileId}/mappings', 200],
  'DeleteAttributeMappingRequest',
  'DeleteAttributeMappingResponse',
);
export const DeleteCrl$ = operation(
  'DeleteCrl',
  ['DELETE', '/crl/{crlId}', 200],
  'ScalarCrlRequest',
  'CrlDetailResponse',
);
export const DeleteProfile$ = operation(
  'DeleteProfile',
  ['DELETE', '/profile/{profileId}', 200],
  'ScalarProfileRequest',
  'ProfileDetailResponse',
);
export const DeleteTrustAnchor$ = operation(
  'DeleteTrustAnchor',
  ['DELETE', '/trustanchor/{trustAnchorId}', 200],
  'ScalarTrustAnchorRequest',
  'TrustAnchorDetailResponse',
);
export const DisableCrl$ = operation(
  'DisableCrl',
  ['POST', '/crl/{crlId}/disable', 200],
  'ScalarCrlRequest',
  'CrlDetailResponse',
);
export const DisableProfile$ = operation(
  'DisableProfile',
  ['POST', '/profile/{profileId}/disable', 200],
  'ScalarProfileRequest',
  'ProfileDetailResponse',
);
export const DisableTrustAnchor$ = operation(
  'DisableTrustAnchor',
  ['POST', '/trustanchor/{trustAnchorId}/disable', 200],
  'ScalarTrustAnchorRequest',
  'TrustAnchorDetailResponse',
);
export const EnableCrl$ = operation(
  'EnableCrl',
  ['POST', '/crl/{crlId}/enable', 200],
  'ScalarCrlRequest',
  'CrlDetailResponse',
);
export const EnableProfile$ = operation(
  'EnableProfile',
  ['POST', '/profile/{profileId}/enable', 200],
  'ScalarProfileRequest',
  'ProfileDetailResponse',
);
export const EnableTrustAnchor$ = operation(
  'EnableTrustAnchor',
  ['POST', '/trustanchor/{trustAnchorId}/enable', 200],
  'ScalarTrustAnchorRequest',
  'TrustAnchorDetailResponse',
);
export const GetCrl$ = operation('GetCrl', ['GET', '/crl/{crlId}', 200], 'ScalarCrlRequest', 'CrlDetailResponse');
export const GetProfile$ = operation(
  'GetProfile',
  ['GET', '/profile/{profileId}', 200],
  'ScalarProfileRequest',
  'ProfileDetailResponse',
);
export const GetSubject$ = operation(
  'GetSubject',
  ['GET', '/subject/{subjectId}', 200],
  'ScalarSubjectRequest',
  'SubjectDetailResponse',
);
export const GetTrustAnchor$ = operation(
  'GetTrustAnchor',
  ['GET', '/trustanchor/{trustAnchorId}', 200],
  'ScalarTrustAnchorRequest',
  'TrustAnchorDetailResponse',
);
export const ImportCrl$ = operation('ImportCrl', ['POST', '/crls', 201], 'ImportCrlRequest', 'CrlDetailResponse');
export const ListCrls$ = operation('ListCrls', ['GET', '/crls', 200], 'ListRequest', 'ListCrlsResponse');
export const ListProfiles$ = operation(
  'ListProfiles',
  ['GET', '/profiles', 200],
  'ListRequest',
  'ListProfilesResponse',
);
export const ListSubjects$ = operation(
  'ListSubjects',
  ['GET', '/subjects', 200],
  'ListRequest',
  'ListSubjectsResponse',
);
export const ListTagsForResource$ = operation(
  'ListTagsForResource',
  ['GET', '/ListTagsForResource', 200],
  'ListTagsForResourceRequest',
  'ListTagsForResourceResponse',
);
export const ListTrustAnchors$ = operation(
  'ListTrustAnchors',
  ['GET', '/trustanchors', 200],
  'ListRequest',
  'ListTrustAnchorsResponse',
);
export const PutAttributeMapping$ = operation(
  'PutAttributeMapping',
  ['PUT', '/profiles/{profileId}/mappings', 200],
  'PutAttributeMappingRequest',
  'PutAttributeMappingResponse',
);
export const PutNotificationSettings$ = operation(
  'PutNotificationSettings',
  ['PATCH', '/put-notifications-settings', 200],
  'PutNotificationSettingsRequest',
  'PutNotificationSettingsResponse',
);
export const ResetNotificationSettings$ = operation(
  'ResetNotificationSettings',
  ['PATCH', '/reset-notifications-settings', 200],
  'ResetNotificationSettingsRequest',
  'ResetNotificationSettingsResponse',
);
export const TagResource$ = operation(
  'TagResource',
  ['POST', '/TagResource', 201],
  'TagResourceRequest',
  'TagResourceResponse',
);
export const UntagResource$ = operation(
  'UntagResource',
  ['POST', '/UntagResource', 200],
  'UntagResourceRequest',
  'UntagResourceResponse',
);
export const UpdateCrl$ = operation(
  'UpdateCrl',
  ['PATCH', '/crl/{crlId}', 200],
  'UpdateCrlRequest',
  'CrlDetailResponse',
);
export const UpdateProfile$ = operation(
  'UpdateProfile',
  ['PATCH', '/profile/{profileId}', 200],
  'UpdateProfileRequest',
  'ProfileDetailResponse',
);
export const UpdateTrustAnchor$ = operation(
  'UpdateTrustAnchor',
  ['PATCH', '/trustanchor/{trustAnchorId}', 200],
  'UpdateTrustAnchorRequest',
  'TrustAnchorDetailResponse',
);

export class CreateProfileCommand extends command<t.CreateProfileRequest, t.ProfileDetailResponse>(
  'CreateProfile',
  CreateProfile$,
) {}
export class CreateSessionCommand extends command<t.CreateSessionRequest, t.CreateSessionResponse>(
  'CreateSession',
  CreateSession$,
) {}
export class CreateTrustAnchorCommand extends command<t.CreateTrustAnchorRequest, t.TrustAnchorDetailResponse>(
  'CreateTrustAnchor',
  CreateTrustAnchor$,
) {}
export class DeleteAttributeMappingCommand extends command<
  t.DeleteAttributeMappingRequest,
  t.DeleteAttributeMappingResponse
>('DeleteAttributeMapping', DeleteAttributeMapping$) {}
export class DeleteCrlCommand extends command<t.ScalarCrlRequest, t.CrlDetailResponse>('DeleteCrl', DeleteCrl$) {}
export class DeleteProfileCommand extends command<t.ScalarProfileRequest, t.ProfileDetailResponse>(
  'DeleteProfile',
  DeleteProfile$,
) {}
export class DeleteTrustAnchorCommand extends command<t.ScalarTrustAnchorRequest, t.TrustAnchorDetailResponse>(
  'DeleteTrustAnchor',
  DeleteTrustAnchor$,
) {}
export class DisableCrlCommand extends command<t.ScalarCrlRequest, t.CrlDetailResponse>('DisableCrl', DisableCrl$) {}
export class DisableProfileCommand extends command<t.ScalarProfileRequest, t.ProfileDetailResponse>(
  'DisableProfile',
  DisableProfile$,
) {}
export class DisableTrustAnchorCommand extends command<t.ScalarTrustAnchorRequest, t.TrustAnchorDetailResponse>(
  'DisableTrustAnchor',
  DisableTrustAnchor$,
) {}
export class EnableCrlCommand extends command<t.ScalarCrlRequest, t.CrlDetailResponse>('EnableCrl', EnableCrl$) {}
export class EnableProfileCommand extends command<t.ScalarProfileRequest, t.ProfileDetailResponse>(
  'EnableProfile',
  EnableProfile$,
) {}
export class EnableTrustAnchorCommand extends command<t.ScalarTrustAnchorRequest, t.TrustAnchorDetailResponse>(
  'EnableTrustAnchor',
  EnableTrustAnchor$,
) {}
export class GetCrlCommand extends command<t.ScalarCrlRequest, t.CrlDetailResponse>('GetCrl', GetCrl$) {}
export class GetProfileCommand extends command<t.ScalarProfileRequest, t.ProfileDetailResponse>(
  'GetProfile',
  GetProfile$,
) {}
export class GetSubjectCommand extends command<t.ScalarSubjectRequest, t.SubjectDetailResponse>(
  'GetSubject',
  GetSubject$,
) {}
export class GetTrustAnchorCommand extends command<t.ScalarTrustAnchorRequest, t.TrustAnchorDetailResponse>(
  'GetTrustAnchor',
  GetTrustAnchor$,
) {}
export class ImportCrlCommand extends command<t.ImportCrlRequest, t.CrlDetailResponse>('ImportCrl', ImportCrl$) {}
export class ListCrlsCommand extends command<t.ListRequest, t.ListCrlsResponse>('ListCrls', ListCrls$) {}
export class ListProfilesCommand extends command<t.ListRequest, t.ListProfilesResponse>(
  'ListProfiles',
  ListProfiles$,
) {}
export class ListSubjectsCommand extends command<t.ListRequest, t.ListSubjectsResponse>(
  'ListSubjects',
  ListSubjects$,
) {}
export class ListTagsForResourceCommand extends command<t.ListTagsForResourceRequest, t.ListTagsForResourceResponse>(
  'ListTagsForResource',
  ListTagsForResource$,
) {}
export class ListTrustAnchorsCommand extends command<t.ListRequest, t.ListTrustAnchorsResponse>(
  'ListTrustAnchors',
  ListTrustAnchors$,
) {}
export class PutAttributeMappingCommand extends command<t.PutAttributeMappingRequest, t.PutAttributeMappingResponse>(
  'PutAttributeMapping',
  PutAttributeMapping$,
) {}
export class PutNotificationSettingsCommand extends command<
  t.PutNotificationSettingsRequest,
  t.PutNotificationSettingsResponse
>('PutNotificationSettings', PutNotificationSettings$) {}
export class ResetNotificationSettingsCommand extends command<
  t.ResetNotificationSettingsRequest,
  t.ResetNotificationSettingsResponse
>('ResetNotificationSettings', ResetNotificationSettings$) {}
export class TagResourceCommand extends command<t.TagResourceRequest, t.TagResourceResponse>(
  'TagResource',
  TagResource$,
) {}
export class UntagResourceCommand extends command<t.UntagResourceRequest, t.UntagResourceResponse>(
  'UntagResource',
  UntagResource$,
) {}
export class UpdateCrlCommand extends command<t.UpdateCrlRequest, t.CrlDetailResponse>('UpdateCrl', UpdateCrl$) {}
export class UpdateProfileCommand extends command<t.UpdateProfileRequest, t.ProfileDetailResponse>(
  'UpdateProfile',
  UpdateProfile$,
) {}
export class UpdateTrustAnchorCommand extends command<t.UpdateTrustAnchorRequest, t.TrustAnchorDetailResponse>(
  'UpdateTrustAnchor',
  UpdateTrustAnchor$,
) {}
