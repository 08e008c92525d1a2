/** Whom AWS would write to: the primary contact, and an alternate one each for billing, operations and security. */
import {
  type DeleteAlternateContactRequest,
  type GetAlternateContactRequest,
  type GetAlternateContactResponse,
  type GetContactInformationRequest,
  type GetContactInformationResponse,
  type PutAlternateContactRequest,
  type PutContactInformationRequest,
  ResourceNotFoundException,
} from '@aws-sdk/client-account';
import { fail } from '../../core/errors.ts';
import type { Present } from '../../core/operation.ts';
import { table } from '../../store/store.ts';
import { primaryContacts } from './contactRows.ts';
import { verificationStatus } from './phoneNumbers.ts';
import { operation } from './subjects.ts';

interface AlternateContact {
  readonly account: string;
  readonly type: 'BILLING' | 'OPERATIONS' | 'SECURITY';
  readonly name: string;
  readonly title: string;
  readonly email: string;
  readonly phone: string;
}

const alternateContacts = table<AlternateContact>('account_alternate_contact', { key: (c) => [c.account, c.type] });

export const PutAlternateContact = operation<Present<PutAlternateContactRequest>, object>({
  name: 'PutAlternateContact',
  conditions: typeCondition,
  async run(input, ctx, { id }) {
    await ctx.store.replace(alternateContacts, {
      account: id,
      type: input.AlternateContactType,
      name: input.Name,
      title: input.Title,
      email: input.EmailAddress,
      phone: input.PhoneNumber,
    });
    return {};
  },
});

export const GetAlternateContact = operation<Present<GetAlternateContactRequest>, GetAlternateContactResponse>({
  name: 'GetAlternateContact',
  conditions: typeCondition,
  async run({ AlternateContactType }, ctx, { id }) {
    const contact = await ctx.store.get(alternateContacts, [id, AlternateContactType]);
    if (!contact) return fail(ResourceNotFoundException, NO_SUCH_CONTACT);
    const { name, title, email, phone } = contact;
    return {
      AlternateContact: { AlternateContactType, Name: name, Title: title, EmailAddress: email, PhoneNumber: phone },
    };
  },
});

export const DeleteAlternateContact = operation<Present<DeleteAlternateContactRequest>, object>({
  name: 'DeleteAlternateContact',
  conditions: typeCondition,
  async run({ AlternateContactType }, ctx, { id }) {
    if (!(await ctx.store.remove(alternateContacts, [id, AlternateContactType]))) {
      fail(ResourceNotFoundException, NO_SUCH_CONTACT);
    }
    return {};
  },
});

export const PutContactInformation = operation<Present<PutContactInformationRequest>, object>({
  name: 'PutContactInformation',
  async run({ ContactInformation: contact }, ctx, { id }) {
    await ctx.store.replace(primaryContacts, { account: id, contact });
    return {};
  },
});

export const GetContactInformation = operation<GetContactInformationRequest, GetContactInformationResponse>({
  name: 'GetContactInformation',
  async run(_input, ctx, { id }) {
    const row = await ctx.store.get(primaryContacts, [id]);
    if (!row) return fail(ResourceNotFoundException, 'No contact information found.');
    const VerificationStatus = await verificationStatus(ctx, id, row.contact.PhoneNumber);
    return { ContactInformation: { ...row.contact }, VerificationStatus };
  },
});

const NO_SUCH_CONTACT = 'No contact of the inputted alternate contact type found.';

function typeCondition(input: { readonly AlternateContactType?: string | undefined }) {
  return { 'account:AlternateContactTypes': [input.AlternateContactType ?? ''] };
}
