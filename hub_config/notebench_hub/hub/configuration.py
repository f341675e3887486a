"""JupyterHub's traits, from the settings and the place of an installation."""

import sys
from pathlib import Path
from typing import Any

from notebench.contract.errors import NotebenchError
from notebench.header_log import hide_headers
from notebench_spawner.sessions.local import CatalogueLocalSpawner
from notebench_spawner.sessions.turns import Turns, usual
from notebench_spawner.workload import Kind

from notebench_hub.hands import hands_with_ready
from notebench_hub.hub import database, websocket
from notebench_hub.hub.audit.recorder import Recorder
from notebench_hub.hub.pages import STATIC_HANDLER, spawner_language, start_address, static_version
from notebench_hub.hub.start import options_from_form
from notebench_hub.i18n import _, process_language, translator
from notebench_hub.instance import ClusterInstance, instance_of
from notebench_hub.place import Instance, Place
from notebench_hub.scopes import GRANTS, SERVICE, SUPERVISOR
from notebench_hub.settings import Settings, load
from notebench_hub.shipped import catalogue_file
from notebench_hub.sign_in_secrets import provider_secret

HERE = Path(__file__).parent

HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}
"""On every answer. The hub's own content policy stays; pages narrow it (see `templates/page.html`)."""

_STARTS_AT_ONCE = 64
"""On a cluster, where it is the scheduler that pods wait for."""


def configure(c: Any) -> None:
    """Configure the hub that this process is. Ends the process with one sentence where settings are wrong."""
    place = Place.from_environment()
    try:
        settings = load(place)
        secret = provider_secret(settings.sign_in, place)
        instance = instance_of(place, settings)
        place.create()
        db_url, db_kwargs = database.prepared(place, settings)
    except NotebenchError as error:
        problem = error.problem(translator(process_language()))
        sys.exit(f"{problem.message} {problem.next_step}")
    except FileNotFoundError:
        sys.exit(_("Nothing was started in {place} yet. Start with `notebench up`.", place=place.root))
    c.JupyterHub.db_url, c.JupyterHub.db_kwargs = db_url, db_kwargs
    c.JupyterHub.upgrade_db = True
    database.survive()
    hide_headers()
    _doors(c, place, instance)
    _people(c, place, settings, instance, secret)
    _services(c, place, instance)
    _sessions(c, place, settings, instance)
    _pages(c, settings)
    _audit(c, place, settings, instance)


def _doors(c: Any, place: Place, instance: Instance) -> None:
    """Addresses; the proxy is another process that nobody here starts or ends."""
    c.JupyterHub.bind_url = instance.public_url
    c.JupyterHub.hub_bind_url = instance.hub_bind_url
    if isinstance(instance, ClusterInstance):
        c.JupyterHub.bind_url = instance.proxy_bind_url
        c.JupyterHub.public_url = instance.public_url
        c.JupyterHub.hub_connect_url = instance.hub_connect_url
    c.JupyterHub.cookie_secret = bytes.fromhex(place.secret("hub-cookie"))
    c.JupyterHub.cleanup_servers = False
    c.JupyterHub.cleanup_proxy = False
    c.ConfigurableHTTPProxy.should_start = False
    c.ConfigurableHTTPProxy.api_url = instance.proxy_api_url
    c.ConfigurableHTTPProxy.auth_token = place.secret("proxy-token")
    c.JupyterHub.tornado_settings = {"headers": HEADERS}


def _people(c: Any, place: Place, settings: Settings, instance: Instance, secret: str) -> None:
    """Accounts are made by admins or come from a provider; there is no sign-up and no default password."""
    if settings.sign_in.external:
        from notebench_hub.hub.sign_in.choice import external  # only where it is needed

        external(c, settings, place, instance, secret)
        return
    from notebench_hub.hub.accounts import Accounts

    c.JupyterHub.authenticator_class = Accounts
    c.Accounts.allow_all = True  # only who has an account passes `authenticate`
    c.Accounts.admin_users = {settings.admin}
    c.Accounts.first_password = place.secret("admin-password")
    c.Accounts.enable_signup = False
    c.Accounts.trusted_proxies = settings.doors.trusted_proxies


def _services(c: Any, place: Place, instance: Instance) -> None:
    """The Notebench service and the supervisor: other processes, known by their tokens."""
    c.JupyterHub.services = [
        {
            "name": SERVICE,
            "url": instance.service_url,
            "api_token": place.secret("service-hub-token"),
            "oauth_no_confirm": True,
            "oauth_client_allowed_scopes": ["read:users:groups!user"],
            "display": False,
        },
        {"name": SUPERVISOR, "api_token": place.secret("supervisor-hub-token")},
    ]
    c.JupyterHub.load_roles = [grant.role() for grant in GRANTS]


def _sessions(c: Any, place: Place, settings: Settings, instance: Instance) -> None:
    """Notebook servers: the spawner asks the Notebench service, then starts what that grants."""
    c.JupyterHub.allow_named_servers = settings.sessions.named_servers > 0
    c.JupyterHub.named_server_limit_per_user = settings.sessions.named_servers
    c.Spawner.start_timeout = settings.sessions.start_timeout_seconds
    c.Spawner.http_timeout = settings.sessions.start_timeout_seconds
    c.Spawner.poll_interval = 3  # seconds until people see that their session has died
    c.Spawner.poll_jitter = 0
    c.Spawner.consecutive_failure_limit = 0
    c.Spawner.options_form = "start page"  # not empty: `templates/spawn.html` makes the form itself
    c.Spawner.options_from_form = options_from_form
    c.Spawner.default_url = "/lab"
    spawner = _on_cluster(c, settings) if settings.mode == "kubernetes" else _here(c, place, settings)
    spawner.service_url = instance.service_url
    spawner.service_key = place.secret("hub-service-key")
    spawner.language_of = spawner_language
    spawner.translator = translator


def _here(c: Any, place: Place, settings: Settings) -> Any:
    """Sessions are processes of this machine."""
    c.JupyterHub.spawner_class = CatalogueLocalSpawner
    c.JupyterHub.concurrent_spawn_limit = 0  # who is one too many waits for a turn, and is told so
    c.CatalogueLocalSpawner.workloads = str(place.workloads)
    c.CatalogueLocalSpawner.environments_root = str(place.environments)
    c.CatalogueLocalSpawner.catalogue = str(catalogue_file(settings))
    c.CatalogueLocalSpawner.hands = hands_with_ready(place, settings, Kind.session)
    c.CatalogueLocalSpawner.turns = Turns(settings.sessions.starts_at_once or usual())
    return c.CatalogueLocalSpawner


def _on_cluster(c: Any, settings: Settings) -> Any:
    """Sessions are pods of a cluster."""
    from notebench_spawner.sessions.kube import CatalogueKubeSpawner  # only there its libraries are installed

    cluster = settings.kubernetes
    c.JupyterHub.spawner_class = CatalogueKubeSpawner
    c.JupyterHub.concurrent_spawn_limit = settings.sessions.starts_at_once or _STARTS_AT_ONCE
    c.CatalogueKubeSpawner.cluster = cluster.pods
    c.CatalogueKubeSpawner.namespace = cluster.namespace
    c.CatalogueKubeSpawner.storage_capacity = cluster.storage.size
    c.CatalogueKubeSpawner.storage_class = cluster.storage.storage_class or None
    c.CatalogueKubeSpawner.storage_access_modes = [cluster.pods.homes.access]
    return c.CatalogueKubeSpawner


def _pages(c: Any, settings: Settings) -> None:
    """The hub's pages in our own look and in the reader's language."""
    c.JupyterHub.template_paths = [str(HERE / "templates")]
    c.JupyterHub.jinja_environment_options = {"extensions": ["notebench_hub.hub.pages.ReaderLanguage"]}
    c.JupyterHub.default_url = start_address
    c.JupyterHub.extra_handlers = [websocket.HANDLER, STATIC_HANDLER]
    c.JupyterHub.template_vars = {"assets_version": static_version(), "sign_in": settings.sign_in}


def _audit(c: Any, place: Place, settings: Settings, instance: Instance) -> None:
    """What happens at the hub is noted here and kept by the service."""
    key, trusted = place.secret("hub-service-key"), settings.doors.trusted_proxies
    Recorder(instance.service_url, key, trusted).configure(c)
