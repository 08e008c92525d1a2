/** Multi-factor authentication within a request for credentials. */
import type { Context } from '../../core/context.ts';
import { AccessDenied } from '../../core/errors.ts';
import { type MfaVerdict, verifyMfaCode } from '../../identity/mfa.ts';

export interface MfaRequest {
  readonly SerialNumber?: string | undefined;
  readonly TokenCode?: string | undefined;
}

const refusals: Readonly<Record<Exclude<MfaVerdict, 'Accepted'>, string>> = {
  WrongCode: 'MultiFactorAuthentication failed with invalid MFA one time pass code. ',
  NoSuchDevice:
    'MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid ' +
    'and associated with this user.',
};

/** Whether the request proves a second factor; no record tells the code. Throws AccessDenied if it tries and fails. */
export async function verifyMfa(ctx: Context, { SerialNumber, TokenCode }: MfaRequest): Promise<boolean> {
  if (SerialNumber === undefined && TokenCode === undefined) return false;
  ctx.audit.requestParameters = { ...ctx.audit.requestParameters, tokenCode: undefined };
  if (SerialNumber === undefined || TokenCode === undefined) {
    throw new AccessDenied(
      'MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code. ',
    );
  }
  const verdict = await verifyMfaCode(ctx, SerialNumber, TokenCode);
  if (verdict !== 'Accepted') throw new AccessDenied(refusals[verdict]);
  return true;
}

/** Of a request that carried its own second factor: it is fresh. */
export const mfaConditions = (mfa: boolean) =>
  mfa ? { 'aws:MultiFactorAuthPresent': 'true', 'aws:MultiFactorAuthAge': '0' } : {};
