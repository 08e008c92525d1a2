/** The published SDK client, which is older than our model, finds its way. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RolesAnywhere } from '@aws-sdk/client-rolesanywhere';
import { HttpResponse } from '@smithy/core/protocols';
import { testCloud } from '../../testing/cloud.ts';
import { certificate } from './certificates.fixture.ts';

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly query: Record<string, string>;
  readonly headers: Record<string, string>;
  readonly body: string | undefined;
}

test('the published client reads back what it writes, and knows the errors', async () => {
  const cloud = await testCloud();
  const client = new RolesAnywhere({
    region: 'us-east-1',
    endpoint: 'http://cloud.test',
    maxAttempts: 1,
    credentials: await cloud.keyFor(cloud.managementAccount),
    requestHandler: {
      async handle({ method, path, query, headers, body }: Sent) {
        const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
        const answer = await cloud.send({
          method,
          path,
          query: new URLSearchParams(query).toString(),
          headers: lower,
          body: Buffer.from(body ?? ''),
        });
        const bytes = Buffer.from(answer.body as string);
        return {
          response: new HttpResponse({ statusCode: answer.status, headers: { ...answer.headers }, body: bytes }),
        };
      },
    },
  } as object);
  const x509CertificateData = certificate({}).pem;
  const { trustAnchor } = await client.createTrustAnchor({
    name: 'anchor',
    source: { sourceType: 'CERTIFICATE_BUNDLE', sourceData: { x509CertificateData } },
    tags: [{ key: 'a', value: 'b' }],
  });
  assert.deepEqual(trustAnchor!.source!.sourceData, { x509CertificateData });
  assert.deepEqual(trustAnchor!.createdAt, cloud.now());
  const { trustAnchors } = await client.listTrustAnchors({ pageSize: 1 });
  assert.deepEqual(trustAnchors, [trustAnchor]);
  const { tags } = await client.listTagsForResource({ resourceArn: trustAnchor!.trustAnchorArn! });
  assert.deepEqual(tags, [{ key: 'a', value: 'b' }]);
  await assert.rejects(client.getProfile({ profileId: '00000000-0000-4000-8000-000000000000' }), {
    name: 'ResourceNotFoundException',
  });
});
