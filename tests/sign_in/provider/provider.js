// A real OpenID provider on loopback: discovery, signed id tokens, PKCE, userinfo with groups, its own sign-in page.
// People are read from a file at each question, so that a test can change and disable them.
import { readFileSync } from "node:fs";
import Provider from "oidc-provider";

const [port, people, client] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const known = () => JSON.parse(readFileSync(people, "utf8"));

const provider = new Provider(issuer, {
  clients: [JSON.parse(readFileSync(client, "utf8"))],
  claims: { openid: ["sub"], profile: ["preferred_username", "name", "groups"], email: ["email"] },
  cookies: { keys: ["only for tests"] },
  features: { devInteractions: { enabled: true }, rpInitiatedLogout: { enabled: true } },
  pkce: { required: () => true },
  // As Keycloak does: access tokens are short, and a refresh token comes with each login, for one use.
  // A second use of one ends the whole login.
  ttl: { AccessToken: 8 },
  issueRefreshToken: (_context, client) => client.grantTypeAllowed("refresh_token"),
  rotateRefreshToken: true,
  // Words are numbers of people: whoever knows "ada" signs in as the person under "ada".
  findAccount: (_context, id) => {
    const facts = known()[id];
    return facts ? { accountId: id, claims: () => ({ sub: id, ...facts }) } : undefined;
  },
});
provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
