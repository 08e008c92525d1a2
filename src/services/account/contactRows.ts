/** The primary contact of an account. */
import type { ContactInformation } from '@aws-sdk/client-account';
import { table } from '../../store/store.ts';

interface PrimaryContact {
  readonly account: string;
  readonly contact: ContactInformation;
}

export const primaryContacts = table<PrimaryContact>('account_primary_contact', { key: (c) => [c.account] });
