{{/* What scaling and the ways in need. */}}
{{- define "ms-swift.checkScaling" -}}
{{- if and .Values.autoscaling.enabled (ne .plan.kind "serve") -}}
{{- fail (printf "autoscaling.enabled scales a service, but task is %s: set it to false" .plan.task) -}}
{{- end -}}
{{- if and .Values.autoscaling.enabled (eq .Values.metrics.source "none") -}}
{{- fail "autoscaling.enabled needs numbers, and ms-swift serves none: set proxy.enabled=true and metrics.source=proxy (or vllm)" -}}
{{- end -}}
{{- range $reader := list "serviceMonitor" "prometheusRule" "dashboard" -}}
{{- if and (get $.Values.metrics $reader).enabled (eq $.Values.metrics.source "none") -}}
{{- fail (printf "metrics.%s.enabled has nothing to read: set proxy.enabled=true and metrics.source=proxy (or vllm)" $reader) -}}
{{- end -}}
{{- end -}}
{{- if and (eq .Values.metrics.source "proxy") (not .Values.proxy.enabled) -}}
{{- fail "metrics.source proxy needs proxy.enabled=true" -}}
{{- end -}}
{{- if and (eq .Values.autoscaling.type "keda") .Values.autoscaling.enabled (not .Values.autoscaling.prometheusAddress) -}}
{{- fail "autoscaling.type keda needs autoscaling.prometheusAddress, e.g. http://prometheus.monitoring:9090" -}}
{{- end -}}
{{- if and .Values.autoscaling.enabled (eq .Values.autoscaling.type "hpa") (eq (int .Values.autoscaling.minReplicas) 0) -}}
{{- fail "autoscaling.minReplicas 0 is for autoscaling.type keda, an hpa keeps one pod: set it to 1, or use keda with a trigger that wakes the service up" -}}
{{- end -}}
{{- if and .Values.autoscaling.enabled (gt (int .Values.autoscaling.minReplicas) (int .Values.autoscaling.maxReplicas)) -}}
{{- fail (printf "autoscaling.minReplicas %d is more than autoscaling.maxReplicas %d: raise the one or lower the other" (int .Values.autoscaling.minReplicas) (int .Values.autoscaling.maxReplicas)) -}}
{{- end -}}
{{- $copies := ternary .Values.autoscaling.maxReplicas .Values.replicaCount .Values.autoscaling.enabled -}}
{{- $pods := int (get (dict "serve" (mul $copies .plan.nodes) "train" .Values.train.nodes) .plan.kind | default 1) -}}
{{- $shared := and .Values.cache.enabled (not .Values.cache.existingClaim) (not (has "ReadWriteMany" .Values.cache.accessModes)) -}}
{{- if and (gt $pods 1) $shared (has "ReadWriteOncePod" .Values.cache.accessModes) -}}
{{- fail (printf "cache.accessModes [ReadWriteOncePod] lets one pod in, and there may be %d: set it to [ReadWriteMany] with a class that offers it" $pods) -}}
{{- end -}}
{{- if and (gt $pods 1) $shared -}}
{{- include "ms-swift.warn" (dict "root" . "text" (printf "%d pods on a ReadWriteOnce claim work only while all run on one node. Set cache.accessModes=[ReadWriteMany] with a class that offers it." $pods)) -}}
{{- end -}}
{{- end -}}

{{- define "ms-swift.checkAccess" -}}
{{- if and .Values.service.nodePort (eq .Values.service.type "ClusterIP") -}}
{{- fail (printf "service.nodePort %v is for service.type NodePort or LoadBalancer, and it is ClusterIP: set one of them, or leave the port empty" .Values.service.nodePort) -}}
{{- end -}}
{{- if and .Values.service.loadBalancerSourceRanges (ne .Values.service.type "LoadBalancer") -}}
{{- fail (printf "service.loadBalancerSourceRanges is for service.type LoadBalancer, and it is %s: let networkPolicy.from name who may call" .Values.service.type) -}}
{{- end -}}
{{- if and .Values.ingress.enabled (not .Values.ingress.hosts) -}}
{{- fail "ingress.enabled needs ingress.hosts, e.g. [llm.example.org]" -}}
{{- end -}}
{{- if and .Values.ingress.enabled (eq .Values.ingress.auth.type "basic") .Values.apiKey.existingSecret (not .plan.interface) -}}
{{- fail "ingress.auth.type basic and apiKey.existingSecret both want the header Authorization, so no request could satisfy both: set ingress.auth.type=none, the key is asked for behind it, or leave apiKey.existingSecret empty" -}}
{{- end -}}
{{- if .Values.ingress.enabled -}}{{- include "ms-swift.checkSignIn" . -}}{{- include "ms-swift.checkPath" . -}}{{- end -}}
{{- if and .Values.httpRoute.enabled (not .Values.httpRoute.parentRefs) -}}
{{- fail "httpRoute.enabled needs httpRoute.parentRefs, e.g. [{name: gateway, namespace: gateways}]" -}}
{{- end -}}
{{- if and .Values.httpRoute.enabled (or (ne .Values.ingress.auth.type "none") (and .plan.interface (not .plan.signIn))) -}}
{{- fail "httpRoute.enabled lets in everybody, for a Gateway is told of no sign-in: set ingress.auth.type=none, proxy.enabled=true and apiKey.existingSecret, which the pod itself asks for" -}}
{{- end -}}
{{- if and .Values.ingress.enabled (not .Values.ingress.tls) (or .Values.apiKey.existingSecret (eq .Values.ingress.auth.type "basic")) -}}
{{- include "ms-swift.warn" (dict "root" . "text" "ingress.tls=false carries keys and passwords in plain text: leave it true, unless TLS ends before the ingress.") -}}
{{- end -}}
{{- if and .Values.ingress.enabled (not .Values.ingress.tls) (or .Values.ingress.clusterIssuer .Values.ingress.tlsSecret) -}}
{{- include "ms-swift.warn" (dict "root" . "text" "ingress.clusterIssuer and ingress.tlsSecret have no effect with ingress.tls=false: set it to true.") -}}
{{- end -}}
{{- $outside := or .Values.ingress.enabled .Values.httpRoute.enabled (ne .Values.service.type "ClusterIP") -}}
{{- if and $outside (eq .Values.metrics.source "vllm") .Values.apiKey.existingSecret (not .Values.proxy.enabled) -}}
{{- include "ms-swift.warn" (dict "root" . "text" "metrics.source vllm shows its numbers at /metrics, which vLLM asks no key for, to whoever reaches the service: set proxy.enabled=true, which asks.") -}}
{{- end -}}
{{- if and .plan.signIn (ne .Values.service.type "ClusterIP") -}}
{{- include "ms-swift.warn" (dict "root" . "text" (printf "Service type %s carries the password in plain text: put TLS before it (ingress.enabled), or let networkPolicy.from name who may come." .Values.service.type)) -}}
{{- end -}}
{{- if and (eq .plan.kind "serve") (not .Values.apiKey.existingSecret) (ne .Values.service.type "ClusterIP") -}}
{{- include "ms-swift.warn" (dict "root" . "text" (printf "Service type %s without apiKey.existingSecret: whoever reaches the address can use the model." .Values.service.type)) -}}
{{- end -}}
{{- end -}}

{{/* A sign-in that the controller cannot do, or is told too little of, would leave the door open. */}}
{{- define "ms-swift.checkSignIn" -}}
{{- $ingress := .Values.ingress -}}
{{- $needed := dict "nginx" (dict "basic" "secret" "oidc" "url") "traefik" (dict "basic" "middleware" "oidc" "middleware") "haproxy" (dict "basic" "secret") -}}
{{- if ne $ingress.auth.type "none" -}}
{{- $field := get (get $needed $ingress.controller | default dict) $ingress.auth.type -}}
{{- if not $field -}}
{{- fail (printf "ingress.auth.type %s is nothing that this chart can ask of ingress.controller %s: use nginx or traefik, or set ingress.auth.type=none and let proxy.enabled=true with apiKey.existingSecret ask" $ingress.auth.type $ingress.controller) -}}
{{- end -}}
{{- if not (get $ingress.auth $field) -}}
{{- fail (printf "ingress.auth.type %s with ingress.controller %s needs ingress.auth.%s, which is empty: nobody would be asked who he is" $ingress.auth.type $ingress.controller $field) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Programs are answered below / alone. */}}
{{- define "ms-swift.checkPath" -}}
{{- if and (eq .plan.kind "serve") (not .plan.interface) (ne .Values.ingress.path "/") (not .Values.ingress.annotations) -}}
{{- fail (printf "ingress.path %s would be passed on as it is, and ms-swift answers below / only: set ingress.path=/ and a host of its own, use httpRoute, which rewrites, or write your controller's rewrite into ingress.annotations" .Values.ingress.path) -}}
{{- end -}}
{{- end -}}
