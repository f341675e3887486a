import { expect, test } from 'vitest';
import { asked, fromAddress, midnight, NOTHING, toAddress } from '../audit/wanted';

test('filters go into the address and come back, and leave alone what else is there', () => {
  const wanted = { ...NOTHING, who: 'a&b=c', what: 'token-make', until: '2026-11-20' };
  const search = toAddress('?for=churn&thing=old', wanted);
  expect(fromAddress(search)).toEqual(wanted);
  expect(new URLSearchParams(search).get('for')).toBe('churn');
  expect(toAddress(search, NOTHING)).toBe('?for=churn');
});

test('days are the reader’s own, and the last one is included', () => {
  expect(midnight('2026-11-20', 1)).toBe(new Date(2026, 10, 21).toISOString());
  expect(midnight('2026-12-31', 1)).toBe(new Date(2027, 0, 1).toISOString());
  expect(midnight('yesterday', 0)).toBe('');
  expect(asked({ ...NOTHING, who: ' ada ', since: '2026-11-20' })).toEqual({
    who: 'ada',
    since: new Date(2026, 10, 20).toISOString()
  });
});
