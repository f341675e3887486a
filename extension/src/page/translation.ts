/** A translation bundle for plain pages, from the same files that JupyterLab reads. */
import type { ITrans } from '../core/workbench';

type Messages = Record<string, string[]>;

export const LANGUAGES: Record<string, string> = { en: 'English', de_DE: 'Deutsch', es_ES: 'Español' };

const CHOICE = 'notebench-language';

const FILES: Record<string, () => Promise<{ default: unknown }>> = {
  de_DE: () => import('../../notebench/locale/de_DE/LC_MESSAGES/notebench.json'),
  es_ES: () => import('../../notebench/locale/es_ES/LC_MESSAGES/notebench.json')
};

/** The reader's own choice, else the service's; always one of ours. */
export function chosenLanguage(offered: string): string {
  const wanted = window.localStorage.getItem(CHOICE) ?? offered;
  const same = (code: string): boolean => code.slice(0, 2) === wanted.slice(0, 2).toLowerCase();
  return Object.keys(LANGUAGES).find(same) ?? 'en';
}

export function chooseLanguage(code: string): void {
  window.localStorage.setItem(CHOICE, code);
  window.location.reload();
}

/** `%1` becomes the first argument, and so on; `%%` is a percent sign. */
export function filled(template: string, args: unknown[]): string {
  return template.replace(/%(%|\d+)/g, (_, mark: string) =>
    mark === '%' ? '%' : String(args[Number(mark) - 1])
  );
}

/** All three languages have two forms, with one for exactly 1. */
function form(n: number): number {
  return n === 1 ? 0 : 1;
}

export async function loadTranslation(language: string): Promise<ITrans> {
  const messages = ((await FILES[language]?.())?.default ?? {}) as Messages;
  return {
    __: (msgid, ...args) => filled(messages[msgid]?.[0] || msgid, args),
    _n: (singular, plural, n, ...args) =>
      filled(messages[singular]?.[form(n)] || (n === 1 ? singular : plural), args)
  };
}
