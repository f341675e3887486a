{{- /* Pieces of NetworkPolicies. Whose pods these are: the parts' in our namespace, workloads' wherever they run. */}}

{{- define "notebench.net.ours" -}}
namespaceSelector:
  matchLabels:
    kubernetes.io/metadata.name: {{ .Release.Namespace | quote }}
{{- end }}

{{- define "notebench.net.theirs" -}}
namespaceSelector:
  matchExpressions:
    - {key: kubernetes.io/metadata.name, operator: In, values: {{ include "notebench.spaces" . }}}
{{- end }}

{{- define "notebench.net.hubChart" -}}
app.kubernetes.io/name: jupyterhub
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{- define "notebench.net.names" -}}
- to:
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: {{ .Values.networkPolicy.dnsNamespace | quote }}
    {{- range .Values.networkPolicy.dnsAddresses }}
    - ipBlock:
        cidr: {{ . | quote }}
    {{- end }}
  ports:
    - {port: 53, protocol: UDP}
    - {port: 53, protocol: TCP}
    {{- /* Where OpenShift's pods listen; a policy sees the pod's port, not the Service's. */}}
    - {port: 5353, protocol: UDP}
    - {port: 5353, protocol: TCP}
{{- end }}

{{- define "notebench.net.postgresql" -}}
- to:
    - podSelector:
        matchLabels:
          {{- include "notebench.found" (dict "root" . "part" "postgresql") | nindent 10 }}
  ports:
    - {port: 5432, protocol: TCP}
{{- end }}

{{- /* Anywhere but the cloud's metadata, at one port: where a server is, its name in the settings says. */}}
{{- define "notebench.net.atPort" -}}
- to:
    - namespaceSelector: {}
    - ipBlock:
        cidr: 0.0.0.0/0
        except: [169.254.0.0/16]
    - ipBlock:
        cidr: ::/0
        except: [fe80::/10, "fd00:ec2::254/128"]
  ports:
    - {port: {{ . }}, protocol: TCP}
{{- end }}

{{- define "notebench.net.service" -}}
- to:
    - {{- include "notebench.net.ours" . | nindent 6 }}
      podSelector:
        matchLabels:
          {{- include "notebench.found" (dict "root" . "part" "service") | nindent 10 }}
  ports:
    - {port: 8080, protocol: TCP}
{{- end }}

{{- define "notebench.net.hubAndProxy" -}}
- to:
    - {{- include "notebench.net.ours" . | nindent 6 }}
      podSelector:
        matchLabels:
          {{- include "notebench.net.hubChart" . | nindent 10 }}
          app.kubernetes.io/component: hub
  ports:
    - {port: 8081, protocol: TCP}
- to:
    - {{- include "notebench.net.ours" . | nindent 6 }}
      podSelector:
        matchLabels:
          {{- include "notebench.net.hubChart" . | nindent 10 }}
          app.kubernetes.io/component: proxy
  ports:
    - {port: 8000, protocol: TCP}
{{- end }}

{{- define "notebench.net.internet" -}}
{{- if .Values.networkPolicy.internet }}
- to:
    - ipBlock:
        cidr: 0.0.0.0/0
        except: {{ toJson .Values.networkPolicy.notInternet }}
    - ipBlock:
        cidr: ::/0
        except: {{ toJson .Values.networkPolicy.notInternet6 }}
{{- end }}
{{- with .Values.networkPolicy.alsoReach }}
{{ toYaml . }}
{{- end }}
{{- end }}
