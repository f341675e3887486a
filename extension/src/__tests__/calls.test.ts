import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import type { Column, Signature } from '../core/types';
import { suggestion } from '../deployments/deploy';
import { curl, invocations, python, rowBody, startBody, startTexts } from '../deployments/calls';

const column = (name: string, type: string, required = true): Column => ({
  name,
  type,
  required,
  example: null
});
const COLUMNS = [
  column('a', 'double'),
  column('n', 'long'),
  column('ok', 'boolean', false),
  column('s', 'string')
];
const NASTY = `it's "quoted" $HOME \`id\` \\ ''' é`;

test('a row is written with its types; empty optional columns are left out', () => {
  const body = JSON.parse(rowBody(COLUMNS, { a: '1.5', n: '3', s: 'x' })) as Record<string, unknown>;
  expect(body).toEqual({ dataframe_split: { columns: ['a', 'n', 's'], data: [[1.5, 3, 'x']] } });
  const wrong = JSON.parse(rowBody(COLUMNS.slice(0, 1), { a: 'plenty' })) as Record<string, unknown>;
  expect(wrong).toEqual({ dataframe_split: { columns: ['a'], data: [['plenty']] } });
});

test.each([
  { dataframe_split: { columns: ['a', 's'], data: [[2, 'y']] } },
  { dataframe_records: [{ a: 2, s: 'y' }] },
  { inputs: { a: [2], s: ['y'] } }
])('the form starts with the example %o', example => {
  const signature: Signature = { inputs: COLUMNS, tensor: null, example };
  expect(startTexts(signature)).toMatchObject({ a: '2', s: 'y', ok: '' });
});

test('a tensor starts with zeros in its shape', () => {
  const signature: Signature = { inputs: [], tensor: [-1, 2, 2], example: null };
  expect(JSON.parse(startBody(signature))).toEqual({
    inputs: [
      [
        [0, 0],
        [0, 0]
      ]
    ]
  });
});

test('what is copied says the same, whatever is in it', () => {
  const body = JSON.stringify({ s: NASTY });
  const shell = curl('http://x/', body).replace('curl ', 'printf "%s\\n" ');
  const printed = execFileSync('bash', ['-c', `NOTEBENCH_TOKEN=t; ${shell}`], { encoding: 'utf8' });
  expect(printed).toContain(body);
  const program = python('http://x/', body).split('request =')[0] + 'print(json.dumps(body))';
  const said = execFileSync('python3', ['-c', program], { encoding: 'utf8' });
  expect(JSON.parse(said)).toEqual({ s: NASTY });
});

test('an endpoint’s address is whole, however it is said', () => {
  const at = (endpoint: string, base = 'https://hub/x/services/notebench/'): string =>
    invocations({ id: 'd1', endpoint }, base);
  const whole = 'https://hub/x/services/notebench/endpoints/d1/invocations';
  expect(at('/x/services/notebench/endpoints/d1/')).toBe(whole);
  expect(at(whole.replace('invocations', ''), '')).toBe(whole);
  expect(at('')).toBe(whole);
});

test('a deployment’s name is made from the model’s', () => {
  expect(suggestion('Wine Quality (v2)')).toBe('wine-quality-v2');
  expect(suggestion('x'.repeat(60))).toHaveLength(40);
});
