"""A Kubernetes API on a real socket, with nodes whose kubelet starts each pod's command as a process.

Read `cluster.py` first: it puts the parts together. What it claims about Kubernetes names the transcript that
shows it (after the word Transcript; a file in `tests/kube/transcripts`); what is not named is not claimed.

Left out on purpose: ReplicaSets (a Deployment owns its pods itself), server-side apply, protobuf, OpenAPI,
exec, DNS, preemption, users and groups of containers, and validation of pods (manifests are validated
elsewhere, against Kubernetes' own schemas).
"""
