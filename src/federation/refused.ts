/** Why something that another identity provider signed is not believed. Each service says it in its own errors. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly kind: RefusalKind;
  constructor(kind: RefusalKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

/**
 * `unsigned`: nobody known to us signed it. `invalid`: not the provider's, or not for us. `expired`: it was, once. `rejected`: the provider itself says no.
 * `unreachable`: the provider could not be asked for its keys.
 */
export type RefusalKind = 'unsigned' | 'invalid' | 'expired' | 'rejected' | 'unreachable';

export function refuse(kind: RefusalKind, message: string): never {
  throw new Refused(kind, message);
}
