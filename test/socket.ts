/** A plane of its own on a loopback port, for clients that need a socket. */
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { gatewayServer } from '../src/gateway/http.ts';
import { testCloud } from '../src/testing/cloud.ts';

/** Gone when the test ends. */
export async function planeOnSocket(t: Pick<TestContext, 'after'>) {
  const cloud = await testCloud();
  const server = gatewayServer(cloud.deps, { version: 'test' }, undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { cloud, endpoint, credentials: await cloud.keyFor(cloud.managementAccount) };
}
