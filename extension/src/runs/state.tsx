/** A notebook run's state in the reader's words, and how far it is. */
import * as React from 'react';
import { Badge, Tone } from '../core/badge';
import type { Run } from '../core/types';
import { ITrans, useWorkbench } from '../core/workbench';

const FINAL = new Set<Run['state']>(['succeeded', 'failed', 'timed_out', 'cancelled', 'lost']);

export function ended(run: Run): boolean {
  return FINAL.has(run.state);
}

function words(state: Run['state'], trans: ITrans): [Tone, string] {
  const all: Record<Run['state'], [Tone, string]> = {
    queued: ['idle', trans.__('Queued')],
    starting: ['busy', trans.__('Starting')],
    running: ['busy', trans.__('Running')],
    succeeded: ['good', trans.__('Succeeded')],
    failed: ['bad', trans.__('Failed')],
    timed_out: ['bad', trans.__('Timed out')],
    cancelled: ['warn', trans.__('Cancelled')],
    lost: ['bad', trans.__('Lost')]
  };
  return all[state];
}

export function RunState({ run }: { run: Run }): React.ReactElement {
  const [tone, text] = words(run.state, useWorkbench().trans);
  return <Badge tone={tone}>{text}</Badge>;
}

/** "Cell k of n" with a bar; nothing before the first cell. */
export function RunProgress({ run }: { run: Run }): React.ReactElement | null {
  const { trans } = useWorkbench();
  const { cell, cells } = run.progress;
  if (ended(run) || cells === 0) {
    return null;
  }
  const text = trans.__('Cell %1 of %2', cell, cells);
  return (
    <span className="nb-progress">
      <progress max={cells} value={Math.max(0, cell - 1)} aria-label={text} />
      <span>{text}</span>
    </span>
  );
}

/** The notebook's name without its folders. */
export function stem(path: string): string {
  return path.split('/').pop() ?? path;
}
