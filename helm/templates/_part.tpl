{{- /*
  One of our parts: a Deployment of one pod, which owns a volume with its databases. What an older version wrote is
  backed up and migrated before the part starts; the old pod is gone by then (`Recreate`), so nobody else writes.
  (dict "root" $ "part" "service" "name" "notebench" "of" .Values.service "account" "notebench" "token" true
   "module" "notebench_hub.service" "port" 8080 "probe" "/health" "keys" (list …) "labels" (dict …))
*/}}
{{- define "notebench.part" -}}
{{- $found := include "notebench.found" . }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .name }}
  labels:
    {{- include "notebench.labels" .root | nindent 4 }}
    {{- $found | nindent 4 }}
spec:
  replicas: 1
  strategy:
    type: Recreate
  selector:
    matchLabels:
      {{- $found | nindent 6 }}
  template:
    metadata:
      labels:
        {{- with .of.labels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
        {{- with .labels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
        {{- $found | nindent 8 }}
      annotations:
        {{- with .of.annotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
        checksum/settings: {{ include "notebench.settings" .root | sha256sum }}
    spec:
      serviceAccountName: {{ .account }}
      automountServiceAccountToken: {{ .token }}
      enableServiceLinks: false
      {{- with .of.priorityClass }}
      priorityClassName: {{ . | quote }}
      {{- end }}
      securityContext:
        {{- include "notebench.podSecurity" .root | nindent 8 }}
      {{- include "notebench.pullSecrets" .root | nindent 6 }}
      {{- with .of.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .of.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      initContainers:
        - name: upgrade
          {{- include "notebench.container" (merge (dict "runs" "notebench_hub.upgrade") .) | nindent 10 }}
      containers:
        - name: {{ .part }}
          {{- include "notebench.container" (merge (dict "runs" .module) .) | nindent 10 }}
          ports:
            - name: http
              containerPort: {{ .port }}
          startupProbe:
            httpGet:
              path: {{ .probe }}
              port: http
              {{- include "notebench.probeHeaders" . | nindent 14 }}
            periodSeconds: 2
            failureThreshold: 150
          readinessProbe:
            httpGet:
              path: {{ .probe }}
              port: http
              {{- include "notebench.probeHeaders" . | nindent 14 }}
            periodSeconds: 5
            timeoutSeconds: 5
          livenessProbe:
            httpGet:
              path: {{ .probe }}
              port: http
              {{- include "notebench.probeHeaders" . | nindent 14 }}
            periodSeconds: 10
            timeoutSeconds: 10
            failureThreshold: 6
      volumes:
        - name: state
          persistentVolumeClaim:
            claimName: {{ .of.volume.existingClaim | default .name | quote }}
        - name: settings
          configMap:
            name: notebench
        - name: secrets
          secret:
            secretName: notebench
            items:
              {{- range .keys }}
              - key: {{ . }}
                path: {{ . }}
              {{- end }}
        - name: scratch
          emptyDir: {}
        {{- if and .catalogue .root.Values.catalogue.configMap }}
        - name: catalogue
          configMap:
            name: {{ .root.Values.catalogue.configMap | quote }}
        {{- end }}
{{- end }}

{{- define "notebench.container" -}}
image: {{ include "notebench.image" (dict "image" .root.Values.image "version" .root.Chart.AppVersion) | quote }}
{{- with .root.Values.image.pullPolicy }}
imagePullPolicy: {{ . }}
{{- end }}
command: [python, -m, {{ .runs }}]
workingDir: /var/lib/notebench
env:
  - name: NOTEBENCH_STATE_DIR
    value: /var/lib/notebench
  - name: HOME
    value: /tmp
  - name: PYTHONUNBUFFERED
    value: "1"
  {{- range $name, $value := .of.env }}
  {{- if not (has $name (list "NOTEBENCH_STATE_DIR" "HOME" "PYTHONUNBUFFERED" "NOTEBENCH_DATABASE_PASSWORD" "NOTEBENCH_OBJECT_STORE_KEY")) }}
  - name: {{ $name }}
    value: {{ $value | quote }}
  {{- end }}
  {{- end }}
  {{- if and .root.Values.databases.secret (dig .part "url" "" (include "notebench.databases" .root | fromYaml)) }}
  - name: NOTEBENCH_DATABASE_PASSWORD
    valueFrom:
      secretKeyRef:
        name: {{ .root.Values.databases.secret | quote }}
        key: {{ get .root.Values.databases (printf "%sKey" .part) | quote }}
  {{- end }}
  {{- if and (eq .part "mlflow") .root.Values.objectStore.secret (dig "artifacts" "url" "" .root.Values.settings) }}
  - name: NOTEBENCH_OBJECT_STORE_KEY
    valueFrom:
      secretKeyRef:
        name: {{ .root.Values.objectStore.secret | quote }}
        key: {{ .root.Values.objectStore.key | quote }}
  {{- end }}
resources:
  {{- toYaml .of.resources | nindent 2 }}
securityContext:
  {{- include "notebench.containerSecurity" .root | nindent 2 }}
volumeMounts:
  - name: state
    mountPath: /var/lib/notebench
  - name: settings
    mountPath: /var/lib/notebench/settings.yaml
    subPath: settings.yaml
    readOnly: true
  - name: secrets
    mountPath: /var/lib/notebench/secrets
    readOnly: true
  - name: scratch
    mountPath: /tmp
  {{- if and .catalogue .root.Values.catalogue.configMap }}
  - name: catalogue
    mountPath: /etc/notebench/catalogue
    readOnly: true
  {{- end }}
{{- end }}

{{- define "notebench.probeHeaders" -}}
{{- with .host }}
httpHeaders:
  - name: Host
    value: {{ . }}
{{- end }}
{{- end }}

{{- define "notebench.doors" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ .name }}
  labels:
    {{- include "notebench.labels" .root | nindent 4 }}
    {{- include "notebench.found" . | nindent 4 }}
spec:
  type: ClusterIP
  selector:
    {{- include "notebench.found" . | nindent 4 }}
  ports:
    - name: http
      port: {{ .port }}
      targetPort: http
      appProtocol: http
{{- end }}

{{- define "notebench.volume" -}}
{{- if not .of.volume.existingClaim }}
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: {{ .name }}
  labels:
    {{- include "notebench.labels" .root | nindent 4 }}
    {{- include "notebench.found" . | nindent 4 }}
  annotations:
    {{- include "notebench.keep" .root | nindent 4 }}
spec:
  accessModes: [ReadWriteOnce]
  {{- with .of.volume.storageClass }}
  storageClassName: {{ . | quote }}
  {{- end }}
  resources:
    requests:
      storage: {{ .of.volume.size }}
{{- end }}
{{- end }}
