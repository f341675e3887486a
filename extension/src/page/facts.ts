import type { Me } from '../core/types';

/** What the service's shell says about the reader, in the root element's `data-notebench`. */
export interface IFacts {
  /** Where the pages begin, for example `/services/notebench/`. */
  base_url: string;
  api_url: string;
  hub_url: string;
  language: string;
  user: string;
  acting_for: string;
  /** In what the reader acts for. */
  role: Me['role'];
  projects: { project: string; role: string }[];
}

export function readFacts(root: HTMLElement): IFacts {
  return JSON.parse(root.dataset.notebench ?? '{}') as IFacts;
}
