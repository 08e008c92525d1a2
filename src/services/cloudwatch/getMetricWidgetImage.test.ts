import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inflateSync } from 'node:zlib';
import { type Cloud, testCloud } from '../../testing/cloud.ts';
import { refusal } from '../../testing/rejected.ts';

async function shop(): Promise<Cloud> {
  const cloud = await testCloud({ now: new Date('2026-03-01T12:00:00Z') });
  for (let i = 0; i < 36; i++) {
    const MetricData = ['a', 'b'].map((host, at) => ({
      MetricName: 'Errors',
      Dimensions: [{ Name: 'Host', Value: host }],
      Value: 10 + at * 40 + i,
    }));
    await cloud.root.cloudwatch.putMetricData({ Namespace: 'Shop', MetricData });
    cloud.advance('PT5M');
  }
  return cloud;
}

const picture = ({ root: { cloudwatch } }: Cloud, widget: object, OutputFormat?: string) =>
  cloudwatch.getMetricWidgetImage({ MetricWidget: JSON.stringify(widget), ...(OutputFormat && { OutputFormat }) });

/** Size of a PNG, and how many of its pixels have which colour. */
function read(image: Uint8Array | undefined) {
  const bytes = Buffer.from(image!);
  assert.equal(bytes.subarray(1, 4).toString(), 'PNG');
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  const length = bytes.readUInt32BE(33);
  assert.equal(bytes.subarray(37, 41).toString(), 'IDAT');
  const rows = inflateSync(bytes.subarray(41, 41 + length));
  const colors = new Map<string, number>();
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * (width * 3 + 1) + 1 + x * 3;
      const color = `#${rows.subarray(at, at + 3).toString('hex')}`;
      colors.set(color, (colors.get(color) ?? 0) + 1);
    }
  }
  return { width, height, count: (color: string) => colors.get(color) ?? 0 };
}

const METRICS = [
  ['Shop', 'Errors', 'Host', 'a', { id: 'm1', color: '#112233' }],
  ['.', '.', '.', 'b', { id: 'm2', color: '#445566' }],
];

test('GetMetricWidgetImage draws each metric and expression in its colour, in the size asked for', async () => {
  const cloud = await shop();
  const metrics = [...METRICS, [{ expression: '(m1+m2)/2', label: 'mean', color: '#778899', yAxis: 'right' }]];
  const { MetricWidgetImage } = await picture(cloud, { metrics, width: 300, height: 200, title: 'Errors' });
  const image = read(MetricWidgetImage);
  assert.deepEqual([image.width, image.height], [300, 200]);
  for (const color of ['#112233', '#445566', '#778899']) assert.ok(image.count(color) > 200, color);
  assert.ok(image.count('#ffffff') > 30_000);
  const standard = read((await picture(cloud, { metrics: METRICS })).MetricWidgetImage);
  assert.deepEqual([standard.width, standard.height], [600, 400]);
});

test('what is not visible is not drawn; themes, annotations, stacking and the legend show', async () => {
  const cloud = await shop();
  const hidden = [METRICS[0]!, ['.', '.', '.', 'b', { visible: false, color: '#445566' }]];
  const plain = read((await picture(cloud, { metrics: hidden })).MetricWidgetImage);
  assert.equal(plain.count('#445566'), 0);
  const annotations = {
    horizontal: [
      { value: 30, label: 'many', color: '#aa0000' },
      { value: 5, visible: false, color: '#00aa00' },
    ],
    vertical: [{ value: '2026-03-01T13:00:00Z', color: '#0000aa', fill: 'after' }],
  };
  const marked = read((await picture(cloud, { metrics: METRICS, annotations, theme: 'dark' })).MetricWidgetImage);
  assert.ok(marked.count('#aa0000') > 500 && marked.count('#0000aa') > 300);
  assert.deepEqual([marked.count('#00aa00'), marked.count('#ffffff')], [0, 0]);
  const lines = plain.count('#112233');
  const stacked = read((await picture(cloud, { metrics: METRICS, stacked: true })).MetricWidgetImage);
  assert.ok(stacked.count('#445566') > 10 * lines, 'an area is more than a line');
  const none = read((await picture(cloud, { metrics: hidden, legend: { position: 'hidden' } })).MetricWidgetImage);
  assert.notEqual(none.count('#112233'), lines);
  const search = [[{ expression: "SEARCH('{Shop,Host} Errors', 'Average', 300)" }]];
  const found = read((await picture(cloud, { metrics: search, timezone: '+0530' })).MetricWidgetImage);
  assert.ok(found.count('#1f77b4') > 200 && found.count('#ff7f0e') > 200);
});

test('bars and slices are as large as the latest values', async () => {
  const cloud = await shop(); // The latest are 45 and 85.
  const of = async (widget: object) => {
    const legend = { position: 'hidden' };
    const { MetricWidgetImage } = await picture(cloud, { metrics: METRICS, legend, ...widget });
    const image = read(MetricWidgetImage);
    return [image.count('#112233'), image.count('#445566')] as const;
  };
  const near = (share: number, wanted: number) => assert.ok(Math.abs(share - wanted) < 0.02, `${share} for ${wanted}`);
  const [a, b] = await of({ view: 'bar' });
  near(a / b, 45 / 85);
  const [cut, whole] = await of({ view: 'bar', yAxis: { left: { min: 0, max: 60 } } });
  near(cut / whole, 45 / 60);
  const [slice, other] = await of({ view: 'pie', width: 1000, height: 1000 });
  near(slice / (slice + other), 45 / 130);
  const alone = await of({ view: 'pie', metrics: [METRICS[0]!, ['Shop', 'Nothing', { color: '#445566' }]] });
  assert.ok(alone[0] > 50_000);
  assert.equal(alone[1], 0);
});

test('widgets that make no sense are refused', async () => {
  const cloud = await shop();
  const wrong: object[] = [
    {},
    { metrics: [] },
    { metrics: [['Shop']] },
    { metrics: [['.', 'Errors']] },
    { metrics: [['Shop', 'Errors', 'Host']] },
    { metrics: [['Shop', 'Errors', { stat: 'Median' }]] },
    { metrics: [['Shop', 'Errors', { period: 61 }]] },
    { metrics: [[{ expression: 'm9 * 2' }]] },
    { metrics: METRICS, width: 2001 },
    { metrics: METRICS, height: 0 },
    { metrics: METRICS, start: 'yesterday' },
    { metrics: METRICS, start: '-PT1H', end: '-PT2H' },
    { metrics: METRICS, timezone: 'CET' },
    { metrics: METRICS, region: 'eu-west-1' },
    { metrics: METRICS, annotations: { horizontal: [{ label: 'x' }] } },
  ];
  for (const widget of wrong) await refusal(picture(cloud, widget), 'Validation');
  await refusal(picture(cloud, { metrics: METRICS, view: 'gauge' }), 'Validation');
  await refusal(picture(cloud, { metrics: METRICS }, 'image/png'), 'NotImplemented');
  const many = { metrics: [[{ expression: 'TIME_SERIES(1)' }]], period: 1, start: '-PT24H' };
  await refusal(picture(cloud, many), 'Validation');
});
