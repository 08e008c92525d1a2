/** AWS Account Management: contacts, Regions, name and root address of an account. */
import * as sdk from '@aws-sdk/client-account';
import { defineService, type Limits } from '../../core/operation.ts';
import * as accountInformation from './accountInformation.ts';
import * as contacts from './contacts.ts';
import published from './limits.json' with { type: 'json' };
import * as phoneNumbers from './phoneNumbers.ts';
import * as primaryEmail from './primaryEmail.ts';
import * as regions from './regions.ts';

/** The published limits, with those of operations that AWS added later. */
const accountId = { pattern: '\\d{12}' };
const limits: Limits = {
  ...(published as unknown as Limits),
  GetAccountInformation: { AccountId: accountId },
  GetPrimaryEmailUpdateStatus: { AccountId: accountId },
  SendPhoneNumberVerification: { AccountId: accountId },
  VerifyPhoneNumber: { AccountId: accountId, Otp: { required: true, pattern: '[a-zA-Z0-9]{6}' } },
  PutAccountName: {
    AccountId: accountId,
    AccountName: { required: true, length: [1, 50], pattern: '[ -;=?-~]+' },
  },
};

export const account = defineService<typeof sdk>({
  name: 'account',
  eventSource: 'account.amazonaws.com',
  global: true,
  sdk,
  wire: { protocols: ['restJson'], version: '2021-02-01' },
  limits,
  inner: {
    StartOwnEmailUpdate: primaryEmail.StartOwnEmailUpdate,
    AcceptOwnEmailUpdate: primaryEmail.AcceptOwnEmailUpdate,
  },
  operations: {
    AcceptPrimaryEmailUpdate: primaryEmail.AcceptPrimaryEmailUpdate,
    DeleteAlternateContact: contacts.DeleteAlternateContact,
    DisableRegion: regions.DisableRegion,
    EnableRegion: regions.EnableRegion,
    GetAccountInformation: accountInformation.GetAccountInformation,
    GetAlternateContact: contacts.GetAlternateContact,
    GetContactInformation: contacts.GetContactInformation,
    GetPrimaryEmail: primaryEmail.GetPrimaryEmail,
    GetPrimaryEmailUpdateStatus: primaryEmail.GetPrimaryEmailUpdateStatus,
    GetRegionOptStatus: regions.GetRegionOptStatus,
    ListRegions: regions.ListRegions,
    PutAccountName: accountInformation.PutAccountName,
    PutAlternateContact: contacts.PutAlternateContact,
    PutContactInformation: contacts.PutContactInformation,
    SendPhoneNumberVerification: phoneNumbers.SendPhoneNumberVerification,
    StartPrimaryEmailUpdate: primaryEmail.StartPrimaryEmailUpdate,
    VerifyPhoneNumber: phoneNumbers.VerifyPhoneNumber,
  },
});
