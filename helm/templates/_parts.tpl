{{- /* Facts about our two parts, as data. */}}
{{- define "notebench.service" -}}
part: service
name: notebench
account: notebench
token: true
module: notebench_hub.service
port: 8080
probe: /services/notebench/health
catalogue: true
keys: [audit-key, hub-service-key, mlflow-signing-key, service-cookie, service-hub-token]
labels:
  # By this word the chart below lets pods reach the hub.
  hub.jupyter.org/network-access-hub: "true"
{{- end }}

{{- define "notebench.mlflow" -}}
part: mlflow
name: notebench-mlflow
account: notebench-tokenless
token: false
module: notebench_hub.service.gateway.mlflow_server
port: 5000
probe: /health
host: mlflow.notebench.internal
catalogue: false
keys: [mlflow-admin-password, mlflow-flask-key, mlflow-signing-key]
labels: {}
{{- end }}
