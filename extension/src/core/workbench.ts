/** What a view gets from the place it is shown in, so that the same views run in JupyterLab and in plain pages. */
import * as React from 'react';
import type { Api } from './api';
import type { Rights } from './rights';

/** The part of a JupyterLab translation bundle that the views use. */
export interface ITrans {
  __(msgid: string, ...args: unknown[]): string;
  _n(singular: string, plural: string, n: number, ...args: unknown[]): string;
}

export type Room =
  'experiments' | 'mlflow-runs' | 'compare' | 'models' | 'deployments' | 'runs' | 'schedules' | 'audit';

/** A list (no id) or one record of a room. */
export interface ITarget {
  room: Room;
  id?: string;
}

export interface IWorkbench {
  readonly api: Api;
  readonly trans: ITrans;
  readonly rights: Rights;
  /** BCP 47, for dates and numbers. */
  readonly language: string;
  /** Opens a list or a record in the main area, or goes to its page. */
  open(target: ITarget): void;
  /** Where a record can be read without JupyterLab; empty where there is no such place. */
  href(target: ITarget): string;
  /** Runs a command that any panel may have registered; panels know each other only by these ids. */
  execute(command: string, args?: Record<string, unknown>): Promise<unknown>;
  /** The view's own name, for its tab or window. */
  titled(name: string): void;
  /** Whether somebody can see this view now; hidden views do not ask the service. */
  visible(): boolean;
  /** Calls back when the view becomes visible again or something was changed; answers how to stop that. */
  onWake(wake: () => void): () => void;
  /** Tells every view that records changed, so that they ask again at once. */
  changed(): void;
  /** Opens a file of the user's; absent outside of JupyterLab. */
  openFile?(path: string): void;
  /** Address of the service's pages, for `curl` and Python examples. */
  publicUrl(): string;
}

/** What commands other panels may call. The ids are the only thing that panels share. */
export const CommandIds = {
  open: 'notebench:open',
  home: 'notebench:home',
  registerModel: 'notebench:register-model',
  deploy: 'notebench:deploy',
  runNotebook: 'notebench:run-notebook',
  schedule: 'notebench:schedule'
} as const;

/** A command's argument where it is text, else nothing. */
export function word(args: Record<string, unknown>, name: string): string {
  const value = args[name];
  return typeof value === 'string' ? value : '';
}

export const WorkbenchContext = React.createContext<IWorkbench | null>(null);

export function useWorkbench(): IWorkbench {
  const workbench = React.useContext(WorkbenchContext);
  if (!workbench) {
    throw new Error('A view was shown without a workbench.');
  }
  return workbench;
}
