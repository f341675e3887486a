/** Requests through the Jupyter server, which adds the session's token; the browser never holds it. */
import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import type { Area, ITransport } from '../core/api';

const ROOTS: Record<Area, string> = {
  api: 'notebench/api',
  endpoints: 'notebench/endpoints',
  here: 'notebench'
};

export class LabTransport implements ITransport {
  constructor(
    private readonly settings: ServerConnection.ISettings,
    private readonly language: string
  ) {}

  send(area: Area, path: string, init: RequestInit): Promise<Response> {
    const headers = {
      'Accept-Language': this.language,
      ...(init.headers as Record<string, string> | undefined)
    };
    return ServerConnection.makeRequest(this.address(area, path), { ...init, headers }, this.settings);
  }

  address(area: Area, path: string): string {
    return `${URLExt.join(this.settings.baseUrl, ROOTS[area])}/${path}`;
  }
}
