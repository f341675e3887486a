/** Puts into a notebook what its cells printed while no tab, or no connection, was there to hear it. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import type { ICodeCellModel } from '@jupyterlab/cells';
import { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { Kernel, KernelMessage } from '@jupyterlab/services';
import type { IOutput } from '@jupyterlab/nbformat';
import { Signal } from '@lumino/signaling';
import { at } from '../core/api';
import type { KeptExecution, KeptOutputs } from '../core/types';
import { ILabWorkbench } from './workbench';

/** Milliseconds between two looks at a cell that prints; longer where a look itself takes long. */
const SHORTEST_PAUSE = 500;
const LONGEST_PAUSE = 10_000;
const PATIENCE = 10;

/** After a lost connection Jupyter replays what it kept; only then is it known what is missing. */
const REPLAY = 2000;

const isOver = (execution: KeptExecution): boolean =>
  execution.state !== 'queued' && execution.state !== 'running';

/** One open notebook with its kernel. */
class Catcher {
  private readonly followed = new Set<string>();
  private timer: number | undefined;
  private heard = false;
  private lost = false;
  private isDisposed = false;

  constructor(
    private readonly panel: NotebookPanel,
    private readonly kernel: Kernel.IKernelConnection,
    private readonly ask: (kernel: string) => Promise<KeptOutputs>
  ) {
    kernel.iopubMessage.connect(this.onMessage, this);
    kernel.connectionStatusChanged.connect(this.onConnection, this);
    kernel.disposed.connect(this.dispose, this);
    panel.disposed.connect(this.dispose, this);
  }

  dispose(): void {
    if (!this.isDisposed) {
      this.isDisposed = true;
      window.clearTimeout(this.timer);
      Signal.clearData(this);
    }
  }

  /** Called when the notebook was opened: what ran, or ended after it was saved, is not in the file. */
  async begin(): Promise<void> {
    const saved = Date.parse(this.panel.context.contentsModel?.last_modified ?? '') || 0;
    await this.look(execution => {
      const newer = !isOver(execution) || Date.parse(execution.ended ?? '') > saved;
      return newer && execution.client !== this.kernel.clientId;
    });
  }

  private onMessage(_: Kernel.IKernelConnection, message: KernelMessage.IIOPubMessage): void {
    const request = (message.parent_header as { msg_id?: string }).msg_id ?? '';
    if (this.followed.has(request)) {
      this.heard = true;
    }
  }

  private onConnection(_: Kernel.IKernelConnection, status: Kernel.ConnectionStatus): void {
    if (status !== 'connected') {
      this.lost = true;
    } else if (this.lost) {
      this.lost = false;
      // What this page asked for itself may have been answered while nobody listened.
      window.setTimeout(() => void this.look(execution => this.differs(execution)), REPLAY);
    }
  }

  private differs(execution: KeptExecution): boolean {
    const cell = this.cell(execution);
    return (
      cell !== null && (!isOver(execution) || length(cell.outputs.toJSON()) !== length(execution.outputs))
    );
  }

  /** Shows what is wanted or followed, and looks again while something runs. */
  private async look(wanted: (execution: KeptExecution) => boolean): Promise<void> {
    if (this.isDisposed) {
      return;
    }
    window.clearTimeout(this.timer);
    this.heard = false;
    const begin = Date.now();
    let found: KeptExecution[] = [];
    try {
      found = (await this.ask(this.kernel.id)).executions;
    } catch {
      // The Jupyter server is away: JupyterLab itself says so, and the next look may find it.
    }
    for (const execution of found) {
      if (!this.isDisposed && (this.followed.has(execution.request) || wanted(execution))) {
        this.show(execution);
      }
    }
    if (this.followed.size > 0 && !this.isDisposed) {
      const pause = Math.min(Math.max(SHORTEST_PAUSE, PATIENCE * (Date.now() - begin)), LONGEST_PAUSE);
      this.wait(pause, LONGEST_PAUSE);
    }
  }

  /** Looks again after `pause` if something was heard by then, else a little later. */
  private wait(pause: number, longest: number): void {
    this.timer = window.setTimeout(() => {
      if (this.heard || longest <= 0) {
        void this.look(() => false);
      } else {
        this.wait(pause, longest - pause);
      }
    }, pause);
  }

  private show(execution: KeptExecution): void {
    const cell = this.cell(execution);
    if (!cell) {
      this.followed.delete(execution.request);
      return;
    }
    cell.trusted = true; // this user's session has run this very code
    replace(cell, execution.outputs as unknown as IOutput[]);
    cell.executionCount = isOver(execution) ? execution.count : null;
    cell.executionState = isOver(execution) ? 'idle' : 'running';
    if (isOver(execution)) {
      this.followed.delete(execution.request);
    } else {
      this.followed.add(execution.request);
    }
  }

  /** The cell that it is about, if it is still there and says the same. */
  private cell(execution: KeptExecution): ICodeCellModel | null {
    const cells = this.panel.content.model?.cells ?? [];
    for (const cell of cells) {
      if (cell.id === execution.cell && cell.type === 'code') {
        return cell.sharedModel.getSource() === execution.code ? (cell as ICodeCellModel) : null;
      }
    }
    return null;
  }
}

/** Adds what is new at the end, so that long outputs are not drawn anew; else puts all in its place. */
function replace(cell: ICodeCellModel, outputs: IOutput[]): void {
  const shown = cell.outputs.toJSON();
  const last = shown.length - 1;
  const same = shown.slice(0, last).every((output, index) => equal(output, outputs[index]));
  const before = text(shown[last]);
  const after = text(outputs[last]);
  const sameStream = before !== null && shown[last]?.name === outputs[last]?.name;
  if (same && sameStream && after?.startsWith(before)) {
    if (after.length > before.length) {
      cell.outputs.add({ ...outputs[last], output_type: 'stream', text: after.slice(before.length) });
    }
    outputs.slice(last + 1).forEach(output => cell.outputs.add(output));
  } else if (!equal(shown, outputs)) {
    cell.outputs.fromJSON(outputs);
  }
}

/** A stream's text; null for other outputs, and where carriage returns have changed what is shown. */
function text(output: IOutput | undefined): string | null {
  if (output?.output_type !== 'stream') {
    return null;
  }
  const value = output.text;
  return Array.isArray(value) ? value.join('') : (value as string);
}

function equal(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function length(outputs: unknown): number {
  return JSON.stringify(outputs).length;
}

function activate(_: JupyterFrontEnd, workbench: ILabWorkbench, notebooks: INotebookTracker): void {
  const { api } = workbench;
  const ask = (kernel: string): Promise<KeptOutputs> => api.here<KeptOutputs>(at('outputs', kernel));
  notebooks.widgetAdded.connect((_tracker, panel) => {
    let catcher: Catcher | null = null;
    const attend = (): void => {
      catcher?.dispose();
      const kernel = panel.sessionContext.session?.kernel;
      catcher = kernel ? new Catcher(panel, kernel, ask) : null;
      void panel.context.ready.then(() => catcher?.begin());
    };
    panel.sessionContext.kernelChanged.connect(attend);
    void panel.sessionContext.ready.then(attend);
  });
}

export const outputsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'notebench:outputs',
  description: 'What cells printed while no tab was open.',
  autoStart: true,
  requires: [ILabWorkbench, INotebookTracker],
  activate
};
