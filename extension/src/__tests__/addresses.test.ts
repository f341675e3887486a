import { expect, test } from 'vitest';
import { pathOf, targetOf } from '../core/addresses';
import { at, withQuery } from '../core/api';
import type { ITarget } from '../core/workbench';

const TARGETS: ITarget[] = [
  { room: 'experiments' },
  { room: 'experiments', id: '7' },
  { room: 'mlflow-runs', id: '0123' },
  { room: 'compare', id: 'a,b' },
  { room: 'models', id: 'wine quality/../x?y#z' },
  { room: 'deployments', id: 'wine' },
  { room: 'schedules', id: 'p-1' }
];

test.each(TARGETS)('the address of %o leads back to it', target => {
  expect(targetOf(pathOf(target))).toEqual({ id: undefined, ...target });
});

test('addresses of other makers are understood', () => {
  expect(targetOf('experiments/7/runs/0123')).toEqual({ room: 'mlflow-runs', id: '0123' });
  expect(targetOf('nonsense/%E0%A4%A')).toEqual({ room: 'experiments' });
});

test('no name reaches another route', () => {
  expect(at('models', '../../internal', 'aliases')).toBe('models/..%2F..%2Finternal/aliases');
  expect(withQuery('runs', { limit: 5, cursor: '', schedule: undefined })).toBe('runs?limit=5');
});
