/** Identity providers of other makers, on the loopback interface: what people really sign in at. */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import Provider from 'oidc-provider';
import * as samlify from 'samlify';
import { certificate } from '../src/testing/certificates.ts';

type Ends = Pick<TestContext, 'after'>;

async function served(t: Ends, listenerAt: (url: string) => RequestListener): Promise<string> {
  let listener: RequestListener = () => {};
  const server = createServer((request, response) => listener(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  listener = listenerAt(url);
  return url;
}

const page = (body: string) => `<!DOCTYPE html><html lang="en"><title>IdP</title><body>${body}</body></html>`;

/** samlify as identity provider: whoever says who they are is believed. Answers with its metadata. */
export async function samlifyProvider(t: Ends, serviceProvider: () => Promise<string>): Promise<string> {
  samlify.setSchemaValidator({ validate: async () => 'not looked at' });
  const { pem, privateKey } = certificate({ name: 'samlify', rsa: true });
  const signing = { signingCert: pem, privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
  let idp: ReturnType<typeof samlify.IdentityProvider>;
  await served(t, (url) => {
    idp = samlify.IdentityProvider({
      ...{ entityID: `${url}/metadata`, ...signing, nameIDFormat: [samlify.Constants.namespace.format.emailAddress] },
      singleSignOnService: [{ Binding: samlify.Constants.namespace.binding.redirect, Location: `${url}/sso` }],
    });
    return async (request, response) => {
      const asked = new URL(request.url ?? '/', url);
      const query = Object.fromEntries(asked.searchParams);
      const sp = samlify.ServiceProvider({ metadata: await serviceProvider() });
      response.setHeader('content-type', 'text/html');
      if (asked.pathname === '/sso') {
        const { extract } = await idp.parseLoginRequest(sp, 'redirect', { query });
        response.end(
          page(`<form action="/in"><input type="hidden" name="id" value="${(extract as { request: { id: string } }).request.id}">
<label>E-mail <input name="email"></label><button>Log in</button></form>`),
        );
        return;
      }
      const asking = { extract: { request: { id: query.id } } } as unknown as Parameters<
        typeof idp.createLoginResponse
      >[1];
      const answer = await idp.createLoginResponse(sp, asking, 'post', { email: query.email ?? '' });
      const { context, entityEndpoint } = answer as { context: string; entityEndpoint: string };
      response.end(
        page(`<form method="post" action="${entityEndpoint}"><input type="hidden" name="SAMLResponse" value="${context}">
<button>Go on</button></form>`),
      );
    };
  });
  return idp!.getMetadata();
}

/** oidc-provider with one confidential client. Its issuer. */
export async function oidcProvider(
  t: Ends,
  client: { id: string; secret: string; redirectUri: string },
): Promise<string> {
  return served(t, (url) => {
    const provider = new Provider(url, {
      clients: [{ client_id: client.id, client_secret: client.secret, redirect_uris: [client.redirectUri] }],
      claims: { openid: ['sub'], profile: ['preferred_username'], email: ['email'] },
      conformIdTokenClaims: false,
      cookies: { keys: ['test'] },
      findAccount: (_context: unknown, id: string) => ({
        accountId: id,
        claims: () => ({ sub: id, preferred_username: id, email: `${id}@example.com` }),
      }),
    });
    return provider.callback();
  });
}
