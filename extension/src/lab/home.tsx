/** The home in JupyterLab: a word in the status bar when it fills up, a notice, and the view of what fills it. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, MainAreaWidget, Notification } from '@jupyterlab/apputils';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { HomeState } from '../core/types';
import { CommandIds } from '../core/workbench';
import { homeWords, HomeView } from '../home';
import { benchIcon } from './icons';
import { ViewWidget } from './widgets';
import { ILabWorkbench } from './workbench';

const REFRESH_MILLISECONDS = 60_000;

class HomeItem extends ReactWidget {
  state: HomeState | undefined;

  constructor(
    private readonly workbench: ILabWorkbench,
    private readonly openView: () => void
  ) {
    super();
    this.addClass('jp-mod-highlighted');
    this.hide();
  }

  tell(state: HomeState): void {
    this.state = state;
    this.setHidden(!homeWords(state, this.workbench.trans));
    this.update();
  }

  protected override render(): React.ReactElement {
    const { trans } = this.workbench;
    return (
      <button
        type="button"
        className="nb-status jp-StatusItem-text"
        title={trans.__('Notebench: what fills your home')}
        onClick={this.openView}
      >
        {this.state ? homeWords(this.state, trans) : ''}
      </button>
    );
  }
}

function notice(before: HomeState | undefined, state: HomeState, workbench: ILabWorkbench): string {
  if (state.safe || state.level === 'ok' || state.level === before?.level) {
    return '';
  }
  const { trans } = workbench;
  return state.level === 'full'
    ? trans.__('Your home is full: notebooks and runs cannot be saved any more.')
    : trans.__('Your home is nearly full.');
}

function activate(
  app: JupyterFrontEnd,
  workbench: ILabWorkbench,
  bar: IStatusBar | null,
  palette: ICommandPalette | null
): void {
  const { trans } = workbench;
  let widget: MainAreaWidget<ViewWidget> | undefined;
  const show = (): void => void app.commands.execute(CommandIds.home);
  const item = new HomeItem(workbench, show);
  app.commands.addCommand(CommandIds.home, {
    label: trans.__('Home: what fills it'),
    icon: benchIcon,
    execute: () => {
      if (!widget || widget.isDisposed) {
        widget = new MainAreaWidget({ content: new ViewWidget(workbench, HomeView) });
        widget.id = 'notebench-home';
        widget.toolbar.hide();
        widget.title.icon = benchIcon;
        widget.title.label = trans.__('Home');
        widget.title.closable = true;
      }
      if (!widget.isAttached) {
        app.shell.add(widget, 'main');
      }
      app.shell.activateById(widget.id);
    }
  });
  palette?.addItem({ command: CommandIds.home, category: 'Notebench' });
  bar?.registerStatusItem('notebench:home', { item, align: 'left', rank: 21 });
  const ask = async (): Promise<void> => {
    const before = item.state;
    const state = await workbench.api.here<HomeState>('home').catch(() => undefined);
    if (!state) {
      return; // the other item of the status bar says that nothing answers
    }
    item.tell(state);
    const text = notice(before, state, workbench);
    if (text) {
      const actions = [{ label: trans.__('Show what fills it'), callback: show }];
      Notification.warning(text, { autoClose: false, actions });
    }
    if (state.safe && !before) {
      show();
    }
  };
  window.setInterval(() => !document.hidden && void ask(), REFRESH_MILLISECONDS);
  void app.restored.then(ask);
}

export const homePlugin: JupyterFrontEndPlugin<void> = {
  id: 'notebench:home',
  description: 'Says when the home is full, shows what fills it, and leads out of the safe mode.',
  autoStart: true,
  requires: [ILabWorkbench],
  optional: [IStatusBar, ICommandPalette],
  activate
};
