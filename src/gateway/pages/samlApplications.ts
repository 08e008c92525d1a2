/**
 * SAML 2.0 applications of IAM Identity Center: AWS makes them in its console only. Who is assigned to them, and their
 * end, is for the operations of sso-admin, as of every application.
 * https://docs.aws.amazon.com/singlesignon/latest/userguide/customermanagedapps-set-up-your-own-app-saml2.html
 */
import { X509Certificate } from 'node:crypto';
import type { Context } from '../../core/context.ts';
import { durationMs } from '../../core/duration.ts';
import { CommonError } from '../../core/errors.ts';
import { isIssuerUrl } from '../../federation/providerRequests.ts';
import { readServiceProviderMetadata } from '../../federation/samlMetadata.ts';
import { type Application, applicationArn, applications } from '../../identity/applications.ts';
import type { Instance } from '../../identity/instances.ts';
import {
  type ApplicationSigner,
  type AttributeMapping,
  CUSTOM_SAML,
  identityProviderOf,
  type SamlApplication,
  samlApplications,
} from '../../identity/samlApplications.ts';
import { derOf, newSigner } from '../../identity/samlIdentity.ts';
import { everyRow } from '../../store/everyRow.ts';
import { type Asked, type Deed, instancePage } from './instancePages.ts';

const recorded = ({ id, body: { name } }: Asked) => ({
  ...(id !== '' && { applicationId: id }),
  ...(name !== undefined && { name }),
});

/** `saml-applications`, and `saml-applications/apl-…`. */
export const samlApplicationsPage = instancePage('saml-applications', {
  GET: {
    action: ({ id }) => (id === '' ? 'sso:ListApplicationInstances' : 'sso:GetApplicationInstance'),
    readOnly: true,
    run: shown,
  },
  POST: {
    action: ({ id }) =>
      id === '' ? 'sso:CreateApplicationInstance' : 'sso:UpdateApplicationInstanceServiceProviderConfiguration',
    readOnly: false,
    recorded,
    run: put,
  },
});

const ofCertificate = (action: string, run: Deed['run']): Deed => ({ action, readOnly: false, recorded, run });

/** `saml-application-certificates/apl-…`, and `…/CERTIFICATE`. */
export const samlApplicationCertificatesPage = instancePage('saml-application-certificates', {
  POST: {
    ...ofCertificate('', certified),
    action: ({ id }) =>
      id.includes('/') ? 'sso:UpdateApplicationInstanceActiveCertificate' : 'sso:CreateApplicationInstanceCertificate',
  },
  DELETE: ofCertificate('sso:DeleteApplicationInstanceCertificate', uncertified),
});

const SIGNERS_MAX = 2;
const ATTRIBUTES_MAX = 50;
const HOURS_12_S = 43_200;

const invalid = (message: string): never => {
  throw new CommonError('InvalidApplication', message);
};

const missing = (what: string): never => {
  throw new CommonError('NotFound', `There is no such ${what}.`, 404);
};

interface Found {
  readonly application: Application;
  readonly saml: SamlApplication;
}

/** `id`: `apl-…` */
async function found(ctx: Context, instance: Instance, id: string): Promise<Found> {
  const saml = await ctx.store.get(samlApplications, [instance.id, id]);
  const application = saml && (await ctx.store.get(applications, [instance.id, id]));
  return saml && application ? { application, saml } : missing('SAML application');
}

async function shown(ctx: Context, instance: Instance, { id }: Asked): Promise<object> {
  if (id !== '') return view(ctx, await found(ctx, instance, id));
  const all = [];
  for await (const saml of everyRow(ctx.store, samlApplications, [instance.id])) {
    all.push(view(ctx, await found(ctx, instance, saml.application)));
  }
  return { applications: all };
}

function view(ctx: Context, { application, saml }: Found): object {
  const { name, description, status, id } = application;
  const { acsUrl, audience, startUrl, relayState, sessionSeconds, subject, attributes, certificate, signers } = saml;
  return {
    ...{ id, arn: applicationArn(application), name, description, status },
    ...{ acsUrl, audience, startUrl, relayState, sessionSeconds, subject, attributes },
    ...(certificate !== undefined && { certificate: certificateView(certificate) }),
    signers: signers.map((signer, i) => ({ ...signerView(signer), active: i === 0 })),
    gatehouse: identityProviderOf(ctx.settings, id),
  };
}

function certificateView(der: string) {
  const { fingerprint256, validTo } = new X509Certificate(Buffer.from(der, 'base64'));
  return { fingerprint: fingerprint256, validTo: new Date(validTo).toISOString() };
}

const signerView = ({ id, certificate, created }: ApplicationSigner) => ({
  ...{ id, created, certificate },
  ...certificateView(derOf(certificate)),
});

async function put(ctx: Context, instance: Instance, { id, body }: Asked): Promise<object> {
  const before = id === '' ? undefined : await found(ctx, instance, id);
  const application = before?.application ?? newApplication(ctx, instance, body.name);
  const settings = settingsIn(body, before?.saml);
  const signers = before?.saml.signers ?? [await signerIn(ctx)];
  const saml = { instance: instance.id, application: application.id, ...settings, signers };
  await ctx.store.replace(applications, application);
  await ctx.store.replace(samlApplications, saml);
  return view(ctx, { application, saml });
}

function newApplication(ctx: Context, instance: Instance, name: unknown): Application {
  if (typeof name !== 'string' || !/^[\w+=,.@ -]{1,100}$/.test(name)) return invalid('name is missing, or too long.');
  return {
    ...{ instance: instance.id, account: ctx.account, provider: CUSTOM_SAML, name, status: 'ENABLED' },
    id: `apl-${Buffer.from(ctx.random(8)).toString('hex')}`,
    portal: { origin: 'IDENTITY_CENTER', visibility: 'ENABLED' },
    ...{ created: ctx.now.toISOString(), assignmentRequired: true, backgroundSessions: 'DISABLED' },
    ...{ scopes: [], grants: {} },
  };
}

async function signerIn(ctx: Context): Promise<ApplicationSigner> {
  const id = `cert-${Buffer.from(ctx.random(8)).toString('hex')}`;
  return { id, created: ctx.now.toISOString(), ...(await newSigner(ctx)) };
}

const SUBJECT: AttributeMapping = {
  name: 'Subject',
  source: '$' + '{user:subject}',
  format: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
};

type Settings = Omit<SamlApplication, 'instance' | 'application' | 'signers'>;

/** What is not said stays as it was; an empty text takes it out. */
function settingsIn(body: Asked['body'], before: SamlApplication | undefined): Settings {
  const told = body.metadata === undefined ? {} : metadataIn(body.metadata);
  const said = { ...told, ...body } as Record<string, unknown>;
  const text = (name: 'acsUrl' | 'audience' | 'startUrl' | 'relayState') => textIn(said, name, before?.[name]);
  const acsUrl = urlIn('acsUrl', text('acsUrl')) ?? invalid('acsUrl is missing.');
  return {
    acsUrl,
    audience: text('audience') ?? invalid('audience is missing.'),
    startUrl: urlIn('startUrl', text('startUrl')),
    relayState: text('relayState'),
    sessionSeconds: secondsIn(said.sessionDuration) ?? before?.sessionSeconds ?? 3600,
    subject: said.subject === undefined ? (before?.subject ?? SUBJECT) : mappingIn(said.subject, NAME_FORMATS),
    attributes: attributesIn(said.attributes) ?? before?.attributes ?? [],
    certificate: said.certificate === undefined ? before?.certificate : certificateIn(said.certificate),
  };
}

function metadataIn(metadata: unknown): object {
  const read = typeof metadata === 'string' ? readServiceProviderMetadata(metadata) : undefined;
  if (!read) return invalid('The metadata is not that of a service provider that takes assertions by HTTP-POST.');
  const { entityId: audience, acsUrl, certificate } = read;
  return { audience, acsUrl, ...(certificate !== undefined && { certificate }) };
}

function textIn(said: Record<string, unknown>, name: string, before: string | undefined): string | undefined {
  const value = said[name];
  if (value === undefined) return before;
  if (typeof value !== 'string' || value.length > 1024)
    return invalid(`${name} must be a text, not over 1024 characters.`);
  return value === '' ? undefined : value;
}

function urlIn(name: string, url: string | undefined): string | undefined {
  return url === undefined || isIssuerUrl(url) ? url : invalid(`${name} must be an https URL.`);
}

function secondsIn(duration: unknown): number | undefined {
  if (duration === undefined) return undefined;
  const seconds = typeof duration === 'string' ? (durationMs(duration) ?? 0) / 1000 : 0;
  return seconds >= 900 && seconds <= HOURS_12_S
    ? seconds
    : invalid('sessionDuration must be between PT15M and PT12H.');
}

const NAME_FORMATS: Readonly<Record<string, string>> = {
  persistent: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
  transient: 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient',
  emailAddress: 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress',
  unspecified: 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified',
  X509SubjectName: 'urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName',
  WindowsDomainQualifiedName: 'urn:oasis:names:tc:SAML:1.1:nameid-format:WindowsDomainQualifiedName',
};

const ATTRIBUTE_FORMATS: Readonly<Record<string, string>> = {
  unspecified: 'urn:oasis:names:tc:SAML:2.0:attrname-format:unspecified',
  basic: 'urn:oasis:names:tc:SAML:2.0:attrname-format:basic',
  uri: 'urn:oasis:names:tc:SAML:2.0:attrname-format:uri',
};

const USER_NAMES = 'email|familyName|givenName|middleName|name|preferredUsername|subject|groups';
const SOURCE = new RegExp(
  `^(\\$\\{user:(${USER_NAMES})\\}|\\$\\{path:[\\w.]+(\\[[^\\]]+\\])?[\\w.]*\\}|[^$].{0,255})$`,
);

function mappingIn(value: unknown, formats: Readonly<Record<string, string>>): AttributeMapping {
  const { name = 'Subject', source, format = 'unspecified' } = (value ?? {}) as Partial<AttributeMapping>;
  const urn = Object.hasOwn(formats, format) ? formats[format] : Object.values(formats).find((each) => each === format);
  if (typeof name !== 'string' || name === '' || name.length > 512) return invalid('An attribute has no name.');
  if (typeof source !== 'string' || !SOURCE.test(source)) return invalid(`The source of ${name} is not supported.`);
  if (urn === undefined) return invalid(`The format of ${name} must be one of ${Object.keys(formats).join(', ')}.`);
  return { name, source, format: urn };
}

function attributesIn(value: unknown): readonly AttributeMapping[] | undefined {
  if (value === undefined) return undefined;
  if (!Array.isArray(value) || value.length > ATTRIBUTES_MAX) {
    return invalid(`attributes must be a list of at most ${ATTRIBUTES_MAX}.`);
  }
  const mappings = value.map((each) => mappingIn(each, ATTRIBUTE_FORMATS));
  if (new Set(mappings.map(({ name }) => name)).size !== mappings.length) invalid('An attribute is there twice.');
  return mappings;
}

function certificateIn(value: unknown): string | undefined {
  if (value === '') return undefined;
  const der = typeof value === 'string' ? derOf(value) : '';
  try {
    certificateView(der);
    return der;
  } catch {
    return invalid('certificate must be an X.509 certificate in PEM.');
  }
}

/** A second key; with its id, the one that signs from now on. */
async function certified(ctx: Context, instance: Instance, { id }: Asked): Promise<object> {
  const [of = '', certificate] = id.split('/');
  const { application, saml } = await found(ctx, instance, of);
  const { signers } = saml;
  if (certificate === undefined && signers.length >= SIGNERS_MAX) invalid('There are two: delete one of them first.');
  const active = signers.find((signer) => signer.id === certificate);
  if (certificate !== undefined && !active) return missing('certificate');
  const next = active ? [active, ...signers.filter((each) => each !== active)] : [...signers, await signerIn(ctx)];
  return changed(ctx, { application, saml: { ...saml, signers: next } });
}

async function uncertified(ctx: Context, instance: Instance, { id }: Asked): Promise<object> {
  const [of = '', certificate] = id.split('/');
  const { application, saml } = await found(ctx, instance, of);
  const [active, ...others] = saml.signers;
  if (active?.id === certificate) invalid('It signs assertions: let the other one do that first.');
  if (!others.some((signer) => signer.id === certificate)) return missing('certificate');
  return changed(ctx, { application, saml: { ...saml, signers: [active!] } });
}

async function changed(ctx: Context, { application, saml }: Found): Promise<object> {
  await ctx.store.replace(samlApplications, saml);
  return view(ctx, { application, saml });
}
