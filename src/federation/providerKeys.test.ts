import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { certificate, type Issued } from '../testing/certificates.ts';
import { rejected } from '../testing/rejected.ts';
import { providerKeys } from './providerKeys.ts';

const NOW = new Date('2030-01-01T00:00:00Z');
const sha1 = ({ der }: Issued) => createHash('sha1').update(der).digest('hex');

/** The answer for a server that shows `chain`, whose first certificate is its own, to who trusts `thumbprints`. */
async function ask(chain: readonly Issued[], thumbprints: readonly string[], now = NOW, host = 'localhost') {
  const [leaf] = chain;
  const server = createServer({
    cert: chain.map(({ pem }) => pem).join(''),
    key: leaf!.privateKey.export({ type: 'pkcs8', format: 'pem' }),
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `${host}:${(server.address() as AddressInfo).port}`;
  server.on('request', (request, response) =>
    response.end(
      request.url === '/keys'
        ? '{"keys":[]}'
        : JSON.stringify({ issuer: `https://${url}`, jwks_uri: `https://${url}/keys` }),
    ),
  );
  try {
    return await providerKeys(`https://${url}`, { thumbprints }, now);
  } finally {
    server.close();
  }
}

const authority = certificate({ name: 'authority' });
const leaf = certificate({ name: 'localhost', hosts: ['localhost'], by: authority });
const MISMATCH = "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint";

test('providerKeys believes HTTPS by a thumbprint of the server or of who signed it', async () => {
  for (const trusted of [leaf, authority]) {
    const { verification } = await ask([leaf, authority], [sha1(trusted)]);
    assert.equal(verification, 'Thumbprint');
  }
});

test('providerKeys refuses chains that no thumbprint fits, and chains that do not hang together', async () => {
  const stranger = certificate({ name: 'localhost', hosts: ['localhost'] });
  const elsewhere = certificate({ name: 'elsewhere', hosts: ['idp.example.com'], by: authority });
  const impostor = certificate({ name: 'authority' });
  const forged = certificate({ name: 'localhost', hosts: ['localhost'], by: impostor });
  const cases: [readonly Issued[], Issued, Date][] = [
    [[leaf, authority], stranger, NOW],
    [[stranger, authority], authority, NOW],
    [[forged, authority], authority, NOW],
    [[elsewhere, authority], authority, NOW],
    [[leaf, authority], authority, new Date('2130-01-01T00:00:00Z')],
  ];
  for (const [chain, trusted, now] of cases) {
    await rejected(ask(chain, [sha1(trusted)], now), 'Refused', MISMATCH);
  }
  await rejected(ask([leaf, authority], []), 'Refused', MISMATCH);
});
