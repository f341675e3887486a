/** The status bar's item: what this session acts for, its image, and how many packages were added. */
import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ReactWidget } from '@jupyterlab/ui-components';
import { IStatusBar, showPopup } from '@jupyterlab/statusbar';
import * as React from 'react';
import { Facts } from '../core/parts';
import { problemOf } from '../core/problem';
import { Trouble } from '../core/states';
import type { Problem, SessionHere } from '../core/types';
import { WorkbenchContext } from '../core/workbench';
import { ILabWorkbench, LabWorkbench } from './workbench';

const REFRESH_MILLISECONDS = 60_000;

class Popup extends ReactWidget {
  constructor(
    private readonly workbench: ILabWorkbench,
    private readonly here: SessionHere | undefined,
    private readonly problem: Problem | undefined
  ) {
    super();
    this.addClass('nb-root');
    this.addClass('nb-popup');
  }

  protected override render(): React.ReactElement {
    const { trans } = this.workbench;
    return (
      <WorkbenchContext.Provider value={this.workbench.forWidget()}>
        {this.problem && <Trouble problem={this.problem} />}
        {this.here && (
          <Facts
            facts={[
              [trans.__('User'), this.here.user],
              [trans.__('Acting for'), actingWords(this.here, this.workbench)],
              [trans.__('Image'), `${this.here.image_title || this.here.image} ${this.here.version}`],
              [trans.__('Hardware profile'), this.here.profile],
              [trans.__('Environment layer'), <code key="layer">{this.here.layer}</code>],
              [trans.__('Added packages'), this.packages(this.here)]
            ]}
          />
        )}
      </WorkbenchContext.Provider>
    );
  }

  private packages(here: SessionHere): React.ReactNode {
    if (here.added.length === 0) {
      return this.workbench.trans.__('None. %1 in a cell adds some.', '%pip install');
    }
    return (
      <ul className="nb-plain">
        {here.added.map(item => (
          <li key={item.name}>
            {item.name} {item.version}
          </li>
        ))}
      </ul>
    );
  }
}

function actingWords(here: SessionHere, { trans }: ILabWorkbench): string {
  return here.acting_for === 'personal' ? trans.__('Personal') : here.acting_for;
}

class StatusItem extends ReactWidget {
  private problem: Problem | undefined;
  private readonly timer: number;

  constructor(private readonly workbench: LabWorkbench) {
    super();
    this.addClass('jp-mod-highlighted');
    this.timer = window.setInterval(() => !document.hidden && void this.ask(), REFRESH_MILLISECONDS);
    void this.ask();
  }

  override dispose(): void {
    window.clearInterval(this.timer);
    super.dispose();
  }

  protected override render(): React.ReactElement {
    const { trans } = this.workbench;
    return (
      <button
        type="button"
        className="nb-status jp-StatusItem-text"
        title={trans.__('Notebench: what this session acts for and runs on')}
        onClick={() => void this.open()}
      >
        {this.text()}
      </button>
    );
  }

  private text(): string {
    const { here, trans } = this.workbench;
    if (!here) {
      return this.problem ? trans.__('Notebench: not connected') : 'Notebench';
    }
    const words = [actingWords(here, this.workbench), `${here.image_title || here.image} ${here.version}`];
    if (here.added.length) {
      words.push(trans._n('+%1 package', '+%1 packages', here.added.length, here.added.length));
    }
    return words.join(' · ');
  }

  private async open(): Promise<void> {
    await this.ask();
    const body = new Popup(this.workbench, this.workbench.here, this.problem);
    showPopup({ body, anchor: this, align: 'left', hasDynamicSize: true });
  }

  private async ask(): Promise<void> {
    try {
      await this.workbench.askHere();
      this.problem = undefined;
    } catch (thrown) {
      this.problem = problemOf(thrown, this.workbench.trans);
    }
    this.update();
  }
}

export const statusPlugin: JupyterFrontEndPlugin<void> = {
  id: 'notebench:status',
  description: 'Shows what the session acts for, its image and its added packages.',
  autoStart: true,
  requires: [ILabWorkbench],
  optional: [IStatusBar],
  activate: (_app, workbench: ILabWorkbench, bar: IStatusBar | null) => {
    bar?.registerStatusItem('notebench:status', {
      item: new StatusItem(workbench as LabWorkbench),
      align: 'left',
      rank: 20
    });
  }
};
