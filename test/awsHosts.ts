/**
 * AWS's own hosts lead to a plane, with no endpoint of ours named anywhere: through a proxy and a certificate authority
 * of the test's own.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { createSecureContext, TLSSocket } from 'node:tls';
import { gatewayServer } from '../src/gateway/http.ts';
import type { Cloud } from '../src/testing/cloud.ts';

/** A certificate for hosts of AWS's, and the authority that it is of. */
function certificates(folder: string, names: readonly string[]) {
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=Test CA', '-days', '2');
  openssl('req', ...key, '-keyout', 'leaf.key', '-out', 'leaf.csr', '-subj', '/CN=amazonaws.com');
  writeFileSync(join(folder, 'names'), `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}\n`);
  const issuer = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'names'];
  openssl('x509', '-req', '-in', 'leaf.csr', '-out', 'leaf.pem', ...issuer);
  const read = (name: string) => readFileSync(join(folder, name));
  return createSecureContext({ cert: read('leaf.pem'), key: read('leaf.key') });
}

/** `names`: of hosts, with `*`. What programs find in `env` leads to the cloud; `asked` has the hosts that they came to. */
export async function awsHosts(t: TestContext, cloud: Cloud, names: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'aws-hosts-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const plane = gatewayServer(cloud.deps, { version: 'test' }, undefined);
  const secureContext = certificates(folder, names);
  const proxy = createServer();
  const asked = new Set<string>();
  proxy.on('connect', (request, socket) => {
    asked.add(request.url!);
    socket.on('error', () => socket.destroy());
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
    const secured = new TLSSocket(socket as never, { isServer: true, secureContext });
    secured.on('error', () => secured.destroy());
    plane.emit('connection', secured);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    plane.closeAllConnections();
    proxy.closeAllConnections();
    proxy.close();
  });
  const { port } = proxy.address() as AddressInfo;
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^AWS_|_proxy$/i.test(name)));
  const env: NodeJS.ProcessEnv = {
    ...clean,
    HOME: folder,
    HTTPS_PROXY: `http://127.0.0.1:${port}`,
    AWS_CA_BUNDLE: join(folder, 'ca.pem'),
    NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem'),
    AWS_CONFIG_FILE: join(folder, 'config'),
    AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'),
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_PAGER: '',
  };
  return { folder, env, asked };
}
