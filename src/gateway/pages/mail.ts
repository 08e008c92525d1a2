/**
 * `GET /_gatehouse/mail`: letters that nothing sends, because no SMTP server is named. They let people choose passwords,
 * so they are shown to who may do that: those of a directory to who has sso-directory:UpdatePassword in its account,
 * those to root users to the root user of the management account.
 */
import { AccessDenied } from '../../core/errors.ts';
import { lettersOf } from '../../identity/letters.ts';
import { authorize } from '../authorize.ts';
import { json, type Page } from './page.ts';
import { signerOf } from './signer.ts';

export const mailPage: Page = async (request, deps, source) => {
  const letters = await deps.store.transaction(async (tx) => {
    const ctx = await signerOf(request, deps, source, tx);
    await authorize(ctx, 'sso-directory:UpdatePassword', { resource: '*' });
    const root = ctx.caller.type === 'Root' && ctx.account === deps.settings.managementAccount;
    const account = new URLSearchParams(request.query).get('account') ?? ctx.account;
    if (account !== ctx.account && !root) throw new AccessDenied('Letters of other accounts are not yours to read.');
    return lettersOf({ ...ctx, root }, account);
  });
  return json(200, { letters });
};
