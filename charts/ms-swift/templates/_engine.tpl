{{/* Which engine, and the options that follow from devices and model. */}}
{{- define "ms-swift.plan.engine" -}}
{{- $backend := .Values.engine.backend -}}
{{- $asked := toString .Values.env.USE_VLLM | lower -}}
{{- if and (not $backend) (has $asked (list "true" "1" "yes")) -}}{{- $backend = "vllm" -}}{{- end -}}
{{- if and (not $backend) (has $asked (list "false" "0" "no")) -}}{{- $backend = "transformers" -}}{{- end -}}
{{- $_ := set .plan "backend" ($backend | default (ternary "transformers" "vllm" (eq .plan.vendor "cpu"))) -}}
{{- end -}}

{{- define "ms-swift.plan.arguments" -}}
{{- $arguments := dict -}}
{{- with .plan.model.path -}}{{- $_ := set $arguments "model" . -}}{{- end -}}
{{- if eq .plan.kind "serve" -}}{{- include "ms-swift.arguments.serve" (dict "root" . "into" $arguments) -}}{{- end -}}
{{- range $name, $value := .Values.extraArgs -}}{{- $_ := set $arguments $name $value -}}{{- end -}}
{{- $_ := set .plan "arguments" $arguments -}}
{{- end -}}

{{- define "ms-swift.arguments.serve" -}}
{{- $into := .into -}}
{{- with .root -}}
{{- $_ := set $into "host" "0.0.0.0" -}}
{{- $_ := set $into "port" (int .Values.engine.port) -}}
{{- $_ := set $into "served_model_name" .plan.model.served -}}
{{- $_ := set $into "infer_backend" .plan.backend -}}
{{- $_ := set $into "verbose" false -}}
{{- end -}}
{{- end -}}

{{/* The command as a person would type it. */}}
{{- define "ms-swift.commandLine" -}}
python -m {{ .plan.module }}
{{- range $name, $value := .plan.arguments }} --{{ $name }}
{{- range (ternary $value (list $value) (kindIs "slice" $value)) }} {{ if kindIs "map" . }}{{ toJson . | squote }}{{ else if kindIs "bool" . }}{{ . }}{{ else if regexMatch "^[A-Za-z0-9_./:=,@+-]+$" (toString .) }}{{ . }}{{ else }}{{ toString . | squote }}{{ end }}{{ end }}
{{- end }}
{{- end -}}
