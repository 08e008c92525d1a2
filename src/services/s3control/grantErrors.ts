/** Errors of S3 Access Grants. https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
import { CommonError } from '../../core/errors.ts';

/** Code → status and AWS's sentence. */
const ERRORS = {
  AccessGrantAlreadyExists: [409, 'The specified access grant already exists'],
  AccessGrantsInstanceAlreadyExists: [409, 'Access Grants Instance already exists'],
  AccessGrantsInstanceNotEmptyError: [400, 'Please clean up locations before deleting the access grants instance'],
  AccessGrantsInstanceNotExistsError: [404, 'Access Grants Instance does not exist'],
  AccessGrantsInstanceResourcePolicyNotExists: [404, 'Access Grants Instance Resource Policy does not exist'],
  AccessGrantsLocationAlreadyExistsError: [409, 'The specified access grants location already exists'],
  AccessGrantsLocationNotEmptyError: [400, 'Please clean up access grants before deleting access grants location'],
  InvalidAccessGrant: [400, 'The specified Access Grant is invalid'],
  InvalidAccessGrantsLocation: [400, 'The specified Access Grants Location is invalid'],
  InvalidIamRole: [400, 'The specified IAM Role is invalid'],
  InvalidIdentityCenterInstance: [400, 'The specified identity center instance is invalid'],
  InvalidRequest: [400, 'The continuation token provided is incorrect'],
  InvalidResourcePolicy: [400, 'The specified Resource Policy is invalid'],
  NoSuchAccessGrantError: [404, 'The specified access grant does not exist'],
  NoSuchAccessGrantsLocationError: [404, 'The specified access grants location does not exist'],
} as const satisfies Readonly<Record<string, readonly [status: number, message: string]>>;

export function grantError(code: keyof typeof ERRORS): CommonError {
  const [status, message] = ERRORS[code];
  return new CommonError(code, message, status);
}

export const quotaExceeded = (what: 'grant' | 'location', max: number): CommonError =>
  what === 'grant'
    ? new CommonError('AccessGrantsQuotaExceededError', exceeded('access grants', 'Access Grants', max), 409)
    : new CommonError(
        'AccessGrantsLocationsQuotaExceededError',
        exceeded('access grants location', 'Access Grants Locations', max),
        409,
      );

const exceeded = (what: string, name: string, max: number) =>
  `The ${what} quota has been exceeded. ${name} Quota: ${max}. Please reach out to S3 if an increase is required.`;
