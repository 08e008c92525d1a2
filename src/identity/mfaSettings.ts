/**
 * How an instance of IAM Identity Center wants the people of its directory to prove themselves beside the password. AWS
 * keeps it on a page of its console; no public operation reads or writes it.
 * https://docs.aws.amazon.com/singlesignon/latest/userguide/mfa-configure.html
 */
export interface MfaSettings {
  /** Every time, only when the browser or its address is not one that was trusted, or never. */
  readonly prompt: 'ALWAYS' | 'CONTEXT_AWARE' | 'NEVER';
  /** Kinds of devices that count: passkeys and security keys, authenticator applications. */
  readonly types: readonly MfaType[];
  /** Who has no device that counts: adds one at sign-in, gets a code by mail, is kept out, or is let in. */
  readonly withoutDevice: 'REGISTER' | 'EMAIL' | 'BLOCK' | 'ALLOW';
  /** Whether people add and remove devices themselves, once they are in. */
  readonly selfService: boolean;
}

export type MfaType = 'WEBAUTHN' | 'TOTP';

/** As AWS has it of a new instance. */
export const STANDARD_MFA: MfaSettings = {
  prompt: 'ALWAYS',
  types: ['WEBAUTHN', 'TOTP'],
  withoutDevice: 'REGISTER',
  selfService: true,
};
