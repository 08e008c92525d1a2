import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pagesAt } from './pagesAddress.ts';
import { regionOfHost } from './regionalHosts.ts';

test('browsers are sent to a name, where the plane is on this machine without TLS', () => {
  const places = [
    ['http://127.0.0.1:4566', 'http://localhost:4566'],
    ['http://[::1]:4566', 'http://localhost:4566'],
    ['http://127.0.0.10:4566', 'http://127.0.0.10:4566'],
    ['https://127.0.0.1:4566', 'https://127.0.0.1:4566'],
    ['http://plane.example.com', 'http://plane.example.com'],
  ] as const;
  for (const [endpoint, expected] of places) assert.equal(pagesAt({ endpoint }), expected);
});

test('a host name of AWS tells its Region, others do not', () => {
  const hosts: Readonly<Record<string, string | undefined>> = {
    'oidc.eu-west-1.amazonaws.com': 'eu-west-1',
    'portal.sso.us-gov-east-1.amazonaws.com:443': 'us-gov-east-1',
    'ssoins-0123456789abcdef.portal.ap-southeast-2.app.aws': 'ap-southeast-2',
    'US-EAST-1.signin.aws': 'us-east-1',
    'signin.aws.amazon.com': undefined,
    'd-0123456789.awsapps.com': undefined,
    'eu-west-1.example.com': undefined,
    '127.0.0.1:4566': undefined,
    '': undefined,
  };
  for (const [host, region] of Object.entries(hosts)) assert.equal(regionOfHost(host), region, host);
});
