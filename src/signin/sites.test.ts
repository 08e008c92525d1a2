import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Settings } from '../core/context.ts';
import { certificate } from '../testing/certificates.ts';
import { siteOf } from './sites.ts';

const LOCAL = 'http://127.0.0.1:4566';
const SECURE = 'https://0.0.0.0:8443';
const tlsCert = certificate({ name: 'plane', hosts: ['plane.example.com', '*.aws.example.com'] }).pem;
const tls = { version: 'TLSv1.3', cipher: 'TLS_AES_128_GCM_SHA256' };

const CASES: readonly (readonly [endpoint: string, secure: boolean, host: string, site: string | undefined])[] = [
  [LOCAL, false, 'localhost:4566', 'localhost http://localhost:4566'],
  [LOCAL, false, 'LOCALHOST:4566', 'localhost http://localhost:4566'],
  [LOCAL, false, 'localhost:9999', undefined],
  [LOCAL, false, '127.0.0.1:4566', undefined],
  [LOCAL, false, '[::1]:4566', undefined],
  [LOCAL, false, 'evil.example', undefined],
  [LOCAL, false, 'localhost.evil.example:4566', undefined],
  [LOCAL, false, '', undefined],
  ['http://plane.example.com:80', false, 'plane.example.com', undefined],
  [SECURE, true, 'plane.example.com:8443', 'plane.example.com https://plane.example.com:8443'],
  [SECURE, true, 'plane.example.com', 'plane.example.com https://plane.example.com'],
  [SECURE, true, 'portal.aws.example.com', 'portal.aws.example.com https://portal.aws.example.com'],
  [SECURE, true, 'other.example.com', undefined],
  [SECURE, true, 'localhost:8443', 'localhost https://localhost:8443'],
  [LOCAL, false, 'd-0123456789.awsapps.com', 'd-0123456789.awsapps.com https://d-0123456789.awsapps.com'],
  [LOCAL, false, 'd-0123456789.awsapps.com.evil.example', undefined],
  ...['eu-west-1.portal.amazonaws.com', 'portal.eu-west-1.app.aws'].map((place) => {
    const name = `ssoins-0123456789abcdef.${place}`;
    return [LOCAL, false, name, `${name} https://${name}`] as const;
  }),
  [LOCAL, false, 'ssoins-0123456789abcdef.evil.example', undefined],
  [LOCAL, false, 'eu-west-1.signin.aws', 'signin.aws https://eu-west-1.signin.aws'],
  [LOCAL, false, 'eu-west-1.sso.signin.aws', 'signin.aws https://eu-west-1.sso.signin.aws'],
  [LOCAL, false, 'evil.awsapps.com', undefined],
  [LOCAL, false, 'signin.aws.amazon.com', 'signin.aws.amazon.com https://signin.aws.amazon.com'],
  [LOCAL, false, 'us-east-1.signin.aws.amazon.com', 'signin.aws.amazon.com https://us-east-1.signin.aws.amazon.com'],
];

for (const [endpoint, secure, host, expected] of CASES) {
  test(`passkeys at ${host || 'no host'} of ${endpoint}: ${expected ?? 'none'}`, () => {
    const settings = { endpoint, tlsCert } as Settings;
    const site = siteOf({ host, tls: secure ? tls : undefined }, settings);
    assert.equal(site && `${site.id} ${site.origin}`, expected);
  });
}
