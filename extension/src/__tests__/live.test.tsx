import * as React from 'react';
import { createRoot } from 'react-dom/client';

import { expect, test, vi } from 'vitest';
import { Api, ITransport } from '../core/api';
import { useLive } from '../core/live';
import { Rights } from '../core/rights';
import { LiveView } from '../core/states';
import { IWorkbench, WorkbenchContext } from '../core/workbench';

(globalThis as Record<string, unknown>).IS_REACT_ACT_ENVIRONMENT = true;

const trans = {
  __: (msgid: string, ...args: unknown[]) =>
    msgid.replace(/%(\d)/g, (_, n: string) => String(args[Number(n) - 1])),
  _n: (one: string) => one
};

/** A service whose next answers are laid out in advance. */
class Script implements ITransport {
  asked = 0;
  constructor(private readonly answers: (() => Response)[]) {}
  send(): Promise<Response> {
    const answer = this.answers[Math.min(this.asked, this.answers.length - 1)];
    this.asked += 1;
    return answer ? Promise.resolve(answer()) : Promise.reject(new TypeError('no network'));
  }
  address(): string {
    return '';
  }
}

const wakes = new Set<() => void>();
let seen = true;

function workbench(script: Script): IWorkbench {
  const api = new Api(script, trans);
  return {
    api,
    trans,
    rights: new Rights(api),
    language: 'en',
    open: () => undefined,
    href: () => '',
    execute: () => Promise.resolve(),
    titled: () => undefined,
    visible: () => seen,
    onWake: wake => {
      wakes.add(wake);
      return () => wakes.delete(wake);
    },
    changed: () => undefined,
    publicUrl: () => ''
  };
}

function View(): React.ReactElement {
  const context = React.useContext(WorkbenchContext);
  const live = useLive('names', () => context?.api.get<string[]>('names') ?? Promise.resolve([]), {
    interval: 100
  });
  return (
    <LiveView live={live} isEmpty={all => all.length === 0} empty={<i>nothing</i>}>
      {all => <b>{all.join()}</b>}
    </LiveView>
  );
}

async function shown(script: Script): Promise<{ node: HTMLElement; later(): Promise<void>; end(): void }> {
  const node = document.createElement('div');
  const root = createRoot(node);
  const later = (): Promise<void> =>
    React.act(async () => void (await new Promise(done => setTimeout(done, 160))));
  await React.act(async () => {
    root.render(
      <WorkbenchContext.Provider value={workbench(script)}>
        <View />
      </WorkbenchContext.Provider>
    );
    await Promise.resolve();
  });
  return { node, later, end: () => React.act(() => root.unmount()) };
}

const json =
  (body: unknown, status = 200) =>
  (): Response =>
    new Response(JSON.stringify(body), { status });
const PROBLEM = {
  code: 'unavailable',
  message: 'MLflow is away.',
  next_step: 'Wait.',
  field: '',
  reference: 'ab12'
};

test('loading, filled, then failing with the old data kept', async () => {
  const view = await shown(new Script([json(['a', 'b']), json(PROBLEM, 503)]));
  await view.later();
  expect(view.node.querySelector('b')?.textContent).toBe('a,b');
  await view.later();
  expect(view.node.querySelector('[role=alert]')?.textContent).toContain('MLflow is away.');
  expect(view.node.querySelector('[role=alert]')?.textContent).toContain('ab12');
  expect(view.node.querySelector('b')?.textContent).toBe('a,b');
  view.end();
});

test('a failure without data can be tried again', async () => {
  const script = new Script([json('<html>', 502), json([])]);
  const view = await shown(script);
  await view.later();
  const text = view.node.textContent ?? '';
  expect(text.includes('status 502') || text.includes('nothing')).toBe(true);
  view.node.querySelector<HTMLButtonElement>('.nb-trouble button')?.click();
  await view.later();
  expect(view.node.querySelector('i')).not.toBeNull();
  view.end();
});

test('nobody is asked while the view is hidden, and at once when it is seen again', async () => {
  seen = false;
  const script = new Script([json(['a'])]);
  const view = await shown(script);
  await view.later();
  expect(script.asked).toBe(0);
  seen = true;
  wakes.forEach(wake => wake());
  await vi.waitFor(() => expect(script.asked).toBeGreaterThan(0));
  view.end();
});
