{{/* What scaling and the ways in need. */}}
{{- define "ms-swift.checkScaling" -}}
{{- if and .Values.autoscaling.enabled (ne .plan.kind "serve") -}}
{{- fail (printf "autoscaling.enabled scales a service, but task is %s: set it to false" .plan.task) -}}
{{- end -}}
{{- if and .Values.autoscaling.enabled (eq .Values.metrics.source "none") -}}
{{- fail "autoscaling.enabled needs numbers, and ms-swift serves none: set proxy.enabled=true and metrics.source=proxy (or vllm)" -}}
{{- end -}}
{{- if and (eq .Values.metrics.source "proxy") (not .Values.proxy.enabled) -}}
{{- fail "metrics.source proxy needs proxy.enabled=true" -}}
{{- end -}}
{{- if and (eq .Values.autoscaling.type "keda") .Values.autoscaling.enabled (not .Values.autoscaling.prometheusAddress) -}}
{{- fail "autoscaling.type keda needs autoscaling.prometheusAddress, e.g. http://prometheus.monitoring:9090" -}}
{{- end -}}
{{- $pods := int (get (dict "serve" (mul .Values.replicaCount .plan.nodes) "train" .Values.train.nodes) .plan.kind | default 1) -}}
{{- if and (gt $pods 1) .Values.cache.enabled (not .Values.cache.existingClaim) (has "ReadWriteOnce" .Values.cache.accessModes) -}}
{{- include "ms-swift.warn" (dict "root" . "text" (printf "%d pods on a ReadWriteOnce claim work only while all run on one node. Set cache.accessModes=[ReadWriteMany] with a class that offers it." $pods)) -}}
{{- end -}}
{{- end -}}

{{- define "ms-swift.checkAccess" -}}
{{- if and .Values.ingress.enabled (not .Values.ingress.hosts) -}}
{{- fail "ingress.enabled needs ingress.hosts, e.g. [llm.example.org]" -}}
{{- end -}}
{{- if and .Values.ingress.enabled (eq .Values.ingress.auth.type "basic") .Values.apiKey.existingSecret (not .plan.interface) -}}
{{- fail "ingress.auth.type basic and apiKey.existingSecret both want the header Authorization, so no request could satisfy both: set ingress.auth.type=none, the key is asked for behind it, or leave apiKey.existingSecret empty" -}}
{{- end -}}
{{- if and .Values.httpRoute.enabled (not .Values.httpRoute.parentRefs) -}}
{{- fail "httpRoute.enabled needs httpRoute.parentRefs, e.g. [{name: gateway, namespace: gateways}]" -}}
{{- end -}}
{{- if and .plan.signIn (ne .Values.service.type "ClusterIP") -}}
{{- include "ms-swift.warn" (dict "root" . "text" (printf "Service type %s carries the password in plain text: put TLS before it (ingress.enabled), or let networkPolicy.from name who may come." .Values.service.type)) -}}
{{- end -}}
{{- if and (eq .plan.kind "serve") (not .Values.apiKey.existingSecret) (ne .Values.service.type "ClusterIP") -}}
{{- include "ms-swift.warn" (dict "root" . "text" (printf "Service type %s without apiKey.existingSecret: whoever reaches the address can use the model." .Values.service.type)) -}}
{{- end -}}
{{- end -}}
