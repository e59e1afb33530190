{{/* Names that callers use: one model each. ms-swift reads an adapter as NAME=PATH. */}}
{{- define "ms-swift.checkNames" -}}
{{- $taken := list .plan.model.served -}}
{{- $nameless := 0 -}}
{{- range .Values.adapters -}}
{{- if not .name -}}{{- $nameless = add $nameless 1 -}}{{- end -}}
{{- if and .name (eq $.plan.kind "serve") -}}
{{- if contains "=" .name -}}{{- fail (printf "adapters has the name %q, and ms-swift ends a name at the =: choose another" .name) -}}{{- end -}}
{{- if has .name $taken -}}{{- fail (printf "adapters has the name %q, which another adapter or the model itself answers to: choose another, or set servedName" .name) -}}{{- end -}}
{{- $taken = append $taken .name -}}
{{- end -}}
{{- end -}}
{{- if and (eq .plan.kind "serve") (gt $nameless 1) -}}
{{- fail (printf "adapters has %d entries without a name, of which ms-swift would answer with one alone: name each of them" $nameless) -}}
{{- end -}}
{{- if and .Chart.IsRoot (hasKey .Values "enabled") -}}
{{- fail "enabled is the condition of a parent chart, and this chart is installed by itself: leave it out" -}}
{{- end -}}
{{- $full := include "ms-swift.fullname" . -}}
{{- if not (regexMatch "^[a-z]([-a-z0-9]*[a-z0-9])?$" $full) -}}
{{- fail (printf "object name %q is no name of a Service (small letters, digits and hyphens, a letter first): set fullnameOverride, e.g. to ms-swift-%s" $full .Release.Name) -}}
{{- end -}}
{{- $id := .plan.model.id -}}
{{- if and .plan.model.fetched (not (regexMatch "^[A-Za-z0-9_][A-Za-z0-9_.-]*/[A-Za-z0-9_][A-Za-z0-9_.-]*$" $id)) -}}
{{- fail (printf "model %q is no id of a hub: write it as organisation/name, or set model.path" $id) -}}
{{- end -}}
{{- end -}}
