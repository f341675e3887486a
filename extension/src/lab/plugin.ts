/** The extension's core plugin: the side area, the main area, commands, palette and launcher. */
import { ILayoutRestorer, JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ILauncher } from '@jupyterlab/launcher';
import { ITranslator } from '@jupyterlab/translation';
import { CommandIds, ITarget, Room } from '../core/workbench';
import { COMMANDS, sections } from '../rooms';
import { Area } from './area';
import { benchIcon } from './icons';
import { sidePanel } from './side';
import { ILabWorkbench, LabWorkbench } from './workbench';

const CATEGORY = 'Notebench';

/** Commands of the form "open this list", for the palette and the launcher. */
function listCommands(app: JupyterFrontEnd, workbench: LabWorkbench): string[] {
  const lists: { room: Room; label: string }[] = [
    ...sections(workbench.trans),
    { room: 'schedules', label: workbench.trans.__('Schedules') }
  ];
  return lists.map(({ room, label }) => {
    const id = `${CommandIds.open}-${room}`;
    app.commands.addCommand(id, {
      label,
      caption: label,
      icon: benchIcon,
      execute: () => app.commands.execute(CommandIds.open, { room })
    });
    return id;
  });
}

function activate(
  app: JupyterFrontEnd,
  translator: ITranslator,
  restorer: ILayoutRestorer | null,
  palette: ICommandPalette | null,
  launcher: ILauncher | null
): ILabWorkbench {
  const workbench = new LabWorkbench(app, translator);
  const area = new Area(app, workbench);
  app.commands.addCommand(CommandIds.open, {
    label: workbench.trans.__('Open in Notebench'),
    execute: args => area.open(args as unknown as ITarget)
  });
  for (const [id, handler] of Object.entries(COMMANDS)) {
    if (id === CommandIds.registerModel || id === CommandIds.deploy) {
      app.commands.addCommand(id, { execute: args => handler(workbench.forWidget(), args) });
    }
  }
  const side = sidePanel(workbench, translator);
  app.shell.add(side, 'left', { rank: 250, type: 'Notebench' });
  if (restorer) {
    restorer.add(side, side.id);
    area.restore(restorer);
  }
  for (const command of listCommands(app, workbench)) {
    palette?.addItem({ command, category: CATEGORY });
    launcher?.add({ command, category: CATEGORY });
  }
  return workbench;
}

export const workbenchPlugin: JupyterFrontEndPlugin<ILabWorkbench> = {
  id: 'notebench:workbench',
  description: 'Experiments, models, deployments and notebook runs in the side bar and the main area.',
  autoStart: true,
  provides: ILabWorkbench,
  requires: [ITranslator],
  optional: [ILayoutRestorer, ICommandPalette, ILauncher],
  activate
};
