/**
 * Whether a text is the body of a dashboard: its structure by a table of fields; what is wrong is told with its path.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Dashboard-Body-Structure.html
 */
import type { DashboardValidationMessage } from '@aws-sdk/client-cloudwatch';

export interface Findings {
  readonly errors: DashboardValidationMessage[];
  readonly warnings: DashboardValidationMessage[];
}

interface Field {
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'object' | 'array';
  readonly required?: true;
  readonly oneOf?: readonly string[];
  readonly range?: readonly [number, number];
}

type Fields = Readonly<Record<string, Field>>;

const WIDGETS_MAX = 500;
const VARIABLES_MAX = 25;
const BODY_BYTES_MAX = 1024 * 1024;

const BODY: Fields = {
  widgets: { type: 'array', required: true },
  variables: { type: 'array' },
  start: { type: 'string' },
  end: { type: 'string' },
  periodOverride: { type: 'string', oneOf: ['auto', 'inherit'] },
};

const WIDGET: Fields = {
  type: { type: 'string', required: true, oneOf: ['metric', 'text', 'log', 'alarm', 'explorer', 'chart', 'custom'] },
  x: { type: 'integer', range: [0, 23] },
  y: { type: 'integer', range: [0, Number.MAX_SAFE_INTEGER] },
  width: { type: 'integer', range: [1, 24] },
  height: { type: 'integer', range: [1, 1000] },
  properties: { type: 'object', required: true },
};

const VARIABLE: Fields = {
  type: { type: 'string', required: true, oneOf: ['property', 'pattern'] },
  inputType: { type: 'string', required: true, oneOf: ['input', 'select', 'radio'] },
  id: { type: 'string', required: true },
  values: { type: 'array' },
  label: { type: 'string' },
  search: { type: 'string' },
  populateFrom: { type: 'string' },
  visible: { type: 'boolean' },
};

const PROPERTIES: Readonly<Record<string, Fields>> = {
  metric: {
    metrics: { type: 'array' },
    annotations: { type: 'object' },
    period: { type: 'integer', range: [1, Number.MAX_SAFE_INTEGER] },
    region: { type: 'string' },
    stat: { type: 'string' },
    title: { type: 'string' },
    view: { type: 'string', oneOf: ['timeSeries', 'singleValue', 'gauge', 'bar', 'pie', 'table'] },
    stacked: { type: 'boolean' },
    liveData: { type: 'boolean' },
    sparkline: { type: 'boolean' },
    legend: { type: 'object' },
    yAxis: { type: 'object' },
    timezone: { type: 'string' },
  },
  text: {
    markdown: { type: 'string', required: true },
    background: { type: 'string', oneOf: ['transparent', 'solid'] },
  },
  log: {
    query: { type: 'string', required: true },
    region: { type: 'string', required: true },
    title: { type: 'string' },
    view: { type: 'string', oneOf: ['table', 'timeSeries', 'bar', 'pie'] },
    stacked: { type: 'boolean' },
  },
  alarm: {
    alarms: { type: 'array', required: true },
    sortBy: { type: 'string', oneOf: ['default', 'stateUpdatedTimestamp', 'timestamp'] },
    states: { type: 'array' },
    title: { type: 'string' },
  },
  explorer: {
    metrics: { type: 'array', required: true },
    labels: { type: 'array', required: true },
    title: { type: 'string' },
  },
  custom: { endpoint: { type: 'string', required: true }, title: { type: 'string' } },
};

type Plain = Readonly<Record<string, unknown>>;

export function checkBody(text: string): Findings {
  const findings: Findings = { errors: [], warnings: [] };
  const body = parsed(text, findings);
  if (!body) return findings;
  checkFields(body, BODY, '', findings.errors);
  const { widgets, variables, start, end } = body;
  if (end !== undefined && start === undefined) say(findings.errors, '/start', "Should have required property 'start'");
  if (Array.isArray(widgets)) {
    if (widgets.length > WIDGETS_MAX)
      say(findings.errors, '/widgets', `Should not have more than ${WIDGETS_MAX} items`);
    else for (const [at, widget] of widgets.entries()) checkWidget(widget, `/widgets/${at}`, findings);
  }
  if (Array.isArray(variables)) {
    if (variables.length > VARIABLES_MAX)
      say(findings.errors, '/variables', `Should not have more than ${VARIABLES_MAX} items`);
    else for (const [at, variable] of variables.entries()) checkVariable(variable, `/variables/${at}`, findings);
  }
  return findings;
}

const say = (to: DashboardValidationMessage[], DataPath: string, Message: string) => to.push({ DataPath, Message });

const isPlain = (value: unknown): value is Plain =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function parsed(text: string, { errors }: Findings): Plain | undefined {
  if (Buffer.byteLength(text) > BODY_BYTES_MAX) {
    say(errors, '', 'The dashboard body is too large');
    return undefined;
  }
  try {
    const body: unknown = JSON.parse(text);
    if (isPlain(body)) return body;
    say(errors, '', 'Should be object');
  } catch {
    say(errors, '', 'The field DashboardBody must be a valid JSON object');
  }
  return undefined;
}

const MATCHES: Readonly<Record<Field['type'], (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  integer: Number.isInteger,
  number: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  object: isPlain,
  array: Array.isArray,
};

function checkFields(of: Plain, fields: Fields, path: string, errors: DashboardValidationMessage[]): void {
  for (const [name, field] of Object.entries(fields)) {
    const value = of[name];
    const here = `${path}/${name}`;
    if (value === undefined) {
      if (field.required) say(errors, here, `Should have required property '${name}'`);
    } else if (!MATCHES[field.type](value)) say(errors, here, `Should be ${field.type}`);
    else if (field.oneOf && !field.oneOf.includes(value as string)) {
      say(errors, here, `Should match exactly one of the allowed values: ${field.oneOf.join(', ')}`);
    } else if (field.range && ((value as number) < field.range[0] || (value as number) > field.range[1])) {
      say(errors, here, `Should be between ${field.range[0]} and ${field.range[1]}`);
    }
  }
}

function checkWidget(widget: unknown, path: string, { errors, warnings }: Findings): void {
  if (!isPlain(widget)) {
    say(errors, path, 'Should be object');
    return;
  }
  checkFields(widget, WIDGET, path, errors);
  const { x, y, type, properties } = widget;
  if ((x === undefined) !== (y === undefined)) {
    const missing = x === undefined ? 'x' : 'y';
    say(errors, `${path}/${missing}`, `Should have required property '${missing}'`);
  }
  const fields = typeof type === 'string' && Object.hasOwn(PROPERTIES, type) ? PROPERTIES[type]! : undefined;
  if (!fields || !isPlain(properties)) return;
  checkFields(properties, fields, `${path}/properties`, errors);
  if (type === 'metric') checkMetricWidget(properties, `${path}/properties`, { errors, warnings });
}

const METRIC_ITEMS_MAX = 500;

function checkMetricWidget(properties: Plain, path: string, { errors, warnings }: Findings): void {
  const { metrics, annotations, region } = properties;
  if (metrics === undefined && !(isPlain(annotations) && annotations.alarms !== undefined)) {
    say(errors, `${path}/metrics`, "Should have required property 'metrics'");
  }
  if (region === undefined) say(warnings, `${path}/region`, "Should have required property 'region'");
  if (!Array.isArray(metrics)) return;
  if (metrics.length > METRIC_ITEMS_MAX) {
    say(errors, `${path}/metrics`, `Should not have more than ${METRIC_ITEMS_MAX} items`);
    return;
  }
  for (const [at, metric] of metrics.entries()) checkMetric(metric, `${path}/metrics/${at}`, errors);
}

/** `["AWS/EC2", "CPUUtilization", "InstanceId", "i-012345", { "stat": "p90" }]` or `[{ "expression": "…" }]` */
function checkMetric(metric: unknown, path: string, errors: DashboardValidationMessage[]): void {
  if (typeof metric === 'string') return; // A single metric may lie in the list itself.
  if (isPlain(metric)) return;
  if (!Array.isArray(metric)) {
    say(errors, path, 'Should be array');
    return;
  }
  const last: unknown = metric.at(-1);
  const options = isPlain(last) ? last : undefined;
  const names: unknown[] = options ? metric.slice(0, -1) : metric;
  if (names.length === 0 && options?.expression !== undefined) return;
  if (names.some((name) => typeof name !== 'string')) say(errors, path, 'Should contain strings');
  else if (names.length < 2 || names.length % 2 !== 0)
    say(errors, path, 'Invalid metric field type, only "String" type is allowed');
}

function checkVariable(variable: unknown, path: string, { errors }: Findings): void {
  if (!isPlain(variable)) {
    say(errors, path, 'Should be object');
    return;
  }
  checkFields(variable, VARIABLE, path, errors);
  const { type, property, pattern, inputType, values, search } = variable;
  if (type === 'property' && typeof property !== 'string')
    say(errors, `${path}/property`, "Should have required property 'property'");
  if (type === 'pattern' && typeof pattern !== 'string')
    say(errors, `${path}/pattern`, "Should have required property 'pattern'");
  if ((inputType === 'select' || inputType === 'radio') && values === undefined && search === undefined) {
    say(errors, `${path}/values`, "Should have required property 'values'");
  }
}
