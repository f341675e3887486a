/** What Notebench adds to an open notebook: run it, schedule it, mark its parameters cell. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, Notification } from '@jupyterlab/apputils';
import { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import { readOnlyWords } from '../core/rights';
import { CommandIds } from '../core/workbench';
import { COMMANDS } from '../rooms';
import { runIcon, scheduleIcon, tagIcon } from './icons';
import { ILabWorkbench } from './workbench';

const MAKE_PARAMETERS = 'notebench:make-parameters-cell';
const TAG = 'parameters';

/** Marks the active cell, and only it: papermill reads one. */
function tagActiveCell(panel: NotebookPanel): boolean {
  const active = panel.content.activeCell?.model;
  if (!active || active.type !== 'code') {
    return false;
  }
  for (const cell of panel.content.widgets) {
    const tags = (cell.model.getMetadata('tags') as string[] | undefined) ?? [];
    const rest = tags.filter(tag => tag !== TAG);
    if (cell.model === active) {
      cell.model.setMetadata('tags', [...rest, TAG]);
    } else if (rest.length < tags.length) {
      cell.model.setMetadata('tags', rest);
    }
  }
  return true;
}

/** The path without a drive's name, after saving what is on the screen. */
async function saved(app: JupyterFrontEnd, panel: NotebookPanel): Promise<string> {
  if (panel.context.model.dirty) {
    await panel.context.save();
  }
  return app.serviceManager.contents.localPath(panel.context.path);
}

function activate(
  app: JupyterFrontEnd,
  workbench: ILabWorkbench,
  notebooks: INotebookTracker,
  palette: ICommandPalette | null
): void {
  const { trans, rights } = workbench;
  const isEnabled = (): boolean => notebooks.currentWidget !== null && !rights.readOnly;
  const why = (caption: string): string =>
    rights.standing && rights.readOnly ? readOnlyWords(rights.standing, trans) : caption;
  rights.changed.connect(() => app.commands.notifyCommandChanged());
  const add = (id: string, label: string, caption: string, icon: typeof runIcon): void => {
    app.commands.addCommand(id, {
      label,
      caption: () => why(caption),
      icon,
      isEnabled: () => isEnabled(),
      execute: async args => {
        const panel = notebooks.currentWidget;
        const notebook = args.notebook ?? (panel ? await saved(app, panel) : '');
        return COMMANDS[id]?.(workbench.forWidget(), { ...args, notebook });
      }
    });
    palette?.addItem({ command: id, category: 'Notebench' });
  };
  add(
    CommandIds.runNotebook,
    trans.__('Run as notebook run…'),
    trans.__('Run this notebook once, independently of this session'),
    runIcon
  );
  add(CommandIds.schedule, trans.__('Schedule…'), trans.__('Run this notebook at fire times'), scheduleIcon);
  app.commands.addCommand(MAKE_PARAMETERS, {
    label: trans.__('Make this the parameters cell'),
    caption: trans.__('Notebook runs replace the values that the active cell assigns'),
    icon: tagIcon,
    isEnabled: () => notebooks.currentWidget?.content.activeCell?.model.type === 'code',
    execute: async () => {
      const panel = notebooks.currentWidget;
      if (!panel || !tagActiveCell(panel)) {
        return;
      }
      await panel.context.save();
      Notification.success(trans.__('The active cell is now the parameters cell.'), { autoClose: 4000 });
    }
  });
  palette?.addItem({ command: MAKE_PARAMETERS, category: 'Notebench' });
  app.contextMenu.addItem({ command: MAKE_PARAMETERS, selector: '.jp-Notebook .jp-CodeCell', rank: 40 });
}

export const notebookPlugin: JupyterFrontEndPlugin<void> = {
  id: 'notebench:notebook',
  description: 'Runs, schedules and parameters of the open notebook.',
  autoStart: true,
  requires: [ILabWorkbench, INotebookTracker],
  optional: [ICommandPalette],
  activate
};
