/** Records' addresses below the service's pages, both ways. MLflow runs and comparisons live under experiments. */
import { at } from './api';
import type { ITarget, Room } from './workbench';

const PAGES = new Set<string>(['experiments', 'models', 'deployments', 'runs', 'schedules', 'audit']);

export function pathOf({ room, id }: ITarget): string {
  if (room === 'mlflow-runs' && id) {
    return at('experiments', 'runs', id);
  }
  if (room === 'compare' && id) {
    return at('experiments', 'compare', id);
  }
  return id ? at(room, id) : room;
}

/** The target of a path like `experiments/7/runs/0123`; the list of experiments for what is no record of ours. */
export function targetOf(path: string): ITarget {
  const [room = '', ...rest] = path
    .split('/')
    .filter(Boolean)
    .map(segment => decoded(segment));
  if (!PAGES.has(room)) {
    return { room: 'experiments' };
  }
  if (room === 'experiments') {
    const last = rest.at(-1) ?? '';
    if (rest.length > 1 && rest.includes('runs')) {
      return { room: 'mlflow-runs', id: last };
    }
    if (rest.length > 1 && rest[0] === 'compare') {
      return { room: 'compare', id: last };
    }
  }
  return { room: room as Room, id: rest[0] };
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
