"""Sign-in at GitHub. Its groups are `organization` and `organization:team`, in lower case."""

from typing import Any

from oauthenticator.github import GitHubOAuthenticator
from traitlets import Unicode

from notebench_hub.hub.sign_in.external import External, Person
from notebench_hub.hub.sign_in.oauth import Back, Out, There


class GitHub(External, GitHubOAuthenticator):  # type: ignore[misc]  # oauthenticator has no types
    """GitHub's accounts, by their number: a name that somebody gave up can be another's tomorrow."""

    login_handler, callback_handler, logout_handler = There, Back, Out
    end_session_url = Unicode(help="GitHub has none.")

    async def update_auth_model(self, auth_model: dict[str, Any]) -> dict[str, Any]:
        """Add the organizations and teams; no e-mail address is asked for."""
        state = auth_model["auth_state"]
        token = (state["access_token"], state["token_response"].get("token_type") or "bearer")
        found = await self._paginated_fetch(f"{self.github_api}/user/orgs?per_page=100", *token)
        groups = {str(one["login"]).lower() for one in found}
        for team in await self._paginated_fetch(f"{self.github_api}/user/teams?per_page=100", *token):
            groups.add(f"{team['organization']['login']}:{team['slug']}".lower())
        state["groups"] = sorted(groups)
        return auth_model

    async def get_user_groups(self, auth_state: dict[str, Any]) -> set[str]:
        """The hub's groups are decided in `External`."""
        return set()

    def person(self, auth_state: dict[str, Any]) -> Person:
        facts = auth_state[self.user_auth_state_key]
        return Person(str(int(facts["id"])), str(facts["login"]), frozenset(auth_state["groups"]))
