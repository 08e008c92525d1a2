/** Clients register themselves before they ask for anything. */
import type { RegisterClientRequest, RegisterClientResponse } from '@aws-sdk/client-sso-oidc';
import type { Context } from '../../core/context.ts';
import { Open, type Operation, type Present } from '../../core/operation.ts';
import { clientOf, clientOfId, type OidcClient, publicIdOf, secretOf } from '../../identity/oidcClients.ts';
import { refuse } from './errors.ts';

export const UNSIGNED = new Open('Clients are not signed: the client secret, the code or the token is the credential.');

const DAYS_90_MS = 90 * 86_400_000;
const MEMBERS_MAX = 50;
const TEXT_MAX = 2048;
/** It is part of addresses. */
const REGISTRATION_MAX = 8192;

export const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code';
const GRANT_TYPES = new Set(['authorization_code', DEVICE_CODE, 'refresh_token']);

/** https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/API_RegisterClient.html */
export const RegisterClient: Operation<Present<RegisterClientRequest>, RegisterClientResponse> = {
  unsigned: true,
  readOnly: false,
  access: () => UNSIGNED,
  async run(input, ctx) {
    if (input.clientType !== 'public') refuse('invalid_client_metadata', 'Only public clients may register.');
    const issued = ctx.now.getTime();
    const client: OidcClient = {
      id: Buffer.from(ctx.random(16)).toString('base64url'),
      name: checkedText(input.clientName),
      scopes: checkedList(input.scopes),
      grantTypes: checkedGrants(input.grantTypes),
      redirectUris: checkedRedirects(input.redirectUris),
      application: applicationOf(input.entitledApplicationArn),
      issuerUrl: input.issuerUrl === undefined ? undefined : checkedText(input.issuerUrl),
      issued,
      expires: issued + DAYS_90_MS,
    };
    if (client.grantTypes.includes('authorization_code') && client.redirectUris.length === 0) {
      refuse('invalid_redirect_uri', 'A redirect URI is required for the authorization_code grant.');
    }
    if (JSON.stringify(client).length > REGISTRATION_MAX) {
      refuse('invalid_client_metadata', `The registration is longer than ${REGISTRATION_MAX} characters.`);
    }
    return {
      clientId: publicIdOf(ctx.secrets, client, ctx.random(12)),
      clientSecret: secretOf(ctx.secrets, client, ctx.random(12)),
      clientIdIssuedAt: Math.floor(client.issued / 1000),
      clientSecretExpiresAt: Math.floor(client.expires / 1000),
    };
  },
};

/** Whether it is there is looked at when the client is used: strangers register. */
function applicationOf(arn: string | undefined): string | undefined {
  if (arn === undefined || /^arn:aws:sso::\d{12}:application\/ssoins-[\w.-]{16}\/apl-[\w.-]{16}$/.test(arn)) return arn;
  return refuse('invalid_client_metadata', 'entitledApplicationArn is not the ARN of an application.');
}

function checkedText(text: string): string {
  if (text.length > TEXT_MAX) refuse('invalid_client_metadata', `A text is longer than ${TEXT_MAX} characters.`);
  return text;
}

function checkedList(texts: readonly string[] = []): readonly string[] {
  if (texts.length > MEMBERS_MAX) refuse('invalid_client_metadata', `A list has more than ${MEMBERS_MAX} members.`);
  return texts.map(checkedText);
}

function checkedGrants(types: readonly string[] | undefined): readonly string[] {
  const given = checkedList(types);
  for (const type of given)
    if (!GRANT_TYPES.has(type)) refuse('unsupported_grant_type', `Unsupported grant type ${type}`);
  // The first clients named none: they know devices only.
  return given.length > 0 ? given : [DEVICE_CODE, 'refresh_token'];
}

/** A command line listens on the loopback interface; anything else is an address of the web, encrypted. */
function checkedRedirects(uris: readonly string[] | undefined): readonly string[] {
  const given = checkedList(uris);
  for (const uri of given) {
    const url = URL.canParse(uri) ? new URL(uri) : undefined;
    if (url?.protocol !== 'https:' && !(url?.protocol === 'http:' && isLoopback(url))) {
      refuse('invalid_redirect_uri', `Invalid redirect URI ${uri}`);
    }
  }
  return given;
}

const isLoopback = ({ hostname }: URL) => ['127.0.0.1', '[::1]', 'localhost'].includes(hostname);

/** The client behind id and secret. */
export function requireClient(ctx: Context, id: string, secret: string): OidcClient {
  const client = clientOf(ctx.secrets, secret);
  const isIts = client && (client.id === id || clientOfId(ctx.secrets, id)?.id === client.id);
  if (!isIts) return refuse('invalid_client', 'Invalid client credentials');
  if (client.expires <= ctx.now.getTime()) return refuse('invalid_client', 'The client has expired. Register again.');
  return client;
}
