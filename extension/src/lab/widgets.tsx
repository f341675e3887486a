/** Views as Lumino widgets: nothing is loaded or asked before somebody sees them. */
import { ReactWidget } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import { Signal } from '@lumino/signaling';
import * as React from 'react';
import { Loading } from '../core/states';
import { WorkbenchContext } from '../core/workbench';
import type { ILabWorkbench, IShown } from './workbench';

export class ViewWidget extends ReactWidget implements IShown {
  readonly shown = new Signal<this, void>(this);
  private seen = false;
  private readonly context;

  constructor(
    workbench: ILabWorkbench,
    private readonly view: React.ComponentType<{ id: string }>,
    private readonly record = ''
  ) {
    super();
    this.context = workbench.forWidget(this);
    this.addClass('nb-root');
    this.addClass('nb-widget');
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.wake();
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this.wake();
  }

  protected override render(): React.ReactElement | null {
    if (!this.seen) {
      return null;
    }
    const View = this.view;
    return (
      <WorkbenchContext.Provider value={this.context}>
        <React.Suspense fallback={<Loading />}>
          <View id={this.record} />
        </React.Suspense>
      </WorkbenchContext.Provider>
    );
  }

  private wake(): void {
    if (!this.isVisible) {
      return;
    }
    if (!this.seen) {
      this.seen = true;
      this.update();
    }
    this.shown.emit();
  }
}
