/** Modal questions on the browser's own `<dialog>`: focus stays inside, Escape closes, the page behind is inert. */
import * as React from 'react';
import { createRoot } from 'react-dom/client';
import { IWorkbench, WorkbenchContext } from './workbench';

/** What a dialog's body gets: how to end it with a result, or without one. */
export interface IDialogProps<R> {
  done(result: R): void;
  cancel(): void;
}

let count = 0;

/** Shows `Body` and answers its result, or undefined when the reader closed it. */
export function ask<R>(
  workbench: IWorkbench,
  title: string,
  Body: React.ComponentType<IDialogProps<R>>
): Promise<R | undefined> {
  const dialog = document.createElement('dialog');
  const heading = `nb-dialog-${(count += 1)}`;
  dialog.className = 'nb-dialog nb-root';
  dialog.setAttribute('aria-labelledby', heading);
  dialog.setAttribute('data-lm-suppress-shortcuts', 'true');
  document.body.append(dialog);
  const root = createRoot(dialog);
  const before = document.activeElement;
  return new Promise(resolve => {
    let result: R | undefined;
    dialog.addEventListener('close', () => {
      root.unmount();
      dialog.remove();
      if (before instanceof HTMLElement) {
        before.focus();
      }
      resolve(result);
    });
    const done = (value: R): void => {
      result = value;
      dialog.close();
    };
    root.render(
      <WorkbenchContext.Provider value={inDialog(workbench)}>
        <header className="nb-dialog-head">
          <h2 id={heading}>{title}</h2>
          <button
            type="button"
            className="nb-icon-button"
            aria-label={workbench.trans.__('Close')}
            onClick={() => dialog.close()}
          >
            ✕
          </button>
        </header>
        <Body done={done} cancel={() => dialog.close()} />
      </WorkbenchContext.Provider>
    );
    dialog.showModal();
  });
}

/** A dialog is visible as long as it is open, whatever its opener is. */
function inDialog(workbench: IWorkbench): IWorkbench {
  return { ...workbench, visible: () => true };
}

/** Asks before something that cannot be taken back. */
export async function confirm(
  workbench: IWorkbench,
  title: string,
  text: string,
  verb: string
): Promise<boolean> {
  const answer = await ask<boolean>(workbench, title, ({ done, cancel }) => (
    <form
      className="nb-form"
      onSubmit={event => {
        event.preventDefault();
        done(true);
      }}
    >
      <p>{text}</p>
      <Buttons cancel={cancel} verb={verb} danger />
    </form>
  ));
  return answer === true;
}

interface IButtonsProps {
  verb: string;
  cancel(): void;
  busy?: boolean;
  disabled?: boolean;
  danger?: boolean;
}

/** The last line of a dialog's form. */
export function Buttons({ verb, cancel, busy, disabled, danger }: IButtonsProps): React.ReactElement {
  const workbench = React.useContext(WorkbenchContext);
  return (
    <p className="nb-dialog-foot">
      <button type="button" className="nb-button" onClick={cancel}>
        {workbench?.trans.__('Cancel')}
      </button>
      <button
        type="submit"
        className={`nb-button ${danger ? 'nb-danger' : 'nb-primary'}`}
        disabled={busy || disabled}
        aria-busy={busy}
      >
        {verb}
      </button>
    </p>
  );
}
