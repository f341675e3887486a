"""How people reach it, and whether nodes get the images."""

from notebench_spawner.pods.pod import Manifest
from notebench_spawner.pods.waiting import IMAGE, waiting

from notebench_hub.doctor.facts import Facts, Socket
from notebench_hub.doctor.finding import Finding, Verdict, listed
from notebench_hub.i18n import _

_OPENED = 101


def ingress(facts: Facts) -> Finding:
    """The classes of Ingress."""
    if facts.ingress_classes.value is None:
        what = _("Ingress classes could not be read ({reason}).", reason=facts.ingress_classes.why)
        return Finding(
            "ingress", Verdict.unknown, what, _("Let somebody look who may `list ingressclasses`.")
        )
    names = [
        f"{one['metadata']['name']} ({one.get('spec', {}).get('controller', '')})"
        for one in facts.ingress_classes.value
    ]
    if not names:
        what = _("The cluster has no Ingress class, so an Ingress leads nowhere.")
        step = _(
            "Install an Ingress controller, or reach Notebench by a LoadBalancer, a Route or `kubectl "
            "port-forward`."
        )
        return Finding("ingress", Verdict.warning, what, step)
    what = _("Ingress classes: {names}.", names=listed(names))
    return Finding("ingress", Verdict.ok, what)


def sockets(found: Socket | None) -> Finding:
    """Whether websockets get through: kernels and terminals are nothing without them."""
    if found is None:
        what = _("Whether websockets get through to Notebench is not known.")
        return Finding(
            "websockets",
            Verdict.unknown,
            what,
            _("Once it is installed, name its address: `--address https://…`."),
        )
    if found.status == _OPENED:
        return Finding(
            "websockets", Verdict.ok, _("Websockets get through {address}.", address=found.address)
        )
    if not found.status:
        what = _("{address} does not answer ({problem}).", address=found.address, problem=found.problem)
        step = _("Look at the Ingress, its certificate and DNS, and at the pod of the proxy.")
        return Finding("websockets", Verdict.fault, what, step)
    what = _(
        "{address} answers a websocket with {status}: notebooks would open, and no kernel would ever answer.",
        address=found.address,
        status=found.status,
    )
    step = _(
        "Let everything in front of the proxy pass `Upgrade` and `Connection`, and see whether the address "
        "is Notebench's."
    )
    return Finding("websockets", Verdict.fault, what, step)


def images(facts: Facts) -> list[Finding]:
    """Images without a digest, and pods that wait for theirs."""
    findings = []
    missing = [
        one.id
        for one in facts.catalogue.images
        if (now := one.current()) and not (now.kubernetes and now.kubernetes.digest)
    ]
    if missing:
        what = _(
            "Images of the catalogue without a digest cannot be started on a cluster: {names}.",
            names=listed(missing),
        )
        step = _(
            "Build and push them (`notebench images build`), and write `kubernetes.digest` into the "
            "catalogue."
        )
        findings.append(Finding("images", Verdict.warning, what, step))
    if facts.pods.value is None:
        what = _("Whether pods wait for their images is not known ({reason}).", reason=facts.pods.why)
        return [
            *findings,
            Finding("images", Verdict.unknown, what, _("Let somebody look who may `list pods`.")),
        ]
    stuck = {image: said for pod in facts.pods.value for image, said in _stuck(pod)}
    for image, said in sorted(stuck.items()):
        what = _("The image {image} cannot be fetched: {reason}.", image=image, reason=said)
        step = _(
            "See that nodes reach the registry, that the name is right, and that "
            "`settings.kubernetes.pods.pull_secrets` opens it."
        )
        findings.append(Finding("images", Verdict.fault, what, step))
    if not stuck and facts.pods.value:
        findings.append(Finding("images", Verdict.ok, _("No pod in the namespace waits for its image.")))
    return findings


def _stuck(pod: Manifest) -> list[tuple[str, str]]:
    status = pod.get("status", {})
    return [
        (str(one.get("image", "")), said)
        for part in ("initContainerStatuses", "containerStatuses")
        for one in status.get(part) or ()
        for template, said in [waiting({"phase": "Pending", "containerStatuses": [one]})]
        if template == IMAGE
    ]
