/** The composition root of the views: which panel shows which room. Panels are loaded when first needed. */
import * as React from 'react';
import { CommandIds, ITrans, IWorkbench, Room } from './core/workbench';

/* eslint-disable @typescript-eslint/explicit-function-return-type -- the modules' own types say it */
const experiments = () => import('./experiments');
const models = () => import('./models');
const deployments = () => import('./deployments');
const runs = () => import('./runs');
const audit = () => import('./audit');
/* eslint-enable @typescript-eslint/explicit-function-return-type */

type View = React.ComponentType<{ id: string }>;

function view<M>(load: () => Promise<M>, pick: (module: M) => View): View {
  return React.lazy(async () => ({ default: pick(await load()) }));
}

interface IRoom {
  /** Shown for the room itself. */
  list: View;
  /** Shown for one record. */
  details: View;
}

export const ROOMS: Record<Room, IRoom> = {
  experiments: {
    list: view(experiments, m => m.ExperimentList),
    details: view(experiments, m => m.ExperimentDetails)
  },
  'mlflow-runs': {
    list: view(experiments, m => m.ExperimentList),
    details: view(experiments, m => m.RunDetails)
  },
  compare: { list: view(experiments, m => m.ExperimentList), details: view(experiments, m => m.Comparison) },
  models: { list: view(models, m => m.ModelTable), details: view(models, m => m.ModelDetails) },
  deployments: {
    list: view(deployments, m => m.DeploymentTable),
    details: view(deployments, m => m.DeploymentDetails)
  },
  runs: { list: view(runs, m => m.RunTable), details: view(runs, m => m.RunDetails) },
  schedules: { list: view(runs, m => m.ScheduleTable), details: view(runs, m => m.ScheduleDetails) },
  audit: { list: view(audit, m => m.AuditTable), details: view(audit, m => m.AuditTable) }
};

export interface ISection {
  room: Room;
  label: string;
  view: View;
}

/** The side bar's sections and the pages' navigation, in this order. */
export function sections(trans: ITrans): ISection[] {
  return [
    {
      room: 'experiments',
      label: trans.__('Experiments'),
      view: view(experiments, m => m.ExperimentSection)
    },
    { room: 'models', label: trans.__('Models'), view: view(models, m => m.ModelSection) },
    {
      room: 'deployments',
      label: trans.__('Deployments'),
      view: view(deployments, m => m.DeploymentSection)
    },
    { room: 'runs', label: trans.__('Notebook runs'), view: view(runs, m => m.RunSection) }
  ];
}

type Handler = (workbench: IWorkbench, args: Record<string, unknown>) => Promise<unknown>;

/** What panels do for each other, by command id. */
export const COMMANDS: Record<string, Handler> = {
  [CommandIds.registerModel]: async (workbench, args) => (await models()).registerModel(workbench, args),
  [CommandIds.deploy]: async (workbench, args) => (await deployments()).deploy(workbench, args),
  [CommandIds.runNotebook]: async (workbench, args) => (await runs()).runNotebook(workbench, args),
  [CommandIds.schedule]: async (workbench, args) => (await runs()).scheduleNotebook(workbench, args)
};

const ROOM_NAMES = new Set<string>(Object.keys(ROOMS));

export function isRoom(word: unknown): word is Room {
  return typeof word === 'string' && ROOM_NAMES.has(word);
}
