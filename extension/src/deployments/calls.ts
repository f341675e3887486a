/** The body of a call made from a form, and the same call for other programs. The token is never in it. */
import type { Column, Signature } from '../core/types';

const WHOLE = /^(long|integer|u?int\d+)$/;
const NUMBER = /^(double|float\d*)$/;

/** A form's text as the value that the column's type wants; text that does not fit stays text, the server says so. */
export function typed(text: string, type: string): unknown {
  if (text === '') {
    return null;
  }
  if (WHOLE.test(type) || NUMBER.test(type)) {
    const number = Number(text);
    return Number.isNaN(number) ? text : number;
  }
  if (type === 'boolean' || type === 'bool') {
    return text === 'true';
  }
  return text;
}

/** A value as the text that a form shows. */
export function shown(value: unknown): string {
  if (value === null || value === undefined) {
    return '';
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** One row in MLflow's split orientation; empty optional columns are left out. */
export function rowBody(columns: Column[], texts: Record<string, string>): string {
  const used = columns.filter(column => column.required || (texts[column.name] ?? '') !== '');
  const data = used.map(column => typed(texts[column.name] ?? '', column.type));
  return JSON.stringify({ dataframe_split: { columns: used.map(column => column.name), data: [data] } });
}

/** What the form starts with: the columns' own examples, else the first row of the input example. */
export function startTexts(signature: Signature): Record<string, string> {
  const row = exampleRow(signature.example);
  return Object.fromEntries(
    signature.inputs.map(column => [column.name, shown(column.example ?? row[column.name])])
  );
}

function exampleRow(example: unknown): Record<string, unknown> {
  const body = (example ?? {}) as Record<string, unknown>;
  const split = body.dataframe_split as { columns?: string[]; data?: unknown[][] } | undefined;
  if (split?.columns && split.data?.[0]) {
    return Object.fromEntries(split.columns.map((name, index) => [name, split.data?.[0]?.[index]]));
  }
  const records = body.dataframe_records ?? body.inputs;
  const first: unknown = Array.isArray(records) ? records[0] : records;
  if (!first || typeof first !== 'object' || Array.isArray(first)) {
    return {};
  }
  return Object.fromEntries(
    Object.entries(first).map(([name, value]) => [
      name,
      Array.isArray(value) ? (value as unknown[])[0] : value
    ])
  );
}

/** The body to start with where there is no form: the input example, else zeros in the tensor's shape. */
export function startBody(signature: Signature | null | undefined): string {
  if (signature?.example) {
    return JSON.stringify(signature.example, null, 2);
  }
  const shape = signature?.tensor?.map(size => (size < 1 ? 1 : size));
  return JSON.stringify({ inputs: shape ? zeros(shape) : [] }, null, 2);
}

function zeros(shape: number[]): unknown {
  const [size = 0, ...rest] = shape;
  return shape.length === 0 ? 0 : Array.from({ length: Math.min(size, 1000) }, () => zeros(rest));
}

/** The whole address of an endpoint's calls; the service may say it as a path below the hub. */
export function invocations(deployment: { id: string; endpoint: string }, publicUrl: string): string {
  const base = new URL(publicUrl || '/', window.location.href);
  return new URL('invocations', new URL(deployment.endpoint || `endpoints/${deployment.id}/`, base)).href;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

export function curl(address: string, body: string): string {
  return [
    `curl ${quoted(address)} \\`,
    `  -H "Authorization: Bearer $NOTEBENCH_TOKEN" \\`,
    `  -H 'Content-Type: application/json' \\`,
    `  -d ${quoted(body)}`
  ].join('\n');
}

export function python(address: string, body: string): string {
  return [
    'import json, os, urllib.request',
    '',
    `body = json.loads(r'''${body.replaceAll("'", '\\u0027')}''')`,
    'request = urllib.request.Request(',
    `    ${JSON.stringify(address)},`,
    '    data=json.dumps(body).encode(),',
    '    headers={',
    '        "Authorization": "Bearer " + os.environ["NOTEBENCH_TOKEN"],',
    '        "Content-Type": "application/json",',
    '    },',
    ')',
    'print(json.load(urllib.request.urlopen(request)))'
  ].join('\n');
}
