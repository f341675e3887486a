/** A state in a word, with a colour and a shape, so that colour is never the only difference. */
import * as React from 'react';

export type Tone = 'good' | 'bad' | 'busy' | 'idle' | 'warn';

const SHAPES: Record<Tone, string> = { good: '●', bad: '✕', busy: '◐', idle: '○', warn: '▲' };

export function Badge({ tone, children }: { tone: Tone; children: React.ReactNode }): React.ReactElement {
  return (
    <span className={`nb-badge nb-tone-${tone}`}>
      <span aria-hidden="true">{SHAPES[tone]}</span> {children}
    </span>
  );
}
