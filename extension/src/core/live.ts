/** Data that stays fresh: asked at once, then again and again while somebody looks, without flicker. */
import { Poll } from '@lumino/polling';
import * as React from 'react';
import { problemOf } from './problem';
import type { Problem } from './types';
import { useWorkbench } from './workbench';

export interface ILive<T> {
  /** The last good answer; kept while a newer one is on its way or fails. */
  data: T | undefined;
  /** Why the last question failed, if it did. */
  problem: Problem | undefined;
  refresh(): void;
}

export interface ILiveOptions {
  /** Milliseconds between questions; 0 asks once. */
  interval?: number;
  /** Shows the old key's answer until the new one's is there: the same list, sorted or filtered otherwise. */
  keep?: boolean;
}

/** `key` names what is asked: a new key drops the old answer, unless `keep` is set. */
export function useLive<T>(key: string, ask: () => Promise<T>, options: ILiveOptions = {}): ILive<T> {
  const workbench = useWorkbench();
  const [answer, setAnswer] = React.useState<{ key: string; text: string; data: T }>();
  const [problem, setProblem] = React.useState<Problem>();
  const latest = React.useRef(ask);
  latest.current = ask;
  const poll = React.useRef<Poll>(undefined);

  React.useEffect(() => {
    let alive = true;
    const once = async (): Promise<void> => {
      try {
        const data = await latest.current();
        if (!alive) {
          return;
        }
        const text = JSON.stringify(data) ?? '';
        setAnswer(old => (old && old.key === key && old.text === text ? old : { key, text, data }));
        setProblem(undefined);
      } catch (thrown) {
        if (alive) {
          setProblem(problemOf(thrown, workbench.trans));
        }
        throw thrown;
      }
    };
    setProblem(undefined);
    const interval = options.interval ?? 10_000;
    const ticking = new Poll({
      factory: once,
      frequency: { interval: interval || Poll.NEVER, backoff: interval ? 2 : false, max: 60_000 },
      standby: () => (workbench.visible() ? 'when-hidden' : true),
      name: `notebench:${key}`
    });
    poll.current = ticking;
    const wake = (): void => {
      if (!document.hidden && workbench.visible()) {
        void ticking.refresh();
      }
    };
    const sleep = workbench.onWake(wake);
    document.addEventListener('visibilitychange', wake);
    return () => {
      alive = false;
      sleep();
      document.removeEventListener('visibilitychange', wake);
      ticking.dispose();
    };
  }, [key, workbench, options.interval]);

  const refresh = React.useCallback(() => void poll.current?.refresh(), []);
  return { data: answer && (options.keep || answer.key === key) ? answer.data : undefined, problem, refresh };
}
