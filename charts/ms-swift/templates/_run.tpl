{{/* run.json: what the launcher does. */}}
{{- define "ms-swift.run" -}}
{{- $run := dict "module" .plan.module "kind" .plan.kind "arguments" .plan.arguments "trusted" .plan.model.trusted -}}
{{- if .plan.output -}}{{- $_ := set $run "output" .plan.output -}}{{- end -}}
{{- if eq .plan.kind "train" -}}{{- $_ := set $run "gang_port" (int .Values.train.gangPort) -}}{{- end -}}
{{- if eq .plan.kind "produce" -}}{{- $_ := set $run "clear" (eq .plan.task "export") -}}{{- end -}}
{{- if and .Values.apiKey.existingSecret (not .plan.interface) -}}
{{- $_ := set $run "api_key_file" "/run/secrets/swift/api-key" -}}
{{- $_ := set $run "api_key_to" (ternary "VLLM_API_KEY" "--api_key" (hasPrefix "vllm." .plan.module)) -}}
{{- end -}}
{{- toPrettyJson $run -}}
{{- end -}}

{{/* What the five answers are matched against. */}}
{{- define "ms-swift.choices" -}}
{{- toPrettyJson (dict "release" .Release.Name "namespace" .Release.Namespace "served" .plan.model.served "id" .plan.model.id "asked" .plan.model.asked "task" .plan.task "vendor" .plan.vendor "dtype" .plan.dtype "port" .plan.ports.engine "service" (printf "%s.%s:%v" (include "ms-swift.fullname" .) .Release.Namespace .Values.service.port)) -}}
{{- end -}}

{{/* All that a pod reads, as one digest. */}}
{{- define "ms-swift.digest" -}}
{{- $files := list (include "ms-swift.run" .) (include "ms-swift.choices" .) -}}
{{- range $path, $_ := .Files.Glob "files/pod/*" -}}{{- $files = append $files ($.Files.Get $path) -}}{{- end -}}
{{- if .Values.proxy.enabled -}}{{- $files = append $files (include "ms-swift.haproxy" .) -}}{{- end -}}
{{- if eq .plan.kind "download" -}}{{- $files = append $files (include "ms-swift.spec" .) -}}{{- end -}}
{{- if include "ms-swift.seeds" . -}}
{{- /* What is fetched makes a pod another one; from which mirror, how fast and how thoroughly does not. */ -}}
{{- range (include "ms-swift.spec" . | fromJson).models -}}{{- $files = append $files (pick . "id" "type" "hub" "revision" "include" "exclude" | toJson) -}}{{- end -}}
{{- end -}}
{{- join "\n" $files | sha256sum | trunc 16 -}}
{{- end -}}

{{/* A value as a word: whole numbers, which values files make floats of, without an exponent. */}}
{{- define "ms-swift.word" -}}
{{- if kindIs "float64" . -}}{{- ternary (printf "%.0f" .) (toString .) (eq (floor .) .) -}}{{- else -}}{{- toString . -}}{{- end -}}
{{- end -}}

{{/* The command as a person would type it. */}}
{{- define "ms-swift.commandLine" -}}
{{- if eq .plan.kind "download" -}}
python3 -m swift_seed._cache.cli seed --spec spec.json
{{- else -}}
python -m {{ .plan.module }}{{ with include "ms-swift.groupWords" . }} {{ . }}{{ end }}
{{- range $name, $value := .plan.arguments }} --{{ $name }}
{{- range (kindIs "slice" $value | ternary $value (list $value)) }}
{{- $word := ternary (toJson .) (include "ms-swift.word" .) (or (kindIs "map" .) (kindIs "slice" .)) }} {{ ternary $word (printf "'%s'" ($word | replace "'" "'\\''")) (regexMatch "^[A-Za-z0-9_./:=,@+#-]+$" $word) }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}
