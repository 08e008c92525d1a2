import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';
import { asked, later, storeIn } from './fixtures.ts';
import { SAMPLE_QUERIES } from './sampleQueries.ts';

test('SearchSampleQueries finds what is asked for, the best first', async () => {
  const { cloudtrail } = (await testCloud()).root;
  for (const [phrase, best] of [
    ['Who was denied access?', 'Calls that were refused'],
    ['root user activity', 'What the root user did'],
    ['console logins without MFA', 'Console sign-ins without MFA'],
    ['failed login attempts by IP address', 'Failed console sign-ins by address'],
    ['new access keys', 'New access keys'],
    ['who stopped the trail logging', 'Attempts to blind CloudTrail'],
    ['show me deleted KMS keys', 'Keys that are to be deleted'],
    ['cross-account access', 'Access from other accounts'],
    ['throttling', 'Throttled calls'],
    ['s3 bucket policies', 'Buckets that were opened'],
    ['service control policies', 'Changes in the organization'],
  ] as const) {
    const { SearchResults = [] } = await cloudtrail.searchSampleQueries({ SearchPhrase: phrase });
    assert.equal(SearchResults[0]?.Name, best, phrase);
    const relevances = SearchResults.map(({ Relevance = 0 }) => Relevance);
    assert.deepEqual(
      relevances,
      relevances.toSorted((a, b) => b - a),
    );
    assert.equal(
      relevances.every((relevance) => relevance > 0 && relevance <= 1),
      true,
    );
  }
  assert.deepEqual((await cloudtrail.searchSampleQueries({ SearchPhrase: 'qqqq' })).SearchResults, []);
});

test('results come in pages', async () => {
  const { cloudtrail } = (await testCloud()).root;
  const SearchPhrase = 'calls of users with errors';
  const { SearchResults: all = [] } = await cloudtrail.searchSampleQueries({ SearchPhrase, MaxResults: 50 });
  const names: (string | undefined)[] = [];
  let NextToken: string | undefined;
  do {
    const input = { SearchPhrase, MaxResults: 3, ...(NextToken && { NextToken }) };
    const page = await cloudtrail.searchSampleQueries(input);
    names.push(...(page.SearchResults ?? []).map(({ Name }) => Name));
    NextToken = page.NextToken;
  } while (NextToken);
  assert.deepEqual(
    names,
    all.map(({ Name }) => Name),
  );
  const wrong = cloudtrail.searchSampleQueries({ SearchPhrase, NextToken: 'abcd' });
  await rejected(wrong, 'InvalidParameter', /NextToken/);
});

test('every sample query runs', async () => {
  const cloud = await testCloud();
  const { id } = await storeIn(cloud);
  await cloud.root.iam.createUser({ UserName: 'alice' });
  await later(cloud, 'PT5M');
  // A few in one: it is the engine's start that takes time.
  for (let from = 0; from < SAMPLE_QUERIES.length; from += 7) {
    const some = SAMPLE_QUERIES.slice(from, from + 7);
    const counts = some.map(({ sql }) => `(SELECT count(*) FROM (${sql.replace('$EDS_ID', id)}))`);
    const { QueryStatus, ErrorMessage } = await asked(cloud, `SELECT ${counts.join(', ')}`);
    assert.equal(QueryStatus, 'FINISHED', `${some.map(({ name }) => name).join()}: ${ErrorMessage}`);
  }
  const made = SAMPLE_QUERIES.find(({ name }) => name === 'New users and roles');
  const { rows } = await asked(cloud, made!.sql.replace('$EDS_ID', id));
  assert.deepEqual(
    rows.map((row) => row.made),
    ['alice'],
  );
});
