/**
 * Errors with a Reason. Every reason has one sentence: those that AWS was seen to say, else the API reference's own.
 */
import {
  AccessDeniedException,
  AWSOrganizationsNotInUseException,
  ConstraintViolationException,
  type ConstraintViolationExceptionReason,
  HandshakeConstraintViolationException,
  type HandshakeConstraintViolationExceptionReason,
  InvalidInputException,
  type InvalidInputExceptionReason,
} from '@aws-sdk/client-organizations';
import { awsError, fail } from '../../core/errors.ts';

export const accessDenied = () =>
  awsError(AccessDeniedException, "You don't have permissions to access this resource.");

export const notInUse = () =>
  awsError(AWSOrganizationsNotInUseException, 'Your account is not a member of an organization.');

type Sentences<R extends string> = Readonly<Partial<Record<R, string>>>;

const CONSTRAINTS: Sentences<ConstraintViolationExceptionReason> = {
  ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED: 'You have exceeded the number of accounts that can be in progress at a time.',
  ACCOUNT_NUMBER_LIMIT_EXCEEDED: 'You have exceeded the allowed number of AWS accounts.',
  CANNOT_CLOSE_MANAGEMENT_ACCOUNT: "You can't close the management account.",
  CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR:
    'You cannot register master account/yourself as delegated administrator for your organization.',
  CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR:
    'You cannot register a suspended account as a delegated administrator.',
  CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG:
    'You must deregister this account as a delegated administrator before you can remove it from the organization.',
  CLOSE_ACCOUNT_QUOTA_EXCEEDED: 'You have exceeded close account quota for the past 30 days.',
  CLOSE_ACCOUNT_REQUESTS_LIMIT_EXCEEDED: 'You have exceeded the number of accounts that you can close at a time.',
  MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED:
    'You have attached the maximum number of policies to the specified target.',
  MAX_TAG_LIMIT_EXCEEDED: 'You have exceeded the number of tags allowed on this resource.',
  MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED:
    'You cannot remove the last policy attached to the specified target. You must have at least one attached at all times.',
  ORGANIZATION_NOT_IN_ALL_FEATURES_MODE:
    'You attempted to perform an operation that requires the organization to be configured to support all features.',
  OU_DEPTH_LIMIT_EXCEEDED: 'You have exceeded the allowed depth of organizational units.',
  OU_NUMBER_LIMIT_EXCEEDED: 'You have exceeded the allowed number of organizational units.',
  POLICY_CONTENT_LIMIT_EXCEEDED: 'You have exceeded the maximum policy size.',
  POLICY_NUMBER_LIMIT_EXCEEDED: 'You have exceeded the allowed number of policies.',
  POLICY_TYPE_ENABLED_FOR_THIS_SERVICE: 'You must disable the policy type before you disable service access.',
  SERVICE_ACCESS_NOT_ENABLED:
    'You must enable service access before you delegate an administrator for this service. ' +
    'Call the AWS API EnableAWSServiceAccess first.',
  WAIT_PERIOD_ACTIVE:
    'This operation requires a wait period. Try again later: a created account must be at least four days old.',
};

const INPUTS: Sentences<InvalidInputExceptionReason> = {
  DUPLICATE_TAG_KEY: 'Tag keys must be unique among the tags attached to the same entity.',
  IMMUTABLE_POLICY: "You specified a policy that is managed by AWS and can't be modified.",
  INPUT_REQUIRED: 'You must include a value for all required parameters.',
  INVALID_EMAIL_ADDRESS_TARGET: 'You specified an invalid email address for the invited account owner.',
  INVALID_ENUM_POLICY_TYPE: 'You specified an invalid policy type.',
  INVALID_NEXT_TOKEN:
    'Get the value for the NextToken parameter from the response to a previous call of the operation.',
  INVALID_PARTY_TYPE_TARGET: 'You specified the wrong type of entity (account, organization, or email) as a party.',
  INVALID_PATTERN_TARGET_ID: "You specified a policy target ID that doesn't match the required pattern.",
  INVALID_PRINCIPAL: 'You specified an invalid principal element in the policy.',
  INVALID_RESOURCE_POLICY_JSON: 'You provided a resource policy that is not valid JSON.',
  INVALID_ROLE_NAME:
    "You provided a role name that isn't valid. A role name can't begin with the reserved prefix AWSServiceRoleFor.",
  INVALID_SYSTEM_TAGS_PARAMETER:
    "You specified a tag key that is a system tag. You can't add, edit, or delete system tag keys " +
    "because they're reserved for AWS use. System tags don't count against your tags per resource limit.",
  MAX_LIMIT_EXCEEDED_FILTER: 'You can specify only one filter parameter for the operation.',
  MOVING_ACCOUNT_BETWEEN_DIFFERENT_ROOTS: 'You can move an account only between entities in the same root.',
  NON_DETACHABLE_POLICY: "You can't detach this AWS Managed Policy.",
  TARGET_NOT_SUPPORTED: "You can't perform the specified operation on that target entity.",
  UNRECOGNIZED_SERVICE_PRINCIPAL: 'You specified an unrecognized service principal.',
  UNSUPPORTED_ACTION_IN_RESOURCE_POLICY: 'You specified an action that is not supported in a resource policy.',
  UNSUPPORTED_POLICY_TYPE_IN_RESOURCE_POLICY: 'You specified a policy type that is not supported in a resource policy.',
  UNSUPPORTED_RESOURCE_IN_RESOURCE_POLICY: 'You specified a resource that is not supported in a resource policy.',
};

const HANDSHAKES: Sentences<HandshakeConstraintViolationExceptionReason> = {
  HANDSHAKE_RATE_LIMIT_EXCEEDED: 'You have exceeded the number of handshakes that you can send in one day.',
  ACCOUNT_NUMBER_LIMIT_EXCEEDED: 'You have exceeded the allowed number of AWS accounts.',
  ALREADY_IN_AN_ORGANIZATION: 'The AWS account is already a member of an organization.',
  INVITE_DISABLED_DURING_ENABLE_ALL_FEATURES:
    "You can't issue new invitations to join an organization while it's in the process of enabling all features.",
  ORGANIZATION_ALREADY_HAS_ALL_FEATURES: 'All features are already enabled on this organization.',
  ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION:
    'The handshake request is invalid because the organization has already started the process to enable all features.',
};

/** Throws ConstraintViolationException. `message` replaces the reason's usual sentence. */
export const violated = (Reason: ConstraintViolationExceptionReason, message = CONSTRAINTS[Reason]): never =>
  fail(ConstraintViolationException, message ?? Reason, { Reason });

/** Throws InvalidInputException. */
export const invalid = (Reason: InvalidInputExceptionReason, message = INPUTS[Reason]): never =>
  fail(InvalidInputException, message ?? Reason, { Reason });

/** Throws HandshakeConstraintViolationException. */
export const handshakeViolated = (Reason: HandshakeConstraintViolationExceptionReason): never =>
  fail(HandshakeConstraintViolationException, HANDSHAKES[Reason] ?? Reason, { Reason });
