{{- define "plugin.fullname" -}}
{{- $name := .Values.nameOverride | default .Chart.Name -}}
{{- $combined := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- .Values.fullnameOverride | default $combined | trunc 63 | trimSuffix "-" -}}
{{- end }}

{{- define "plugin.namespace" -}}
{{- .Values.namespaceOverride | default .Release.Namespace -}}
{{- end }}

{{- define "plugin.selector" -}}
app.kubernetes.io/name: {{ .Values.nameOverride | default .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "plugin.labels" -}}
{{ include "plugin.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "plugin.configmap" -}}
{{- if .Values.config.name }}{{ .Values.config.name }}{{ else if .Values.config.map }}{{ include "plugin.fullname" . }}-configs{{ end -}}
{{- end }}

{{- define "plugin.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default (printf "v%s" .Chart.AppVersion) }}
{{- end }}

{{- /* The container that copies the configuration named by the node's label to where `process` reads it. */ -}}
{{- define "plugin.configManager" -}}
image: {{ include "plugin.image" .root }}
command: [config-manager]
env:
  - {name: ONESHOT, value: {{ .oneshot | quote }}}
  - {name: SEND_SIGNAL, value: {{ not .oneshot | quote }}}
  - {name: SIGNAL, value: "1"}
  - {name: PROCESS_TO_SIGNAL, value: {{ .process }}}
  - {name: NODE_LABEL, value: nvidia.com/device-plugin.config}
  - {name: CONFIG_FILE_SRCDIR, value: /available-configs}
  - {name: CONFIG_FILE_DST, value: /config/config.yaml}
  - {name: DEFAULT_CONFIG, value: {{ .root.Values.config.default | quote }}}
  - {name: FALLBACK_STRATEGIES, value: {{ join "," .root.Values.config.fallbackStrategies | quote }}}
  - name: NODE_NAME
    valueFrom: {fieldRef: {fieldPath: spec.nodeName}}
volumeMounts:
  - {name: available-configs, mountPath: /available-configs}
  - {name: config, mountPath: /config}
{{- end }}

{{- /* A DaemonSet up to its pods' containers; `suffix` is what its name ends with. */ -}}
{{- define "plugin.daemonset" -}}
{{- $values := .root.Values -}}
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: {{ include "plugin.fullname" .root }}{{ .suffix }}
  namespace: {{ include "plugin.namespace" .root }}
  labels:
    {{- include "plugin.labels" .root | nindent 4 }}
spec:
  selector:
    matchLabels:
      {{- include "plugin.selector" .root | nindent 6 }}
  updateStrategy:
    {{- toYaml $values.updateStrategy | nindent 4 }}
  template:
    metadata:
      labels:
        {{- include "plugin.selector" .root | nindent 8 }}
      annotations:
        checksum/config: {{ toJson $values.config.map | sha256sum }}
        {{- with $values.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      priorityClassName: {{ $values.priorityClassName }}
      {{- with $values.runtimeClassName }}
      runtimeClassName: {{ . }}
      {{- end }}
      {{- with $values.imagePullSecrets }}
      imagePullSecrets:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      serviceAccountName: {{ include "plugin.fullname" .root }}-service-account
{{- end }}

{{- /* What plugin.configManager reads and writes. */ -}}
{{- define "plugin.configVolumes" -}}
- name: available-configs
  configMap: {name: {{ include "plugin.configmap" . }}}
- name: config
  emptyDir: {}
{{- end }}
