/**
 * AWS's model of IAM Roles Anywhere (API of 2018-05-10) in the form that the SDK's own modules have. The published client
 * this plane can get is older than the SDK's run-time schemas, and knows neither attribute mappings nor notification
 * settings; so the schemas are here, and the commands are made of them.
 */
import { Command, ServiceException } from '@smithy/core/client';
import { getEndpointPlugin } from '@smithy/core/endpoints';
import { TypeRegistry } from '@smithy/core/schema';
import type * as t from './types.ts';

const N = 'com.amazonaws.rolesanywhere';

const TagKey = [0, N, 'TagKey', 8, 0] as const;
const TagValue = [0, N, 'TagValue', 8, 0] as const;
const AttributeMappings = [1, N, 'AttributeMappings', 0, () => AttributeMapping$] as const;
const CredentialSummaries = [1, N, 'CredentialSummaries', 0, () => CredentialSummary$] as const;
const CrlDetails = [1, N, 'CrlDetails', 0, () => CrlDetail$] as const;
const InstanceProperties = [1, N, 'InstanceProperties', 0, () => InstanceProperty$] as const;
const InstancePropertyMap = [2, N, 'InstancePropertyMap', 0, 0, 0] as const;
const ManagedPolicyList = [1, N, 'ManagedPolicyList', 0, 0] as const;
const MappingRules = [1, N, 'MappingRules', 0, () => MappingRule$] as const;
const NotificationSettingDetails = [1, N, 'NotificationSettingDetails', 0, () => NotificationSettingDetail$] as const;
const NotificationSettingKeys = [1, N, 'NotificationSettingKeys', 0, () => NotificationSettingKey$] as const;
const NotificationSettings = [1, N, 'NotificationSettings', 0, () => NotificationSetting$] as const;
const ProfileDetails = [1, N, 'ProfileDetails', 0, () => ProfileDetail$] as const;
const RoleArnList = [1, N, 'RoleArnList', 0, 0] as const;
const SubjectSummaries = [1, N, 'SubjectSummaries', 0, () => SubjectSummary$] as const;
const TagKeyList = [1, N, 'TagKeyList', 0, TagKey] as const;
const TagList = [1, N, 'TagList', 0, () => Tag$] as const;
const TrustAnchorDetails = [1, N, 'TrustAnchorDetails', 0, () => TrustAnchorDetail$] as const;
const AttributeMapping$ = [
  3,
  N,
  'AttributeMapping',
  0,
  ['certificateField', 'mappingRules'],
  [0, () => MappingRules],
] as const;
const CreateProfileRequest$ = [
  3,
  N,
  'CreateProfileRequest',
  0,
  [
    'name',
    'roleArns',
    'requireInstanceProperties',
    'sessionPolicy',
    'managedPolicyArns',
    'durationSeconds',
    'enabled',
    'tags',
    'acceptRoleSessionName',
  ],
  [0, () => RoleArnList, 2, 0, () => ManagedPolicyList, 1, 2, () => TagList, 2],
  2,
] as const;
const CreateTrustAnchorRequest$ = [
  3,
  N,
  'CreateTrustAnchorRequest',
  0,
  ['name', 'source', 'enabled', 'tags', 'notificationSettings'],
  [0, () => Source$, 2, () => TagList, () => NotificationSettings],
  2,
] as const;
const CredentialSummary$ = [
  3,
  N,
  'CredentialSummary',
  0,
  ['seenAt', 'serialNumber', 'issuer', 'enabled', 'x509CertificateData', 'failed'],
  [5, 0, 0, 2, 0, 2],
] as const;
const CrlDetail$ = [
  3,
  N,
  'CrlDetail',
  0,
  ['crlId', 'crlArn', 'name', 'enabled', 'crlData', 'trustAnchorArn', 'createdAt', 'updatedAt'],
  [0, 0, 0, 2, 21, 0, 5, 5],
] as const;
const CrlDetailResponse$ = [3, N, 'CrlDetailResponse', 0, ['crl'], [() => CrlDetail$], 1] as const;
const DeleteAttributeMappingRequest$ = [
  3,
  N,
  'DeleteAttributeMappingRequest',
  0,
  ['profileId', 'certificateField', 'specifiers'],
  [
    [0, 1],
    [0, { httpQuery: 'certificateField' }],
    [64, { httpQuery: 'specifiers' }],
  ],
  2,
] as const;
const DeleteAttributeMappingResponse$ = [
  3,
  N,
  'DeleteAttributeMappingResponse',
  0,
  ['profile'],
  [() => ProfileDetail$],
  1,
] as const;
const ImportCrlRequest$ = [
  3,
  N,
  'ImportCrlRequest',
  0,
  ['name', 'crlData', 'trustAnchorArn', 'enabled', 'tags'],
  [0, 21, 0, 2, () => TagList],
  3,
] as const;
const InstanceProperty$ = [
  3,
  N,
  'InstanceProperty',
  0,
  ['seenAt', 'properties', 'failed'],
  [5, () => InstancePropertyMap, 2],
] as const;
const ListCrlsResponse$ = [3, N, 'ListCrlsResponse', 0, ['nextToken', 'crls'], [0, () => CrlDetails]] as const;
const ListProfilesResponse$ = [
  3,
  N,
  'ListProfilesResponse',
  0,
  ['nextToken', 'profiles'],
  [0, () => ProfileDetails],
] as const;
const ListRequest$ = [
  3,
  N,
  'ListRequest',
  0,
  ['nextToken', 'pageSize'],
  [
    [0, { httpQuery: 'nextToken' }],
    [1, { httpQuery: 'pageSize' }],
  ],
] as const;
const ListSubjectsResponse$ = [
  3,
  N,
  'ListSubjectsResponse',
  0,
  ['subjects', 'nextToken'],
  [() => SubjectSummaries, 0],
] as const;
const ListTagsForResourceRequest$ = [
  3,
  N,
  'ListTagsForResourceRequest',
  0,
  ['resourceArn'],
  [[0, { httpQuery: 'resourceArn' }]],
  1,
] as const;
const ListTagsForResourceResponse$ = [3, N, 'ListTagsForResourceResponse', 0, ['tags'], [() => TagList]] as const;
const ListTrustAnchorsResponse$ = [
  3,
  N,
  'ListTrustAnchorsResponse',
  0,
  ['nextToken', 'trustAnchors'],
  [0, () => TrustAnchorDetails],
] as const;
const MappingRule$ = [3, N, 'MappingRule', 0, ['specifier'], [0], 1] as const;
const NotificationSetting$ = [
  3,
  N,
  'NotificationSetting',
  0,
  ['enabled', 'event', 'threshold', 'channel'],
  [2, 0, 1, 0],
  2,
] as const;
const NotificationSettingDetail$ = [
  3,
  N,
  'NotificationSettingDetail',
  0,
  ['enabled', 'event', 'threshold', 'channel', 'configuredBy'],
  [2, 0, 1, 0, 0],
  2,
] as const;
const NotificationSettingKey$ = [3, N, 'NotificationSettingKey', 0, ['event', 'channel'], [0, 0], 1] as const;
const ProfileDetail$ = [
  3,
  N,
  'ProfileDetail',
  0,
  [
    'profileId',
    'profileArn',
    'name',
    'requireInstanceProperties',
    'enabled',
    'createdBy',
    'sessionPolicy',
    'roleArns',
    'managedPolicyArns',
    'createdAt',
    'updatedAt',
    'durationSeconds',
    'acceptRoleSessionName',
    'attributeMappings',
  ],
  [0, 0, 0, 2, 2, 0, 0, () => RoleArnList, () => ManagedPolicyList, 5, 5, 1, 2, () => AttributeMappings],
] as const;
const ProfileDetailResponse$ = [3, N, 'ProfileDetailResponse', 0, ['profile'], [() => ProfileDetail$]] as const;
const PutAttributeMappingRequest$ = [
  3,
  N,
  'PutAttributeMappingRequest',
  0,
  ['profileId', 'certificateField', 'mappingRules'],
  [[0, 1], 0, () => MappingRules],
  3,
] as const;
const PutAttributeMappingResponse$ = [
  3,
  N,
  'PutAttributeMappingResponse',
  0,
  ['profile'],
  [() => ProfileDetail$],
  1,
] as const;
const PutNotificationSettingsRequest$ = [
  3,
  N,
  'PutNotificationSettingsRequest',
  0,
  ['trustAnchorId', 'notificationSettings'],
  [0, () => NotificationSettings],
  2,
] as const;
const PutNotificationSettingsResponse$ = [
  3,
  N,
  'PutNotificationSettingsResponse',
  0,
  ['trustAnchor'],
  [() => TrustAnchorDetail$],
  1,
] as const;
const ResetNotificationSettingsRequest$ = [
  3,
  N,
  'ResetNotificationSettingsRequest',
  0,
  ['trustAnchorId', 'notificationSettingKeys'],
  [0, () => NotificationSettingKeys],
  2,
] as const;
const ResetNotificationSettingsResponse$ = [
  3,
  N,
  'ResetNotificationSettingsResponse',
  0,
  ['trustAnchor'],
  [() => TrustAnchorDetail$],
  1,
] as const;
const ScalarCrlRequest$ = [3, N, 'ScalarCrlRequest', 0, ['crlId'], [[0, 1]], 1] as const;
const ScalarProfileRequest$ = [3, N, 'ScalarProfileRequest', 0, ['profileId'], [[0, 1]], 1] as const;
const ScalarSubjectRequest$ = [3, N, 'ScalarSubjectRequest', 0, ['subjectId'], [[0, 1]], 1] as const;
const ScalarTrustAnchorRequest$ = [3, N, 'ScalarTrustAnchorRequest', 0, ['trustAnchorId'], [[0, 1]], 1] as const;
const Source$ = [3, N, 'Source', 0, ['sourceType', 'sourceData'], [0, () => SourceData$]] as const;
const SourceData$ = [4, N, 'SourceData', 0, ['x509CertificateData', 'acmPcaArn'], [0, 0]] as const;
const SubjectDetail$ = [
  3,
  N,
  'SubjectDetail',
  0,
  [
    'subjectArn',
    'subjectId',
    'enabled',
    'x509Subject',
    'lastSeenAt',
    'createdAt',
    'updatedAt',
    'credentials',
    'instanceProperties',
  ],
  [0, 0, 2, 0, 5, 5, 5, () => CredentialSummaries, () => InstanceProperties],
] as const;
const SubjectDetailResponse$ = [3, N, 'SubjectDetailResponse', 0, ['subject'], [() => SubjectDetail$]] as const;
const SubjectSummary$ = [
  3,
  N,
  'SubjectSummary',
  0,
  ['subjectArn', 'subjectId', 'enabled', 'x509Subject', 'lastSeenAt', 'createdAt', 'updatedAt'],
  [0, 0, 2, 0, 5, 5, 5],
] as const;
const CreateSessionRequest$ = [
  3,
  N,
  'CreateSessionRequest',
  0,
  [
    'profileArn',
    'roleArn',
    'trustAnchorArn',
    'durationSeconds',
    'roleSessionName',
    'sessionName',
    'instanceProperties',
  ],
  [0, 0, 0, 1, 0, 0, () => InstancePropertyMap],
  3,
] as const;
const AssumedRoleUser$ = [3, N, 'AssumedRoleUser', 0, ['arn', 'assumedRoleId'], [0, 0]] as const;
const Credentials$ = [
  3,
  N,
  'Credentials',
  0,
  ['accessKeyId', 'expiration', 'secretAccessKey', 'sessionToken'],
  [0, 5, [0, N, 'SecretAccessKey', 8, 0], 0],
] as const;
const CredentialResponse$ = [
  3,
  N,
  'CredentialResponse',
  0,
  ['assumedRoleUser', 'credentials', 'packedPolicySize', 'roleArn', 'sourceIdentity'],
  [() => AssumedRoleUser$, () => Credentials$, 1, 0, 0],
] as const;
const CredentialSet = [1, N, 'CredentialSet', 0, () => CredentialResponse$] as const;
const CreateSessionResponse$ = [
  3,
  N,
  'CreateSessionResponse',
  0,
  ['credentialSet', 'subjectArn'],
  [() => CredentialSet, 0],
] as const;
const Tag$ = [3, N, 'Tag', 0, ['key', 'value'], [TagKey, TagValue], 2] as const;
const TagResourceRequest$ = [3, N, 'TagResourceRequest', 0, ['resourceArn', 'tags'], [0, () => TagList], 2] as const;
const TagResourceResponse$ = [3, N, 'TagResourceResponse', 0, [], []] as const;
const TrustAnchorDetail$ = [
  3,
  N,
  'TrustAnchorDetail',
  0,
  ['trustAnchorId', 'trustAnchorArn', 'name', 'source', 'enabled', 'createdAt', 'updatedAt', 'notificationSettings'],
  [0, 0, 0, () => Source$, 2, 5, 5, () => NotificationSettingDetails],
] as const;
const TrustAnchorDetailResponse$ = [
  3,
  N,
  'TrustAnchorDetailResponse',
  0,
  ['trustAnchor'],
  [() => TrustAnchorDetail$],
  1,
] as const;
const UntagResourceRequest$ = [
  3,
  N,
  'UntagResourceRequest',
  0,
  ['resourceArn', 'tagKeys'],
  [0, () => TagKeyList],
  2,
] as const;
const UntagResourceResponse$ = [3, N, 'UntagResourceResponse', 0, [], []] as const;
const UpdateCrlRequest$ = [3, N, 'UpdateCrlRequest', 0, ['crlId', 'name', 'crlData'], [[0, 1], 0, 21], 1] as const;
const UpdateProfileRequest$ = [
  3,
  N,
  'UpdateProfileRequest',
  0,
  ['profileId', 'name', 'sessionPolicy', 'roleArns', 'managedPolicyArns', 'durationSeconds', 'acceptRoleSessionName'],
  [[0, 1], 0, 0, () => RoleArnList, () => ManagedPolicyList, 1, 2],
  1,
] as const;
const UpdateTrustAnchorRequest$ = [
  3,
  N,
  'UpdateTrustAnchorRequest',
  0,
  ['trustAnchorId', 'name', 'source'],
  [[0, 1], 0, () => Source$],
  1,
] as const;

const registry = TypeRegistry.for(N);
const CLIENT_FAULT = 'client';

type ErrorOptions = { readonly message?: string; readonly $metadata?: object };

const optionsOf = (name: string, options: ErrorOptions) =>
  ({ $metadata: {}, ...options, name, $fault: CLIENT_FAULT }) as never;

export class AccessDeniedException extends ServiceException {
  constructor(options: ErrorOptions) {
    super(optionsOf('AccessDeniedException', options));
    Object.setPrototypeOf(this, AccessDeniedException.prototype);
  }
}
export const AccessDeniedException$ = [
  -3,
  N,
  'AccessDeniedException',
  { error: CLIENT_FAULT, httpError: 403 },
  ['message'],
  [0],
] as const;
registry.registerError(AccessDeniedException$ as never, AccessDeniedException as never);

export class ResourceNotFoundException extends ServiceException {
  constructor(options: ErrorOptions) {
    super(optionsOf('ResourceNotFoundException', options));
    Object.setPrototypeOf(this, ResourceNotFoundException.prototype);
  }
}
export const ResourceNotFoundException$ = [
  -3,
  N,
  'ResourceNotFoundException',
  { error: CLIENT_FAULT, httpError: 404 },
  ['message'],
  [0],
] as const;
registry.registerError(ResourceNotFoundException$ as never, ResourceNotFoundException as never);

export class TooManyTagsException extends ServiceException {
  constructor(options: ErrorOptions) {
    super(optionsOf('TooManyTagsException', options));
    Object.setPrototypeOf(this, TooManyTagsException.prototype);
  }
}
export const TooManyTagsException$ = [
  -3,
  N,
  'TooManyTagsException',
  { error: CLIENT_FAULT, httpError: 400 },
  ['message'],
  [0],
] as const;
registry.registerError(TooManyTagsException$ as never, TooManyTagsException as never);

export class ValidationException extends ServiceException {
  constructor(options: ErrorOptions) {
    super(optionsOf('ValidationException', options));
    Object.setPrototypeOf(this, ValidationException.prototype);
  }
}
export const ValidationException$ = [
  -3,
  N,
  'ValidationException',
  { error: CLIENT_FAULT, httpError: 400 },
  ['message'],
  [0],
] as const;
registry.registerError(ValidationException$ as never, ValidationException as never);

/** For clients: how answers become these errors. */
export const errorTypeRegistries = [registry];

type Http = readonly [method: string, path: string, status: number];

const operation = (name: string, http: Http, input: () => unknown, output: () => unknown) =>
  [9, N, name, { http }, input, output] as const;

interface CommandOf<In, Out> {
  new (
    input: In,
  ): {
    readonly input: In;
    resolveMiddleware(...stack: never[]): (...request: never[]) => Promise<{ output: Out }>;
  };
}

const ENDPOINT = {
  Endpoint: { type: 'builtInParams', name: 'endpoint' },
  Region: { type: 'builtInParams', name: 'region' },
} as const;

function command<In extends object, Out>(name: string, schema: unknown): CommandOf<In, Out> {
  const built = Command.classBuilder()
    .ep(ENDPOINT)
    .m((Made, _stack, config) => [getEndpointPlugin(config as never, Made.getEndpointParameterInstructions())])
    .s('RolesAnywhere', name, {})
    .n('RolesAnywhereClient', `${name}Command`)
    .sc(schema as never)
    .build();
  return built as unknown as CommandOf<In, Out>;
}

export const CreateProfile$ = operation(
  'CreateProfile',
  ['POST', '/profiles', 201],
  () => CreateProfileRequest$,
  () => ProfileDetailResponse$,
);
export const CreateTrustAnchor$ = operation(
  'CreateTrustAnchor',
  ['POST', '/trustanchors', 201],
  () => CreateTrustAnchorRequest$,
  () => TrustAnchorDetailResponse$,
);
export const DeleteAttributeMapping$ = operation(
  'DeleteAttributeMapping',
  ['DELETE', '/profiles/{profileId}/mappings', 200],
  () => DeleteAttributeMappingRequest$,
  () => DeleteAttributeMappingResponse$,
);
export const DeleteCrl$ = operation(
  'DeleteCrl',
  ['DELETE', '/crl/{crlId}', 200],
  () => ScalarCrlRequest$,
  () => CrlDetailResponse$,
);
export const DeleteProfile$ = operation(
  'DeleteProfile',
  ['DELETE', '/profile/{profileId}', 200],
  () => ScalarProfileRequest$,
  () => ProfileDetailResponse$,
);
export const DeleteTrustAnchor$ = operation(
  'DeleteTrustAnchor',
  ['DELETE', '/trustanchor/{trustAnchorId}', 200],
  () => ScalarTrustAnchorRequest$,
  () => TrustAnchorDetailResponse$,
);
export const DisableCrl$ = operation(
  'DisableCrl',
  ['POST', '/crl/{crlId}/disable', 200],
  () => ScalarCrlRequest$,
  () => CrlDetailResponse$,
);
export const DisableProfile$ = operation(
  'DisableProfile',
  ['POST', '/profile/{profileId}/disable', 200],
  () => ScalarProfileRequest$,
  () => ProfileDetailResponse$,
);
export const DisableTrustAnchor$ = operation(
  'DisableTrustAnchor',
  ['POST', '/trustanchor/{trustAnchorId}/disable', 200],
  () => ScalarTrustAnchorRequest$,
  () => TrustAnchorDetailResponse$,
);
export const EnableCrl$ = operation(
  'EnableCrl',
  ['POST', '/crl/{crlId}/enable', 200],
  () => ScalarCrlRequest$,
  () => CrlDetailResponse$,
);
export const EnableProfile$ = operation(
  'EnableProfile',
  ['POST', '/profile/{profileId}/enable', 200],
  () => ScalarProfileRequest$,
  () => ProfileDetailResponse$,
);
export const EnableTrustAnchor$ = operation(
  'EnableTrustAnchor',
  ['POST', '/trustanchor/{trustAnchorId}/enable', 200],
  () => ScalarTrustAnchorRequest$,
  () => TrustAnchorDetailResponse$,
);
export const GetCrl$ = operation(
  'GetCrl',
  ['GET', '/crl/{crlId}', 200],
  () => ScalarCrlRequest$,
  () => CrlDetailResponse$,
);
export const GetProfile$ = operation(
  'GetProfile',
  ['GET', '/profile/{profileId}', 200],
  () => ScalarProfileRequest$,
  () => ProfileDetailResponse$,
);
export const GetSubject$ = operation(
  'GetSubject',
  ['GET', '/subject/{subjectId}', 200],
  () => ScalarSubjectRequest$,
  () => SubjectDetailResponse$,
);
export const GetTrustAnchor$ = operation(
  'GetTrustAnchor',
  ['GET', '/trustanchor/{trustAnchorId}', 200],
  () => ScalarTrustAnchorRequest$,
  () => TrustAnchorDetailResponse$,
);
export const ImportCrl$ = operation(
  'ImportCrl',
  ['POST', '/crls', 201],
  () => ImportCrlRequest$,
  () => CrlDetailResponse$,
);
export const ListCrls$ = operation(
  'ListCrls',
  ['GET', '/crls', 200],
  () => ListRequest$,
  () => ListCrlsResponse$,
);
export const ListProfiles$ = operation(
  'ListProfiles',
  ['GET', '/profiles', 200],
  () => ListRequest$,
  () => ListProfilesResponse$,
);
export const ListSubjects$ = operation(
  'ListSubjects',
  ['GET', '/subjects', 200],
  () => ListRequest$,
  () => ListSubjectsResponse$,
);
export const ListTagsForResource$ = operation(
  'ListTagsForResource',
  ['GET', '/ListTagsForResource', 200],
  () => ListTagsForResourceRequest$,
  () => ListTagsForResourceResponse$,
);
export const ListTrustAnchors$ = operation(
  'ListTrustAnchors',
  ['GET', '/trustanchors', 200],
  () => ListRequest$,
  () => ListTrustAnchorsResponse$,
);
export const PutAttributeMapping$ = operation(
  'PutAttributeMapping',
  ['PUT', '/profiles/{profileId}/mappings', 200],
  () => PutAttributeMappingRequest$,
  () => PutAttributeMappingResponse$,
);
export const PutNotificationSettings$ = operation(
  'PutNotificationSettings',
  ['PATCH', '/put-notifications-settings', 200],
  () => PutNotificationSettingsRequest$,
  () => PutNotificationSettingsResponse$,
);
export const ResetNotificationSettings$ = operation(
  'ResetNotificationSettings',
  ['PATCH', '/reset-notifications-settings', 200],
  () => ResetNotificationSettingsRequest$,
  () => ResetNotificationSettingsResponse$,
);
export const TagResource$ = operation(
  'TagResource',
  ['POST', '/TagResource', 201],
  () => TagResourceRequest$,
  () => TagResourceResponse$,
);
export const UntagResource$ = operation(
  'UntagResource',
  ['POST', '/UntagResource', 200],
  () => UntagResourceRequest$,
  () => UntagResourceResponse$,
);
export const UpdateCrl$ = operation(
  'UpdateCrl',
  ['PATCH', '/crl/{crlId}', 200],
  () => UpdateCrlRequest$,
  () => CrlDetailResponse$,
);
export const UpdateProfile$ = operation(
  'UpdateProfile',
  ['PATCH', '/profile/{profileId}', 200],
  () => UpdateProfileRequest$,
  () => ProfileDetailResponse$,
);
export const UpdateTrustAnchor$ = operation(
  'UpdateTrustAnchor',
  ['PATCH', '/trustanchor/{trustAnchorId}', 200],
  () => UpdateTrustAnchorRequest$,
  () => TrustAnchorDetailResponse$,
);

export class CreateProfileCommand extends command<t.CreateProfileRequest, t.ProfileDetailResponse>(
  'CreateProfile',
  CreateProfile$,
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

/** What no SDK has: clients sign it with a certificate's key. */
export const CreateSession$ = operation(
  'CreateSession',
  ['POST', '/sessions', 201],
  () => CreateSessionRequest$,
  () => CreateSessionResponse$,
);
export class CreateSessionCommand extends command<t.CreateSessionRequest, t.CreateSessionResponse>(
  'CreateSession',
  CreateSession$,
) {}
