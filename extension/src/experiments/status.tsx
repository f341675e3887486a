/** MLflow's word for a run's state, in the reader's. */
import * as React from 'react';
import { Badge, Tone } from '../core/badge';
import { ITrans, useWorkbench } from '../core/workbench';

function words(status: string, trans: ITrans): [Tone, string] {
  switch (status) {
    case 'RUNNING':
      return ['busy', trans.__('Running')];
    case 'SCHEDULED':
      return ['idle', trans.__('Scheduled')];
    case 'FINISHED':
      return ['good', trans.__('Finished')];
    case 'FAILED':
      return ['bad', trans.__('Failed')];
    case 'KILLED':
      return ['warn', trans.__('Killed')];
    default:
      return ['idle', status];
  }
}

export function RunStatus({ status }: { status: string }): React.ReactElement {
  const [tone, text] = words(status, useWorkbench().trans);
  return <Badge tone={tone}>{text}</Badge>;
}
