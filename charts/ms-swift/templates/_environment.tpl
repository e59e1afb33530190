{{/* The environment of the engine. */}}
{{- define "ms-swift.env" -}}
{{- $cache := .Values.cache.mountPath -}}
{{- $base := dict "HOME" "/tmp" "TMPDIR" "/tmp" "TOKENIZERS_PARALLELISM" "false" "PYTHONUNBUFFERED" "1" "LOG_LEVEL" (ternary "WARNING" .Values.logLevel (not (empty .Values.apiKey.existingSecret))) "SWIFT_MEDIA_ALLOWED_DIRS" "/var/empty/swift" "MODELSCOPE_CACHE" $cache "HF_HOME" (printf "%s/hf" $cache) -}}
{{- $serving := ternary (dict "HF_HUB_OFFLINE" "1") dict (and (eq .plan.kind "serve") (ne .plan.task "web-ui")) -}}
{{- $page := ternary (dict "GRADIO_ANALYTICS_ENABLED" "False" "GRADIO_ROOT_PATH" (trimSuffix "/" .Values.ingress.path)) dict .plan.interface -}}
{{- $training := ternary (dict "NPROC_PER_NODE" (include "ms-swift.processes" .) "NNODES" .Values.train.nodes) dict (eq .plan.kind "train") -}}
{{- $hub := ternary (dict "USE_HF" "1") dict (eq .Values.model.hub "huggingface") -}}
{{- $vendors := .Files.Get "files/environment.yaml" | fromYaml -}}
{{- /* A name that stands twice in a container's list is one that an upgrade by `helm` loses. */ -}}
{{- $further := list -}}
{{- range .Values.extraEnv -}}{{- $further = append $further (toString .name) -}}{{- end -}}
{{- range $name, $value := merge (dict) (omit .Values.env "MODEL_NAME" "TASK_TYPE" "USE_VLLM") (get $vendors .plan.vendor) $serving $page $training $hub $base }}
{{- if not (has $name $further) }}
- name: {{ $name }}
  value: {{ include "ms-swift.word" $value | quote }}
{{- end }}
{{- end }}
{{- if and (eq .plan.kind "train") (gt (int .Values.train.nodes) 1) }}
{{ include "ms-swift.gangEnv" . }}
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}
