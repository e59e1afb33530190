{{/* Each of these is listened to by another part of the pod. */}}
{{- define "ms-swift.checkPorts" -}}
{{- $ports := dict -}}
{{- if eq .plan.kind "serve" -}}
{{- $_ := set $ports "engine.port" .plan.ports.engine -}}
{{- if and (eq .plan.task "app") (not .Values.ui.baseUrl) -}}{{- $_ := set $ports "engine.port + 1 (the model behind the page)" (add 1 .plan.ports.engine) -}}{{- end -}}
{{- if .Values.proxy.enabled -}}{{- $_ := set $ports "proxy.port" .Values.proxy.port -}}{{- $_ := set $ports "proxy.metricsPort" .Values.proxy.metricsPort -}}{{- end -}}
{{- else if eq .plan.kind "train" -}}
{{- $_ := set $ports "train.masterPort" .Values.train.masterPort -}}{{- $_ := set $ports "train.gangPort" .Values.train.gangPort -}}
{{- end -}}
{{- range $name, $port := $ports -}}
{{- range $other, $taken := $ports -}}
{{- if and (lt $name $other) (eq (int $port) (int $taken)) -}}
{{- fail (printf "%s and %s are both %d: set them to different ports" $name $other (int $port)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
