{{/* The pod that every task shares. */}}

{{- define "ms-swift.env" -}}
{{- $vendorEnv := dict "cpu" (dict "NVIDIA_VISIBLE_DEVICES" "void" "CUDA_VISIBLE_DEVICES" "") -}}
{{- $base := dict "HOME" "/tmp" "TMPDIR" "/tmp" "TOKENIZERS_PARALLELISM" "false" "PYTHONUNBUFFERED" "1" "LOG_LEVEL" .Values.logLevel "SWIFT_MEDIA_ALLOWED_DIRS" "/var/empty/swift" "MODELSCOPE_CACHE" .Values.cache.mountPath "HF_HOME" (printf "%s/hf" .Values.cache.mountPath) -}}
{{- $user := omit .Values.env "MODEL_NAME" "TASK_TYPE" "USE_VLLM" -}}
{{- range $name, $value := merge (dict) $user (get $vendorEnv .plan.vendor | default dict) $base }}
- name: {{ $name }}
  value: {{ $value | toString | quote }}
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "ms-swift.volumes" -}}
- name: run
  configMap:
    name: {{ include "ms-swift.fullname" . }}
- name: tmp
  emptyDir:
    sizeLimit: {{ .Values.scratch.size }}
- name: empty
  emptyDir:
    sizeLimit: 1Mi
{{- if .Values.cache.enabled }}
- name: cache
  persistentVolumeClaim:
    claimName: {{ include "ms-swift.claim" . }}
{{- end }}
{{- if .Values.apiKey.existingSecret }}
- name: api-key
  secret:
    secretName: {{ .Values.apiKey.existingSecret }}
    defaultMode: 0440
    items:
      - key: {{ .Values.apiKey.key }}
        path: api-key
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "ms-swift.volumeMounts" -}}
- name: run
  mountPath: /etc/swift
  readOnly: true
- name: tmp
  mountPath: /tmp
- name: empty
  mountPath: /var/empty/swift
  readOnly: true
{{- if .Values.cache.enabled }}
- name: cache
  mountPath: {{ .Values.cache.mountPath }}
  readOnly: {{ eq .plan.kind "serve" }}
{{- end }}
{{- if .Values.apiKey.existingSecret }}
- name: api-key
  mountPath: /run/secrets/swift
  readOnly: true
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "ms-swift.engineContainer" -}}
name: engine
image: {{ include "ms-swift.image" (dict "image" .Values.image "tag" .Chart.AppVersion) }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
command: [python, /etc/swift/launch.py, /etc/swift/run.json]
workingDir: /tmp
env:
  {{- include "ms-swift.env" . | trim | nindent 2 }}
securityContext:
  {{- toYaml .Values.securityContext | nindent 2 }}
resources:
  {{- toYaml .plan.resources | nindent 2 }}
volumeMounts:
  {{- include "ms-swift.volumeMounts" . | nindent 2 }}
{{- end -}}

{{- define "ms-swift.podSpec" -}}
serviceAccountName: {{ include "ms-swift.serviceAccountName" . }}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  {{- toYaml .Values.podSecurityContext | nindent 2 }}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- range $key := list "nodeSelector" "affinity" "tolerations" "topologySpreadConstraints" "priorityClassName" "runtimeClassName" }}
{{- with get $.Values $key }}
{{ $key }}:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
volumes:
  {{- include "ms-swift.volumes" . | nindent 2 }}
{{- end -}}
