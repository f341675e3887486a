import { expect, test } from 'vitest';
import { fromInfo, fromValue, IParameter, kind, values, WrongValue } from '../runs/values';

const info = (source: string, type = ''): ReturnType<typeof fromInfo> =>
  fromInfo({ name: 'x', default: source, type, help: '' });
const typed = (type: string, text: string): IParameter => ({ name: 'x', type, fallback: '', help: '', text });

test.each([
  ['3', 'int'],
  ['-0.5e3', 'float'],
  ['True', 'bool'],
  ['"a"', 'str'],
  ['[1]', 'list'],
  ['{}', 'dict'],
  ['None', ''],
  ['len(x)', '']
])('%s is taken for %s', (source, expected) => {
  expect(kind({ name: 'x', default: source, type: '', help: '' })).toBe(expected);
});

test('the notebook’s word about a type wins', () => {
  expect(info('3', 'float').type).toBe('float');
});

test.each([
  ['int', '5', 5],
  ['float', '1e-3', 0.001],
  ['bool', 'false', false],
  ['str', ' 5 ', ' 5 '],
  ['list', '[1, "b"]', [1, 'b']],
  ['dict', '{"a": null}', { a: null }],
  ['', '5', 5],
  ['', 'five', 'five']
])('as %s, %s becomes a value', (type, text, value) => {
  expect(values([typed(type, text)])).toEqual({ x: value });
});

test.each([
  ['int', '5.5'],
  ['int', 'many'],
  ['float', 'Infinity'],
  ['bool', 'yes'],
  ['list', '{}'],
  ['dict', '[1]'],
  ['list', 'print(1)']
])('as %s, %s is refused', (type, text) => {
  expect(() => values([typed(type, text)])).toThrow(WrongValue);
});

test('what is not typed is not sent', () => {
  expect(values([info('3'), { ...info('4'), name: ' ', text: '5' }])).toEqual({});
});

test('a run’s values come back as they were', () => {
  const given = { depth: 3, region: 'Mosel', strict: true, grapes: ['a'], limit: null };
  expect(values(Object.entries(given).map(([name, value]) => fromValue(name, value)))).toEqual(given);
});
