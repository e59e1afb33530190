{{/* Names that callers use: one model each. ms-swift reads an adapter as NAME=PATH. */}}
{{- define "ms-swift.checkNames" -}}
{{- $taken := list .plan.model.served -}}
{{- range .Values.adapters -}}
{{- if and .name (eq $.plan.kind "serve") -}}
{{- if contains "=" .name -}}{{- fail (printf "adapters has the name %q, and ms-swift ends a name at the =: choose another" .name) -}}{{- end -}}
{{- if has .name $taken -}}{{- fail (printf "adapters has the name %q, which another adapter or the model itself answers to: choose another, or set servedName" .name) -}}{{- end -}}
{{- $taken = append $taken .name -}}
{{- end -}}
{{- end -}}
{{- $id := .plan.model.id -}}
{{- if and .plan.model.fetched (not (regexMatch "^[A-Za-z0-9_][A-Za-z0-9_.-]*/[A-Za-z0-9_][A-Za-z0-9_.-]*$" $id)) -}}
{{- fail (printf "model %q is no id of a hub: write it as organisation/name, or set model.path" $id) -}}
{{- end -}}
{{- end -}}
