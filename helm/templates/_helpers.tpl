{{- /* What several templates say in the same words. */}}

{{- define "notebench.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: notebench
{{- end }}

{{- /* By what a part's pods are found: (dict "root" $ "part" "service"). It never changes. */}}
{{- define "notebench.found" -}}
app.kubernetes.io/name: notebench
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
app.kubernetes.io/component: {{ .part }}
{{- end }}

{{- define "notebench.keep" -}}
{{- if .Values.keepData }}
helm.sh/resource-policy: keep
{{- end }}
{{- end }}

{{- /* The name of an image: (dict "image" . "version" "1.0"). */}}
{{- define "notebench.image" -}}
{{- if .image.digest -}}
{{ .image.name }}@{{ .image.digest }}
{{- else -}}
{{ .image.name }}:{{ .image.tag | default .version }}
{{- end }}
{{- end }}

{{- define "notebench.workloads" -}}
{{- dig "kubernetes" "namespace" .Release.Namespace .Values.settings -}}
{{- end }}

{{- /* All namespaces in which workloads are, as JSON. */}}
{{- define "notebench.spaces" -}}
{{- prepend .Values.workloadNamespaces (include "notebench.workloads" .) | uniq | toJson -}}
{{- end }}

{{- /* Of a pod, within the Restricted standard. */}}
{{- define "notebench.podSecurity" -}}
runAsNonRoot: true
seccompProfile:
  type: RuntimeDefault
{{- with .Values.account.user }}
runAsUser: {{ . | int64 }}
{{- end }}
{{- with .Values.account.group }}
runAsGroup: {{ . | int64 }}
{{- end }}
{{- with .Values.account.filesGroup }}
fsGroup: {{ . | int64 }}
fsGroupChangePolicy: OnRootMismatch
{{- end }}
{{- end }}

{{- define "notebench.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{- define "notebench.pullSecrets" -}}
{{- with .Values.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . | quote }}
  {{- end }}
{{- end }}
{{- end }}
