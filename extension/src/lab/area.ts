/** Lists and records in the main area: opened once each, and back again after a reload. */
import type { ILayoutRestorer, JupyterFrontEnd } from '@jupyterlab/application';
import { MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import { CommandIds, ITarget } from '../core/workbench';
import { isRoom, ROOMS, sections } from '../rooms';
import { benchIcon } from './icons';
import { ViewWidget } from './widgets';
import type { ILabWorkbench } from './workbench';

type Opened = MainAreaWidget<ViewWidget>;

export class Area {
  private readonly tracker = new WidgetTracker<Opened>({ namespace: 'notebench' });
  private readonly targets = new WeakMap<Opened, ITarget>();

  constructor(
    private readonly app: JupyterFrontEnd,
    private readonly workbench: ILabWorkbench
  ) {}

  restore(restorer: ILayoutRestorer): void {
    void restorer.restore(this.tracker, {
      command: CommandIds.open,
      args: widget => ({ ...this.targets.get(widget) }),
      name: widget => key(this.targets.get(widget))
    });
  }

  /** Opens `target`, or goes to it when it is open. Answers undefined for a room that is not ours. */
  open(target: ITarget): Opened | undefined {
    if (!isRoom(target.room)) {
      return undefined;
    }
    const known = this.tracker.find(widget => key(this.targets.get(widget)) === key(target));
    const widget = known ?? this.create(target);
    if (!widget.isAttached) {
      this.app.shell.add(widget, 'main');
    }
    this.app.shell.activateById(widget.id);
    return widget;
  }

  private create(target: ITarget): Opened {
    const room = ROOMS[target.room];
    const content = new ViewWidget(this.workbench, target.id ? room.details : room.list, target.id);
    const widget = new MainAreaWidget({ content });
    widget.toolbar.hide();
    widget.id = `notebench-${key(target).replace(/[^\w-]/g, '_')}`;
    widget.title.icon = benchIcon;
    widget.title.closable = true;
    widget.title.label = target.id ? short(target.id) : this.label(target);
    widget.title.caption = `${this.label(target)} ${target.id ?? ''}`.trim();
    content.title.changed.connect(title => {
      widget.title.label = title.label;
    });
    this.targets.set(widget, target);
    void this.tracker.add(widget);
    return widget;
  }

  private label(target: ITarget): string {
    const { trans } = this.workbench;
    if (target.room === 'schedules') {
      return trans.__('Schedules');
    }
    return sections(trans).find(section => section.room === target.room)?.label ?? trans.__('Experiments');
  }
}

function key(target: ITarget | undefined): string {
  return `${target?.room ?? ''}:${target?.id ?? ''}`;
}

function short(id: string): string {
  return id.length > 24 ? `${id.slice(0, 8)}…` : id;
}
