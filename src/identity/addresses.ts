/** Whether an account may have this e-mail address, as CreateAccount's reference has it. */
export function isAccountAddress(email: string): boolean {
  const [local = '', domain = '', more] = email.split('@');
  return (
    more === undefined &&
    /^[!-~]+$/.test(email) &&
    local !== '' &&
    !/["'()[\]:;,\\|%&]/.test(local) &&
    !local.startsWith('.') &&
    /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/i.test(domain)
  );
}
