/** The workbench of JupyterLab: one shared part, and a small one for each widget that knows whether it is seen. */
import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ITranslator } from '@jupyterlab/translation';
import { Token } from '@lumino/coreutils';
import { ISignal, Signal } from '@lumino/signaling';
import type { Widget } from '@lumino/widgets';
import { pathOf } from '../core/addresses';
import { Api } from '../core/api';
import { Rights } from '../core/rights';
import type { SessionHere } from '../core/types';
import { CommandIds, ITarget, ITrans, IWorkbench } from '../core/workbench';
import { LabTransport } from './transport';

/** What the other plugins of this extension, and other extensions, may use. */
export interface ILabWorkbench {
  readonly api: Api;
  readonly trans: ITrans;
  readonly rights: Rights;
  /** What this session is; undefined until known, or outside of Notebench. */
  readonly here: SessionHere | undefined;
  readonly hereChanged: ISignal<ILabWorkbench, void>;
  /** A workbench for views inside `widget`; without one, for dialogs. */
  forWidget(widget?: IShown): IWorkbench;
}

/** A widget that says when it is shown again. */
export interface IShown extends Widget {
  readonly shown: ISignal<Widget, void>;
}

export const ILabWorkbench = new Token<ILabWorkbench>(
  'notebench:ILabWorkbench',
  'Notebench inside JupyterLab: the API, what this session is, and the views’ workbench.'
);

export class LabWorkbench implements ILabWorkbench {
  readonly api: Api;
  readonly trans: ITrans;
  readonly rights: Rights;
  readonly language: string;
  here: SessionHere | undefined;
  readonly hereChanged = new Signal<this, void>(this);
  private readonly changes = new Signal<this, void>(this);

  constructor(
    private readonly app: JupyterFrontEnd,
    translator: ITranslator
  ) {
    this.trans = translator.load('notebench');
    this.language = translator.languageCode.replace('_', '-');
    this.api = new Api(new LabTransport(app.serviceManager.serverSettings, this.language), this.trans);
    this.rights = new Rights(this.api);
  }

  /** Asks the Jupyter server what this session is; fails outside of Notebench. */
  async askHere(): Promise<SessionHere> {
    this.here = await this.api.here<SessionHere>('here');
    this.hereChanged.emit();
    void this.rights.ask();
    return this.here;
  }

  forWidget(widget?: IShown): IWorkbench {
    const { api, trans, rights, language, app, changes } = this;
    return {
      api,
      trans,
      rights,
      language,
      open: target => void app.commands.execute(CommandIds.open, { room: target.room, id: target.id ?? '' }),
      href: target => this.href(target),
      execute: (command, args) => app.commands.execute(command, args as never),
      titled: name => {
        if (widget) {
          widget.title.label = name;
        }
      },
      visible: () => (widget ? widget.isVisible : true),
      onWake: wake => {
        changes.connect(wake);
        widget?.shown.connect(wake);
        return () => {
          changes.disconnect(wake);
          widget?.shown.disconnect(wake);
        };
      },
      changed: () => changes.emit(),
      openFile: path => void app.commands.execute('docmanager:open', { path }),
      publicUrl: () => this.here?.hub_url ?? ''
    };
  }

  private href(target: ITarget): string {
    const { here } = this;
    return here?.hub_url ? `${here.hub_url}${pathOf(target)}?for=${encodeURIComponent(here.acting_for)}` : '';
  }
}
