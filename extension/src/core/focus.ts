/** Arrow keys between the rows of a list or table: one tab stop, as screen reader users expect. */
import * as React from 'react';

const STOP = '[data-nb-stop]';

function move(stops: HTMLElement[], from: number, key: string): number {
  switch (key) {
    case 'ArrowDown':
      return Math.min(stops.length - 1, from + 1);
    case 'ArrowUp':
      return Math.max(0, from - 1);
    case 'Home':
      return 0;
    case 'End':
      return stops.length - 1;
    default:
      return -1;
  }
}

/** Put the answer on the list's element; mark each row's main button or link with `data-nb-stop`. */
export function useRovingFocus<E extends HTMLElement>(): {
  ref: React.RefObject<E>;
  onKeyDown(event: React.KeyboardEvent): void;
  onFocus(event: React.FocusEvent): void;
} {
  const ref = React.useRef<E>(null);
  const stops = (): HTMLElement[] => Array.from(ref.current?.querySelectorAll<HTMLElement>(STOP) ?? []);
  const only = (chosen: HTMLElement): void =>
    stops().forEach(stop => (stop.tabIndex = stop === chosen ? 0 : -1));

  React.useEffect(() => {
    const all = stops();
    const chosen =
      all.find(stop => stop === document.activeElement) ?? all.find(stop => stop.tabIndex === 0) ?? all[0];
    if (chosen) {
      only(chosen);
    }
  });
  return {
    ref,
    onKeyDown: event => {
      const all = stops();
      const from = all.indexOf(event.target as HTMLElement);
      const to = from < 0 ? -1 : move(all, from, event.key);
      if (to >= 0) {
        event.preventDefault();
        all[to]?.focus();
      }
    },
    onFocus: event => {
      const target = event.target as HTMLElement;
      if (target.matches(STOP)) {
        only(target);
      }
    }
  };
}
