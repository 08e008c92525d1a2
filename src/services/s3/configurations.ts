/** Settings of which a bucket has several, each under an id: found, listed in pages, put and removed. */
import { CommonError } from '../../core/errors.ts';
import { paging } from '../../core/page.ts';
import { invalidArgument, s3Error } from './errors.ts';

const CONFIGURATIONS_MAX = 1000;

const noSuchConfiguration = () =>
  new CommonError('NoSuchConfiguration', 'The specified configuration does not exist.', 404);

const tooMany = () =>
  new CommonError(
    'TooManyConfigurations',
    'You are attempting to create a new configuration but have already reached the 1,000-configuration limit.',
  );

interface Named {
  readonly Id?: string | undefined;
}

/** Throws NoSuchConfiguration. */
export function configurationNamed<C>(found: C | undefined): C {
  if (found === undefined) throw noSuchConfiguration();
  return found;
}

export const configurationPages = paging({
  size: 'MaxConfigurations',
  standard: 100,
  token: 'ContinuationToken',
  end: (token) => ({ IsTruncated: token !== undefined, ...(token !== undefined && { NextContinuationToken: token }) }),
  refuse(token) {
    throw invalidArgument('The continuation token provided is incorrect', 'continuation-token', token);
  },
});

/** What an answer says again of the token it was asked with. */
export const tokenAsked = ({ ContinuationToken: token }: { readonly ContinuationToken?: string | undefined }) =>
  token === undefined ? {} : { ContinuationToken: token };

/** Throws where the id of the request is not that of its body, or no id. */
export function requireId(id: string, { Id }: Named): void {
  if (Id !== id) throw new CommonError('IdMismatch', 'Document ID does not match the specified configuration ID.');
  if (!/^[\w.-]{1,64}$/.test(id)) throw s3Error('MalformedXML');
}

/** Throws TooManyConfigurations unless there is room for one more. */
export function requireRoom(fits: boolean): void {
  if (!fits) throw tooMany();
}

/** Those there are, by id, where they are kept together. */
export const configurationIn = <C extends Named>(all: readonly C[] | undefined, id: string): C =>
  configurationNamed(all?.find(({ Id }) => Id === id));

/** With this one, in the order of ids. */
export function withConfiguration<C extends Named>(all: readonly C[] = [], id: string, configuration: C): readonly C[] {
  requireId(id, configuration);
  const others = all.filter(({ Id }) => Id !== id);
  requireRoom(others.length < CONFIGURATIONS_MAX);
  return [...others, configuration].sort((a, b) => (a.Id! < b.Id! ? -1 : 1));
}

/** Without this one; undefined: none is left. Throws NoSuchConfiguration. */
export function withoutConfiguration<C extends Named>(all: readonly C[] | undefined, id: string) {
  configurationIn(all, id);
  const others = all!.filter(({ Id }) => Id !== id);
  return others.length > 0 ? others : undefined;
}

export { CONFIGURATIONS_MAX };
