import { expect, test } from 'vitest';
import { ago, bytes, duration, value } from '../core/words';
import { filled, loadTranslation } from '../page/translation';

const NOW = Date.parse('2026-11-20T12:00:00Z');

test('times are said in the reader’s language', () => {
  expect(ago('2026-11-20T11:57:30Z', 'en', NOW)).toBe('2 minutes ago');
  expect(ago('2026-11-20T11:57:30Z', 'de', NOW)).toBe('vor 2 Minuten');
  expect(ago(null, 'en', NOW)).toBe('');
  expect(duration('2026-11-20T10:58:57Z', '2026-11-20T12:00:00Z')).toBe('1h 1m 3s');
  expect(duration('2026-11-20T12:00:00Z', '2026-11-20T12:00:00Z')).toBe('0s');
});

test('numbers keep six digits, words stay', () => {
  expect(value(0.123456789, 'en')).toBe('0.123457');
  expect(value(0.5, 'de')).toBe('0,5');
  expect(value('NaN', 'de')).toBe('NaN');
  expect(bytes(12_400_000, 'en')).toBe('12.4 MB');
  expect(bytes(0, 'en')).toContain('0');
});

test('pages speak German and Spanish, with plurals', async () => {
  const german = await loadTranslation('de_DE');
  expect(german.__('Cell %1 of %2', 3, 9)).toBe('Zelle 3 von 9');
  expect(german._n('%1 run', '%1 runs', 1, 1)).toBe('1 Lauf');
  expect(german._n('%1 run', '%1 runs', 2, 2)).toBe('2 Läufe');
  expect((await loadTranslation('es_ES')).__('Deploy…')).toBe('Desplegar…');
  expect((await loadTranslation('en')).__('Deploy…')).toBe('Deploy…');
  expect(filled('100%% of %1', ['it'])).toBe('100% of it');
});
