/** The standalone page: the panels' views under the hub, readable without a running server. */
import * as React from 'react';
import { createRoot } from 'react-dom/client';
import { targetOf } from '../core/addresses';
import { Loading } from '../core/states';
import { ITarget, ITrans, WorkbenchContext } from '../core/workbench';
import { ROOMS } from '../rooms';
import { IFacts, readFacts } from './facts';
import { Header } from './frame';
import { chosenLanguage, loadTranslation } from './translation';
import { pageWorkbench } from './workbench';

function targetHere(facts: IFacts): ITarget {
  return targetOf(window.location.pathname.slice(facts.base_url.length));
}

interface IPageProps {
  facts: IFacts;
  trans: ITrans;
  language: string;
}

function Page({ facts, trans, language }: IPageProps): React.ReactElement {
  const [target, setTarget] = React.useState(() => targetHere(facts));
  const main = React.useRef<HTMLElement>(null);
  const workbench = React.useMemo(() => {
    const go = (next: ITarget): void => {
      window.history.pushState(null, '', workbench.href(next));
      setTarget(next);
      main.current?.focus();
    };
    const workbench = pageWorkbench(facts, trans, language.replace('_', '-'), go);
    return workbench;
  }, [facts, trans, language]);
  React.useEffect(() => {
    const back = (): void => setTarget(targetHere(facts));
    window.addEventListener('popstate', back);
    return () => window.removeEventListener('popstate', back);
  }, [facts]);
  React.useEffect(() => {
    const ask = (): void => void (document.hidden || workbench.rights.ask());
    document.addEventListener('visibilitychange', ask);
    return () => document.removeEventListener('visibilitychange', ask);
  }, [workbench]);
  const room = ROOMS[target.room];
  const View = target.id ? room.details : room.list;
  return (
    <WorkbenchContext.Provider value={workbench}>
      <Header facts={facts} target={target} language={language} />
      <main ref={main} tabIndex={-1}>
        <React.Suspense fallback={<Loading />}>
          <View id={target.id ?? ''} key={`${target.room}:${target.id ?? ''}`} />
        </React.Suspense>
      </main>
    </WorkbenchContext.Provider>
  );
}

async function start(root: HTMLElement): Promise<void> {
  const facts = readFacts(root);
  const language = chosenLanguage(facts.language);
  const trans = await loadTranslation(language);
  document.documentElement.lang = language.slice(0, 2);
  const dark = window.matchMedia('(prefers-color-scheme: dark)');
  const follow = (): void => void (document.body.dataset.jpThemeLight = String(!dark.matches));
  dark.addEventListener('change', follow);
  follow();
  root.classList.add('nb-root');
  createRoot(root).render(<Page facts={facts} trans={trans} language={language} />);
}

const root = document.getElementById('notebench');
if (root) {
  void start(root);
}
