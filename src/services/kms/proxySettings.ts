/** The settings of an external key store's proxy: which of them go together, and who else may not have them. */
import {
  type CreateCustomKeyStoreRequest,
  type UpdateCustomKeyStoreRequest,
  XksProxyUriEndpointInUseException,
  XksProxyUriInUseException,
  XksProxyVpcEndpointServiceInUseException,
  XksProxyVpcEndpointServiceNotFoundException,
} from '@aws-sdk/client-kms';
import type { Context } from '../../core/context.ts';
import { fail, ValidationFailure } from '../../core/errors.ts';
import type { Present } from '../../core/operation.ts';
import {
  type KeyStore,
  keyStores,
  type ProxySettings,
  proxyAt,
  requireDisconnected,
  sealCredential,
} from './keyStoreRows.ts';

export function newProxy(ctx: Context, input: Present<CreateCustomKeyStoreRequest>): ProxySettings {
  const {
    XksProxyUriEndpoint: endpoint,
    XksProxyUriPath: path,
    XksProxyAuthenticationCredential: credential,
    XksProxyConnectivity: connectivity,
  } = input;
  if (!endpoint || !path || !credential || !connectivity) {
    throw new ValidationFailure(
      'You must specify XksProxyConnectivity, XksProxyUriEndpoint, XksProxyUriPath, and XksProxyAuthenticationCredential for a custom key store of type EXTERNAL_KEY_STORE.',
    );
  }
  if (input.CloudHsmClusterId ?? input.TrustAnchorCertificate ?? input.KeyStorePassword) {
    throw new ValidationFailure('You cannot specify AWS CloudHSM values for an external key store.');
  }
  return sound({
    connectivity,
    endpoint,
    path,
    accessKeyId: credential.AccessKeyId!,
    secret: sealCredential(ctx, credential.RawSecretAccessKey!),
    ...vpcOf(input),
  });
}

type VpcInput = Pick<CreateCustomKeyStoreRequest, 'XksProxyVpcEndpointServiceName' | 'XksProxyVpcEndpointServiceOwner'>;

/** Who turns to a public endpoint may give an empty name. */
const vpcOf = ({ XksProxyVpcEndpointServiceName: name, XksProxyVpcEndpointServiceOwner: owner }: VpcInput) => ({
  ...(name && { vpcService: name }),
  ...(owner !== undefined && { vpcOwner: owner }),
});

function sound(proxy: ProxySettings): ProxySettings {
  const isVpc = proxy.connectivity === 'VPC_ENDPOINT_SERVICE';
  if (isVpc && proxy.vpcService === undefined) {
    throw new ValidationFailure(
      'You must specify XksProxyVpcEndpointServiceName for VPC_ENDPOINT_SERVICE connectivity.',
    );
  }
  if (!isVpc && (proxy.vpcService ?? proxy.vpcOwner) !== undefined) {
    throw new ValidationFailure('You cannot specify a VPC endpoint service for PUBLIC_ENDPOINT connectivity.');
  }
  return proxy;
}

/** The same object where nothing changes. */
export function changedProxy(
  ctx: Context,
  store: KeyStore,
  input: Present<UpdateCustomKeyStoreRequest>,
): ProxySettings {
  if (input.CloudHsmClusterId ?? input.KeyStorePassword) {
    throw new ValidationFailure('You cannot specify AWS CloudHSM values for an external key store.');
  }
  const proxy = store.proxy!;
  const { XksProxyConnectivity: connectivity, XksProxyUriEndpoint: endpoint } = input;
  const { XksProxyUriPath: path, XksProxyAuthenticationCredential: credential } = input;
  const vpc = vpcOf(input);
  const moves = connectivity !== undefined || endpoint !== undefined || Object.keys(vpc).length > 0;
  if (moves) requireDisconnected(store);
  if (
    connectivity !== undefined &&
    connectivity !== proxy.connectivity &&
    (endpoint ?? proxy.endpoint) === proxy.endpoint
  ) {
    throw new ValidationFailure('You must change XksProxyUriEndpoint when you change XksProxyConnectivity.');
  }
  if (!moves && path === undefined && credential === undefined) return proxy;
  const { vpcService: _s, vpcOwner: _o, ...rest } = proxy;
  const kept = connectivity === 'PUBLIC_ENDPOINT' ? rest : proxy;
  return sound({
    ...kept,
    ...(connectivity !== undefined && { connectivity }),
    ...(endpoint !== undefined && { endpoint }),
    ...(path !== undefined && { path }),
    ...(credential && {
      accessKeyId: credential.AccessKeyId!,
      secret: sealCredential(ctx, credential.RawSecretAccessKey!),
      credentialSince: ctx.now.toISOString(),
    }),
    ...vpc,
  });
}

/**
 * An address in the account and Region belongs to one store; an endpoint is public or a VPC's, and a VPC endpoint
 * service serves one store. The service must be one that the operator has.
 */
export async function requireOwnAddress(ctx: Context, store: KeyStore): Promise<void> {
  const { endpoint, path, connectivity, vpcService } = store.proxy!;
  const others = await sharing(ctx, store, endpoint, 'endpoint');
  const own = others.filter((other) => other.account === store.account);
  if (own.some((other) => other.proxy!.path === path)) {
    fail(XksProxyUriInUseException, `The proxy address ${endpoint}${path} is already in use.`);
  }
  const isVpc = connectivity === 'VPC_ENDPOINT_SERVICE';
  const clash = others.some((other) => other.proxy!.connectivity !== connectivity) || (isVpc && own.length > 0);
  if (clash) fail(XksProxyUriEndpointInUseException, `The proxy endpoint ${endpoint} is already in use.`);
  if (vpcService === undefined) return;
  if (proxyAt(ctx, endpoint)?.vpcEndpointService !== vpcService) {
    fail(XksProxyVpcEndpointServiceNotFoundException, `The VPC endpoint service ${vpcService} is not found.`);
  }
  if ((await sharing(ctx, store, vpcService, 'vpcService')).length > 0) {
    fail(XksProxyVpcEndpointServiceInUseException, `The VPC endpoint service ${vpcService} is already in use.`);
  }
}

async function sharing(ctx: Context, store: KeyStore, value: string, index: 'endpoint' | 'vpcService') {
  const { rows } = await ctx.store.list(keyStores, [store.region, value], { limit: 1000, index });
  return rows.filter((other) => other.account !== store.account || other.id !== store.id);
}
