/** The service's API as the views call it; how requests travel is the transport's business. */
import { failureOf, unreachable } from './problem';
import type { ITrans } from './workbench';

/** Sends one request. In JupyterLab through the Jupyter server, in standalone pages straight to the service. */
export interface ITransport {
  /** `area` is `api` for the service's API or `endpoints` for model servers. */
  send(area: Area, path: string, init: RequestInit): Promise<Response>;
  /** An address that the browser itself may open, for downloads. */
  address(area: Area, path: string): string;
}

export type Area = 'api' | 'endpoints' | 'here';
export type Query = Record<string, string | number | undefined>;

/** `path` with a query, leaving out what is empty. */
export function withQuery(path: string, query: Query = {}): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  const text = new URLSearchParams(pairs.map(([key, value]) => [key, String(value)])).toString();
  return text ? `${path}${path.includes('?') ? '&' : '?'}${text}` : path;
}

/** Path segments, each encoded, so that no name can reach another route. */
export function at(...segments: string[]): string {
  return segments.map(segment => encodeURIComponent(segment)).join('/');
}

/** What one request asks for at most. */
export const PAGE = 100;

/** The first records of a list; `next` is not empty where there are more. */
export interface IPages<T> {
  all: T[];
  next: string;
}

export class Api {
  constructor(
    private readonly transport: ITransport,
    private readonly trans: ITrans
  ) {}

  async get<T>(path: string, query?: Query): Promise<T> {
    return (await (await this.send('api', withQuery(path, query), {})).json()) as T;
  }

  /** A question to the Jupyter server itself; only inside JupyterLab. */
  async here<T>(path: string, query?: Query): Promise<T> {
    return (await (await this.send('here', withQuery(path, query), {})).json()) as T;
  }

  /** Asks the Jupyter server itself to do something; only inside JupyterLab. */
  async act<T>(path: string, body: unknown = {}): Promise<T> {
    const headers = { 'Content-Type': 'application/json' };
    const init = { method: 'POST', body: JSON.stringify(body), headers };
    return (await (await this.send('here', path, init)).json()) as T;
  }

  /** Pages of a list, one after the other, until there are `wanted` or no more; `next` is the rest's cursor. */
  async pages<K extends string, T>(
    path: string,
    key: K,
    wanted: number,
    query: Query = {}
  ): Promise<IPages<T>> {
    const all: T[] = [];
    let next = '';
    do {
      const limit = Math.min(PAGE, wanted - all.length);
      const page = await this.get<Record<K, T[]> & { next: string }>(path, { ...query, limit, cursor: next });
      all.push(...page[key]);
      next = page.next;
    } while (next && all.length < wanted);
    return { all, next };
  }

  async text(path: string, query?: Query): Promise<string> {
    return (await this.send('api', withQuery(path, query), {})).text();
  }

  async blob(path: string, query?: Query): Promise<Blob> {
    return (await this.send('api', withQuery(path, query), {})).blob();
  }

  async write<T = unknown>(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<T> {
    const init: RequestInit = { method };
    if (body !== undefined) {
      init.body = JSON.stringify(body);
      init.headers = { 'Content-Type': 'application/json' };
    }
    const response = await this.send('api', path, init);
    const text = await response.text();
    return (text ? JSON.parse(text) : undefined) as T;
  }

  /** Calls a model server; answers its body as it came, also when it refuses the input. */
  async invoke(deployment: string, body: string): Promise<string> {
    const init = { method: 'POST', body, headers: { 'Content-Type': 'application/json' } };
    return (await this.send('endpoints', `${at(deployment)}/invocations`, init)).text();
  }

  address(path: string, query?: Query): string {
    return this.transport.address('api', withQuery(path, query));
  }

  private async send(area: Area, path: string, init: RequestInit): Promise<Response> {
    let response: Response;
    try {
      response = await this.transport.send(area, path, init);
    } catch {
      throw unreachable(this.trans);
    }
    if (!response.ok) {
      throw await failureOf(response, this.trans);
    }
    return response;
  }
}
