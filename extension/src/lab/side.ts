/** The one area on the left that lists what there is. */
import { SidePanel } from '@jupyterlab/ui-components';
import type { ITranslator } from '@jupyterlab/translation';
import { sections } from '../rooms';
import { benchIcon } from './icons';
import { ViewWidget } from './widgets';
import type { ILabWorkbench } from './workbench';

export function sidePanel(workbench: ILabWorkbench, translator: ITranslator): SidePanel {
  const panel = new SidePanel({ translator });
  panel.id = 'notebench-side';
  panel.title.icon = benchIcon;
  panel.title.caption = 'Notebench';
  panel.addClass('nb-side');
  panel.node.setAttribute('role', 'region');
  panel.node.setAttribute('aria-label', 'Notebench');
  for (const section of sections(workbench.trans)) {
    const widget = new ViewWidget(workbench, section.view);
    widget.id = `notebench-side-${section.room}`;
    widget.title.label = section.label;
    panel.addWidget(widget);
  }
  return panel;
}
