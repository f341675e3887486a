/** A deployment's observed state in the reader's words; wishes that are not met yet are said as well. */
import * as React from 'react';
import { Badge, Tone } from '../core/badge';
import type { Deployment } from '../core/types';
import { ITrans, useWorkbench } from '../core/workbench';

export function observedWords(observed: Deployment['observed'], trans: ITrans): [Tone, string] {
  const words: Record<Deployment['observed'], [Tone, string]> = {
    pending: ['idle', trans.__('Pending')],
    starting: ['busy', trans.__('Starting')],
    ready: ['good', trans.__('Ready')],
    failing: ['bad', trans.__('Failing')],
    stopping: ['busy', trans.__('Stopping')],
    stopped: ['idle', trans.__('Stopped')]
  };
  return words[observed];
}

export function desiredWords(desired: Deployment['desired'], trans: ITrans): string {
  return desired === 'serving' ? trans.__('Serving') : trans.__('Stopped');
}

export function DeploymentState({ deployment }: { deployment: Deployment }): React.ReactElement {
  const [tone, text] = observedWords(deployment.observed, useWorkbench().trans);
  return <Badge tone={tone}>{text}</Badge>;
}

/** Whether the controller still has something to do. */
export function settled(deployment: Deployment): boolean {
  return deployment.observed === (deployment.desired === 'serving' ? 'ready' : 'stopped');
}
