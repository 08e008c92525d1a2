/** A plane of its own on a loopback port, for clients that need a socket. */
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { gatewayServer } from '../src/gateway/http.ts';
import { testCloud } from '../src/testing/cloud.ts';

type CloudOptions = NonNullable<Parameters<typeof testCloud>[0]>;

/** Gone when the test ends. `named`: it knows where it is, as a plane that is started does. */
export async function planeOnSocket(t: Pick<TestContext, 'after'>, named = false, options: CloudOptions = {}) {
  const cloud = await testCloud(options);
  const server = gatewayServer(cloud.deps, { version: 'test' }, undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  if (named) Object.assign(cloud.deps.settings, { endpoint });
  return { cloud, endpoint, credentials: await cloud.keyFor(cloud.managementAccount) };
}
