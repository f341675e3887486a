/** What the reader wants to see of the audit: in the form, in the address, and as the service is asked. */

export interface IWanted {
  who: string;
  whom: string;
  what: string;
  thing: string;
  /** A day of the reader's, as `2026-11-20`. */
  since: string;
  /** The last day, which is included. */
  until: string;
}

export const NOTHING: IWanted = { who: '', whom: '', what: '', thing: '', since: '', until: '' };

const NAMES = Object.keys(NOTHING) as (keyof IWanted)[];

export function fromAddress(search: string): IWanted {
  const query = new URLSearchParams(search);
  return Object.fromEntries(NAMES.map(name => [name, query.get(name) ?? ''])) as unknown as IWanted;
}

/** The same address with these filters; what else is in it stays. */
export function toAddress(search: string, wanted: IWanted): string {
  const query = new URLSearchParams(search);
  for (const name of NAMES) {
    if (wanted[name]) {
      query.set(name, wanted[name]);
    } else {
      query.delete(name);
    }
  }
  return `?${query.toString()}`;
}

/** The filters as the service takes them: days are the reader's own, moments are everybody's. */
export function asked(wanted: IWanted): Record<string, string> {
  const moments = { ...wanted, since: midnight(wanted.since, 0), until: midnight(wanted.until, 1) };
  return Object.fromEntries(
    NAMES.map(name => [name, moments[name].trim()]).filter(([, value]) => value !== '')
  ) as Record<string, string>;
}

/** The moment at which a day begins where the reader is, so many days later; nothing for what is no day. */
export function midnight(day: string, later: number): string {
  const parts = /^(\d{4})-(\d\d)-(\d\d)$/.exec(day);
  return parts
    ? new Date(Number(parts[1]), Number(parts[2]) - 1, Number(parts[3]) + later).toISOString()
    : '';
}
