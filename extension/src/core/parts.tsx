/** Small pieces that every detail view is made of. */
import * as React from 'react';
import { useRefusal } from './rights';
import { ITarget, useWorkbench } from './workbench';

/** Pairs of a name and a value; pairs without a value are left out. */
export function Facts({ facts }: { facts: [string, React.ReactNode][] }): React.ReactElement {
  return (
    <dl className="nb-facts">
      {facts
        .filter(([, value]) => value !== '' && value !== undefined && value !== null)
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

interface IHeaderProps {
  title: string;
  /** What is shown, for a link to its page. */
  record?: ITarget;
  state?: React.ReactNode;
  children?: React.ReactNode;
}

/** A view's first line: its title, state and buttons. */
export function ViewHeader({ title, record, state, children }: IHeaderProps): React.ReactElement {
  const workbench = useWorkbench();
  const refusal = useRefusal();
  React.useEffect(() => {
    workbench.titled(title);
  }, [workbench, title]);
  return (
    <header className="nb-view-head">
      <h1>{title}</h1>
      {state}
      {record && workbench.openFile && workbench.href(record) && (
        <a className="nb-link" href={workbench.href(record)} target="_blank" rel="noopener">
          {workbench.trans.__('Its page')} ↗
        </a>
      )}
      <div className="nb-view-actions">{children}</div>
      {refusal !== '' && children && <p className="nb-hint nb-refusal">{refusal}</p>}
    </header>
  );
}

export function Section({
  title,
  children
}: {
  title: string;
  children: React.ReactNode;
}): React.ReactElement {
  const id = React.useId();
  return (
    <section className="nb-section" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {children}
    </section>
  );
}

/** Code that is meant to be copied. */
export function Snippet({ label, code }: { label: string; code: string }): React.ReactElement {
  const { trans } = useWorkbench();
  const [said, setSaid] = React.useState('');
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(code);
      setSaid(trans.__('Copied'));
    } catch {
      setSaid(trans.__('Select the text and copy it'));
    }
  };
  return (
    <figure className="nb-snippet">
      <figcaption>
        {label}
        <button type="button" className="nb-button nb-small" onClick={() => void copy()}>
          {trans.__('Copy')}
        </button>
        <span role="status">{said}</span>
      </figcaption>
      <pre tabIndex={0}>{code}</pre>
    </figure>
  );
}

interface ITab {
  id: string;
  label: string;
  render(): React.ReactNode;
}

/** Tabs with the arrow keys of the ARIA pattern; only the chosen one is in the page. */
export function Tabs({ label, tabs }: { label: string; tabs: ITab[] }): React.ReactElement {
  const base = React.useId();
  const [chosen, setChosen] = React.useState(0);
  const list = React.useRef<HTMLDivElement>(null);
  const go = (event: React.KeyboardEvent): void => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step) {
      const next = (chosen + step + tabs.length) % tabs.length;
      setChosen(next);
      (list.current?.children[next] as HTMLElement | undefined)?.focus();
    }
  };
  return (
    <div className="nb-tabs">
      <div role="tablist" aria-label={label} ref={list} onKeyDown={go}>
        {tabs.map((tab, index) => (
          <button
            key={tab.id}
            type="button"
            role="tab"
            id={`${base}-${tab.id}`}
            aria-selected={index === chosen}
            aria-controls={`${base}-panel`}
            tabIndex={index === chosen ? 0 : -1}
            onClick={() => setChosen(index)}
          >
            {tab.label}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${base}-panel`} aria-labelledby={`${base}-${tabs[chosen]?.id}`}>
        {tabs[chosen]?.render()}
      </div>
    </div>
  );
}
