{{/* The pod that every task shares. */}}

{{- define "ms-swift.env" -}}
{{- $cache := .Values.cache.mountPath -}}
{{- $base := dict "HOME" "/tmp" "TMPDIR" "/tmp" "TOKENIZERS_PARALLELISM" "false" "PYTHONUNBUFFERED" "1" "LOG_LEVEL" (ternary "WARNING" .Values.logLevel (not (empty .Values.apiKey.existingSecret))) "SWIFT_MEDIA_ALLOWED_DIRS" "/var/empty/swift" "MODELSCOPE_CACHE" $cache "HF_HOME" (printf "%s/hf" $cache) -}}
{{- $serving := ternary (dict "HF_HUB_OFFLINE" "1") dict (and (eq .plan.kind "serve") (ne .plan.task "web-ui")) -}}
{{- $page := ternary (dict "GRADIO_ANALYTICS_ENABLED" "False" "GRADIO_ROOT_PATH" (trimSuffix "/" .Values.ingress.path)) dict .plan.interface -}}
{{- $processes := .Values.train.processes | default (max 1 .plan.count) -}}
{{- $training := ternary (dict "NPROC_PER_NODE" $processes "NNODES" .Values.train.nodes) dict (eq .plan.kind "train") -}}
{{- $hub := ternary (dict "USE_HF" "1") dict (eq .Values.model.hub "huggingface") -}}
{{- $vendors := .Files.Get "files/environment.yaml" | fromYaml -}}
{{- range $name, $value := merge (dict) (omit .Values.env "MODEL_NAME" "TASK_TYPE" "USE_VLLM") (get $vendors .plan.vendor) $serving $page $training $hub $base }}
- name: {{ $name }}
  value: {{ include "ms-swift.word" $value | quote }}
{{- end }}
{{- if and (eq .plan.kind "train") (gt (int .Values.train.nodes) 1) }}
{{ include "ms-swift.gangEnv" . }}
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "ms-swift.engineContainer" -}}
name: engine
image: {{ .plan.image }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
command: [python, /etc/swift/launch.py, /etc/swift/run.json{{ with include "ms-swift.groupWords" . }}, {{ splitList " " . | join ", " }}{{ end }}]
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

{{/* Everything of a pod but its containers. */}}
{{- define "ms-swift.podSpec" -}}
serviceAccountName: {{ include "ms-swift.serviceAccountName" . }}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  {{- toYaml .Values.podSecurityContext | nindent 2 }}
{{- range $key := list "nodeSelector" "tolerations" "topologySpreadConstraints" "priorityClassName" }}
{{- with get $.Values $key }}
{{ $key }}: {{ ternary (toYaml . | nindent 2) (toYaml .) (or (kindIs "map" .) (kindIs "slice" .)) }}
{{- end }}
{{- end }}
{{- with include "ms-swift.runtimeClassName" . }}
runtimeClassName: {{ . }}
{{- end }}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with include "ms-swift.affinity" . }}
affinity:
  {{- . | nindent 2 }}
{{- end }}
{{- with .Values.queue.volcano }}
schedulerName: volcano
{{- end }}
{{- with include "ms-swift.initContainers" . | trim }}
initContainers:
  {{- . | nindent 2 }}
{{- end }}
volumes:
  {{- include "ms-swift.volumes" . | nindent 2 }}
{{- end -}}

{{/* The pod that answers. */}}
{{- define "ms-swift.servePod" -}}
{{ include "ms-swift.podSpec" . }}
terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }}
containers:
  - {{ include "ms-swift.engineContainer" . | nindent 4 | trim }}
    ports:
      - {name: engine, containerPort: {{ .plan.ports.engine }}}
    {{- include "ms-swift.probes" . | nindent 4 }}
{{- end -}}

{{/* Annotations of every pod: the command for people, and a digest so that a changed configuration rolls the pods. */}}
{{- define "ms-swift.podAnnotations" -}}
swift.k8s/command: {{ include "ms-swift.commandLine" . | quote }}
swift.k8s/config: {{ include "ms-swift.digest" . | quote }}
{{- with .Values.queue.volcano }}
scheduling.volcano.sh/queue-name: {{ . }}
{{- end }}
{{- with .Values.podAnnotations }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "ms-swift.podLabels" -}}
{{ include "ms-swift.labels" . }}
{{- with .Values.podLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}
