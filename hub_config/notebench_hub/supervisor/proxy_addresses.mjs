// Makes the proxy answer 400 to an address that cannot be read, such as one with `%zz`. By itself it answers 500.

import { realpathSync } from "node:fs";
import { pathToFileURL } from "node:url";

const program = pathToFileURL(realpathSync(process.argv[1]));
const { default: Proxy } = await import(new URL("../lib/configproxy.js", program));
const answer = Proxy.prototype.handleProxyError;

Proxy.prototype.handleProxyError = function (code, kind, request, response, error) {
  const unreadable = error instanceof URIError || error?.code === "ERR_INVALID_URL";
  return unreadable
    ? answer.call(this, 400, kind, request, response)
    : answer.call(this, code, kind, request, response, error);
};
