/** How full a home is, in a few words. */
import type { HomeState } from '../core/types';
import type { ITrans } from '../core/workbench';
import { bytes } from '../core/words';

/** For the status bar; empty while there is room enough. */
export function homeWords(state: HomeState, trans: ITrans): string {
  if (state.level === 'full') {
    return trans.__('Home full');
  }
  if (state.level === 'filling') {
    const percent = state.used !== null && state.size ? Math.floor((100 * state.used) / state.size) : 0;
    return percent ? trans.__('Home %1 % full', percent) : trans.__('Home nearly full');
  }
  return state.safe ? trans.__('Safe mode') : '';
}

/** Figures for people: what is used of what, and what is left. */
export function figures(state: HomeState, trans: ITrans, language: string): string {
  const free = trans.__('%1 can still be written', bytes(state.free, language));
  if (state.used === null || state.size === null) {
    return free;
  }
  const used = trans.__('%1 of %2 are used', bytes(state.used, language), bytes(state.size, language));
  return state.watch === 'quota' ? `${used}, ${free}` : used;
}
