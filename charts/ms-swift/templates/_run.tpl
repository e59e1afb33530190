{{/* run.json: what the launcher does. */}}
{{- define "ms-swift.run" -}}
{{- $run := dict "module" .plan.module "kind" .plan.kind "arguments" .plan.arguments "trusted" .plan.model.trusted -}}
{{- if .Values.apiKey.existingSecret -}}{{- $_ := set $run "api_key_file" "/run/secrets/swift/api-key" -}}{{- end -}}
{{- toPrettyJson $run -}}
{{- end -}}

{{/* Annotations of every pod: the command for people, and a digest so that a changed configuration rolls the pods. */}}
{{- define "ms-swift.podAnnotations" -}}
{{- $files := list (include "ms-swift.run" .) -}}
{{- range $path, $_ := .Files.Glob "files/pod/*" -}}{{- $files = append $files ($.Files.Get $path) -}}{{- end -}}
swift.k8s/command: {{ include "ms-swift.commandLine" . | quote }}
swift.k8s/config: {{ join "\n" $files | sha256sum | trunc 16 | quote }}
{{- with .Values.podAnnotations }}
{{ toYaml . }}
{{- end }}
{{- end -}}
