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
{{- if and (lt (int $port) 1024) (ne (toString $.Values.podSecurityContext.runAsUser) "0") -}}
{{- include "ms-swift.warn" (dict "root" $ "text" (printf "%s is %d, and below 1024 a pod that is not root opens a port only where the nodes allow it (containerd 2 does, 1.7 does not by itself): choose a higher one. service.port may be any." $name (int $port))) -}}
{{- end -}}
{{- range $other, $taken := $ports -}}
{{- if and (lt $name $other) (eq (int $port) (int $taken)) -}}
{{- fail (printf "%s and %s are both %d: set them to different ports" $name $other (int $port)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
