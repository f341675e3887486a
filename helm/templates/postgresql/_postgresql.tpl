{{- /* Facts about the PostgreSQL server of the chart's own, and the addresses that the parts are told. */}}
{{- define "notebench.postgresql" -}}
part: postgresql
name: notebench-postgresql
port: 5432
{{- end }}

{{- /* The databases that the parts have, as the settings say it; those of our server where they say nothing. */}}
{{- define "notebench.databases" -}}
{{- $found := dict }}
{{- if .Values.postgresql.enabled }}
{{- range list "hub" "service" "mlflow" }}
{{- $_ := set $found . (dict "url" (printf "postgresql://%s@notebench-postgresql.%s:5432/%s" . $.Release.Namespace .)) }}
{{- end }}
{{- end }}
{{- $found = mustMergeOverwrite $found (deepCopy (.Values.settings.databases | default dict)) }}
{{- if .Values.databases.secret }}
{{- range $part, $database := $found }}
{{- if and $database.url (not $database.password_file) (not $database.password_variable) }}
{{- $_ := set $database "password_variable" "NOTEBENCH_DATABASE_PASSWORD" }}
{{- end }}
{{- end }}
{{- end }}
{{- toYaml $found }}
{{- end }}
