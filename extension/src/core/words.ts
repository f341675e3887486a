/** Times, durations, sizes and numbers in the reader's language. */

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60]
];

/** For example "3 minutes ago"; a plain date when it is further away than 30 days. */
export function ago(moment: string | null | undefined, language: string, now = Date.now()): string {
  if (!moment) {
    return '';
  }
  const seconds = (Date.parse(moment) - now) / 1000;
  if (Math.abs(seconds) > 30 * 86_400) {
    return new Date(moment).toLocaleDateString(language);
  }
  const format = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  const step = STEPS.find(([, size]) => Math.abs(seconds) >= size);
  return step
    ? format.format(Math.trunc(seconds / step[1]), step[0])
    : format.format(Math.trunc(seconds), 'second');
}

export function dateTime(moment: string | null | undefined, language: string): string {
  return moment
    ? new Date(moment).toLocaleString(language, { dateStyle: 'medium', timeStyle: 'medium' })
    : '';
}

/** For example "1h 2m 3s"; the running time up to now where there is no end. */
export function duration(start?: string | null, end?: string | null, now = Date.now()): string {
  if (!start) {
    return '';
  }
  const total = Math.max(0, Math.round(((end ? Date.parse(end) : now) - Date.parse(start)) / 1000));
  const parts = [Math.floor(total / 3600), Math.floor((total % 3600) / 60), total % 60];
  const units = ['h', 'm', 's'];
  const from = parts.findIndex(part => part > 0);
  const shown = from < 0 ? ['0s'] : parts.slice(from).map((part, i) => `${part}${units[from + i]}`);
  return shown.join(' ');
}

export function bytes(size: number | null | undefined, language: string): string {
  if (size === null || size === undefined) {
    return '';
  }
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'];
  const power = Math.min(units.length - 1, size > 0 ? Math.floor(Math.log10(size) / 3) : 0);
  return new Intl.NumberFormat(language, {
    style: 'unit',
    unit: units[power],
    unitDisplay: 'short',
    maximumFractionDigits: 1
  }).format(size / 1000 ** power);
}

/** A metric's value with at most six significant digits; the words NaN and Infinity as they are. */
export function value(raw: number | string | undefined, language: string): string {
  if (raw === undefined) {
    return '';
  }
  return typeof raw === 'number' ? raw.toLocaleString(language, { maximumSignificantDigits: 6 }) : raw;
}
