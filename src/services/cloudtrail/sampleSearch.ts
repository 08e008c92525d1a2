/**
 * Finds sample queries by words: each word of the phrase counts as much as it is rare among the samples, and more in a
 * name than in a description. Names and SQL are our own, and so is the ranking: AWS asks a model of meanings.
 */
import {
  InvalidParameterException,
  type SearchSampleQueriesRequest,
  type SearchSampleQueriesResponse,
} from '@aws-sdk/client-cloudtrail';
import { fail } from '../../core/errors.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { cursorOf, tokenOf } from '../../core/page.ts';
import { SAMPLE_QUERIES, type SampleQuery } from './sampleQueries.ts';

const PAGE = 10;
const NAME_WEIGHT = 1;
const TEXT_WEIGHT = 0.8;
const SQL_WEIGHT = 0.5;

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_SearchSampleQueries.html */
export const SearchSampleQueries: Operation<Present<SearchSampleQueriesRequest>, SearchSampleQueriesResponse> = {
  access: () => ({ resource: '*' }),
  async run({ SearchPhrase: phrase, MaxResults: limit = PAGE, NextToken: token }) {
    const from = token === undefined ? 0 : Number(/^from (\d{1,4})$/.exec(cursorOf(token) ?? '')?.[1]);
    if (Number.isNaN(from)) fail(InvalidParameterException, 'Invalid NextToken.');
    const ranked = search(phrase);
    return {
      SearchResults: ranked.slice(from, from + limit).map(({ sample, relevance }) => ({
        Name: sample.name,
        Description: sample.description,
        SQL: sample.sql,
        Relevance: relevance,
      })),
      ...(from + limit < ranked.length && { NextToken: tokenOf(`from ${from + limit}`) }),
    };
  },
};

const SMALL = new Set(
  'a an all and any by did do does for from had has have how in is it me my of on or our show that the them they this to was were what when where which who why with'.split(
    ' ',
  ),
);

/** Words of one meaning. */
const MEANINGS: Readonly<Record<string, string>> = {
  login: 'sign',
  logon: 'sign',
  signin: 'sign',
  denied: 'refused',
  deny: 'refused',
  unauthorized: 'refused',
  forbidden: 'refused',
  mfa: 'multi',
  delete: 'deletion',
  remove: 'deletion',
  destroy: 'deletion',
  exception: 'error',
  fail: 'error',
  failure: 'error',
  permission: 'policy',
  address: 'ip',
};

/** What words mean, without their endings. */
function wordsOf(text: string): readonly string[] {
  const words = text.toLowerCase().match(/[a-z0-9]{2,}/g) ?? [];
  return words.filter((word) => !SMALL.has(word)).map((word) => MEANINGS[stem(word)] ?? stem(MEANINGS[word] ?? word));
}

const stem = (word: string) =>
  word.length < 5
    ? word
    : word
        .replace(/ies$/, 'y')
        .replace(/(ing|ed|es|s)$/, '')
        .replace(/(.)\1$/, '$1');

interface Indexed {
  readonly sample: SampleQuery;
  /** Word → how much a match of it is worth. */
  readonly words: ReadonlyMap<string, number>;
}

const INDEX: readonly Indexed[] = SAMPLE_QUERIES.map((sample) => {
  const words = new Map<string, number>();
  for (const word of wordsOf(sample.sql.replace(/([a-z])([A-Z])/g, '$1 $2'))) words.set(word, SQL_WEIGHT);
  for (const word of wordsOf(sample.description)) words.set(word, TEXT_WEIGHT);
  for (const word of wordsOf(sample.name)) words.set(word, NAME_WEIGHT);
  return { sample, words };
});

const rarity = (word: string) => Math.log(1 + INDEX.length / (1 + INDEX.filter(({ words }) => words.has(word)).length));

/** Best first; none without a word in common. Relevance is between 0 and 1. */
function search(phrase: string): readonly { readonly sample: SampleQuery; readonly relevance: number }[] {
  const asked = [...new Set(wordsOf(phrase))].map((word) => ({ word, weight: rarity(word) }));
  const most = asked.reduce((sum, { weight }) => sum + weight, 0);
  return INDEX.map(({ sample, words }) => {
    const found = asked.reduce((sum, { word, weight }) => sum + weight * (words.get(word) ?? 0), 0);
    return { sample, relevance: most === 0 ? 0 : Number((found / most).toFixed(4)) };
  })
    .filter(({ relevance }) => relevance > 0)
    .sort((a, b) => b.relevance - a.relevance);
}
