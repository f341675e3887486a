/** The last lines that a workload wrote. */
import * as React from 'react';
import { useLive } from './live';
import { LiveView } from './states';
import { useWorkbench } from './workbench';

/** So many characters from the end are shown; a browser draws more of them slowly. */
const SHOWN = 200_000;

export function Logs({ path, live: follow }: { path: string; live: boolean }): React.ReactElement {
  const { api, trans } = useWorkbench();
  const live = useLive(`logs:${path}`, () => api.text(path), { interval: follow ? 4_000 : 0 });
  return (
    <LiveView
      live={live}
      isEmpty={text => text.trim() === ''}
      empty={<p className="nb-hint">{trans.__('Nothing has been written yet.')}</p>}
    >
      {text => (
        <pre className="nb-log" tabIndex={0} aria-label={trans.__('Log')}>
          {text.slice(-SHOWN)}
        </pre>
      )}
    </LiveView>
  );
}
