import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { alice, anchor, authority, cloud, eachInItsOwn, issued, refused, session } from './anchored.fixture.ts';
import { certificate, type Issued, revocationList, type Wanted } from './certificates.fixture.ts';
import type * as t from './types.ts';

eachInItsOwn();

describe('refused certificates', () => {
  const WRONG: readonly (readonly [string, () => Issued, RegExp])[] = [
    ['expired', () => issued({ until: '20291231235959Z' }), /not valid at this time/],
    ['not yet valid', () => issued({ from: '20300102000000Z' }), /not valid at this time/],
    ['of a foreign authority', () => issued({ by: certificate({}) }), /^Untrusted signing certificate$/],
    [
      'of an authority that only bears the name',
      () =>
        issued({
          by: certificate({
            subject: [
              ['C', 'US'],
              ['O', 'Example'],
              ['CN', 'Root authority'],
            ],
          }),
        }),
      /^Untrusted signing certificate$/,
    ],
    ['self-signed', () => certificate({ authority: false, usage: 0x80 }), /^Untrusted signing certificate$/],
    ['of an authority itself', () => authority, /Basic constraints/],
    ['without key usage', () => issued({ usage: null }), /Key usage/],
    ['for key encipherment', () => issued({ usage: 0x20 }), /Key usage/],
    ['signed with SHA-1', () => issued({ digest: 'sha1' }), /signature algorithm/],
    ['of version 1', () => issued({ version: 1 }), /X.509v3/],
    ['with an unknown critical extension', () => issued({ critical: '2a0304' }), /critical extension/],
    ['without a subject', () => issued({ subject: [] }), /subject/],
  ];
  for (const [what, made, message] of WRONG) {
    test(`a certificate ${what}`, () => refused(message, made()));
  }

  test('a certificate that expires later, and an anchor that does', async () => {
    assert.equal((await session()).status, 201);
    cloud.advance('P400D');
    await refused(/not valid at this time/);
    await refused(/^Untrusted signing certificate$/, issued({ until: '20400101000000Z' }));
  });

  test('chains: intermediates that came along, within what the authorities allow', async () => {
    const middle = certificate({ subject: [['CN', 'Middle']], by: authority, authority: true });
    const leaf = issued({ by: middle });
    assert.equal((await session(leaf, {}, { chain: [middle] })).status, 201);
    await refused(/^Untrusted signing certificate$/, leaf);
    const WRONG_MIDDLES: readonly Wanted[] = [
      { authority: false, usage: 0x80 },
      { authority: true, usage: 0x80 },
      { authority: null },
      { authority: true, until: '20291231000000Z' },
      { authority: true, digest: 'sha1' },
      { authority: true, critical: '2a0304' },
      { authority: true, critical: '551d1e' },
    ];
    for (const wrong of WRONG_MIDDLES) {
      const bad = certificate({ subject: [['CN', 'Bad middle']], by: authority, ...wrong });
      await refused(/^Untrusted signing certificate$/, issued({ by: bad }), {}, { chain: [bad] });
    }
    const shallow = certificate({ subject: [['CN', 'Shallow']], by: authority, authority: true, pathLength: 0 });
    const below = certificate({ subject: [['CN', 'Below']], by: shallow, authority: true });
    assert.equal((await session(issued({ by: shallow }), {}, { chain: [shallow] })).status, 201);
    await refused(/^Untrusted signing certificate$/, issued({ by: below }), {}, { chain: [shallow, below] });
    await refused(/Invalid X.509 certificate chain/, leaf, {}, { chain: Array(6).fill(middle) });
  });

  test('two authorities that sign each other lead nowhere', async () => {
    const one = certificate({ subject: [['CN', 'One']] });
    const two = certificate({ subject: [['CN', 'Two']] });
    const oneByTwo = certificate({ subject: [['CN', 'One']], by: two, authority: true });
    const twoByOne = certificate({ subject: [['CN', 'Two']], by: one, authority: true });
    await refused(
      /^Untrusted signing certificate$/,
      issued({ by: one }),
      {},
      { chain: [oneByTwo, twoByOne, one, two] },
    );
  });

  test('revoked certificates, as long as the list is enabled and its issuer the right one', async () => {
    const { rolesanywhere } = cloud.root;
    const bob = issued({ subject: [['CN', 'Bob']] });
    const { trustAnchorArn } = anchor;
    const imported = await rolesanywhere.importCrl({
      name: 'list',
      crlData: revocationList(authority, [alice]),
      trustAnchorArn,
    } as t.ImportCrlRequest);
    const crlId = imported.crl!.crlId!;
    assert.equal((await session()).status, 201);
    await rolesanywhere.enableCrl({ crlId });
    await refused(/^Certificate revoked$/);
    assert.equal((await session(bob)).status, 201);
    await rolesanywhere.updateCrl({ crlId, crlData: revocationList(authority, [bob]) });
    assert.equal((await session()).status, 201);
    await refused(/^Certificate revoked$/, bob);
    await rolesanywhere.updateCrl({ crlId, crlData: revocationList(authority, [bob], '20291231000000Z') });
    await refused(/^Certificate revoked$/, bob);
    const forger = certificate({
      subject: [
        ['C', 'US'],
        ['O', 'Example'],
        ['CN', 'Root authority'],
      ],
    });
    await rolesanywhere.updateCrl({ crlId, crlData: revocationList(forger, [alice, bob]) });
    assert.equal((await session()).status, 201);
    assert.equal((await session(bob)).status, 201);
  });

  test('a revoked intermediate takes what it issued with it', async () => {
    const middle = certificate({ subject: [['CN', 'Middle']], by: authority, authority: true });
    const leaf = issued({ by: middle });
    await cloud.root.rolesanywhere.importCrl({
      name: 'list',
      enabled: true,
      crlData: revocationList(authority, [middle]),
      trustAnchorArn: anchor.trustAnchorArn,
    } as t.ImportCrlRequest);
    await refused(/^Certificate revoked$/, leaf, {}, { chain: [middle] });
  });
});
