/** The workbench of plain pages: the browser's own addresses, and the service without a Jupyter server between. */
import { pathOf } from '../core/addresses';
import { Api, Area, ITransport } from '../core/api';
import { Rights } from '../core/rights';
import { IWorkbench, ITarget, ITrans } from '../core/workbench';
import { COMMANDS } from '../rooms';
import type { IFacts } from './facts';

export class PageTransport implements ITransport {
  constructor(
    private readonly facts: IFacts,
    private readonly language: string
  ) {}

  send(area: Area, path: string, init: RequestInit): Promise<Response> {
    const headers: Record<string, string> = {
      ...(init.headers as Record<string, string> | undefined),
      'Accept-Language': this.language,
      'Notebench-Acting-For': this.facts.acting_for
    };
    if (init.method && init.method !== 'GET') {
      // Other sites' pages cannot send this without being asked first, so it proves that ours did.
      headers['X-Notebench'] = '1';
    }
    return fetch(this.root(area) + path, { ...init, headers, credentials: 'same-origin', cache: 'no-store' });
  }

  address(area: Area, path: string): string {
    const mark = path.includes('?') ? '&' : '?';
    return `${this.root(area)}${path}${mark}for=${encodeURIComponent(this.facts.acting_for)}`;
  }

  private root(area: Area): string {
    return area === 'endpoints' ? `${this.facts.base_url}endpoints/` : `${this.facts.api_url}/`;
  }
}

/** `go` shows another target; everything else is the same for the whole life of the page. */
export function pageWorkbench(
  facts: IFacts,
  trans: ITrans,
  language: string,
  go: (target: ITarget) => void
): IWorkbench {
  const wakes = new Set<() => void>();
  const api = new Api(new PageTransport(facts, language), trans);
  const workbench: IWorkbench = {
    api,
    trans,
    rights: new Rights(api, facts),
    language,
    open: go,
    href: target => `${facts.base_url}${pathOf(target)}?for=${encodeURIComponent(facts.acting_for)}`,
    execute: (command, args = {}) => {
      const handler = COMMANDS[command];
      return handler ? handler(workbench, args) : Promise.reject(new Error(command));
    },
    titled: name => void (document.title = `${name} – Notebench`),
    visible: () => true,
    onWake: wake => {
      wakes.add(wake);
      return () => wakes.delete(wake);
    },
    changed: () => wakes.forEach(wake => wake()),
    publicUrl: () => new URL(facts.base_url, window.location.href).href
  };
  return workbench;
}
